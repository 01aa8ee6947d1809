import { t } from '@vscode/l10n';
import { podAnnotations } from '../mesh/membership.ts';
import { cidrsIn, ipInCidr } from '../model/addresses.ts';
import type { Service, Workload } from '../model/cluster.ts';
import { type Labels, podFacts, selectorOfLabels } from '../model/labels.ts';
import { oncePer } from '../model/memo.ts';
import type { FieldPath } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { allOf, meshPods, portList } from './istioMesh.ts';
import type { Peer, PodSet, PolicyRule } from './policy.ts';
import { common, type PortRanges, rangesOf, tcpPorts, without } from './portRanges.ts';

/** Clients whose sidecar may not see what they send to some ports or some pods: there they have no identity. */
export interface Bypass {
  readonly clients: readonly PodSet[];
  /** Ports of pods; none where the annotations leave out no port. */
  readonly ports: PortRanges;
  /** Pods by address and by Service; absent where they leave out no address. */
  readonly pods?: readonly Peer[];
  /** What makes it so, in words. */
  readonly text: string;
}

const prefix = 'traffic.sidecar.istio.io/';
const names = ['excludeOutboundPorts', 'excludeOutboundIPRanges', 'includeOutboundIPRanges'] as const;

/**
 * The clients of which annotations keep something out of the sidecar. What a client dials, a Service's address and port or
 * a pod's, is what counts there, and is not known where a policy judges: it is what the pod may have been dialled by.
 * Source: istio.io, Resource Annotations; istio/istio tools/istio-iptables (OutboundPortsExclude, OutboundIPRanges).
 */
export const bypasses = oncePer((snapshot: Snapshot): readonly Bypass[] => {
  const having = snapshot.workloads.filter((one) =>
    names.some((name) => podAnnotations(one)[prefix + name] !== undefined),
  );
  const alike = Map.groupBy(having, (one) => JSON.stringify(names.map((name) => podAnnotations(one)[prefix + name])));
  return [...alike.values()].flatMap((list) => bypassOf(snapshot, list));
});

function bypassOf(snapshot: Snapshot, workloads: readonly Workload[]): readonly Bypass[] {
  const [first] = workloads;
  if (first === undefined) return [];
  const annotations = podAnnotations(first);
  const at = (name: string): FieldPath => [...first.template.metadataPath, 'annotations', prefix + name];
  const dialled = portList(annotations[`${prefix}excludeOutboundPorts`] ?? '');
  const ports = dialled.length === 0 ? [] : rangesOf([...numbers(dialled), ...behind(snapshot, dialled)]);
  const pods = addressed(snapshot, annotations, at('excludeOutboundIPRanges'));
  if (ports.length === 0 && pods === undefined) return [];
  const written = names.filter((name) => annotations[prefix + name] !== undefined).map((name) => prefix + name);
  return [
    {
      clients: workloads.map(podsOf),
      ports,
      ...(pods === undefined ? {} : { pods }),
      text: t("whether the client's sidecar sees the connection: it has {0}", written.join(', ')),
    },
  ];
}

function podsOf({ ref, pods }: Workload): PodSet {
  const requirement = { key: podFacts.name, operator: 'In' as const, values: pods.map((pod) => pod.ref.name) };
  return { inNamespace: ref.namespace, pods: { requirements: [requirement] } };
}

function numbers(ranges: PortRanges): readonly number[] {
  return ranges.map(([from]) => from);
}

/** The ports of pods that Services lead to from these ports of their own; a named one on whatever pod has it. */
function behind(snapshot: Snapshot, dialled: PortRanges): readonly number[] {
  const wanted = new Set(numbers(dialled));
  return snapshot.services.flatMap(({ ref, ports }) =>
    ports
      .filter(({ port }) => wanted.has(port))
      .flatMap(({ targetPort }) => {
        if (typeof targetPort === 'number') return [targetPort];
        const pods = snapshot.podsIn(ref.namespace);
        return pods.flatMap(({ template }) =>
          template.ports.filter(({ name }) => name === targetPort).map(({ port }) => port),
        );
      }),
  );
}

function addressed(snapshot: Snapshot, annotations: Labels, path: FieldPath): readonly Peer[] | undefined {
  const out = cidrsIn(annotations[`${prefix}excludeOutboundIPRanges`] ?? '');
  const only = annotations[`${prefix}includeOutboundIPRanges`];
  const seen = only === undefined || only.trim() === '*' ? undefined : cidrsIn(only);
  const isOut = (ip: string): boolean =>
    out.some((one) => ipInCidr(ip, one)) || (seen !== undefined && !seen.some((one) => ipInCidr(ip, one)));
  const blocks = (list: readonly string[]): readonly Peer[] =>
    list.map((cidr) => ({ kind: 'block', cidr, except: [], path, ofPods: 'always' }));
  const services = snapshot.services
    .filter(({ clusterIPs }) => clusterIPs.some(isOut))
    .flatMap((one) => ofService(one, path));
  const unseen: readonly Peer[] = seen === undefined ? [] : [{ kind: 'none-of', peers: blocks(seen), path }];
  const all = [...blocks(out), ...unseen, ...services];
  return all.length === 0 ? undefined : all;
}

function ofService({ ref, selector }: Service, path: FieldPath): readonly Peer[] {
  if (selector === undefined || Object.keys(selector).length === 0) return [];
  return [{ kind: 'pods', pods: { inNamespace: ref.namespace, pods: selectorOfLabels(selector) }, path }];
}

/** The clients as a peer. */
export function clientsOf({ clients }: Bypass, path: FieldPath): Peer {
  return { kind: 'any-of', peers: clients.map((set) => meshPods(['sidecar', 'unknown'], path, set)), path };
}

/** Where a rule of some ports and pods can count on its client's identity, and where not. */
export function divided(
  { ports: out, pods }: Bypass,
  ports: PortRanges,
  where: readonly Peer[],
  path: FieldPath,
): { readonly sure: readonly Place[]; readonly unsure: readonly Place[] } {
  const inside =
    pods === undefined ? [] : [{ ports, where: [...where, { kind: 'any-of' as const, peers: pods, path }] }];
  const beyond = pods === undefined ? where : [...where, { kind: 'none-of' as const, peers: pods, path }];
  const hasPorts = ({ ports: list }: Place): boolean => list.length > 0;
  return {
    sure: [{ ports: without(ports, out), where: beyond }].filter(hasPorts),
    unsure: [{ ports: common(ports, out), where }, ...inside].filter(hasPorts),
  };
}

/** Ports of pods that all of some peers cover. */
export interface Place {
  readonly ports: PortRanges;
  readonly where: readonly Peer[];
}

/** The fields of a rule that hold it to a place. */
export function within({ ports, where }: Place, path: FieldPath): Pick<PolicyRule, 'ports' | 'onlyFor'> {
  return { ports: tcpPorts(ports, path), ...(where.length === 0 ? {} : { onlyFor: [allOf(where, path)] }) };
}
