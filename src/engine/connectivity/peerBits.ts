import { parseCidr } from '../model/addresses.ts';
import { type LabelRequirement, type LabelSelector, selectsAll } from '../model/labels.ts';
import { nodeUnder, peerMatches } from '../policy/peers.ts';
import type { BlockPeer, Peer, PodSet, PolicyEnd } from '../policy/policy.ts';
import { type Bits, bitsBetween, bitsOf, bitsOfRuns, both, either, members, minus, noBits } from './bits.ts';
import type { PodClass, PodClasses } from './classes.ts';
import type { ExternalRange } from './externalRanges.ts';

/** What a peer may be told apart into: classes of pods, or ranges of addresses outside. */
export interface PeerSpace {
  readonly arePods: boolean;
  readonly all: Bits;
  /** The members that a peer covers; `subject` where that depends on whose peer it is. */
  bitsOf(peer: Peer, subject: PolicyEnd): Bits;
}

type NodePeer = Extract<Peer, { readonly kind: 'nodes' }>;

/** True where what a peer covers depends on the pod whose policy it is in. */
export function isRelative(peer: Peer): boolean {
  switch (peer.kind) {
    case 'pods':
      return peer.sameLabels !== undefined || peer.notSameLabels !== undefined;
    case 'nodes':
      return peer.which !== 'any';
    case 'any-of':
    case 'all-of':
    case 'none-of':
      return peer.peers.some(isRelative);
    default:
      return false;
  }
}

/** Classes of pods as peers. Equal sets are computed once, of the classes that have each value of a label. */
export class PodSpace implements PeerSpace {
  readonly arePods = true;
  readonly all: Bits;
  readonly #classes: PodClasses;
  readonly #hosts: readonly number[];
  /** The classes that selectors may choose, and those of each namespace. */
  readonly #everywhere: LabelIndex;
  readonly #within = new Map<string, LabelIndex>();
  readonly #bySet = new WeakMap<PodSet, Bits>();
  readonly #byText = new Map<string, Bits>();
  readonly #blocks = new Map<string, Bits>();
  readonly #namespaces = new Map<string, Bits>();
  readonly #nodes = new Map<string, Bits>();
  #byNode: ReadonlyMap<string, Bits> | undefined;

  constructor(classes: PodClasses) {
    this.#classes = classes;
    this.all = bitsBetween(0, classes.classes.length);
    this.#everywhere = new LabelIndex(classes, classes.classes);
    this.#hosts = classes.classes.filter(({ pod }) => classes.policies.isHost(pod)).map(({ index }) => index);
  }

  bitsOf(peer: Peer, subject: PolicyEnd): Bits {
    switch (peer.kind) {
      case 'pods': {
        const bits = this.set(peer.pods);
        return isRelative(peer) ? this.#matching(peer, subject, [...members(bits)]) : bits;
      }
      case 'block':
        return this.#block(peer, subject);
      case 'nodes':
        return this.#onNodes(peer, subject);
      case 'outside':
      case 'names':
        return noBits;
      case 'any-of':
        return bitsOfAny(this, peer.peers, subject);
      case 'all-of':
        return peer.peers.map((one) => this.bitsOf(one, subject)).reduce(both, this.all);
      case 'none-of':
        return peer.peers.map((one) => this.bitsOf(one, subject)).reduce(minus, this.all);
      default:
        return peer satisfies never;
    }
  }

  /** The pods on the networks of some nodes: of any, of the subject's own, or of all others. */
  #onNodes({ nodes, which }: NodePeer, subject: PolicyEnd): Bits {
    const key = JSON.stringify(nodes);
    let all = this.#nodes.get(key);
    if (all === undefined) {
      all = this.#matching({ kind: 'nodes', nodes, which: 'any', path: [] }, subject, this.#hosts);
      this.#nodes.set(key, all);
    }
    if (which === 'any') return all;
    const { policies } = this.#classes;
    const node = nodeUnder(policies, subject)?.name;
    const own = (node === undefined ? undefined : this.#hostsOf().get(node)) ?? noBits;
    return which === 'own' ? both(all, own) : minus(all, own);
  }

  /** The classes on the network of each node that is known. */
  #hostsOf(): ReadonlyMap<string, Bits> {
    if (this.#byNode === undefined) {
      const { policies, classes } = this.#classes;
      const nodeOf = (index: number): string | undefined => policies.nodeNamed(classes[index]?.pod.node)?.name;
      const groups = Map.groupBy(this.#hosts, nodeOf);
      this.#byNode = new Map([...groups].flatMap(([node, own]) => (node === undefined ? [] : [[node, bitsOf(own)]])));
    }
    return this.#byNode;
  }

  /** The classes of a set of pods. */
  set(set: PodSet): Bits {
    let bits = this.#bySet.get(set);
    if (bits === undefined) {
      bits = set.inNamespace === undefined ? this.#wide(set) : this.#compute(set);
      this.#bySet.set(set, bits);
    }
    return bits;
  }

  /** Sets of all namespaces are long, and many policies have equal ones. */
  #wide(set: PodSet): Bits {
    const key = JSON.stringify(set);
    const bits = this.#byText.get(key) ?? this.#compute(set);
    this.#byText.set(key, bits);
    return bits;
  }

  #compute({ inNamespace, namespaces, pods }: PodSet): Bits {
    if (inNamespace !== undefined) {
      const applies =
        namespaces === undefined || this.#classes.policies.namespaceMatches({ namespaces, pods }, inNamespace);
      return applies ? this.#indexOf(inNamespace).select(pods) : noBits;
    }
    const chosen = this.#everywhere.select(pods);
    return namespaces === undefined || selectsAll(namespaces) ? chosen : both(chosen, this.#chosen(namespaces));
  }

  #indexOf(namespace: string): LabelIndex {
    let index = this.#within.get(namespace);
    if (index === undefined) {
      const { first, end } = this.#classes.ranges.get(namespace) ?? { first: 0, end: 0 };
      index = new LabelIndex(this.#classes, this.#classes.classes.slice(first, end));
      this.#within.set(namespace, index);
    }
    return index;
  }

  /** All classes of the namespaces that a selector chooses. */
  #chosen(selector: LabelSelector): Bits {
    const key = JSON.stringify(selector);
    let bits = this.#namespaces.get(key);
    if (bits === undefined) {
      const names = this.#classes.policies.namespacesChosen(selector);
      const runs = names.flatMap((name) => this.#classes.ranges.get(name) ?? []);
      bits = bitsOfRuns(runs.sort((a, b) => a.first - b.first));
      this.#namespaces.set(key, bits);
    }
    return bits;
  }

  #matching(peer: Peer, subject: PolicyEnd, candidates: readonly number[]): Bits {
    const matches = (index: number): boolean => {
      const podClass = this.#classes.classes[index];
      return (
        podClass !== undefined && peerMatches(this.#classes.policies, peer, { kind: 'pod', pod: podClass.pod }, subject)
      );
    };
    return bitsOf(candidates.filter(matches));
  }

  #block(peer: BlockPeer, subject: PolicyEnd): Bits {
    const readsPods = this.#classes.policies.readsPods(peer);
    const readsNodes = this.#classes.policies.readsNodes(peer);
    const key = JSON.stringify([peer.cidr, peer.except, peer.invalid, readsPods, readsNodes]);
    let bits = this.#blocks.get(key);
    if (bits === undefined) {
      const candidates = readsPods ? [...members(this.all)] : this.#hosts;
      bits = this.#matching(peer, subject, candidates);
      this.#blocks.set(key, bits);
    }
    return bits;
  }
}

/** Which of some classes have which value of a label. Classes of ended pods and of nodes are in no set. */
class LabelIndex {
  readonly #all: PodClasses;
  readonly #classes: readonly PodClass[];
  readonly #bits: Bits;
  readonly #byKey = new Map<string, ReadonlyMap<string, Bits>>();

  constructor(all: PodClasses, some: readonly PodClass[]) {
    this.#all = all;
    this.#classes = some.filter(({ pod }) => all.policies.isSelectable(pod));
    this.#bits = bitsOf(this.#classes.map(({ index }) => index));
  }

  select(selector: LabelSelector): Bits {
    if (selector.invalid !== undefined) return noBits;
    let bits = this.#bits;
    for (const one of selector.requirements) bits = this.#narrow(bits, one);
    for (const list of selector.anyOf ?? []) {
      bits = both(bits, list.map((one) => this.select(one)).reduce(either, noBits));
    }
    for (const one of selector.noneOf ?? []) bits = minus(bits, this.select(one));
    return bits;
  }

  #narrow(bits: Bits, { key, operator, values }: LabelRequirement): Bits {
    const byValue = this.#valuesOf(key);
    const having = (isMeant: (value: string) => boolean): Bits =>
      [...byValue].flatMap(([value, own]) => (isMeant(value) ? [own] : [])).reduce(either, noBits);
    const named = (): Bits => values.flatMap((value) => byValue.get(value) ?? []).reduce(either, noBits);
    const text = values[0] ?? '';
    switch (operator) {
      case 'In':
        return both(bits, named());
      case 'NotIn':
        return minus(bits, named());
      case 'Exists':
        return both(
          bits,
          having(() => true),
        );
      case 'DoesNotExist':
        return minus(
          bits,
          having(() => true),
        );
      case 'Contains':
        return both(
          bits,
          having((value) => value.includes(text)),
        );
      case 'StartsWith':
        return both(
          bits,
          having((value) => value.startsWith(text)),
        );
      case 'EndsWith':
        return both(
          bits,
          having((value) => value.endsWith(text)),
        );
      default:
        return operator satisfies never;
    }
  }

  #valuesOf(key: string): ReadonlyMap<string, Bits> {
    let byValue = this.#byKey.get(key);
    if (byValue === undefined) {
      const indices = new Map<string, number[]>();
      for (const { index, pod } of this.#classes) {
        const value = this.#all.policies.label(pod, key);
        if (value === undefined) continue;
        const list = indices.get(value);
        if (list === undefined) indices.set(value, [index]);
        else list.push(index);
      }
      byValue = new Map([...indices].map(([value, list]) => [value, bitsOf(list)]));
      this.#byKey.set(key, byValue);
    }
    return byValue;
  }
}

/** Ranges of addresses outside as peers; they are sorted, so a block is one run of them. */
export class OutsideSpace implements PeerSpace {
  readonly arePods = false;
  readonly all: Bits;
  readonly #ranges: readonly ExternalRange[];
  readonly #memo = new Map<string, Bits>();

  constructor(ranges: readonly ExternalRange[]) {
    this.#ranges = ranges;
    this.all = bitsBetween(0, ranges.length);
  }

  bitsOf(peer: Peer, subject: PolicyEnd): Bits {
    switch (peer.kind) {
      case 'pods':
      case 'nodes':
      case 'names':
        return noBits;
      case 'outside':
        return this.all;
      case 'block':
        return peer.invalid === undefined
          ? peer.except.map((one) => this.#run(one)).reduce(minus, this.#run(peer.cidr))
          : noBits;
      case 'any-of':
        return bitsOfAny(this, peer.peers, subject);
      case 'all-of':
        return peer.peers.map((one) => this.bitsOf(one, subject)).reduce(both, this.all);
      case 'none-of':
        return peer.peers.map((one) => this.bitsOf(one, subject)).reduce(minus, this.all);
      default:
        return peer satisfies never;
    }
  }

  #run(cidr: string): Bits {
    let bits = this.#memo.get(cidr);
    if (bits === undefined) {
      const block = parseCidr(cidr);
      const start =
        block === undefined
          ? -1
          : this.#ranges.findIndex((one) => one.family === block.family && one.first >= block.first);
      let end = start;
      while (start >= 0 && isWithin(this.#ranges[end], block)) end++;
      bits = start < 0 ? noBits : bitsBetween(start, end);
      this.#memo.set(cidr, bits);
    }
    return bits;
  }
}

function isWithin(range: ExternalRange | undefined, block: ReturnType<typeof parseCidr>): boolean {
  return range !== undefined && range.family === block?.family && range.last <= block.last;
}

/** The members that any of some peers covers. */
export function bitsOfAny(space: PeerSpace, peers: readonly Peer[], subject: PolicyEnd): Bits {
  return peers.reduce((bits, peer) => either(bits, space.bitsOf(peer, subject)), noBits);
}
