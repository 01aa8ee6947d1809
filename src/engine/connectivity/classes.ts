import { type CidrBlock, cidrContains, parseCidr, parseIp } from '../model/addresses.ts';
import type { Pod, Workload } from '../model/cluster.ts';
import type { Labels } from '../model/labels.ts';
import { oncePer } from '../model/memo.ts';
import { hasEnded } from '../model/pods.ts';
import { refKey } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { blocksOf, peerMatches } from '../policy/peers.ts';
import type { BlockPeer, Peer, PodSet, PolicyProgram } from '../policy/policy.ts';
import type { PolicySet } from '../policy/policySet.ts';
import { peersOf, portNamesOf, readsNodes, readsOwnNode } from './programPeers.ts';
import { type Values, VisibleLabels } from './visibleLabels.ts';

/** Pods that no policy can tell apart; `pod` stands for all of them. */
export interface PodClass {
  readonly index: number;
  /** The first of them; of a class that followed pods of a running cluster the first of the last snapshot. */
  pod: Pod;
}

/**
 * A class as the subject of policies. Where these mean its pods' own node it stands for those on one node alone, and is
 * another object than the class: to everyone else they are alike.
 */
export type SubjectClass = Readonly<PodClass>;

/** A row and column of the matrix: a workload, or one pod of a workload whose pods differ under some policy. */
export interface ConnectivityEnd {
  /** `ns/name[Kind]` */
  readonly name: string;
  readonly workload: Workload;
  /** The pods of the workload that it is: all of them, or one. */
  readonly pods: readonly Pod[];
  readonly podClass: SubjectClass;
}

/**
 * Partitions pods by what policies can see: namespace, the labels that some selector reads there, the declared ports
 * that some rule names, and where it matters address, and node, which is on the node's own network alone. Everything else (a template hash, a label's value that
 * nobody mentions) makes no class. Classes of one namespace have adjacent numbers.
 */
export class PodClasses {
  readonly classes: PodClass[] = [];
  /** The numbers of a namespace's classes, from `first` to before `end`. */
  readonly ranges = new Map<string, { readonly first: number; readonly end: number }>();
  readonly #inNamespace = new Map<string, NamespaceClasses>();
  readonly #visible: VisibleLabels;
  readonly #portNames: ReadonlySet<string>;
  /** Blocks that may hold a node's address, and those that may hold a pod's own. */
  readonly #blocks: readonly Block[];
  readonly #podBlocks: readonly Block[];
  /** Of pods that are more than their labels. */
  readonly #byPod = new WeakMap<Pod, PodClass>();
  readonly #readsNodes: boolean;
  /** The namespaces of policies that mean the node of the pod that they select; `undefined` among them: all. */
  readonly #ownNodes: ReadonlySet<string | undefined>;
  readonly #onNodes = new Map<PodClass, Map<string | undefined, SubjectClass>>();
  readonly #hasHosts: boolean;
  #policies: PolicySet;

  constructor(snapshot: Snapshot, policies: PolicySet) {
    this.#policies = policies;
    const { programs } = policies;
    const peers = programs.flatMap(peersOf);
    this.#portNames = new Set(programs.flatMap(portNamesOf));
    const blocks = peers.flatMap(blocksOf);
    this.#blocks = blocksIn(blocks);
    this.#podBlocks = blocksIn(blocks.filter((one) => policies.readsPods(one)));
    this.#readsNodes = peers.some(readsNodes) || programs.some(({ nodes }) => nodes !== undefined);
    const relative = programs.filter((one) => peersOf(one).some(readsOwnNode));
    this.#ownNodes = new Set(relative.map(({ subject }) => subject.inNamespace));
    this.#visible = new VisibleLabels();
    for (const program of programs) this.#visible.add(program);
    this.#assign(snapshot);
    this.#hasHosts = this.classes.some(({ pod }) => policies.isHost(pod));
  }

  /** Policies that see pods as all that these classes were made for do: asked about pods and settings, as others follow them. */
  get policies(): PolicySet {
    return this.#policies;
  }

  /**
   * Takes in the pods of a later snapshot that differs in some namespaces, and in its pods and policies alone. False, with nothing
   * changed, where these have a pod of a class that is not there, or a class none any more.
   */
  follow(policies: PolicySet, namespaces: Iterable<string>): boolean {
    const firsts = new Map<PodClass, Pod>();
    for (const namespace of namespaces) {
      const known = this.#inNamespace.get(namespace);
      const { first, end } = this.ranges.get(namespace) ?? { first: 0, end: 0 };
      const size = firsts.size;
      const found = known && this.#findAll(policies.snapshot, namespace, known, firsts);
      if (found !== true || firsts.size - size !== end - first) return false;
    }
    this.#policies = policies;
    for (const [one, pod] of firsts) {
      one.pod = pod;
      this.#onNodes.delete(one);
    }
    return true;
  }

  /** The first pod of each class that pods of a namespace are of; false where one is of none. */
  #findAll(snapshot: Snapshot, namespace: string, known: NamespaceClasses, firsts: Map<PodClass, Pod>): boolean {
    return podsIn(snapshot, namespace).every((pod) => {
      const found = this.#find(pod, known);
      if (found !== undefined && !firsts.has(found)) firsts.set(found, pod);
      return found !== undefined;
    });
  }

  /** True where another policy tells no more pods apart than are told apart already. */
  covers(program: PolicyProgram): boolean {
    const peers = peersOf(program);
    const blocks = peers.flatMap(blocksOf);
    const readsMore =
      (!this.#readsNodes && (program.nodes !== undefined || peers.some(readsNodes))) ||
      (!this.#readsOwnNode(program.subject.inNamespace) && peers.some(readsOwnNode));
    const ofPods = blocks.filter((one) => this.#policies.readsPods(one)).flatMap(textsOf);
    return (
      !readsMore &&
      portNamesOf(program).every((name) => this.#portNames.has(name)) &&
      (!this.#hasHosts || blocks.flatMap(textsOf).every((one) => hasBlock(this.#blocks, one))) &&
      ofPods.every((one) => hasBlock(this.#podBlocks, one)) &&
      this.#visible.covers(program)
    );
  }

  #assign(snapshot: Snapshot): void {
    const named = snapshot.workloads.map(({ ref }) => ref.namespace);
    for (const namespace of new Set([...snapshot.namespaces.keys(), ...named])) {
      const first = this.classes.length;
      const known = this.#classesIn(namespace);
      for (const pod of podsIn(snapshot, namespace)) this.#classFor(pod, known);
      this.ranges.set(namespace, { first, end: this.classes.length });
    }
  }

  #classesIn(namespace: string): NamespaceClasses {
    let known = this.#inNamespace.get(namespace);
    if (known === undefined) {
      const keys = this.#visible.keysIn(namespace);
      known = { keys, byKey: new Map(), byTemplate: new Map(), facts: keys.some(([key]) => key.includes(':')) };
      this.#inNamespace.set(namespace, known);
    }
    return known;
  }

  #classFor(pod: Pod, known: NamespaceClasses): PodClass {
    const found = this.#find(pod, known);
    if (found !== undefined) return found;
    const made: PodClass = { index: this.classes.length, pod };
    this.classes.push(made);
    known.byKey.set(this.#keyOf(pod, known), made);
    return made;
  }

  /** Equal labels are one object and equal ports another, so most pods are looked up by these alone. */
  #find(pod: Pod, known: NamespaceClasses): PodClass | undefined {
    const { labels, ports } = pod.template;
    const isPlain = !known.facts && this.#isPlain(pod);
    const before = isPlain ? known.byTemplate.get(labels)?.get(ports) : undefined;
    if (before !== undefined) return before;
    const found = known.byKey.get(this.#keyOf(pod, known));
    if (found === undefined) return undefined;
    if (!isPlain) this.#byPod.set(pod, found);
    else {
      const byPorts = known.byTemplate.get(labels) ?? new Map();
      known.byTemplate.set(labels, byPorts.set(ports, found));
    }
    return found;
  }

  #keyOf(pod: Pod, known: NamespaceClasses): string {
    return this.#restKey(pod) + this.#labelKey(pod, known);
  }

  /** True where policies see nothing of a pod but its namespace, labels and ports. */
  #isPlain(pod: Pod): boolean {
    return !pod.template.hostNetwork && !hasEnded(pod) && this.#podBlocks.length === 0;
  }

  /** The class of a pod of the snapshot, or of a workload's template. */
  classOf(pod: Pod): PodClass {
    return this.#byPod.get(pod) ?? this.#classFor(pod, this.#classesIn(pod.ref.namespace));
  }

  /** The class of a pod, with its node where policies that select it may mean that. */
  subjectOf(pod: Pod): SubjectClass {
    const own = this.classOf(pod);
    if (pod.template.hostNetwork || !this.#readsOwnNode(pod.ref.namespace)) return own;
    const known = this.#onNodes.get(own) ?? new Map<string | undefined, SubjectClass>();
    this.#onNodes.set(own, known);
    const found = known.get(pod.node) ?? { index: own.index, pod };
    known.set(pod.node, found);
    return found;
  }

  #readsOwnNode(namespace: string | undefined): boolean {
    return this.#ownNodes.has(undefined) || this.#ownNodes.has(namespace);
  }

  /** What policies see of a pod beside labels and namespace; '' for most. */
  #restKey(pod: Pod): string {
    let key = portKey(pod, this.#portNames);
    if (pod.template.hostNetwork) key += this.#readsNodes ? `h@${pod.node ?? ''};` : 'h;';
    if (hasEnded(pod)) key += 'e;';
    return key + this.#blockBits(pod);
  }

  #labelKey(pod: Pod, { keys }: NamespaceClasses): string {
    let key = '';
    for (const [name, values] of keys) {
      const value = this.#policies.label(pod, name);
      // An unmentioned value is one of many that all selectors treat alike; it differs from an absent one.
      key += value === undefined ? '\n' : values === 'all' || values.has(value) ? `\n=${value}` : '\n*';
    }
    return key;
  }

  /** Which of the policies' blocks hold the pod's addresses, where that can matter. */
  #blockBits(pod: Pod): string {
    const blocks = this.#policies.isHost(pod) ? this.#blocks : this.#podBlocks;
    if (blocks.length === 0) return '';
    const addresses = pod.ips.flatMap((ip) => parseIp(ip) ?? []);
    const isIn = ({ parsed }: Block): boolean =>
      parsed !== undefined && addresses.some((one) => cidrContains(parsed, one));
    return blocks.map((one) => (isIn(one) ? '1' : '0')).join('');
  }
}

/** The pods of a namespace, and what those of its workloads without any would be. */
function podsIn(snapshot: Snapshot, namespace: string): readonly Pod[] {
  const planned = snapshot.workloadsIn(namespace).filter((one) => one.pods.length === 0);
  return [...snapshot.podsIn(namespace), ...planned.map(templatePod)];
}

/** Whatever of some policies may tell two pods of one namespace apart. */
interface Tellers {
  readonly portNames: ReadonlySet<string>;
  /** Sets of the pods of one namespace, and of any. */
  readonly local: ReadonlyMap<string | undefined, readonly PodSet[]>;
  /** Peers of addresses and nodes, equal blocks once. */
  readonly others: readonly Peer[];
}

const tellersOf = oncePer(({ programs }: PolicySet): Tellers => {
  const sets: PodSet[] = [];
  const others = new Map<unknown, Peer>();
  for (const program of programs) {
    sets.push(program.subject);
    for (const peer of peersOf(program)) {
      if (peer.kind === 'pods') sets.push(peer.pods);
      else others.set(peer.kind === 'block' ? JSON.stringify([peer.cidr, peer.except, peer.ofPods]) : peer, peer);
    }
  }
  return {
    portNames: new Set(programs.flatMap(portNamesOf)),
    local: Map.groupBy(sets, ({ inNamespace }) => inNamespace),
    others: [...others.values()],
  };
});

/** True when some policy treats two pods of one namespace differently, as a subject, a peer or by a named port. */
function areToldApart(a: Pod, b: Pod, policies: PolicySet): boolean {
  const { portNames, local, others } = tellersOf(policies);
  const differs = (set: PodSet): boolean => policies.inSet(set, a) !== policies.inSet(set, b);
  const matches = (peer: Peer, pod: Pod): boolean => peerMatches(policies, peer, { kind: 'pod', pod }, undefined);
  const isUnlike = (peer: Peer): boolean => matches(peer, a) !== matches(peer, b);
  return (
    portKey(a, portNames) !== portKey(b, portNames) ||
    (local.get(a.ref.namespace)?.some(differs) ?? false) ||
    (local.get(undefined)?.some(differs) ?? false) ||
    others.some(isUnlike)
  );
}

/** The ports of these names that a pod declares. */
function portKey({ template }: Pod, names: ReadonlySet<string>): string {
  let key = '';
  if (names.size === 0) return key;
  for (const { name, protocol, port } of template.ports) {
    if (names.has(name)) key += `${name}:${protocol}:${port},`;
  }
  return key;
}

/** A block of addresses as it is written, and read. */
interface Block {
  readonly text: string;
  readonly parsed: CidrBlock | undefined;
}

function blocksIn(blocks: readonly BlockPeer[]): readonly Block[] {
  return [...new Set(blocks.flatMap(textsOf))].map((text) => ({ text, parsed: parseCidr(text) }));
}

function hasBlock(blocks: readonly Block[], wanted: string): boolean {
  return blocks.some(({ text }) => text === wanted);
}

function textsOf({ cidr, except }: BlockPeer): readonly string[] {
  return [cidr, ...except];
}

/** The classes of one namespace while pods are put into them. */
interface NamespaceClasses {
  readonly keys: readonly (readonly [string, Values])[];
  readonly byKey: Map<string, PodClass>;
  readonly byTemplate: Map<Labels, Map<Pod['template']['ports'], PodClass>>;
  /** True where selectors read more of a pod than its labels. */
  readonly facts: boolean;
}

/**
 * The ends of a matrix that one workload is: itself, or each of its pods where some policy tells them apart. `mayDiffer`
 * is set where its pods are in several classes: then other policies over the same classes may make other ends.
 */
export function endsOfWorkload(
  workload: Workload,
  classes: PodClasses,
  policies: PolicySet,
): { readonly ends: readonly ConnectivityEnd[]; readonly mayDiffer: boolean } {
  const { namespace, name, kind } = workload.ref;
  const pods = workload.pods.length > 0 ? workload.pods : [templatePod(workload)];
  const lead = pods[0] ?? templatePod(workload);
  const first = classes.classOf(lead);
  const others = new Set(pods.map((pod) => classes.classOf(pod)));
  if ([...others].every((one) => one === first || !areToldApart(one.pod, first.pod, policies))) {
    const podClass = classes.subjectOf(lead);
    const whole = { name: `${namespace}/${name}[${kind}]`, workload, pods: workload.pods, podClass };
    return { ends: [whole], mayDiffer: others.size > 1 };
  }
  const ends = pods.map((pod) => ({
    name: `${namespace}/${pod.ref.name}[Pod]`,
    workload,
    pods: [pod],
    podClass: classes.subjectOf(pod),
  }));
  return { ends, mayDiffer: true };
}

/** A workload of zero replicas is judged as its first pod would be. */
function templatePod({ ref, template, resource }: Workload): Pod {
  return {
    ref: { ...ref, group: '', kind: 'Pod' },
    template,
    resource,
    workload: ref,
    ips: [],
    phase: 'Running',
    ready: true,
    terminating: false,
    seen: false,
    simulated: true,
    simulatedIPs: true,
  };
}

/** True when two ends are of one workload: connectivity leaves such pairs out. */
export function sameWorkload(a: ConnectivityEnd, b: ConnectivityEnd): boolean {
  return refKey(a.workload.ref) === refKey(b.workload.ref);
}
