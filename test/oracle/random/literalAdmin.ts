// A second evaluator for the kinds of the Network Policy API (AdminNetworkPolicy, BaselineAdminNetworkPolicy,
// ClusterNetworkPolicy) beside NetworkPolicies, written from the comments of its types and KEP-2091.

import {
  type Ask,
  bothDirections,
  type LiteralCluster,
  type LiteralEnd,
  networkPoliciesAllow,
  networkPoliciesOf,
} from './literal.ts';
import { field, inCidr, type Json, labelsMatch, labelsOf, list } from './raw.ts';

type Answer = 'allow' | 'deny' | 'pass';

/** Whether a connection is allowed by the admin tier, NetworkPolicies and the baseline tier together. */
export function isAllowedByAdmins(
  cluster: LiteralCluster,
  source: LiteralEnd,
  destination: LiteralEnd,
  protocol: string,
  port: number,
): boolean {
  return bothDirections(source, destination, protocol, port, (ask) => allows(cluster, ask));
}

/** The tiers in order: Admin, NetworkPolicy, Baseline. */
function allows(cluster: LiteralCluster, question: Ask): boolean {
  const admin = answerOf(cluster, question, adminPolicies(cluster));
  if (admin !== 'pass') return admin === 'allow';
  // "v1.NetworkPolicy always makes a final decision for selected pods."
  const plain = networkPoliciesAllow(cluster, networkPoliciesOf(cluster, question), question);
  if (plain !== undefined) return plain;
  // What no tier has decided is allowed.
  return answerOf(cluster, question, baselinePolicies(cluster)) !== 'deny';
}

/** Lower priority values are checked before higher ones. */
function adminPolicies(cluster: LiteralCluster): readonly Json[] {
  return byPriority(
    cluster.policies.filter(
      (one) => field(one, 'kind') === 'AdminNetworkPolicy' || field(field(one, 'spec'), 'tier') === 'Admin',
    ),
  );
}

function baselinePolicies(cluster: LiteralCluster): readonly Json[] {
  return byPriority(
    cluster.policies.filter(
      (one) => field(one, 'kind') === 'BaselineAdminNetworkPolicy' || field(field(one, 'spec'), 'tier') === 'Baseline',
    ),
  );
}

function byPriority(policies: readonly Json[]): readonly Json[] {
  const priority = (policy: Json): number => Number(field(field(policy, 'spec'), 'priority') ?? 0);
  return [...policies].sort((a, b) => priority(a) - priority(b));
}

/** What a tier says: its first matching rule, for the order within a policy is that in which its rules are written. */
function answerOf(cluster: LiteralCluster, question: Ask, policies: readonly Json[]): Answer {
  for (const policy of policies) {
    const spec = field(policy, 'spec');
    if (!isSubject(cluster, field(spec, 'subject'), question.subject.pod)) continue;
    for (const rule of list(field(spec, question.direction))) {
      if (!ruleMatches(cluster, rule, question)) continue;
      const action = field(rule, 'action');
      // Pass skips the further rules of the tier and leads on to the next tier.
      return action === 'Pass' ? 'pass' : action === 'Deny' ? 'deny' : 'allow';
    }
  }
  return 'pass';
}

function ruleMatches(cluster: LiteralCluster, rule: Json, question: Ask): boolean {
  const peers = list(field(rule, question.direction === 'ingress' ? 'from' : 'to'));
  if (!peers.some((one) => isPeer(cluster, one, question))) return false;
  // "If Ports is not set then the rule does not filter traffic via port."
  const ports = field(rule, 'ports') ?? field(rule, 'protocols');
  return ports === undefined || list(ports).some((one) => isPort(one, question));
}

function isSubject(cluster: LiteralCluster, subject: Json, pod: Json): boolean {
  const namespaces = field(subject, 'namespaces');
  if (namespaces !== undefined) return labelsMatch(namespaces, namespaceLabels(cluster, pod));
  return isNamespacedPod(cluster, field(subject, 'pods'), pod);
}

function isNamespacedPod(cluster: LiteralCluster, pods: Json, pod: Json): boolean {
  return (
    labelsMatch(field(pods, 'namespaceSelector'), namespaceLabels(cluster, pod)) &&
    labelsMatch(field(pods, 'podSelector'), labelsOf(pod))
  );
}

function isPeer(cluster: LiteralCluster, peer: Json, question: Ask): boolean {
  const end = question.peer;
  const networks = field(peer, 'networks');
  // "Note that cluster-internal traffic will be checked against the rule as well."
  if (networks !== undefined) {
    const isMeant = end.kind === 'outside' || cluster.blocksMatchPods !== false;
    return isMeant && list(networks).some((cidr) => inCidr(end.ip, String(cidr)));
  }
  if (end.kind !== 'pod') return false;
  const namespaces = field(peer, 'namespaces');
  if (namespaces !== undefined) return isNamespaceOf(cluster, namespaces, question, end.pod);
  const pods = field(peer, 'pods');
  const set = field(pods, 'namespaces');
  if (set === undefined) return isNamespacedPod(cluster, pods, end.pod);
  return isNamespaceOf(cluster, set, question, end.pod) && labelsMatch(field(pods, 'podSelector'), labelsOf(end.pod));
}

/** A label selector, or one of the earlier sets. */
function isNamespaceOf(cluster: LiteralCluster, set: Json, question: Ask, pod: Json): boolean {
  const own = namespaceLabels(cluster, question.subject.pod);
  const theirs = namespaceLabels(cluster, pod);
  const same = field(set, 'sameLabels');
  // The namespace must have all of the labels, each with the subject's value. An empty list selects nothing.
  if (same !== undefined) {
    const keys = list(same).map(String);
    return keys.length > 0 && keys.every((key) => theirs.has(key) && theirs.get(key) === own.get(key));
  }
  const notSame = field(set, 'notSameLabels');
  // The namespace must have all of the labels, at least one with another value than the subject's.
  if (notSame !== undefined) {
    const keys = list(notSame).map(String);
    return keys.every((key) => theirs.has(key)) && keys.some((key) => theirs.get(key) !== own.get(key));
  }
  return labelsMatch(field(set, 'namespaceSelector') ?? set, theirs);
}

const labelsOfNamespace = new WeakMap<object, ReadonlyMap<string, string>>();

/** The labels of a pod's namespace. Kept, for they are asked for often. */
function namespaceLabels(cluster: LiteralCluster, pod: Json): ReadonlyMap<string, string> {
  const kept = labelsOfNamespace.get(pod as object);
  if (kept !== undefined) return kept;
  const name = field(field(pod, 'metadata'), 'namespace');
  const object = cluster.namespaces.find((one) => field(field(one, 'metadata'), 'name') === name);
  const labels = labelsOf(object).set('kubernetes.io/metadata.name', String(name));
  labelsOfNamespace.set(pod as object, labels);
  return labels;
}

/** A port of either version: `portNumber`, `portRange`, `namedPort`; or a protocol's `destinationPort`. */
function isPort(entry: Json, { destination, protocol, port }: Ask): boolean {
  const name = field(entry, 'namedPort') ?? field(entry, 'destinationNamedPort');
  if (name !== undefined) return isNamedPort(destination, String(name), protocol, port);
  const number = field(entry, 'portNumber');
  // "If not specified, this field defaults to TCP."
  if (number !== undefined) return (field(number, 'protocol') ?? 'TCP') === protocol && field(number, 'port') === port;
  const ports = field(entry, 'portRange');
  if (ports !== undefined) return (field(ports, 'protocol') ?? 'TCP') === protocol && inRange(ports, port);
  const wanted = field(field(entry, protocol.toLowerCase()), 'destinationPort');
  if (wanted === undefined) return false;
  const range = field(wanted, 'range');
  return range === undefined ? field(wanted, 'number') === port : inRange(range, port);
}

/** "An inclusive range of ports from the assigned Start value to End value." */
function inRange(range: Json, port: number): boolean {
  return Number(field(range, 'start')) <= port && port <= Number(field(range, 'end'));
}

/** "Selects a destination port on a pod based on the ContainerPort name", whose protocol is the container port's. */
function isNamedPort(destination: LiteralEnd, name: string, protocol: string, port: number): boolean {
  if (destination.kind !== 'pod') return false;
  const named = list(field(field(destination.pod, 'spec'), 'containers'))
    .flatMap((one) => list(field(one, 'ports')))
    .find((one) => field(one, 'name') === name && (field(one, 'protocol') ?? 'TCP') === protocol);
  return named !== undefined && field(named, 'containerPort') === port;
}
