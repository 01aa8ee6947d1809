import { membershipOf } from '../mesh/membership.ts';
import type { ClusterNode, Pod } from '../model/cluster.ts';
import { stringMapAt } from '../model/json.ts';
import { keysOf, type LabelSelector, matches, matchesLabels, podFacts } from '../model/labels.ts';
import { type Exchange, exchangeOf } from '../model/lists.ts';
import { oncePer } from '../model/memo.ts';
import { hasEnded } from '../model/pods.ts';
import { refKey } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { BlockPeer, PodSet, PolicyEnd, PolicyProgram, PolicyTier } from './policy.ts';
import { builtInTiers } from './tiers.ts';

/** How policies and addresses meet in a cluster; the CNI decides where nothing is assumed. */
export interface PolicySettings {
  /** Whether an ipBlock that covers a pod's address matches the pod. */
  readonly ipBlockMatchesPods: boolean;
  /** Whether one that covers a node's address matches the node; absent: it does. */
  readonly ipBlockMatchesNodes?: boolean;
  /** Whether `networks` of the Network Policy API do; the API says so. */
  readonly networksMatchPods: boolean;
  /** `ignored`: policies neither select nor match hostNetwork pods by labels, as the API leaves undefined. */
  readonly hostNetworkPolicy: 'ignored' | 'as-pod';
}

/** One tier as it acts on one subject: the policies of it that select the subject, in the order they are read. */
export interface TierStep {
  readonly tier: PolicyTier;
  readonly programs: readonly PolicyProgram[];
}

interface Members {
  readonly all: WeakMap<PodSet, readonly Pod[]>;
  readonly samples: WeakMap<PodSet, readonly Pod[]>;
}

const namesChosen = oncePer((namespaces: Snapshot['namespaces']) =>
  oncePer((selector: LabelSelector): readonly string[] => {
    const named = selector.requirements.find(
      ({ key, operator, values }) => key === 'kubernetes.io/metadata.name' && operator === 'In' && values.length === 1,
    );
    // Most selectors name one namespace, by the label that each has.
    const candidates =
      named === undefined ? namespaces.values() : named.values.flatMap((one) => namespaces.get(one) ?? []);
    return [...candidates].flatMap(({ name, labels }) => (matchesLabels(selector, labels) ? [name] : []));
  }),
);

function noMembers(): Members {
  return { all: new WeakMap(), samples: new WeakMap() };
}

/** Who of some pods is in a set follows from everything but policies, and a set lives as long as its policy is unchanged. */
const membersOf = oncePer((_: readonly Pod[]): Record<PolicySettings['hostNetworkPolicy'], Members> => {
  return { ignored: noMembers(), 'as-pod': noMembers() };
});

/** True for a set that the labels of one namespace's pods decide. */
const isLocal = oncePer(
  ({ inNamespace, namespaces, pods }: PodSet): boolean =>
    inNamespace !== undefined && namespaces === undefined && !keysOf(pods).some((key) => key.includes(':')),
);

/** Policies that an edit may change so that what was known of pods is looked at again, and not found anew. */
const mostChanged = 20;

/** Workloads that stand for all of a set. */
const sampleSize = 17;

/** What an earlier set of the same pods knew, and which policies came and went since. */
interface Earlier extends Exchange<PolicyProgram> {
  readonly selecting: ReadonlyMap<Pod | ClusterNode, readonly PolicyProgram[]>;
}

/** The policies of one snapshot, indexed by the pods that they select. */
export class PolicySet {
  readonly programs: readonly PolicyProgram[];
  readonly settings: PolicySettings;
  readonly snapshot: Snapshot;
  /** The tiers that its policies may stand in. */
  readonly tiers: readonly PolicyTier[];
  readonly #tiers: ReadonlyMap<string, PolicyTier>;
  readonly #selecting = new Map<Pod | ClusterNode, readonly PolicyProgram[]>();
  /** By the list of the policies that select an end, which an edit elsewhere leaves the same. */
  readonly #steps: WeakMap<readonly PolicyProgram[], readonly TierStep[]>;
  readonly #members: Members;
  readonly #earlier: Earlier | undefined;
  #byNamespace: ReadonlyMap<string | undefined, readonly PolicyProgram[]> | undefined;
  #onNodes: readonly PolicyProgram[] | undefined;
  #policies: readonly PolicyProgram[] | undefined;

  constructor(
    snapshot: Snapshot,
    programs: readonly PolicyProgram[],
    settings: PolicySettings,
    tiers: readonly PolicyTier[] = builtInTiers,
    previous?: PolicySet,
  ) {
    this.programs = programs;
    this.settings = settings;
    this.snapshot = snapshot;
    this.tiers = tiers;
    this.#tiers = new Map(tiers.map((one) => [one.name, one]));
    this.#members = this.#membersAmong(snapshot.pods);
    const isLike = previous !== undefined && sameWorld(this, previous);
    this.#steps = isLike ? previous.#steps : new WeakMap();
    const changed = isLike ? exchangeOf(previous.programs, programs) : undefined;
    const isEdit = changed !== undefined && changed.gone.length + changed.come.length <= mostChanged;
    this.#earlier = isLike && isEdit ? { selecting: previous.#selecting, ...changed } : undefined;
  }

  /** The policies by the namespace of their subjects, those of all namespaces under `undefined`. */
  #inNamespace(namespace: string | undefined): readonly PolicyProgram[] {
    this.#byNamespace ??= Map.groupBy(this.programs, ({ subject }) => subject.inNamespace);
    return this.#byNamespace.get(namespace) ?? [];
  }

  /** One program a policy object, as which it is shown: some objects come to several. */
  get policies(): readonly PolicyProgram[] {
    this.#policies ??= this.programs.filter((one, index) => this.programs[index - 1]?.resource !== one.resource);
    return this.#policies;
  }

  /** The policies whose subject the pod is, in reading order; none for a pod that policies ignore. */
  selecting(pod: Pod): readonly PolicyProgram[] {
    let found = this.#selecting.get(pod);
    if (found === undefined) {
      found = this.#stillSelecting(pod) ?? this.#select(pod);
      this.#selecting.set(pod, found);
    }
    return found;
  }

  #select(pod: Pod): readonly PolicyProgram[] {
    const candidates = [...this.#inNamespace(pod.ref.namespace), ...this.#inNamespace(undefined)];
    const node = this.isHost(pod) ? this.nodeNamed(pod.node) : undefined;
    const asNode = node === undefined ? [] : this.#selectingNode(node);
    return [...candidates.filter((program) => this.inSet(program.subject, pod)), ...asNode];
  }

  /** The list of before, where no policy that came or went has anything to do with the pod. */
  #stillSelecting(pod: Pod): readonly PolicyProgram[] | undefined {
    const before = this.#earlier?.selecting.get(pod);
    if (this.#earlier === undefined || before === undefined || this.isHost(pod)) return undefined;
    const { gone, come } = this.#earlier;
    const isTouched = come.some(({ subject }) => this.inSet(subject, pod)) || gone.some((one) => before.includes(one));
    return isTouched ? undefined : before;
  }

  #selectingNode(node: ClusterNode): readonly PolicyProgram[] {
    let found = this.#selecting.get(node);
    if (found === undefined) {
      this.#onNodes ??= this.programs.filter(({ nodes }) => nodes !== undefined);
      found = this.#onNodes.filter(({ nodes }) => nodes !== undefined && matchesLabels(nodes, node.labels));
      this.#selecting.set(node, found);
    }
    return found;
  }

  /** The policies that select an end, tier by tier in the order of evaluation; none for what is neither pod nor node. */
  steps(end: PolicyEnd): readonly TierStep[] {
    if (end.kind === 'address') return [];
    const selecting = end.kind === 'pod' ? this.selecting(end.pod) : this.#selectingNode(end.node);
    let found = this.#steps.get(selecting);
    if (found === undefined) {
      found = this.inOrder(selecting);
      this.#steps.set(selecting, found);
    }
    return found;
  }

  /** Some policies that select one subject, tier by tier in the order of evaluation. */
  inOrder(programs: readonly PolicyProgram[]): readonly TierStep[] {
    if (programs.length === 0) return [];
    const byTier = Map.groupBy(programs, (one) => one.tier);
    const steps = [...byTier].flatMap(([name, list]): TierStep[] => {
      const tier = this.#tiers.get(name);
      return tier === undefined ? [] : [{ tier, programs: [...list].sort(byPriority) }];
    });
    return steps.sort((a, b) => a.tier.order - b.tier.order || (nameOf(a) < nameOf(b) ? -1 : 1));
  }

  /** True when labels and namespace put the pod into the set. Ended pods and, by default, hostNetwork pods are in none. */
  inSet(set: PodSet, pod: Pod): boolean {
    return this.namespaceMatches(set, pod.ref.namespace) && this.#isChosen(set, pod);
  }

  /** The same of a pod in a namespace of the set. */
  #isChosen({ pods }: PodSet, pod: Pod): boolean {
    return this.isSelectable(pod) && matches(pods, (key) => this.label(pod, key));
  }

  /** True where a block may hold a pod by its address. */
  readsPods({ ofPods }: BlockPeer): boolean {
    const { ipBlockMatchesPods, networksMatchPods } = this.settings;
    return ipBlockMatchesPods || ofPods === 'always' || (ofPods === 'by-api' && networksMatchPods);
  }

  /** True where a block may hold a node by its address, and what runs on the node's network. */
  readsNodes({ ofPods }: BlockPeer): boolean {
    return ofPods !== undefined || this.settings.ipBlockMatchesNodes !== false;
  }

  /** True for a pod that selectors may choose. */
  isSelectable(pod: Pod): boolean {
    return !hasEnded(pod) && !this.isHost(pod);
  }

  /** True for a hostNetwork pod that policies see as its node. */
  isHost(pod: Pod): boolean {
    return pod.template.hostNetwork && this.settings.hostNetworkPolicy === 'ignored';
  }

  /** The value of a pod's label, or of another fact about it under a key of {@link podFacts}. */
  label(pod: Pod, key: string): string | undefined {
    const { ref, template } = pod;
    const at = key.indexOf(':');
    if (at < 0) return Object.hasOwn(template.labels, key) ? template.labels[key] : undefined;
    if (at > 0) {
      const inner = key.slice(at + 1);
      if (key.startsWith('namespace:')) return this.namespaceLabel(ref.namespace, inner);
      const account = { group: '', kind: 'ServiceAccount', namespace: ref.namespace, name: template.serviceAccount };
      return stringMapAt(this.snapshot.get(account)?.object, 'metadata', 'labels')[inner];
    }
    if (key === podFacts.namespace) return ref.namespace;
    if (key === podFacts.mesh) return membershipOf(this.snapshot, pod).mode;
    return key === podFacts.name ? ref.name : template.serviceAccount;
  }

  /** The value of a namespace's label; `undefined` also for a namespace that is not known. */
  namespaceLabel(namespace: string, key: string): string | undefined {
    const labels = this.snapshot.namespaces.get(namespace)?.labels ?? {};
    return Object.hasOwn(labels, key) ? labels[key] : undefined;
  }

  /** The node of a name; `undefined` where the scope has none of it. */
  nodeNamed(name: string | undefined): ClusterNode | undefined {
    return this.snapshot.node(name);
  }

  /** The pods of a set, in reading order within each namespace. */
  podsOf(set: PodSet): readonly Pod[] {
    return this.#known('all', set, () => [...this.#eachPodOf(set)]);
  }

  /** A pod of each of a set's first workloads: the pods of a wide set are most of a large cluster. None for an empty set. */
  samplesOf(set: PodSet): readonly Pod[] {
    return this.#known('samples', set, () => {
      const byWorkload = new Map<string, Pod>();
      for (const pod of this.#eachPodOf(set)) {
        const key = refKey(pod.workload);
        if (!byWorkload.has(key)) byWorkload.set(key, pod);
        if (byWorkload.size === sampleSize) break;
      }
      return [...byWorkload.values()];
    });
  }

  #known(part: keyof Members, set: PodSet, find: () => readonly Pod[]): readonly Pod[] {
    const known = this.#members[part];
    let found = known.get(set);
    if (found === undefined) {
      const local = isLocal(set) ? this.#membersAmong(this.snapshot.podsIn(set.inNamespace ?? ''))[part] : undefined;
      found = local?.get(set) ?? find();
      local?.set(set, found);
      known.set(set, found);
    }
    return found;
  }

  #membersAmong(pods: readonly Pod[]): Members {
    return membersOf(pods)[this.settings.hostNetworkPolicy];
  }

  *#eachPodOf(set: PodSet): Generator<Pod> {
    for (const name of this.#namespacesOf(set)) {
      for (const pod of this.snapshot.podsIn(name)) {
        if (this.#isChosen(set, pod)) yield pod;
      }
    }
  }

  #namespacesOf({ namespaces, inNamespace }: PodSet): Iterable<string> {
    if (namespaces === undefined) return inNamespace === undefined ? this.snapshot.namespaces.keys() : [inNamespace];
    const chosen = this.namespacesChosen(namespaces);
    return inNamespace === undefined ? chosen : chosen.filter((name) => name === inNamespace);
  }

  /** The names of the namespaces that a selector chooses. */
  namespacesChosen(selector: LabelSelector): readonly string[] {
    return namesChosen(this.snapshot.namespaces)(selector);
  }

  /** True when the set's namespace part holds for the namespace. */
  namespaceMatches({ namespaces, inNamespace }: PodSet, namespace: string): boolean {
    if (inNamespace !== undefined && inNamespace !== namespace) return false;
    if (namespaces === undefined) return true;
    const known = this.snapshot.namespaces.get(namespace);
    return known !== undefined && matchesLabels(namespaces, known.labels);
  }
}

/** Of two tiers of one order the name decides, which those of Calico's objects have behind a prefix. */
function nameOf({ tier }: TierStep): string {
  return tier.name.replace(/^calico\//, '');
}

/** True where who is in a set, and what a tier means, is the same. */
function sameWorld(a: PolicySet, b: PolicySet): boolean {
  return (
    a.snapshot.pods === b.snapshot.pods &&
    JSON.stringify(a.settings) === JSON.stringify(b.settings) &&
    JSON.stringify(a.tiers) === JSON.stringify(b.tiers)
  );
}

/** Of one name and priority a policy of the whole cluster comes first, as with Calico; elsewhere it does not matter. */
function byPriority(a: PolicyProgram, b: PolicyProgram): number {
  return a.priority - b.priority || compare(a.ref.name, b.ref.name) || compare(a.ref.namespace, b.ref.namespace);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The port that a named port means on a pod for a protocol (absent: any), as kubelet resolves it: the first container that has it. */
export function namedPort(pod: Pod, name: string, protocol?: string): number | undefined {
  return pod.template.ports.find((port) => port.name === name && (protocol ?? port.protocol) === port.protocol)?.port;
}
