import type { JsonObject } from '../model/json.ts';
import {
  everything,
  formatSelector,
  type LabelReader,
  type LabelRequirement,
  type LabelSelector,
  type Labels,
  matches,
  matchesLabels,
  podFacts,
  selectsAll,
} from '../model/labels.ts';
import type { Resource } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Peer, PodSet, PolicyProgram, PolicyRule } from '../policy/policy.ts';
import type { NamedDoor } from './namedDoors.ts';

/** Whom rules mean, and which rules. */
export interface Meant {
  readonly set: PodSet;
  readonly by: ReadonlySet<PolicyRule>;
}

/** A pod that may come: it is not among the objects. */
export interface Stranger {
  /** Several strangers may stand for one; absent: it stands for pods that no rule means. */
  readonly meant?: Meant;
  readonly namespace: string;
  readonly name: string;
}

/** The strangers, with the objects that they need. */
export interface Strangers {
  readonly list: readonly Stranger[];
  readonly resources: readonly Resource[];
}

const home = 'podpath-elsewhere';

/** More than so many different peers are never in use; beyond, the others stand under "any pod". */
const most = 500;

/** So many pods are imagined in all: those that differ from the first of their peer are left out beyond. */
const mostPods = 4 * most;

/**
 * Finds for each peer of the policies pods that could come and that the peer would mean: one with the labels that the
 * peer asks for and no others, one for each other value that it takes, and one for each label that another rule
 * excludes. Peers whose equalities a pod among the objects has already are left out: that pod stands for them. Pods
 * that no rule means have no labels at all, or those that a rule excludes. All have the container ports of `doors`.
 */
export function strangersOf(
  snapshot: Snapshot,
  programs: readonly PolicyProgram[],
  doors: readonly NamedDoor[],
): Strangers {
  const sets = new Map<string, { readonly set: PodSet; readonly by: Set<PolicyRule> }>();
  for (const rule of programs.flatMap(({ rules }) => rules)) {
    for (const set of rule.peers?.flatMap(setsIn) ?? []) {
      const found = sets.get(keyOf(set));
      if (found !== undefined) found.by.add(rule);
      else if (sets.size < most) sets.set(keyOf(set), { set, by: new Set([rule]) });
    }
  }
  const list: Stranger[] = [];
  const resources: Resource[] = [];
  const add = (wanted: PodSet, meant?: Meant): void => {
    const made = objectsFor(snapshot, wanted, list.length, doors);
    if (made === undefined) return;
    list.push({ ...(meant === undefined ? {} : { meant }), namespace: made.namespace, name: made.name });
    resources.push(...made.resources);
  };
  add({ namespaces: everything, pods: everything });
  const unknown = [...sets.values()].filter(({ set }) => !isKnown(snapshot, set));
  for (const { set } of sets.values()) {
    if (excludes(set.pods) || (set.namespaces !== undefined && excludes(set.namespaces))) add(contrary(set));
  }
  for (const meant of unknown) add(meant.set, meant);
  const excluded = [...sets.values()].map(({ set }) => set);
  for (const meant of unknown) {
    for (const narrower of narrowed(meant.set, excluded)) if (list.length < mostPods) add(narrower, meant);
  }
  return { list, resources };
}

/** Parts of a set that some rule may treat in another way: what is open to the set is open to all of them. */
function narrowed(set: PodSet, others: readonly PodSet[]): readonly PodSet[] {
  const { inNamespace, namespaces = everything, pods } = set;
  const ofPods = narrowings(
    pods,
    others.map((one) => one.pods),
  ).map((one) => ({ ...set, pods: one }));
  if (inNamespace !== undefined) return ofPods;
  const spaces = narrowings(
    namespaces,
    others.flatMap((one) => one.namespaces ?? []),
  );
  return [...ofPods, ...spaces.map((one) => ({ ...set, namespaces: one }))];
}

function narrowings(selector: LabelSelector, others: readonly LabelSelector[]): readonly LabelSelector[] {
  const { requirements } = selector;
  const asked = new Set(requirements.filter((one) => !isNegative(one)).map(({ key }) => key));
  const wanted = new Map<string, LabelRequirement>();
  const want = (key: string, value: string): unknown =>
    wanted.set(`${key}=${value}`, { key, operator: 'In', values: [value] });
  for (const { key, operator, values } of requirements) {
    if (operator === 'In') for (const value of values.slice(1)) want(key, value);
  }
  for (const { key, values } of others.flatMap((one) => one.requirements.filter(isNegative))) {
    if (!asked.has(key)) for (const value of values.length > 0 ? values : ['any']) want(key, value);
  }
  // The wish of what comes first counts.
  return [...wanted.values()].map((one) => ({ ...selector, requirements: [one, ...requirements] }));
}

function excludes({ requirements }: LabelSelector): boolean {
  return requirements.some(isNegative);
}

function isNegative({ operator }: LabelRequirement): boolean {
  return operator === 'NotIn' || operator === 'DoesNotExist';
}

/** Pods that a set leaves out by what it forbids. */
function contrary({ inNamespace, namespaces = everything, pods }: PodSet): PodSet {
  const home = inNamespace === undefined ? { namespaces: forbidden(namespaces) } : { inNamespace };
  return { ...home, pods: forbidden(pods) };
}

function forbidden({ requirements }: LabelSelector): LabelSelector {
  return {
    requirements: requirements.filter(isNegative).map(({ key, values }) => {
      return values.length > 0 ? { key, operator: 'In', values } : { key, operator: 'Exists', values: [] };
    }),
  };
}

function setsIn(peer: Peer): readonly PodSet[] {
  if (peer.kind === 'pods') return [peer.pods];
  return 'peers' in peer ? peer.peers.flatMap(setsIn) : [];
}

/** Equal for sets that mean the same pods by the same requirements, whatever the order of their values. */
function keyOf({ inNamespace = '', namespaces = everything, pods }: PodSet): string {
  const sorted = (selector: LabelSelector): LabelSelector => ({
    ...selector,
    requirements: selector.requirements.map((one) => ({ ...one, values: one.values.toSorted() })),
  });
  return [inNamespace, formatSelector(sorted(namespaces)), formatSelector(sorted(pods))].join('\n');
}

/** True where the set asks for equalities alone, of pods and of their namespace, and a pod among the objects meets them. */
function isKnown(snapshot: Snapshot, { inNamespace, namespaces, pods }: PodSet): boolean {
  const isAnywhere = inNamespace === undefined && (namespaces === undefined || selectsAll(namespaces));
  if (isAnywhere || selectsAll(pods) || !isPlain(pods) || !isPlain(namespaces ?? everything)) return false;
  const own = snapshot.workloads.filter((one) => !one.system).flatMap((one) => one.pods);
  return own.some((pod) => {
    const space = snapshot.namespaces.get(pod.ref.namespace);
    if (inNamespace !== undefined && inNamespace !== pod.ref.namespace) return false;
    const reader: LabelReader = (key) => (key === podFacts.namespace ? pod.ref.namespace : pod.template.labels[key]);
    return matches(pods, reader) && (namespaces === undefined || matchesLabels(namespaces, space?.labels ?? {}));
  });
}

function isPlain({ requirements, anyOf, noneOf, invalid }: LabelSelector): boolean {
  const equalities = requirements.every(({ operator, values }) => operator === 'In' && values.length === 1);
  return equalities && anyOf === undefined && noneOf === undefined && invalid === undefined;
}

function objectsFor(
  snapshot: Snapshot,
  { inNamespace, namespaces = everything, pods }: PodSet,
  index: number,
  doors: readonly NamedDoor[],
): { readonly namespace: string; readonly name: string; readonly resources: readonly Resource[] } | undefined {
  const wanted = new Map([...wish(namespaces), ...prefixed(wish(pods), 'namespace:')]);
  const asked = wish(pods).get(podFacts.namespace) ?? wanted.get('kubernetes.io/metadata.name');
  const namespace = inNamespace ?? asked ?? `${home}-${index}`;
  const existing = snapshot.namespaces.get(namespace);
  const labels: Labels = { ...Object.fromEntries(wanted), 'kubernetes.io/metadata.name': namespace };
  const spaceLabels = existing?.labels ?? labels;
  const own: Labels = Object.fromEntries([...wish(pods)].filter(([key]) => !key.includes(':')));
  const account = wish(pods).get(podFacts.serviceAccount);
  const name = `podpath-stranger-${index}`;
  const facts: LabelReader = (key) => {
    if (key === podFacts.namespace) return namespace;
    if (key === podFacts.serviceAccount) return account ?? 'default';
    return key.startsWith('namespace:') ? spaceLabels[key.slice('namespace:'.length)] : own[key];
  };
  // Contradictions, and namespaces that are here with other labels: no pod can come that the set means.
  if (!matches(pods, facts) || (inNamespace === undefined && !matchesLabels(namespaces, spaceLabels))) return undefined;
  const metadata = { name, namespace, labels: own };
  const ports = doors.map(({ name: door, protocol, port }) => ({ name: door, protocol, containerPort: port }));
  const spec = {
    containers: [{ name: 'any', ports }],
    ...(account === undefined ? {} : { serviceAccountName: account }),
  };
  return {
    namespace,
    name,
    resources: [
      ...(existing === undefined
        ? [object('Namespace', '', namespace, { metadata: { name: namespace, labels } })]
        : []),
      object('Pod', namespace, name, { metadata, spec }),
    ],
  };
}

function object(kind: string, namespace: string, name: string, fields: JsonObject): Resource {
  return {
    ref: { group: '', kind, namespace, name },
    apiVersion: 'v1',
    object: { apiVersion: 'v1', kind, ...fields },
    origin: { type: 'manifest', uri: 'podpath:strangers', document: 0, prefix: [] },
  };
}

/** Labels that would do; what a selector forbids is left out. */
function wish({ requirements, anyOf = [] }: LabelSelector): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { key, operator, values } of requirements) {
    if (operator === 'Exists' && !found.has(key)) found.set(key, 'any');
    const isText = operator === 'In' || operator === 'Contains' || operator === 'StartsWith' || operator === 'EndsWith';
    if (isText && !found.has(key)) found.set(key, values[0] ?? '');
  }
  for (const [first] of anyOf) for (const [key, value] of first === undefined ? [] : wish(first)) found.set(key, value);
  return found;
}

function prefixed(labels: ReadonlyMap<string, string>, prefix: string): readonly (readonly [string, string])[] {
  return [...labels].flatMap(([key, value]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : []));
}
