import {
  buildSnapshot,
  compilePolicies,
  decide,
  type Pod,
  type PolicyDecision,
  PolicySet,
  type Resource,
  type Snapshot,
} from '../../../src/engine/index.ts';
import type { CaseResult } from '../suite.ts';
import { assumptionsOf, type CorpusCase, type Probe, readResources } from './corpus.ts';

/** Judges each probe of a truth table by the evaluator and compares every boolean that the peer gives. */
export function runTruthTable(suite: string, one: CorpusCase): CaseResult {
  const assume = assumptionsOf(suite);
  const resources = withAddresses(readResources(`${one.folder}/manifests`), one.expected.options?.['pod_ips']);
  const snapshot = buildSnapshot({ scope: one.id, resources, assume });
  const policies = new PolicySet(snapshot, compilePolicies(snapshot), {
    ipBlockMatchesPods: assume.ipBlockMatchesPods ?? false,
    hostNetworkPolicy: assume.hostNetworkPolicy ?? 'ignored',
  });
  const wrong: string[] = [];
  let unknown = '';
  const answer = (one.expected.probes ?? []).map((probe) => {
    const decision = judge(snapshot, policies, probe);
    if (decision === undefined) {
      unknown = `no such end: ${probe.src} or ${probe.dst}`;
      return probe;
    }
    if (decision.action === 'unknown') unknown = decision.ingress.reason || decision.egress.reason;
    const ours = {
      ...probe,
      ...(probe.allowed === undefined ? {} : { allowed: decision.action === 'allow' }),
      ...(probe.ingress === undefined ? {} : { ingress: decision.ingress.action === 'allow' }),
      ...(probe.egress === undefined ? {} : { egress: decision.egress.action === 'allow' }),
    };
    if (JSON.stringify(ours) !== JSON.stringify(probe))
      wrong.push(`${JSON.stringify(probe)}: ${decision.ingress.reason} ${decision.egress.reason}`);
    return ours;
  });
  const outcome = unknown !== '' ? 'not-modelled' : wrong.length > 0 ? 'disagree' : 'agree';
  return { case: one.id, outcome, why: unknown || wrong.slice(0, 2).join(' | '), answer: { probes: answer } };
}

function judge(snapshot: Snapshot, policies: PolicySet, probe: Probe): PolicyDecision | undefined {
  const source = podOf(snapshot, probe.src);
  const destination = podOf(snapshot, probe.dst);
  if (source === undefined || destination === undefined) return undefined;
  const protocol = probe.protocol as 'TCP' | 'UDP' | 'SCTP';
  const port =
    typeof probe.port === 'number'
      ? probe.port
      : (destination.template.ports.find((one) => one.name === probe.port && one.protocol === protocol)?.port ?? 0);
  return decide(policies, {
    source: { kind: 'pod', pod: source },
    destination: { kind: 'pod', pod: destination },
    protocol,
    port,
  });
}

function podOf(snapshot: Snapshot, name: string): Pod | undefined {
  const [namespace = '', pod = ''] = name.split('/');
  return snapshot.pod(namespace, pod);
}

/** `options.pod_ips` become the addresses in the pods' status, beside what the status says already. */
function withAddresses(resources: readonly Resource[], given: unknown): readonly Resource[] {
  const ips = new Map(Object.entries((given ?? {}) as Record<string, string>));
  return resources.map((resource) => {
    const ip = ips.get(`${resource.ref.namespace}/${resource.ref.name}`);
    if (ip === undefined || resource.ref.kind !== 'Pod') return resource;
    const status = { phase: 'Running', podIP: ip, conditions: [{ type: 'Ready', status: 'True' }] };
    return { ...resource, object: { ...resource.object, status } };
  });
}
