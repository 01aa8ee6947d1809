// A second evaluator for NetworkPolicy, written from the words of the API reference and the concept page and for
// nothing but to be compared with: it reads raw objects, takes its time, and shares no code with the engine.

import { field, inCidr, type Json, labelsMatch, labelsOf, list, namespaceLabels, namespaceOf, portsOf } from './raw.ts';

/** A pod, or an address outside. */
export type LiteralEnd =
  | { readonly kind: 'pod'; readonly pod: Json; readonly ip: string }
  | { readonly kind: 'outside'; readonly ip: string };

/** All that the evaluation looks at. `blocksMatchPods`: whether an ipBlock may match a pod's address; where nothing is known of that it does not. */
export interface LiteralCluster {
  readonly namespaces: readonly Json[];
  readonly policies: readonly Json[];
  readonly others?: readonly Json[];
  readonly blocksMatchPods: boolean | undefined;
}

/** One direction of a connection: what the policies of `subject` say of it. */
export interface Ask {
  readonly direction: 'ingress' | 'egress';
  readonly subject: LiteralEnd & { readonly kind: 'pod' };
  readonly peer: LiteralEnd;
  readonly destination: LiteralEnd;
  readonly protocol: string;
  readonly port: number;
}

/** Whether both directions allow a connection. A pod can not block access to itself, and nothing selects what is outside. */
export function bothDirections(
  source: LiteralEnd,
  destination: LiteralEnd,
  protocol: string,
  port: number,
  allows: (ask: Ask) => boolean,
): boolean {
  if (source.kind === 'pod' && destination.kind === 'pod' && source.pod === destination.pod) return true;
  const common = { destination, protocol, port };
  return (
    (source.kind === 'outside' || allows({ ...common, direction: 'egress', subject: source, peer: destination })) &&
    (destination.kind === 'outside' || allows({ ...common, direction: 'ingress', subject: destination, peer: source }))
  );
}

/** Whether a connection is allowed: "For a connection from a source pod to a destination pod to be allowed, both the egress policy on the source pod and the ingress policy on the destination pod need to allow the connection." */
export function isAllowed(
  cluster: LiteralCluster,
  source: LiteralEnd,
  destination: LiteralEnd,
  protocol: string,
  port: number,
): boolean {
  return bothDirections(
    source,
    destination,
    protocol,
    port,
    (ask) => networkPoliciesAllow(cluster, networkPoliciesOf(cluster, ask), ask) ?? true,
  );
}

/** The NetworkPolicies that isolate the subject in the direction. */
export function networkPoliciesOf({ policies }: LiteralCluster, { subject, direction }: Ask): readonly Json[] {
  return policies.filter(
    (one) => field(one, 'apiVersion') === 'networking.k8s.io/v1' && selects(one, subject.pod) && actsOn(one, direction),
  );
}

/** Whether one of them has a rule for the connection; `undefined` where there is none of them. */
export function networkPoliciesAllow(
  cluster: LiteralCluster,
  isolating: readonly Json[],
  { direction, peer, destination, protocol, port }: Ask,
): boolean | undefined {
  if (isolating.length === 0) return undefined;
  return isolating.some((policy) =>
    list(field(field(policy, 'spec'), direction)).some((rule) => {
      const peers = list(field(rule, direction === 'ingress' ? 'from' : 'to'));
      const ports = list(field(rule, 'ports'));
      // "If this field is empty or missing, this rule matches all sources (traffic not restricted by source)."
      const peerMatches = peers.length === 0 || peers.some((one) => isPeer(cluster, policy, one, peer));
      const portMatches = ports.length === 0 || ports.some((one) => isPort(one, destination, protocol, port));
      return peerMatches && portMatches;
    }),
  );
}

function selects(policy: Json, pod: Json): boolean {
  const sameNamespace = field(field(policy, 'metadata'), 'namespace') === field(field(pod, 'metadata'), 'namespace');
  return sameNamespace && labelsMatch(field(field(policy, 'spec'), 'podSelector'), labelsOf(pod));
}

/** "If this field is not specified, it will default based on the existence of ingress or egress rules; policies that contain an egress section are assumed to affect egress, and all policies (whether or not they contain an ingress section) are assumed to affect ingress." */
function actsOn(policy: Json, direction: 'ingress' | 'egress'): boolean {
  const spec = field(policy, 'spec');
  const types = list(field(spec, 'policyTypes'));
  if (types.length > 0) return types.includes(direction === 'ingress' ? 'Ingress' : 'Egress');
  return direction === 'ingress' || list(field(spec, 'egress')).length > 0;
}

function isPeer(cluster: LiteralCluster, policy: Json, peer: Json, end: LiteralEnd): boolean {
  const block = field(peer, 'ipBlock');
  if (block !== undefined) {
    if (end.kind === 'pod' && !cluster.blocksMatchPods) return false;
    const inside = (cidr: Json): boolean => inCidr(end.ip, String(cidr));
    return inside(field(block, 'cidr')) && !list(field(block, 'except')).some(inside);
  }
  if (end.kind !== 'pod') return false;
  const namespace = namespaceOf(end.pod);
  const namespaceSelector = field(peer, 'namespaceSelector');
  const podSelector = field(peer, 'podSelector');
  if (namespaceSelector === undefined) {
    if (namespace !== field(field(policy, 'metadata'), 'namespace')) return false;
  } else {
    if (!labelsMatch(namespaceSelector, namespaceLabels(cluster.namespaces, namespace))) return false;
  }
  return podSelector === undefined || labelsMatch(podSelector, labelsOf(end.pod));
}

function isPort(entry: Json, destination: LiteralEnd, protocol: string, port: number): boolean {
  if ((field(entry, 'protocol') ?? 'TCP') !== protocol) return false;
  const wanted = field(entry, 'port');
  if (wanted === undefined) return true;
  if (typeof wanted === 'string') {
    if (destination.kind !== 'pod') return false;
    const named = portsOf(destination.pod).find(
      (one) => field(one, 'name') === wanted && (field(one, 'protocol') ?? 'TCP') === protocol,
    );
    return named !== undefined && field(named, 'containerPort') === port;
  }
  const end = field(entry, 'endPort');
  return end === undefined ? wanted === port : Number(wanted) <= port && port <= Number(end);
}
