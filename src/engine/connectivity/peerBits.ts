import { parseCidr } from '../model/addresses.ts';
import type { LabelSelector } from '../model/labels.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { peerMatches } from '../policy/peers.ts';
import type { BlockPeer, Peer, PodSet, PolicyEnd } from '../policy/policy.ts';
import type { PolicySet } from '../policy/policySet.ts';
import { type Bits, bitsBetween, bitsOf, both, either, minus, noBits } from './bits.ts';
import type { PodClasses } from './classes.ts';
import type { ExternalRange } from './externalRanges.ts';

/** What a peer may be told apart into: classes of pods, or ranges of addresses outside. */
export interface PeerSpace {
  readonly all: Bits;
  /** The members that a peer covers; `subject` where that depends on whose peer it is. */
  bitsOf(peer: Peer, subject: PolicyEnd): Bits;
}

/** True where what a peer covers depends on the pod whose policy it is in. */
export function isRelative(peer: Peer): boolean {
  switch (peer.kind) {
    case 'pods':
      return peer.sameLabels !== undefined || peer.notSameLabels !== undefined;
    case 'nodes':
      return peer.which !== 'any';
    case 'all-of':
    case 'none-of':
      return peer.peers.some(isRelative);
    default:
      return false;
  }
}

/** Classes of pods as peers. Equal sets are computed once; a set of one namespace looks at that namespace alone. */
export class PodSpace implements PeerSpace {
  readonly all: Bits;
  readonly #classes: PodClasses;
  readonly #policies: PolicySet;
  readonly #snapshot: Snapshot;
  readonly #hosts: readonly number[];
  readonly #sets = new Map<string, Bits>();
  readonly #blocks = new Map<string, Bits>();
  readonly #namespaces = new Map<string, readonly string[]>();
  readonly #postings = new Map<string, Map<string, number[]>>();

  constructor(snapshot: Snapshot, policies: PolicySet, classes: PodClasses) {
    this.#snapshot = snapshot;
    this.#policies = policies;
    this.#classes = classes;
    this.all = bitsBetween(0, classes.classes.length);
    this.#hosts = classes.classes.filter(({ pod }) => policies.isHost(pod)).map(({ index }) => index);
  }

  bitsOf(peer: Peer, subject: PolicyEnd): Bits {
    switch (peer.kind) {
      case 'pods': {
        const bits = this.set(peer.pods);
        return isRelative(peer) ? this.#matching(peer, subject, this.#membersOf(bits)) : bits;
      }
      case 'block':
        return this.#block(peer, subject);
      case 'nodes':
        return this.#matching(peer, subject, this.#hosts);
      case 'outside':
      case 'names':
        return noBits;
      case 'all-of':
        return peer.peers.map((one) => this.bitsOf(one, subject)).reduce(both, this.all);
      case 'none-of':
        return peer.peers.map((one) => this.bitsOf(one, subject)).reduce(minus, this.all);
      default:
        return peer satisfies never;
    }
  }

  /** The classes of a set of pods. */
  set(set: PodSet): Bits {
    const key = JSON.stringify([set.inNamespace, set.namespaces, set.pods]);
    let bits = this.#sets.get(key);
    if (bits === undefined) {
      bits = bitsOf(this.#candidates(set).filter((index) => this.#policies.inSet(set, this.#pod(index))));
      this.#sets.set(key, bits);
    }
    return bits;
  }

  #pod(index: number) {
    const podClass = this.#classes.classes[index];
    if (podClass === undefined) throw new RangeError(`no class ${index}`);
    return podClass.pod;
  }

  #membersOf({ lo, words }: Bits): readonly number[] {
    const members: number[] = [];
    for (let i = lo * 32; i < (lo + words.length) * 32; i++) {
      if (((words[(i >>> 5) - lo] ?? 0) >>> (i & 31)) & 1) members.push(i);
    }
    return members;
  }

  #matching(peer: Peer, subject: PolicyEnd, candidates: readonly number[]): Bits {
    return bitsOf(
      candidates.filter((index) => peerMatches(this.#policies, peer, { kind: 'pod', pod: this.#pod(index) }, subject)),
    );
  }

  #block(peer: BlockPeer, subject: PolicyEnd): Bits {
    const key = JSON.stringify([peer.cidr, peer.except, peer.invalid]);
    let bits = this.#blocks.get(key);
    if (bits === undefined) {
      const candidates = this.#policies.settings.ipBlockMatchesPods ? this.#membersOf(this.all) : this.#hosts;
      bits = this.#matching(peer, subject, candidates);
      this.#blocks.set(key, bits);
    }
    return bits;
  }

  /** The classes that may be in a set: those of its namespaces, or those that have a label that it asks for. */
  #candidates({ inNamespace, namespaces, pods }: PodSet): readonly number[] {
    if (inNamespace !== undefined) return this.#range(inNamespace);
    const chosen = namespaces === undefined ? undefined : this.#chosen(namespaces);
    const wanted = pods.requirements.find(({ key, operator }) => operator === 'In' && !key.includes(':'));
    if (wanted !== undefined && (chosen === undefined || chosen.length > 8)) {
      return wanted.values.flatMap((value) => this.#posting(wanted.key).get(value) ?? []);
    }
    return chosen === undefined ? this.#membersOf(this.all) : chosen.flatMap((name) => this.#range(name));
  }

  #chosen(selector: LabelSelector): readonly string[] {
    const key = JSON.stringify(selector);
    let names = this.#namespaces.get(key);
    if (names === undefined) {
      const only = selector.requirements.find(
        (one) => one.key === 'kubernetes.io/metadata.name' && one.operator === 'In',
      );
      const all = only?.values ?? [...this.#snapshot.namespaces.keys()];
      names = all.filter((name) => this.#policies.namespaceMatches({ namespaces: selector, pods: selector }, name));
      this.#namespaces.set(key, names);
    }
    return names;
  }

  #range(namespace: string): readonly number[] {
    const { first, end } = this.#classes.ranges.get(namespace) ?? { first: 0, end: 0 };
    return Array.from({ length: end - first }, (_, index) => first + index);
  }

  /** Which classes have which value of a label. */
  #posting(key: string): ReadonlyMap<string, readonly number[]> {
    let posting = this.#postings.get(key);
    if (posting === undefined) {
      posting = new Map();
      for (const { index, pod } of this.#classes.classes) {
        const value = this.#policies.label(pod, key);
        if (value === undefined) continue;
        const list = posting.get(value);
        if (list === undefined) posting.set(value, [index]);
        else list.push(index);
      }
      this.#postings.set(key, posting);
    }
    return posting;
  }
}

/** Ranges of addresses outside as peers; they are sorted, so a block is one run of them. */
export class OutsideSpace implements PeerSpace {
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
