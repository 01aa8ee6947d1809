// A literal evaluator for CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy beside NetworkPolicies, written from
// Cilium's documentation (Network Policy: rule basics, layer 3, layer 4, deny policies). It shares no code with the engine.

import {
  type Ask,
  bothDirections,
  type LiteralCluster,
  type LiteralEnd,
  networkPoliciesAllow,
  networkPoliciesOf,
} from './literal.ts';
import { field, inCidr, type Json, labelsMatch, labelsOf, list, namespaceLabels, namespaceOf, portsOf } from './raw.ts';

/** One rule set of a policy that selects the subject; `namespace` is absent for a clusterwide one. */
interface RuleSet {
  readonly spec: Json;
  readonly namespace: string | undefined;
}

/** Whether a connection is allowed: no denial matches, and some rule allows it or nothing isolates the subject. */
export function isAllowedByCilium(
  cluster: LiteralCluster,
  source: LiteralEnd,
  destination: LiteralEnd,
  protocol: string,
  port: number,
): boolean {
  return bothDirections(source, destination, protocol, port, (ask) => {
    const sets = ruleSetsOf(cluster, ask.subject);
    const matching = (set: RuleSet, name: string): boolean =>
      list(field(set.spec, name)).some((rule) => isRuleFor(cluster, set, rule, ask));
    // "Deny policies take precedence over allow policies"
    if (sets.some((set) => matching(set, `${ask.direction}Deny`))) return false;
    if (sets.some((set) => matching(set, ask.direction))) return true;
    const plain = networkPoliciesAllow(cluster, networkPoliciesOf(cluster, ask), ask);
    return plain ?? !sets.some(({ spec }) => isolates(spec, ask.direction));
  });
}

function ruleSetsOf(cluster: LiteralCluster, subject: LiteralEnd): readonly RuleSet[] {
  if (subject.kind === 'outside') return [];
  return cluster.policies
    .filter((one) => String(field(one, 'apiVersion')).startsWith('cilium.io/'))
    .flatMap((policy) => {
      const isWide = field(policy, 'kind') === 'CiliumClusterwideNetworkPolicy';
      const namespace = isWide ? undefined : namespaceOf(policy);
      if (namespace !== undefined && namespace !== namespaceOf(subject.pod)) return [];
      const specs = [field(policy, 'spec'), ...list(field(policy, 'specs'))].filter((one) => one !== undefined);
      return specs
        .filter((spec) => identityMatches(cluster, field(spec, 'endpointSelector'), subject.pod))
        .map((spec) => ({ spec, namespace }));
    });
}

/** "If any rule selects an Endpoint and the rule has an ingress section, the endpoint goes into default deny at ingress." */
function isolates(spec: Json, direction: 'ingress' | 'egress'): boolean {
  const rules = [...list(field(spec, direction)), ...list(field(spec, `${direction}Deny`))];
  return rules.length > 0 && field(field(spec, 'enableDefaultDeny'), direction) !== false;
}

function isRuleFor(cluster: LiteralCluster, set: RuleSet, rule: Json, ask: Ask): boolean {
  const side = ask.direction === 'ingress' ? 'from' : 'to';
  const fields = ['Endpoints', 'Entities', 'CIDR', 'CIDRSet'].map((name) => side + name);
  const given = fields.filter((name) => field(rule, name) !== undefined);
  const toPorts = field(rule, 'toPorts');
  // An empty rule selects no traffic: it is the way to write a default deny.
  if (given.length === 0 && toPorts === undefined) return false;
  const isPeer =
    given.length === 0 ||
    given.some((name) =>
      list(field(rule, name)).some((one) => isPeerFor(cluster, set, name.slice(side.length), one, ask.peer)),
    );
  return isPeer && (toPorts === undefined || list(toPorts).some((one) => isPortFor(one, ask)));
}

function isPeerFor(
  cluster: LiteralCluster,
  { namespace }: RuleSet,
  kind: string,
  peer: Json,
  end: LiteralEnd,
): boolean {
  switch (kind) {
    case 'Endpoints': {
      if (end.kind !== 'pod' || !identityMatches(cluster, peer, end.pod)) return false;
      return namespace === undefined || asksForNamespace(peer) || namespace === namespaceOf(end.pod);
    }
    case 'Entities':
      return peer === 'all' || peer === (end.kind === 'pod' ? 'cluster' : 'world');
    case 'CIDR':
      // "CIDR rules do not apply to traffic where both sides are managed by Cilium"
      return end.kind === 'outside' && inCidr(end.ip, String(peer));
    default: {
      const inside = (cidr: Json): boolean => inCidr(end.ip, String(cidr));
      return end.kind === 'outside' && inside(field(peer, 'cidr')) && !list(field(peer, 'except')).some(inside);
    }
  }
}

/** The labels of a pod as its identity has them: its own, its namespace's name and its namespace's labels. */
function identityMatches({ namespaces }: LiteralCluster, selector: Json, pod: Json): boolean {
  const labels = labelsOf(pod);
  const namespace = namespaceOf(pod);
  labels.set('io.kubernetes.pod.namespace', namespace);
  for (const [key, value] of namespaceLabels(namespaces, namespace)) {
    labels.set(`io.cilium.k8s.namespace.labels.${key}`, value);
  }
  const matchLabels = Object.entries((field(selector, 'matchLabels') ?? {}) as Record<string, string>);
  const expressions = list(field(selector, 'matchExpressions')) as readonly { readonly key: string }[];
  return labelsMatch(
    {
      matchLabels: Object.fromEntries(matchLabels.map(([key, value]) => [withoutSource(key), value])),
      matchExpressions: expressions.map((one) => ({ ...one, key: withoutSource(one.key) })),
    },
    labels,
  );
}

/** `k8s:app` and `any:app` are `app` of a pod. */
function withoutSource(key: string): string {
  return key.replace(/^(k8s|any):/, '');
}

function asksForNamespace(selector: Json): boolean {
  const keys = [
    ...Object.keys((field(selector, 'matchLabels') ?? {}) as object),
    ...list(field(selector, 'matchExpressions')).map((one) => String(field(one, 'key'))),
  ].map(withoutSource);
  return keys.some((key) => key === 'io.kubernetes.pod.namespace' || key.startsWith('io.cilium.k8s.namespace.labels.'));
}

function isPortFor(entry: Json, { destination, protocol, port }: Ask): boolean {
  return list(field(entry, 'ports')).some((one) => {
    const asked = field(one, 'protocol') ?? 'ANY';
    if (asked !== 'ANY' && asked !== protocol) return false;
    const text = String(field(one, 'port'));
    if (!/^\d+$/.test(text)) {
      if (destination.kind !== 'pod') return false;
      return portsOf(destination.pod).some((own) => {
        const isNamed = field(own, 'name') === text && (field(own, 'protocol') ?? 'TCP') === protocol;
        return isNamed && field(own, 'containerPort') === port;
      });
    }
    const last = Number(field(one, 'endPort') ?? text);
    return Number(text) <= port && port <= last;
  });
}
