// A literal evaluator for Calico's NetworkPolicy and GlobalNetworkPolicy with tiers and network sets, beside Kubernetes'
// NetworkPolicies, written from Calico's documentation (Network policy, Global network policy, Tier, Network set). It shares
// no code with the engine.

import {
  type Ask,
  bothDirections,
  type LiteralCluster,
  type LiteralEnd,
  networkPoliciesAllow,
  networkPoliciesOf,
} from './literal.ts';
import { calicoMatches } from './literalSelector.ts';
import { field, inCidr, type Json, labelsOf, list, namespaceLabels, namespaceOf, portsOf } from './raw.ts';

type Says = 'allow' | 'deny' | 'pass' | undefined;

/** What stands in a tier at a place: a policy of Calico, or all NetworkPolicies, which have order 1000. */
interface Placed {
  readonly order: number;
  readonly name: string;
  says(): Says;
}

/** Whether a connection is allowed: tier by tier, policy by policy in their order, rule by rule. */
export function isAllowedByCalico(
  cluster: LiteralCluster,
  source: LiteralEnd,
  destination: LiteralEnd,
  protocol: string,
  port: number,
): boolean {
  return bothDirections(source, destination, protocol, port, (ask) => {
    for (const tier of tiersOf(cluster)) {
      const applied = placedIn(cluster, tier.name, ask);
      // "If no policies in a tier apply to the endpoint, the tier is skipped."
      if (applied.length === 0) continue;
      const said = applied.map((one) => one.says()).find((one) => one !== undefined) ?? tier.end;
      if (said !== 'pass') return said === 'allow';
    }
    // The profile of a namespace allows everything.
    return true;
  });
}

interface Tier {
  readonly name: string;
  readonly order: number;
  readonly end: Says;
}

function tiersOf({ policies }: LiteralCluster): readonly Tier[] {
  const written = policies
    .filter((one) => field(one, 'kind') === 'Tier')
    .map((one): Tier => {
      const name = String(field(field(one, 'metadata'), 'name'));
      const end = field(field(one, 'spec'), 'defaultAction') === 'Pass' ? 'pass' : 'deny';
      return { name, order: Number(field(field(one, 'spec'), 'order')), end };
    });
  const all = [...written, { name: 'default', order: 1_000_000, end: 'deny' as const }];
  return all.sort((a, b) => a.order - b.order || (a.name < b.name ? -1 : 1));
}

function placedIn(cluster: LiteralCluster, tier: string, ask: Ask): readonly Placed[] {
  const own = cluster.policies
    .filter((one) => isCalico(one) && (field(field(one, 'spec'), 'tier') ?? 'default') === tier)
    .filter((one) => selects(cluster, one, ask.subject) && actsOn(one, ask.direction))
    .map((one): Placed => {
      const order = field(field(one, 'spec'), 'order');
      const name = String(field(field(one, 'metadata'), 'name'));
      return { order: order === undefined ? Infinity : Number(order), name, says: () => policySays(cluster, one, ask) };
    });
  const plain = tier === 'default' ? networkPoliciesOf(cluster, ask) : [];
  const kubernetes: Placed = {
    order: 1000,
    name: 'knp',
    says: () => (networkPoliciesAllow(cluster, plain, ask) === true ? 'allow' : undefined),
  };
  const all = plain.length === 0 ? own : [...own, kubernetes];
  return [...all].sort((a, b) => a.order - b.order || (a.name < b.name ? -1 : 1));
}

function isCalico(policy: Json): boolean {
  const isPolicy = ['NetworkPolicy', 'GlobalNetworkPolicy'].includes(String(field(policy, 'kind')));
  return isPolicy && field(policy, 'apiVersion') === 'projectcalico.org/v3';
}

function isGlobal(policy: Json): boolean {
  return field(policy, 'kind') === 'GlobalNetworkPolicy';
}

function selects(cluster: LiteralCluster, policy: Json, subject: LiteralEnd): boolean {
  if (subject.kind === 'outside') return false;
  const spec = field(policy, 'spec');
  const namespace = namespaceOf(subject.pod);
  if (!isGlobal(policy) && namespace !== namespaceOf(policy)) return false;
  const ofNamespace = field(spec, 'namespaceSelector');
  if (ofNamespace !== undefined && !calicoMatches(ofNamespace, calicoNamespaceLabels(cluster, namespace))) return false;
  return calicoMatches(field(spec, 'selector') ?? 'all()', podLabels(subject.pod));
}

/** "types: if not given, Ingress where there are ingress rules or no egress rules, and Egress where there are egress rules" */
function actsOn(policy: Json, direction: 'ingress' | 'egress'): boolean {
  const spec = field(policy, 'spec');
  const types = field(spec, 'types');
  if (types !== undefined) return list(types).includes(direction === 'ingress' ? 'Ingress' : 'Egress');
  const has = (one: string): boolean => list(field(spec, one)).length > 0;
  return direction === 'egress' ? has('egress') : has('ingress') || !has('egress');
}

function podLabels(pod: Json): Map<string, string> {
  return labelsOf(pod)
    .set('projectcalico.org/namespace', namespaceOf(pod))
    .set('projectcalico.org/orchestrator', 'k8s');
}

function calicoNamespaceLabels({ namespaces }: LiteralCluster, name: string): Map<string, string> {
  return namespaceLabels(namespaces, name).set('projectcalico.org/name', name);
}

function policySays(cluster: LiteralCluster, policy: Json, ask: Ask): Says {
  for (const rule of list(field(field(policy, 'spec'), ask.direction))) {
    const action = field(rule, 'action');
    if (action === 'Log' || !isRuleFor(cluster, policy, rule, ask)) continue;
    return action === 'Allow' ? 'allow' : action === 'Deny' ? 'deny' : 'pass';
  }
  return undefined;
}

function isRuleFor(cluster: LiteralCluster, policy: Json, rule: Json, ask: Ask): boolean {
  const { direction, subject, peer, destination, protocol } = ask;
  const asked = field(rule, 'protocol');
  if (asked !== undefined && asked !== protocol) return false;
  const not = field(rule, 'notProtocol');
  if (not !== undefined && not === protocol) return false;
  const version = field(rule, 'ipVersion');
  if (version !== undefined && (version === 6) !== destination.ip.includes(':')) return false;
  const source = direction === 'ingress' ? peer : subject;
  if (!isEntity(cluster, policy, field(rule, 'source'), source)) return false;
  const to = field(rule, 'destination');
  return isEntity(cluster, policy, to, destination) && isPort(to, ask);
}

function isEntity(cluster: LiteralCluster, policy: Json, entity: Json, end: LiteralEnd): boolean {
  const within = (name: string): boolean => list(field(entity, name)).some((one) => inCidr(end.ip, String(one)));
  if (field(entity, 'nets') !== undefined && !within('nets')) return false;
  if (field(entity, 'notNets') !== undefined && within('notNets')) return false;
  const [selector, namespaces] = [field(entity, 'selector'), field(entity, 'namespaceSelector')];
  if (selector !== undefined || namespaces !== undefined) {
    const home = isGlobal(policy) || namespaces !== undefined ? undefined : namespaceOf(policy);
    if (!isChosen(cluster, end, selector ?? 'all()', namespaces, home)) return false;
  }
  const not = field(entity, 'notSelector');
  return not === undefined || !isChosen(cluster, end, not, undefined, undefined);
}

/** Whether an end has the address of something that is chosen: a pod, or a network set that the address is in. */
function isChosen(cluster: LiteralCluster, end: LiteralEnd, selector: Json, namespaces: Json, home?: string): boolean {
  const isFrom = (namespace: string | undefined): boolean => {
    if (home !== undefined) return namespace === home;
    if (namespaces === undefined) return true;
    if (namespace === undefined) return namespaces !== 'all()' && calicoMatches(namespaces, new Map(), true);
    return calicoMatches(namespaces, calicoNamespaceLabels(cluster, namespace));
  };
  const sets = cluster.policies.filter((one) =>
    ['NetworkSet', 'GlobalNetworkSet'].includes(String(field(one, 'kind'))),
  );
  const isInSet = sets.some((set) => {
    const namespace = field(set, 'kind') === 'NetworkSet' ? namespaceOf(set) : undefined;
    const labels = labelsOf(set);
    if (namespace !== undefined) labels.set('projectcalico.org/namespace', namespace);
    const nets = list(field(field(set, 'spec'), 'nets'));
    return isFrom(namespace) && calicoMatches(selector, labels) && nets.some((one) => inCidr(end.ip, String(one)));
  });
  if (isInSet) return true;
  return end.kind === 'pod' && isFrom(namespaceOf(end.pod)) && calicoMatches(selector, podLabels(end.pod));
}

function isPort(entity: Json, { destination, protocol, port }: Ask): boolean {
  const matches = (entry: Json): boolean => {
    if (typeof entry === 'number') return entry === port;
    const [first = '', last = first] = String(entry).split(':');
    if (/^\d+$/.test(first)) return Number(first) <= port && port <= Number(last);
    if (destination.kind !== 'pod') return false;
    return portsOf(destination.pod).some((one) => {
      const own = field(one, 'protocol') ?? 'TCP';
      return field(one, 'name') === entry && own === protocol && field(one, 'containerPort') === port;
    });
  };
  const [ports, notPorts] = [field(entity, 'ports'), field(entity, 'notPorts')];
  if (ports !== undefined && !list(ports).some(matches)) return false;
  return notPorts === undefined || !list(notPorts).some(matches);
}
