import {
  buildSnapshot,
  compilePolicies,
  decide,
  judge,
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
  const read = readResources(`${one.folder}/manifests`);
  const plain = buildSnapshot({ scope: one.id, resources: read, assume });
  const resources = withAddresses(plain, read, one.expected.options?.['pod_ips']);
  const snapshot = buildSnapshot({ scope: one.id, resources, assume });
  const policies = new PolicySet(snapshot, compilePolicies(snapshot), {
    ipBlockMatchesPods: assume.ipBlockMatchesPods ?? false,
    networksMatchPods: assume.ipBlockMatchesPods ?? true,
    hostNetworkPolicy: assume.hostNetworkPolicy ?? 'ignored',
  });
  const wrong: string[] = [];
  let unknown = '';
  const answer = (one.expected.probes ?? []).map((probe) => {
    const decision = judgeProbe(snapshot, policies, probe);
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

/**
 * The verdict on a probe. Where the peer gives each direction alone, so do we: then the exception for a pod and itself,
 * which is about the connection, has no part in it.
 */
function judgeProbe(snapshot: Snapshot, policies: PolicySet, probe: Probe): PolicyDecision | undefined {
  const source = podOf(snapshot, probe.src);
  const destination = podOf(snapshot, probe.dst);
  if (source === undefined || destination === undefined) return undefined;
  const protocol = probe.protocol as 'TCP' | 'UDP' | 'SCTP';
  const port =
    typeof probe.port === 'number'
      ? probe.port
      : (destination.template.ports.find((one) => one.name === probe.port && one.protocol === protocol)?.port ?? 0);
  const connection = {
    source: { kind: 'pod', pod: source },
    destination: { kind: 'pod', pod: destination },
    protocol,
    port,
  } as const;
  if (probe.ingress === undefined && probe.egress === undefined) return decide(policies, connection);
  const [egress, ingress] = [judge(policies, connection, 'egress'), judge(policies, connection, 'ingress')];
  const actions = [egress.action, ingress.action];
  const action = actions.includes('deny') ? 'deny' : actions.includes('unknown') ? 'unknown' : 'allow';
  return { action, egress, ingress };
}

/** `namespace/pod`, or the first pod of the workload `namespace/name`. */
function podOf(snapshot: Snapshot, name: string): Pod | undefined {
  const [namespace = '', pod = ''] = name.split('/');
  const workload = snapshot.workloads.find(({ ref }) => ref.namespace === namespace && ref.name === pod);
  return snapshot.pod(namespace, pod) ?? workload?.pods[0];
}

/** `options.pod_ips` become the addresses in the pods' status; pods that workloads are expected to make become real ones. */
function withAddresses(plain: Snapshot, resources: readonly Resource[], given: unknown): readonly Resource[] {
  const ips = Object.entries((given ?? {}) as Record<string, string>);
  const pods = ips.flatMap(([name, ip]): Resource[] => {
    const pod = podOf(plain, name);
    if (pod === undefined) return [];
    const { ref, workload, template, node } = pod;
    const controller = { apiVersion: 'apps/v1', kind: workload.kind, name: workload.name, controller: true };
    const metadata = {
      name: ref.name,
      namespace: ref.namespace,
      labels: template.labels,
      ...(workload.kind === 'Pod' ? {} : { ownerReferences: [controller] }),
    };
    const status = { phase: 'Running', podIP: ip, conditions: [{ type: 'Ready', status: 'True' }] };
    const spec = { ...template.spec, ...(node === undefined ? {} : { nodeName: node }) };
    return [{ ...pod.resource, ref, object: { apiVersion: 'v1', kind: 'Pod', metadata, spec, status } }];
  });
  const named = new Set(pods.map(({ ref }) => `${ref.namespace}/${ref.name}`));
  const others = resources.filter(({ ref }) => ref.kind !== 'Pod' || !named.has(`${ref.namespace}/${ref.name}`));
  return [...others, ...pods];
}
