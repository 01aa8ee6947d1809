import { cidrContains, parseCidr, parseIp } from '../model/addresses.ts';
import type { Pod, Workload } from '../model/cluster.ts';
import { type LabelRequirement, type LabelSelector, podFacts } from '../model/labels.ts';
import { refKey } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { blocksOf, peerMatches, podPeersOf } from '../policy/peers.ts';
import type { Peer, PodSet, PolicyProgram } from '../policy/policy.ts';
import type { PolicySet } from '../policy/policySet.ts';

/** Pods that no policy can tell apart; `pod` stands for all of them. */
export interface PodClass {
  readonly index: number;
  readonly pod: Pod;
}

/** A row and column of the matrix: a workload, or one pod of a workload whose pods differ under some policy. */
export interface ConnectivityEnd {
  /** `ns/name[Kind]` */
  readonly name: string;
  readonly workload: Workload;
  readonly podClass: PodClass;
}

/** The values of a key that some selector tells apart; `all` where it may be any. */
type Values = Set<string> | 'all';

/** Keys that selectors read, with the values that they tell apart. */
type Visible = Map<string, Values>;

/**
 * Partitions pods by what policies can see: namespace, the labels that some selector reads there, the declared ports
 * that some rule names, and where it matters address and node. Everything else (a template hash, a label's value that
 * nobody mentions) makes no class. Classes of one namespace have adjacent numbers.
 */
export class PodClasses {
  readonly classes: PodClass[] = [];
  /** The numbers of a namespace's classes, from `first` to before `end`. */
  readonly ranges = new Map<string, { readonly first: number; readonly end: number }>();
  readonly #byKey = new Map<string, PodClass>();
  readonly #byPod = new Map<Pod, PodClass>();
  readonly #wide: Visible = new Map();
  readonly #local = new Map<string, Visible>();
  readonly #keys = new Map<string, readonly (readonly [string, Values])[]>();
  readonly #portNames: ReadonlySet<string>;
  readonly #blocks: readonly string[];
  readonly #readsNodes: boolean;
  readonly #policies: PolicySet;

  constructor(snapshot: Snapshot, policies: PolicySet) {
    this.#policies = policies;
    const { programs } = policies;
    const peers = programs.flatMap(peersOf);
    this.#portNames = new Set(programs.flatMap(portNamesOf));
    this.#blocks = [...new Set(peers.flatMap(blocksOf).flatMap(({ cidr, except }) => [cidr, ...except]))];
    this.#readsNodes = peers.some(readsNodes) || programs.some(({ nodes }) => nodes !== undefined);
    for (const { subject } of programs) this.#see(subject);
    for (const { pods, sameLabels = [], notSameLabels = [] } of peers.flatMap(podPeersOf)) {
      this.#see(pods);
      for (const key of [...sameLabels, ...notSameLabels]) this.#wide.set(podFacts.namespaceLabel(key), 'all');
    }
    this.#assign(snapshot);
  }

  #assign({ workloads, pods }: Snapshot): void {
    const templates = workloads.filter((one) => one.pods.length === 0).map(templatePod);
    const byNamespace = Map.groupBy([...pods, ...templates], (pod) => pod.ref.namespace);
    for (const [namespace, own] of byNamespace) {
      const first = this.classes.length;
      for (const pod of own) this.#byPod.set(pod, this.#classFor(pod));
      this.ranges.set(namespace, { first, end: this.classes.length });
    }
  }

  #classFor(pod: Pod): PodClass {
    const key = this.#key(pod);
    let found = this.#byKey.get(key);
    if (found === undefined) {
      found = { index: this.classes.length, pod };
      this.classes.push(found);
      this.#byKey.set(key, found);
    }
    return found;
  }

  /** The class of a pod of the snapshot, or of a workload's template. */
  classOf(pod: Pod): PodClass {
    return this.#byPod.get(pod) ?? this.#classFor(pod);
  }

  /** True when some policy treats the two pods differently, as a subject, a peer or by a named port. */
  tellsApart(a: Pod, b: Pod): boolean {
    const differs = (set: PodSet): boolean => this.#policies.inSet(set, a) !== this.#policies.inSet(set, b);
    const matches = (peer: Peer, pod: Pod): boolean =>
      peerMatches(this.#policies, peer, { kind: 'pod', pod }, undefined);
    return (
      this.#portKey(a) !== this.#portKey(b) ||
      this.#policies.programs.some(
        (one) => differs(one.subject) || peersOf(one).some((peer) => matches(peer, a) !== matches(peer, b)),
      )
    );
  }

  #see(set: PodSet): void {
    const visible = set.inNamespace === undefined ? this.#wide : this.#localIn(set.inNamespace);
    seeSelector(visible, set.pods);
  }

  #localIn(namespace: string): Visible {
    let visible = this.#local.get(namespace);
    if (visible === undefined) {
      visible = new Map();
      this.#local.set(namespace, visible);
    }
    return visible;
  }

  /** What can be seen of a pod in a namespace, in a fixed order. */
  #keysIn(namespace: string): readonly (readonly [string, Values])[] {
    let keys = this.#keys.get(namespace);
    if (keys === undefined) {
      const merged: Visible = new Map(this.#wide);
      for (const [key, values] of this.#local.get(namespace) ?? []) {
        const wide = merged.get(key);
        merged.set(key, wide === 'all' || values === 'all' ? 'all' : new Set([...(wide ?? []), ...values]));
      }
      keys = [...merged];
      this.#keys.set(namespace, keys);
    }
    return keys;
  }

  #portKey({ template }: Pod): string {
    if (this.#portNames.size === 0) return '';
    const named = template.ports.filter((one) => this.#portNames.has(one.name));
    return named.map((one) => `${one.name}:${one.protocol}:${one.port}`).join();
  }

  #key(pod: Pod): string {
    const { template, ref, phase } = pod;
    const ended = phase === 'Succeeded' || phase === 'Failed';
    let key = `${ref.namespace}\n${template.hostNetwork ? 'h' : ''}${ended ? 'e' : ''}\n${this.#portKey(pod)}\n${this.#blockBits(pod)}`;
    if (this.#readsNodes) key += `\n${pod.node ?? ''}`;
    for (const [name, values] of this.#keysIn(ref.namespace)) {
      const value = this.#policies.label(pod, name);
      // An unmentioned value is one of many that all selectors treat alike; it differs from an absent one.
      key += value === undefined ? '\n' : values === 'all' || values.has(value) ? `\n=${value}` : '\n*';
    }
    return key;
  }

  /** Which of the policies' blocks hold the pod's addresses, where that can matter. */
  #blockBits(pod: Pod): string {
    const { ipBlockMatchesPods } = this.#policies.settings;
    if (!ipBlockMatchesPods && !this.#policies.isHost(pod)) return '';
    const addresses = pod.ips.flatMap((ip) => parseIp(ip) ?? []);
    return this.#blocks
      .map((text) => {
        const block = parseCidr(text);
        return block !== undefined && addresses.some((one) => cidrContains(block, one)) ? '1' : '0';
      })
      .join('');
  }
}

function seeSelector(visible: Visible, selector: LabelSelector): void {
  for (const requirement of selector.requirements) see(visible, requirement);
  const inner = [...(selector.anyOf?.flat() ?? []), ...(selector.noneOf ?? [])];
  for (const one of inner) seeSelector(visible, one);
}

function see(visible: Visible, { key, operator, values }: LabelRequirement): void {
  const known = visible.get(key) ?? new Set<string>();
  if (operator === 'Contains' || operator === 'StartsWith' || operator === 'EndsWith') visible.set(key, 'all');
  else visible.set(key, known === 'all' ? known : new Set([...known, ...values]));
}

/** Every peer of a program, those that narrow its subject among them. */
function peersOf({ rules }: PolicyProgram): readonly Peer[] {
  return rules.flatMap((rule) => [...(rule.peers ?? []), ...(rule.onlyFor ?? [])]);
}

function portNamesOf({ rules }: PolicyProgram): readonly string[] {
  return rules.flatMap((rule) => (rule.ports ?? []).flatMap((port) => (port.kind === 'named' ? [port.name] : [])));
}

function readsNodes(peer: Peer): boolean {
  if (peer.kind === 'nodes') return true;
  return (peer.kind === 'all-of' || peer.kind === 'none-of') && peer.peers.some(readsNodes);
}

/** The ends of a matrix, by name: workloads of the user's, each once, or once a pod where its pods are in several classes. */
export function connectivityEnds(workloads: readonly Workload[], classes: PodClasses): readonly ConnectivityEnd[] {
  const ends = workloads
    .filter((one) => !one.system)
    .flatMap((workload): ConnectivityEnd[] => {
      const { namespace, name, kind } = workload.ref;
      const label = `${namespace}/${name}[${kind}]`;
      const pods = workload.pods.length > 0 ? workload.pods : [templatePod(workload)];
      const first = classes.classOf(pods[0] ?? templatePod(workload));
      const others = new Set(pods.map((pod) => classes.classOf(pod)));
      const same = [...others].every((one) => one === first || !classes.tellsApart(one.pod, first.pod));
      if (same) return [{ name: label, workload, podClass: first }];
      return pods.map((pod) => ({
        name: `${namespace}/${pod.ref.name}[Pod]`,
        workload,
        podClass: classes.classOf(pod),
      }));
    });
  return ends.sort((a, b) => (a.name < b.name ? -1 : 1));
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
    simulated: true,
    simulatedIPs: true,
  };
}

/** True when two ends are of one workload: connectivity leaves such pairs out. */
export function sameWorkload(a: ConnectivityEnd, b: ConnectivityEnd): boolean {
  return refKey(a.workload.ref) === refKey(b.workload.ref);
}
