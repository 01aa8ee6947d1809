// A second evaluator for CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy beside NetworkPolicies, written from
// Cilium's documentation ("Policy Enforcement Modes", "Layer 3 Policies", "Layer 4 Policies", "Deny Policies") and the
// comments of its API types. Layer 7, names in DNS, services and nodes are left out.

import {
  type Ask,
  bothDirections,
  type LiteralCluster,
  type LiteralEnd,
  networkPoliciesAllow,
  networkPoliciesOf,
} from './literal.ts';
import { field, inCidr, type Json, labelsMatch, labelsOf, list } from './raw.ts';

const namespaceKey = 'io.kubernetes.pod.namespace';
const namespaceLabelPrefix = 'io.cilium.k8s.namespace.labels.';

/** Whether a connection is allowed by Cilium's kinds and NetworkPolicies together. */
export function isAllowedByCilium(
  cluster: LiteralCluster,
  source: LiteralEnd,
  destination: LiteralEnd,
  protocol: string,
  port: number,
): boolean {
  return bothDirections(source, destination, protocol, port, (ask) => allows(cluster, ask));
}

function allows(cluster: LiteralCluster, question: Ask): boolean {
  const { direction, subject } = question;
  const rules = cluster.policies.flatMap(rulesOf).filter((one) => isSubject(cluster, one, subject.pod));
  const matching = (name: string): boolean =>
    rules.some((one) => list(field(one.rule, name)).some((part) => isPart(cluster, one, part, question)));
  // "Deny policies take precedence over allow policies, regardless of whether they are a Cilium Network Policy, a
  // Clusterwide Cilium Network Policy or even a Kubernetes Network Policy."
  if (matching(`${direction}Deny`)) return false;
  if (matching(direction)) return true;
  const plain = networkPoliciesAllow(cluster, networkPoliciesOf(cluster, question), question);
  return plain ?? !rules.some(({ rule }) => isDefaultDeny(rule, direction));
}

/** A rule with the namespace that its policy lives in; a clusterwide one has none. */
interface Ruled {
  readonly rule: Json;
  readonly namespace: string | undefined;
}

/** `spec` is one rule, `specs` is a list of them. */
function rulesOf(policy: Json): readonly Ruled[] {
  const kind = field(policy, 'kind');
  if (kind !== 'CiliumNetworkPolicy' && kind !== 'CiliumClusterwideNetworkPolicy') return [];
  const namespace = kind === 'CiliumNetworkPolicy' ? String(field(field(policy, 'metadata'), 'namespace')) : undefined;
  const spec = field(policy, 'spec');
  return [...(spec === undefined ? [] : [spec]), ...list(field(policy, 'specs'))].map((rule) => ({ rule, namespace }));
}

/** A namespaced policy selects pods of its own namespace only. */
function isSubject(cluster: LiteralCluster, { rule, namespace }: Ruled, pod: Json): boolean {
  const own = field(field(pod, 'metadata'), 'namespace');
  if (namespace !== undefined && namespace !== own) return false;
  return labelsMatch(plain(field(rule, 'endpointSelector')), identityOf(cluster, pod));
}

/**
 * "If not specified, the default is true for each traffic direction that has rules, and false otherwise." What is asked
 * for a direction without rules has no effect.
 */
function isDefaultDeny(rule: Json, direction: Ask['direction']): boolean {
  const hasRules = list(field(rule, direction)).length > 0 || list(field(rule, `${direction}Deny`)).length > 0;
  return hasRules && field(field(rule, 'enableDefaultDeny'), direction) !== false;
}

/** Whether one entry of `ingress`, `egress` or their denies is about the connection. */
function isPart(cluster: LiteralCluster, ruled: Ruled, part: Json, question: Ask): boolean {
  const prefix = question.direction === 'ingress' ? 'from' : 'to';
  const peers = ['Endpoints', 'Entities', 'CIDR', 'CIDRSet'].map((name) => field(part, `${prefix}${name}`));
  const written = peers.filter((one) => one !== undefined);
  const ports = list(field(part, 'toPorts'));
  // A rule of ICMP types is about no port.
  if (list(field(part, 'icmps')).length > 0) return false;
  // An empty rule, `- {}`, selects nothing; it only makes the direction default deny.
  if (written.length === 0 && ports.length === 0) return false;
  // "Explicitly check for empty non-nil slices, it should not result in any identity being selected."
  if (written.some((one) => list(one).length === 0)) return false;
  if (ports.length > 0 && !ports.some((one) => isPortRule(one, question))) return false;
  if (written.length === 0) return true;
  const [endpoints, entities, cidrs, sets] = peers.map(list);
  const { peer } = question;
  return (
    (endpoints ?? []).some((one) => isEndpoint(cluster, ruled, one, peer)) ||
    (entities ?? []).some((one) => isEntity(cluster, String(one), peer)) ||
    (cidrs ?? []).some((one) => isOutside(peer, one)) ||
    (sets ?? []).some(
      (one) =>
        isOutside(peer, field(one, 'cidr')) && !list(field(one, 'except')).some((except) => isOutside(peer, except)),
    )
  );
}

/** CIDRs are for what is outside: between two pods that Cilium manages they do not apply. */
function isOutside(peer: LiteralEnd, cidr: Json): boolean {
  return peer.kind === 'outside' && inCidr(peer.ip, String(cidr));
}

function isEntity(cluster: LiteralCluster, entity: string, peer: LiteralEnd): boolean {
  switch (entity) {
    case 'all':
      return true;
    case 'cluster':
      return peer.kind === 'pod' || isApiServer(cluster, peer.ip);
    case 'kube-apiserver':
      return isApiServer(cluster, peer.ip);
    case 'world':
      return peer.kind === 'outside';
    case 'world-ipv4':
      return peer.kind === 'outside' && !peer.ip.includes(':');
    case 'world-ipv6':
      return peer.kind === 'outside' && peer.ip.includes(':');
    default:
      // Nodes, their health endpoints, Cilium's Ingress, pods without labels yet: none of them is in these clusters.
      return false;
  }
}

/** The API server is known by the endpoints of the Service default/kubernetes, in the cluster or outside. */
function isApiServer(cluster: LiteralCluster, ip: string): boolean {
  return (cluster.others ?? []).some((one) => {
    if (field(field(one, 'metadata'), 'namespace') !== 'default') return false;
    if (labelsOf(one).get('kubernetes.io/service-name') !== 'kubernetes') return false;
    return list(field(one, 'endpoints')).some((endpoint) => list(field(endpoint, 'addresses')).includes(ip));
  });
}

/**
 * "The user can explicitly specify the namespace in the FromEndpoints selector. If omitted, we limit the scope to the
 * namespace the policy lives in." A key of the namespace's labels does as well. A clusterwide policy's selector is
 * limited to endpoints that have a namespace instead.
 */
function isEndpoint(cluster: LiteralCluster, { namespace }: Ruled, selector: Json, peer: LiteralEnd): boolean {
  const labels = peer.kind === 'pod' ? identityOf(cluster, peer.pod) : new Map<string, string>();
  const read = plain(selector);
  if (!labelsMatch(read, labels)) return false;
  const keys = [...Object.keys(read.matchLabels), ...read.matchExpressions.map((one) => one.key)];
  if (keys.includes(namespaceKey)) return true;
  if (namespace === undefined) return labels.has(namespaceKey);
  return keys.some((key) => key.startsWith(namespaceLabelPrefix)) || labels.get(namespaceKey) === namespace;
}

interface PlainSelector {
  readonly matchLabels: Readonly<Record<string, Json>>;
  readonly matchExpressions: readonly { readonly key: string; readonly operator: Json; readonly values: Json }[];
}

/** Labels of pods come from Kubernetes, so that `k8s:`, `any:` and no prefix at all mean the same label. */
function plain(selector: Json): PlainSelector {
  const key = (text: string): string => text.replace(/^(k8s|any):/, '');
  const labels = Object.entries((field(selector, 'matchLabels') ?? {}) as Record<string, Json>);
  return {
    matchLabels: Object.fromEntries(labels.map(([name, value]) => [key(name), value])),
    matchExpressions: list(field(selector, 'matchExpressions')).map((one) => ({
      key: key(String(field(one, 'key'))),
      operator: field(one, 'operator'),
      values: field(one, 'values'),
    })),
  };
}

const identities = new WeakMap<object, Map<string, string>>();

/** The labels of a pod's identity: its own, its namespace, the labels of that, and its service account. Kept, for they are asked for often. */
function identityOf(cluster: LiteralCluster, pod: Json): ReadonlyMap<string, string> {
  const kept = identities.get(pod as object);
  if (kept !== undefined) return kept;
  const name = String(field(field(pod, 'metadata'), 'namespace'));
  const object = cluster.namespaces.find((one) => field(field(one, 'metadata'), 'name') === name);
  const labels = labelsOf(pod).set(namespaceKey, name);
  labels.set('io.cilium.k8s.policy.serviceaccount', String(field(field(pod, 'spec'), 'serviceAccountName')));
  for (const [key, value] of labelsOf(object)) labels.set(`${namespaceLabelPrefix}${key}`, value);
  labels.set(`${namespaceLabelPrefix}kubernetes.io/metadata.name`, name);
  identities.set(pod as object, labels);
  return labels;
}

/** A rule of ports is about those that it lists; without a list there are none. */
function isPortRule(rule: Json, question: Ask): boolean {
  return list(field(rule, 'ports')).some((one) => isPort(one, question));
}

/** Without a protocol, or with ANY, every protocol matches; port 0 is every port. */
function isPort(entry: Json, { destination, protocol, port }: Ask): boolean {
  const wanted = field(entry, 'protocol') ?? 'ANY';
  if (wanted !== 'ANY' && wanted !== '' && wanted !== protocol) return false;
  const text = String(field(entry, 'port'));
  if (!/^[0-9]+$/.test(text)) return isNamedPort(destination, text.toLowerCase(), protocol, port);
  const first = Number(text);
  if (first === 0) return true;
  const last = Number(field(entry, 'endPort') ?? first);
  return first <= port && port <= last;
}

/**
 * "Named port specified for a container may narrow this [the protocol] down, but may not contradict this." Towards other
 * pods it is the port that each of them gives the name (cilium pull request 45760; before, one of the whole cluster).
 */
function isNamedPort(destination: LiteralEnd, name: string, protocol: string, port: number): boolean {
  if (destination.kind !== 'pod') return false;
  return list(field(field(destination.pod, 'spec'), 'containers'))
    .flatMap((one) => list(field(one, 'ports')))
    .some(
      (one) =>
        field(one, 'name') === name &&
        (field(one, 'protocol') ?? 'TCP') === protocol &&
        field(one, 'containerPort') === port,
    );
}
