// A second evaluator for NetworkPolicy, written from the words of the API reference and the concept page and for
// nothing but to be compared with: it reads raw objects, takes its time, and shares no code with the engine.

/** Anything that an object may hold. */
export type Json = unknown;
type Fields = Readonly<Record<string, Json>>;

/** A field of a raw object, absent where there is none. */
export function field(value: Json, name: string): Json {
  return typeof value === 'object' && value !== null ? (value as Fields)[name] : undefined;
}

/** A raw list; what is none is empty. */
export function list(value: Json): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

/** A pod, or an address outside. */
export type LiteralEnd =
  | { readonly kind: 'pod'; readonly pod: Json; readonly ip: string }
  | { readonly kind: 'outside'; readonly ip: string };

/** All that the evaluation looks at. `blocksMatchPods`: whether an ipBlock may match a pod's address. */
export interface LiteralCluster {
  readonly namespaces: readonly Json[];
  readonly policies: readonly Json[];
  readonly others?: readonly Json[];
  readonly blocksMatchPods: boolean;
}

/** Whether a connection is allowed: "For a connection from a source pod to a destination pod to be allowed, both the egress policy on the source pod and the ingress policy on the destination pod need to allow the connection." */
export function isAllowed(
  cluster: LiteralCluster,
  source: LiteralEnd,
  destination: LiteralEnd,
  protocol: string,
  port: number,
): boolean {
  // A pod can not block access to itself.
  if (source.kind === 'pod' && destination.kind === 'pod' && source.pod === destination.pod) return true;
  return (
    directionAllows(cluster, 'egress', source, destination, destination, protocol, port) &&
    directionAllows(cluster, 'ingress', destination, source, destination, protocol, port)
  );
}

/** Whether the NetworkPolicies of the cluster let one direction of a connection through. */
export function directionAllows(
  cluster: LiteralCluster,
  direction: 'ingress' | 'egress',
  subject: LiteralEnd,
  peer: LiteralEnd,
  destination: LiteralEnd,
  protocol: string,
  port: number,
): boolean {
  if (subject.kind === 'outside') return true;
  const isolating = cluster.policies.filter((policy) => selects(policy, subject.pod) && actsOn(policy, direction));
  if (isolating.length === 0) return true;
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

/** Whether a NetworkPolicy is one of the pod. */
export function selects(policy: Json, pod: Json): boolean {
  const sameNamespace = field(field(policy, 'metadata'), 'namespace') === field(field(pod, 'metadata'), 'namespace');
  return sameNamespace && labelsMatch(field(field(policy, 'spec'), 'podSelector'), labelsOf(pod));
}

/** "If this field is not specified, it will default based on the existence of ingress or egress rules; policies that contain an egress section are assumed to affect egress, and all policies (whether or not they contain an ingress section) are assumed to affect ingress." */
export function actsOn(policy: Json, direction: 'ingress' | 'egress'): boolean {
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
  const namespace = field(field(end.pod, 'metadata'), 'namespace');
  const namespaceSelector = field(peer, 'namespaceSelector');
  const podSelector = field(peer, 'podSelector');
  if (namespaceSelector === undefined) {
    if (namespace !== field(field(policy, 'metadata'), 'namespace')) return false;
  } else {
    const object = cluster.namespaces.find((one) => field(field(one, 'metadata'), 'name') === namespace);
    const labels = new Map(labelsOf(object));
    labels.set('kubernetes.io/metadata.name', String(namespace));
    if (!labelsMatch(namespaceSelector, labels)) return false;
  }
  return podSelector === undefined || labelsMatch(podSelector, labelsOf(end.pod));
}

function isPort(entry: Json, destination: LiteralEnd, protocol: string, port: number): boolean {
  if ((field(entry, 'protocol') ?? 'TCP') !== protocol) return false;
  const wanted = field(entry, 'port');
  if (wanted === undefined) return true;
  if (typeof wanted === 'string') {
    if (destination.kind !== 'pod') return false;
    const containers = list(field(field(destination.pod, 'spec'), 'containers'));
    const named = containers
      .flatMap((one) => list(field(one, 'ports')))
      .find((one) => field(one, 'name') === wanted && (field(one, 'protocol') ?? 'TCP') === protocol);
    return named !== undefined && field(named, 'containerPort') === port;
  }
  const end = field(entry, 'endPort');
  return end === undefined ? wanted === port : Number(wanted) <= port && port <= Number(end);
}

/** Labels of a raw object. */
export function labelsOf(object: Json): Map<string, string> {
  const labels = field(field(object, 'metadata'), 'labels');
  return new Map(Object.entries((labels ?? {}) as Record<string, string>));
}

/** "The result of matchLabels and matchExpressions are ANDed. An empty label selector matches all objects." */
export function labelsMatch(selector: Json, labels: ReadonlyMap<string, string>): boolean {
  const equal = Object.entries((field(selector, 'matchLabels') ?? {}) as Record<string, string>);
  if (equal.some(([key, value]) => labels.get(key) !== value)) return false;
  return list(field(selector, 'matchExpressions')).every((one) => {
    const key = String(field(one, 'key'));
    const values = list(field(one, 'values'));
    const value = labels.get(key);
    switch (field(one, 'operator')) {
      case 'In':
        return value !== undefined && values.includes(value);
      case 'NotIn':
        return value === undefined || !values.includes(value);
      case 'Exists':
        return value !== undefined;
      default:
        return value === undefined;
    }
  });
}

/** Bit by bit, so that nothing is clever here. Both families. */
export function inCidr(ip: string, cidr: string): boolean {
  const [base = '', prefix = '0'] = cidr.split('/');
  if (base.includes(':') !== ip.includes(':')) return false;
  return bits(ip).startsWith(bits(base).slice(0, Number(prefix)));
}

function bits(ip: string): string {
  const binary = (value: number, width: number): string => value.toString(2).padStart(width, '0');
  if (!ip.includes(':'))
    return ip
      .split('.')
      .map((one) => binary(Number(one), 8))
      .join('');
  const [head = '', tail] = ip.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const first = groups(head);
  const last = tail === undefined ? [] : groups(tail);
  const middle = new Array<string>(8 - first.length - last.length).fill('0');
  return [...first, ...middle, ...last].map((one) => binary(Number.parseInt(one, 16), 16)).join('');
}
