// A literal evaluator for the kinds of the Network Policy API beside NetworkPolicies, written from the comments of its Go
// types (v1alpha1, v1alpha2) and KEP-2091. It shares no code with the engine.

import {
  type Ask,
  bothDirections,
  type LiteralCluster,
  type LiteralEnd,
  networkPoliciesAllow,
  networkPoliciesOf,
} from './literal.ts';
import { field, inCidr, type Json, labelsMatch, labelsOf, list, namespaceLabels, namespaceOf, portsOf } from './raw.ts';

/** Whether a connection is allowed: by the admin tier, else by NetworkPolicies, else by the baseline, else it is. */
export function isAllowedByTiers(
  cluster: LiteralCluster,
  source: LiteralEnd,
  destination: LiteralEnd,
  protocol: string,
  port: number,
): boolean {
  return bothDirections(source, destination, protocol, port, (ask) => {
    return (
      tierSays(cluster, ask, 'Admin') ??
      networkPoliciesAllow(cluster, networkPoliciesOf(cluster, ask), ask) ??
      tierSays(cluster, ask, 'Baseline') ??
      true
    );
  });
}

/** What the first rule that matches says, by priority of the policies; `undefined` where none does, and for a pass. */
function tierSays(cluster: LiteralCluster, ask: Ask, tier: string): boolean | undefined {
  const policies = cluster.policies
    .filter((one) => tierOf(one) === tier && isSubject(cluster, field(field(one, 'spec'), 'subject'), ask.subject))
    .sort((a, b) => priorityOf(a) - priorityOf(b));
  for (const policy of policies) {
    for (const rule of list(field(field(policy, 'spec'), ask.direction))) {
      if (!isRuleFor(cluster, rule, ask)) continue;
      const action = field(rule, 'action');
      if (action === 'Pass') return undefined;
      return action === 'Allow' || action === 'Accept';
    }
  }
  return undefined;
}

function tierOf(policy: Json): Json {
  switch (field(policy, 'kind')) {
    case 'AdminNetworkPolicy':
      return 'Admin';
    case 'BaselineAdminNetworkPolicy':
      return 'Baseline';
    default:
      return field(field(policy, 'spec'), 'tier');
  }
}

function priorityOf(policy: Json): number {
  return Number(field(field(policy, 'spec'), 'priority') ?? 0);
}

function isSubject(cluster: LiteralCluster, subject: Json, end: LiteralEnd): boolean {
  const pods = field(subject, 'pods');
  if (pods !== undefined) return isNamespacedPod(cluster, pods, end);
  return isInNamespaces(cluster, field(subject, 'namespaces'), end);
}

/** "selects all pods within a set of Namespaces" */
function isInNamespaces({ namespaces }: LiteralCluster, selector: Json, end: LiteralEnd): boolean {
  return end.kind === 'pod' && labelsMatch(selector, namespaceLabels(namespaces, namespaceOf(end.pod)));
}

function isNamespacedPod(cluster: LiteralCluster, pods: Json, end: LiteralEnd): boolean {
  if (end.kind !== 'pod' || !isInNamespaces(cluster, field(pods, 'namespaceSelector'), end)) return false;
  return labelsMatch(field(pods, 'podSelector'), labelsOf(end.pod));
}

function isRuleFor(cluster: LiteralCluster, rule: Json, ask: Ask): boolean {
  const peers = list(field(rule, ask.direction === 'ingress' ? 'from' : 'to'));
  if (!peers.some((one) => isPeer(cluster, one, ask))) return false;
  const ports = list(field(rule, 'ports') ?? field(rule, 'protocols'));
  return ports.length === 0 || ports.some((one) => isPort(one, ask));
}

function isPeer(cluster: LiteralCluster, peer: Json, ask: Ask): boolean {
  const { peer: end } = ask;
  const networks = field(peer, 'networks');
  // "cluster-internal traffic will be checked against the rule as well"
  if (networks !== undefined) {
    return (
      (end.kind === 'outside' || cluster.blocksMatchPods !== false) &&
      list(networks).some((one) => inCidr(end.ip, String(one)))
    );
  }
  const pods = field(peer, 'pods');
  const inner = field(pods, 'namespaces');
  if (inner !== undefined) {
    if (!isRelated(cluster, inner, ask) || end.kind !== 'pod') return false;
    return labelsMatch(field(pods, 'podSelector'), labelsOf(end.pod));
  }
  if (pods !== undefined) return isNamespacedPod(cluster, pods as object, end);
  const namespaces = field(peer, 'namespaces');
  const isOld = ['sameLabels', 'namespaceSelector'].some((key) => field(namespaces, key) !== undefined);
  return isOld ? isRelated(cluster, namespaces, ask) : isInNamespaces(cluster, namespaces, end);
}

/** The earlier shape of peers: a selector, or labels whose values the subject's namespace must have too. */
function isRelated(cluster: LiteralCluster, related: Json, { subject, peer }: Ask): boolean {
  if (peer.kind !== 'pod' || subject.kind !== 'pod') return false;
  const same = list(field(related, 'sameLabels'));
  if (same.length === 0) return isInNamespaces(cluster, field(related, 'namespaceSelector'), peer);
  const theirs = namespaceLabels(cluster.namespaces, namespaceOf(peer.pod));
  const own = namespaceLabels(cluster.namespaces, namespaceOf(subject.pod));
  return same.every((key) => theirs.has(String(key)) && theirs.get(String(key)) === own.get(String(key)));
}

function isPort(entry: Json, { destination, protocol, port }: Ask): boolean {
  const name = field(entry, 'namedPort') ?? field(entry, 'destinationNamedPort');
  if (name !== undefined) {
    if (destination.kind !== 'pod') return false;
    return portsOf(destination.pod).some((one) => {
      const own = field(one, 'protocol') ?? 'TCP';
      return field(one, 'name') === name && own === protocol && field(one, 'containerPort') === port;
    });
  }
  const number = field(entry, 'portNumber');
  if (number !== undefined) return (field(number, 'protocol') ?? 'TCP') === protocol && field(number, 'port') === port;
  const range = field(entry, 'portRange');
  if (range !== undefined) return (field(range, 'protocol') ?? 'TCP') === protocol && isWithin(range, port);
  const own = field(entry, protocol.toLowerCase());
  if (own === undefined) return false;
  const asked = field(own, 'destinationPort');
  if (asked === undefined) return true;
  const inner = field(asked, 'range');
  return inner === undefined ? field(asked, 'number') === port : isWithin(inner, port);
}

function isWithin(range: Json, port: number): boolean {
  return Number(field(range, 'start')) <= port && port <= Number(field(range, 'end'));
}
