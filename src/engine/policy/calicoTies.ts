import { t } from '@vscode/l10n';
import { arrayAt, stringAt, valueAt } from '../model/json.ts';
import { type LabelSelector, podFacts } from '../model/labels.ts';
import { oncePer } from '../model/memo.ts';
import { type Resource, refLabel } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { allOf } from './calicoSelector.ts';
import { calicoGroups } from './calicoTiers.ts';
import type { PodSet, PolicyProgram } from './policy.ts';
import { unsure } from './reader.ts';

const kinds = ['GlobalNetworkPolicy', 'NetworkPolicy'] as const;
/** The order that NetworkPolicies of Kubernetes have in the tier `default`. */
const plainOrder = 1000;

/** Rivals by whose subjects it is said where a tie matters; of more it is said for all that the policy selects. */
const mostSubjects = 20;

/** The policies by tier and order, and by these and the namespace. */
const places = oncePer((snapshot: Snapshot): ReadonlyMap<string, readonly Resource[]> => {
  const own = calicoGroups.flatMap((group) => kinds.flatMap((kind) => snapshot.ofKind(group, kind)));
  const inNamespace = Map.groupBy(own, (one) => placeOf(one) + one.ref.namespace);
  return new Map([...inNamespace, ...Map.groupBy(own, (one) => `${placeOf(one)}*`)]);
});

function tierIn({ object }: Resource): string {
  return stringAt(object, 'spec', 'tier') ?? 'default';
}

function placeOf(one: Resource): string {
  return JSON.stringify([tierIn(one), valueAt(one.object, 'spec', 'order') ?? null]);
}

/**
 * The policies of the same tier and order that may come before or after a policy by the version of Calico, where that may
 * matter. Of equal orders the names decide: with the namespace before them, then a name after them.
 * Source: projectcalico/calico felix/calc/policy_sorter.go, PolKVLess; updateprocessors, the names of policies.
 */
export function calicoRivals(policy: Resource, snapshot: Snapshot): readonly Resource[] {
  const place = placeOf(policy);
  const { namespace } = policy.ref;
  const spaces = namespace === '' ? ['*'] : [namespace, ''];
  const same = spaces.flatMap((one) => places(snapshot).get(place + one) ?? []);
  const isPlain = tierIn(policy) === 'default' && valueAt(policy.object, 'spec', 'order') === plainOrder;
  const plain = isPlain ? snapshot.ofKind('networking.k8s.io', 'NetworkPolicy') : [];
  return [...same, ...plain].filter((one) => one !== policy && mayMeet(one, policy) && isOpen(one, policy));
}

/** False for two that never act on one pod, or never say different things. */
function mayMeet(a: Resource, b: Resource): boolean {
  const [space, other] = [a.ref.namespace, b.ref.namespace];
  const [first] = actionsOf(a);
  const differ = [...actionsOf(a), ...actionsOf(b)].some((one) => one !== first);
  return (space === other || space === '' || other === '') && differ;
}

const actionsOf = oncePer(({ ref, object }: Resource): readonly string[] => {
  if (ref.group === 'networking.k8s.io') return ['Allow'];
  const rules = ['ingress', 'egress'].flatMap((direction) => arrayAt(object, 'spec', direction));
  return [...new Set(rules.map((rule) => stringAt(rule, 'action') ?? ''))].filter((one) => one !== 'Log');
});

/** True where versions differ about which of two comes first. */
function isOpen(a: Resource, b: Resource): boolean {
  const [first, second, third] = namesOf(a).map((name, version) => name < (namesOf(b)[version] ?? ''));
  return first !== second || second !== third;
}

/** What a policy is sorted by: until its kind came into its key, and since; a NetworkPolicy's prefix may have gone or not. */
const namesOf = oncePer((policy: Resource): readonly string[] => {
  const { ref } = policy;
  const { namespace, name } = ref;
  const home = namespace === '' ? '' : `${namespace}/`;
  if (ref.group === 'networking.k8s.io') {
    const full = `knp.default.${name}`;
    return [
      `${home}${full}`,
      `${full}/${namespace}/KubernetesNetworkPolicy`,
      `${name}/${namespace}/KubernetesNetworkPolicy`,
    ];
  }
  const prefix = `${tierIn(policy)}.`;
  const full = name.startsWith(prefix) ? name : `${prefix}${name}`;
  const last = `${name}/${namespace}/${ref.kind}`;
  return [`${home}${full}`, last, last];
});

/**
 * A policy once more before all others of its order, as what may act there: for the rivals that stand before it here, and
 * NetworkPolicies of Kubernetes that stand behind it before it.
 */
export function withTies(
  program: PolicyProgram,
  rivals: readonly Resource[],
  compilePlain: (rival: Resource) => PolicyProgram | undefined,
  subjectOf: (rival: Resource) => PodSet,
): readonly PolicyProgram[] {
  const before = rivals.filter((one) => isReadBefore(one, program.resource));
  const behind = rivals.filter((one) => !before.includes(one) && one.ref.group === 'networking.k8s.io');
  const subjects = before.length > mostSubjects ? [program.subject] : before.map(subjectOf);
  const [first] = before;
  const own = first === undefined ? [] : [ahead(program, program, subjects, first)];
  return [
    program,
    ...own,
    ...behind.flatMap((one) => {
      const other = compilePlain(one);
      return other === undefined ? [] : [ahead(program, other, [program.subject], program.resource)];
    }),
  ];
}

/** As the evaluator reads them: by name, of one name those of the whole cluster first, then NetworkPolicies. */
function isReadBefore(a: Resource, b: Resource): boolean {
  if (a.ref.name !== b.ref.name) return a.ref.name < b.ref.name;
  if (a.ref.namespace !== b.ref.namespace) return a.ref.namespace < b.ref.namespace;
  return a.ref.group === 'networking.k8s.io';
}

function ahead(
  { resource, tier, priority, couldDeny }: PolicyProgram,
  one: PolicyProgram,
  subjects: readonly PodSet[],
  rival: Resource,
): PolicyProgram {
  const text = t('{0} has the same order: which of the two acts first differs by version', refLabel(rival.ref));
  const pods = allOf([one.subject.pods, { requirements: [], anyOf: [subjects.map(selectorOf)] }]);
  // The next smaller number: nothing stands between.
  const order = priority - Math.max(1, Math.abs(priority)) * Number.EPSILON;
  const rules = one.rules.flatMap((rule) => (rule.condition?.of === 'unseen' ? [rule] : unsure(rule, text)));
  const head = { ...one, resource, tier, priority: order, ...(couldDeny === undefined ? {} : { couldDeny }) };
  return { ...head, subject: { ...one.subject, pods }, isolates: { ingress: false, egress: false }, rules, doubts: [] };
}

function selectorOf({ inNamespace, pods }: PodSet): LabelSelector {
  if (inNamespace === undefined) return pods;
  return allOf([{ requirements: [{ key: podFacts.namespace, operator: 'In', values: [inNamespace] }] }, pods]);
}
