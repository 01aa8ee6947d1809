import { t } from '@vscode/l10n';
import type { Derived } from '../analysis/derived.ts';
import { formatIp } from '../model/addresses.ts';
import type { Pod } from '../model/cluster.ts';
import { sameList } from '../model/lists.ts';
import { oncePer } from '../model/memo.ts';
import type { PortRange } from '../model/ports.ts';
import type { Evidence } from '../model/resource.ts';
import type { Direction, PolicyEnd, Verdict } from '../policy/policy.ts';
import { type Bits, bitsBetween, eachMember, hasBit, isEmpty, noBits } from './bits.ts';
import type { ConnectivityEnd } from './classes.ts';
import { type ExternalRange, formatRange } from './externalRanges.ts';
import { differing, type Row } from './row.ts';

/** A connection whose ports differ between two states of the world. An empty list: it was not there, or is no more. */
export interface ChangedConnection {
  readonly from: string;
  readonly to: string;
  readonly before: readonly PortRange[];
  readonly after: readonly PortRange[];
  /** Finds the rules that allow it now, or the policies that deny it; where these are gone, those that did before. */
  readonly because: () => readonly Evidence[];
}

/** What policies allow after and not before, before and not after, and on other ports. */
export interface ConnectivityDiff {
  readonly added: readonly ChangedConnection[];
  readonly removed: readonly ChangedConnection[];
  readonly changed: readonly ChangedConnection[];
  /** True where there may be more: a comparison ends once it has found {@link mostChanges}. */
  readonly isCut: boolean;
}

/** One policy may touch every pair of a large cluster, hundreds of millions: more than these are neither kept nor counted. */
export const mostChanges = 100_000;

/** True when nothing differs. */
export function isSameConnectivity({ added, removed, changed }: ConnectivityDiff): boolean {
  return added.length + removed.length + changed.length === 0;
}

/**
 * Compares what policies allow in two states, workload by workload, and outside by the ranges that either tells apart.
 * Only pairs are looked at of which an end, or what selects it, is another. Yields between rows. Ends soon after
 * {@link mostChanges}.
 */
export function* diffConnectivity(before: Derived, after: Derived): Generator<undefined, ConnectivityDiff> {
  const comparison = new Comparison(before, after);
  yield* comparison.compareEnds();
  for (const [place, from] of comparison.names.entries()) {
    for (const to of comparison.candidates(from)) comparison.comparePods(from, to);
    comparison.compareOutside(from, 'egress');
    comparison.compareOutside(from, 'ingress');
    if (comparison.isFull) return comparison.result(place < comparison.names.length - 1);
    yield;
  }
  return comparison.result(false);
}

const endsByClass = oncePer((ends: ReadonlyMap<string, ConnectivityEnd>) =>
  Map.groupBy(ends.values(), ({ podClass }) => podClass.index),
);

/** One of the two states. */
class Side {
  readonly derived: Derived;
  readonly ends: ReadonlyMap<string, ConnectivityEnd>;

  constructor(derived: Derived) {
    this.derived = derived;
    this.ends = derived.matrix.endsByName;
  }

  endsOfClass(index: number): readonly ConnectivityEnd[] {
    return endsByClass(this.ends).get(index) ?? [];
  }

  /** The ports from one workload to another; none where either is not there or it is not known. */
  between(from: string, to: string): number {
    const { matrix } = this.derived;
    const [source, destination] = [this.ends.get(from), this.ends.get(to)];
    if (source === undefined || destination === undefined || source.workload === destination.workload) {
      return matrix.ports.none;
    }
    return matrix.allowed(source, destination) ?? matrix.ports.none;
  }

  ranges(set: number): readonly PortRange[] {
    return this.derived.matrix.ports.ranges(set);
  }

  /** Equal for equal sets of ports, whichever state they are of. */
  key(set: number): string {
    return this.derived.matrix.ports.key(set);
  }

  outside(
    name: string,
    direction: Direction,
    withIPv6: boolean,
  ): readonly { readonly range: ExternalRange; readonly set: number }[] {
    const end = this.ends.get(name);
    return end === undefined ? [] : this.derived.matrix.outside(end, direction, withIPv6);
  }

  verdicts(from: PolicyEnd | undefined, to: PolicyEnd | undefined, { protocol, from: port }: PortRange): Verdict[] {
    if (from === undefined || to === undefined) return [];
    const { egress, ingress, action } = this.derived.decide(from, to, protocol, port);
    return action === 'allow' ? [egress, ingress] : [egress, ingress].filter((one) => one.action === action);
  }

  podOf(name: string): PolicyEnd | undefined {
    const end = this.ends.get(name);
    return end === undefined ? undefined : { kind: 'pod', pod: end.podClass.pod };
  }
}

function namesOf(before: Side, after: Side): readonly string[] {
  // Most edits leave the ends alone, which are sorted.
  if (before.ends === after.ends) return [...after.ends.keys()];
  return [...new Set([...before.ends.keys(), ...after.ends.keys()])].sort();
}

class Comparison {
  readonly before: Side;
  readonly after: Side;
  /** The ends of both states, sorted. */
  readonly names: readonly string[];
  readonly #allDiffer: boolean;
  /** Ends that are new, gone, or that policies may see as something else. */
  readonly #others = new Set<string>();
  /** Ends that other policies select; what is outside may be treated in another way. */
  readonly #outside = new Set<string>();
  /** The classes that an end's own policies let it reach in another way. */
  readonly #reaches = new Map<string, Bits>();
  /** Classes, and the ends that admit them in another way. */
  readonly #admitting = new Map<Bits, string[]>();
  readonly #namespaces = new Map<string, boolean>();
  readonly #found: ChangedConnection[] = [];
  /** Of two rows, of which many ends have the same. */
  readonly #differing = oncePer((old: Row) =>
    oncePer((now: Row) => differing(old, now, bitsBetween(0, this.after.derived.matrix.classes.classes.length))),
  );

  constructor(before: Derived, after: Derived) {
    this.before = new Side(before);
    this.after = new Side(after);
    this.#allDiffer = JSON.stringify(before.policies.settings) !== JSON.stringify(after.policies.settings);
    this.names = namesOf(this.before, this.after);
  }

  #differInPoliciesAlone(): boolean {
    const [one, two] = [this.before.derived.snapshot, this.after.derived.snapshot];
    return this.before.ends === this.after.ends && one.namespaces === two.namespaces && !this.#allDiffer;
  }

  /** Finds what {@link candidates} and {@link compareOutside} go by. Yields between ends. */
  *compareEnds(): Generator<undefined> {
    if (this.#differInPoliciesAlone()) {
      for (const index of this.after.derived.matrix.reselectedSince(this.before.derived.matrix)) {
        for (const end of this.after.endsOfClass(index)) this.#compareRows(end, end);
        yield;
      }
      return;
    }
    for (const name of this.names) {
      const [old, now] = [this.before.ends.get(name), this.after.ends.get(name)];
      if (old === undefined || now === undefined || !this.#looksSame(old, now)) this.#others.add(name);
      else if (this.#haveSamePolicies(old, now)) continue;
      else if (this.#haveSameClasses) this.#compareRows(old, now);
      else this.#others.add(name);
      yield;
    }
  }

  /** Only rows over the same classes and port sets can be compared as they are. */
  get #haveSameClasses(): boolean {
    return this.before.derived.matrix.classes === this.after.derived.matrix.classes;
  }

  #compareRows(old: ConnectivityEnd, now: ConnectivityEnd): void {
    const { name } = now;
    this.#outside.add(name);
    this.#reaches.set(name, this.#treatedOtherwise(old, now, 'egress'));
    const admitted = this.#treatedOtherwise(old, now, 'ingress');
    if (isEmpty(admitted)) return;
    const known = this.#admitting.get(admitted);
    if (known === undefined) this.#admitting.set(admitted, [name]);
    else known.push(name);
  }

  /** Whether all that a policy can see of two ends is the same. */
  #looksSame(old: ConnectivityEnd, now: ConnectivityEnd): boolean {
    if (this.#allDiffer || !this.#isSameNamespace(old.workload.ref.namespace)) return false;
    if (this.#haveSameClasses && old.podClass !== now.podClass) return false;
    const [a, b] = [old.podClass.pod, now.podClass.pod];
    if (a === b) return true;
    const seen = ({ template, ips, node, phase }: Pod): string =>
      JSON.stringify([
        template.labels,
        template.ports,
        template.hostNetwork,
        template.serviceAccount,
        ips,
        node,
        phase,
      ]);
    return seen(a) === seen(b);
  }

  #isSameNamespace(name: string): boolean {
    let same = this.#namespaces.get(name);
    if (same === undefined) {
      const [old, now] = [this.before, this.after].map((side) => side.derived.snapshot.namespaces.get(name));
      same = old === now || JSON.stringify(old?.labels) === JSON.stringify(now?.labels);
      this.#namespaces.set(name, same);
    }
    return same;
  }

  #haveSamePolicies(old: ConnectivityEnd, now: ConnectivityEnd): boolean {
    const [one, two] = [this.before.derived.matrix, this.after.derived.matrix];
    return sameList(one.selecting(old.podClass), two.selecting(now.podClass));
  }

  /** The classes between which and an end a direction's policies let other ports through than before, or may. */
  #treatedOtherwise(old: ConnectivityEnd, now: ConnectivityEnd, direction: Direction): Bits {
    const [one, two] = [this.before.derived.matrix, this.after.derived.matrix];
    return this.#differing(one.row(old.podClass, direction))(two.row(now.podClass, direction));
  }

  /** The ends that `from` may reach in another way than before, sorted. */
  candidates(from: string): readonly string[] {
    if (this.#others.has(from)) return this.names;
    const found = new Set(this.#others);
    const own = this.after.ends.get(from)?.podClass.index ?? 0;
    for (const [classes, admitting] of this.#admitting) {
      if (hasBit(classes, own)) for (const to of admitting) found.add(to);
    }
    eachMember(this.#reaches.get(from) ?? noBits, (index) => {
      for (const to of this.after.endsOfClass(index)) found.add(to.name);
    });
    return found.size > this.names.length / 8 ? this.names.filter((one) => found.has(one)) : [...found].sort();
  }

  comparePods(from: string, to: string): void {
    const old = this.before.between(from, to);
    const now = this.after.between(from, to);
    if (this.before.key(old) === this.after.key(now)) return;
    this.#add(from, to, old, now, (side, port) => side.verdicts(side.podOf(from), side.podOf(to), port));
  }

  compareOutside(name: string, direction: Direction): void {
    const mayDiffer = this.#others.has(name) || this.#outside.has(name);
    if (!mayDiffer) return;
    const withIPv6 = [this.before, this.after].some(({ derived }) => derived.matrix.speaksIPv6(direction));
    const sides = [this.before, this.after].map((side) => side.outside(name, direction, withIPv6));
    for (const { range, old, now } of refine(sides[0] ?? [], sides[1] ?? [])) {
      const [before, after] = [
        old ?? this.before.derived.matrix.ports.none,
        now ?? this.after.derived.matrix.ports.none,
      ];
      if (this.before.key(before) === this.after.key(after)) continue;
      const text = formatRange(range);
      const outside: PolicyEnd = { kind: 'address', ip: range.ip };
      const [from, to] = direction === 'egress' ? [name, text] : [text, name];
      this.#add(from, to, before, after, (side, port) =>
        direction === 'egress'
          ? side.verdicts(side.podOf(name), outside, port)
          : side.verdicts(outside, side.podOf(name), port),
      );
    }
  }

  #add(
    from: string,
    to: string,
    old: number,
    now: number,
    judge: (side: Side, port: PortRange) => readonly Verdict[],
  ): void {
    const before = this.before.ranges(old);
    const after = this.after.ranges(now);
    const because = (): readonly Evidence[] => {
      const port = firstDifference(before, after);
      const gone = [from, to].flatMap((name) => this.#cameOrWent(name));
      const verdicts = port === undefined ? [] : judge(this.after, port);
      const evidence = verdicts.flatMap(({ decidedBy }) => decidedBy);
      const earlier = evidence.length > 0 || port === undefined ? [] : judge(this.before, port);
      return [...gone, ...evidence, ...earlier.flatMap(({ decidedBy }) => decidedBy)];
    };
    this.#found.push({ from, to, before, after, because });
  }

  #cameOrWent(name: string): readonly Evidence[] {
    const [old, now] = [this.before.ends.get(name), this.after.ends.get(name)];
    if (old === undefined && now !== undefined)
      return [{ ref: now.workload.ref, path: [], note: t('{0} is new', name) }];
    if (old !== undefined && now === undefined)
      return [{ ref: old.workload.ref, path: [], note: t('{0} is gone', name) }];
    return [];
  }

  get isFull(): boolean {
    return this.#found.length >= mostChanges;
  }

  result(isCut: boolean): ConnectivityDiff {
    return {
      isCut,
      added: this.#found.filter(({ before }) => before.length === 0),
      removed: this.#found.filter(({ after }) => after.length === 0),
      changed: this.#found.filter(({ before, after }) => before.length > 0 && after.length > 0),
    };
  }
}

/** A port that is in one of two lists and not in the other. */
function firstDifference(before: readonly PortRange[], after: readonly PortRange[]): PortRange | undefined {
  const within = (list: readonly PortRange[], protocol: string, port: number): boolean =>
    list.some((one) => one.protocol === protocol && one.from <= port && port <= one.to);
  const edges = [...after, ...before].flatMap(({ protocol, from, to }) =>
    [from, to, from - 1, to + 1].filter((port) => port >= 1 && port <= 65_535).map((port) => ({ protocol, port })),
  );
  const found = edges.find(({ protocol, port }) => within(before, protocol, port) !== within(after, protocol, port));
  return found === undefined ? undefined : { protocol: found.protocol, from: found.port, to: found.port };
}

type Outside = readonly { readonly range: ExternalRange; readonly set: number }[];

interface Piece {
  readonly range: ExternalRange;
  readonly old: number | undefined;
  readonly now: number | undefined;
}

/** Two lists of ranges cut at each other's bounds; adjacent pieces that are alike in both are one. */
function refine(before: Outside, after: Outside): readonly Piece[] {
  const families = new Set([...before, ...after].map(({ range }) => range.family));
  return [...families].flatMap((family) => {
    const own = (list: Outside): Outside => list.filter(({ range }) => range.family === family);
    const cuts = new Set([...own(before), ...own(after)].flatMap(({ range }) => [range.first, range.last + 1n]));
    const sorted = [...cuts].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    const pieces: Piece[] = [];
    for (const [index, first] of sorted.slice(0, -1).entries()) {
      const last = (sorted[index + 1] ?? 0n) - 1n;
      const setIn = (list: Outside): number | undefined =>
        list.find(({ range }) => range.family === family && range.first <= first && last <= range.last)?.set;
      const [old, now] = [setIn(before), setIn(after)];
      const previous = pieces.at(-1);
      if (
        previous?.old === old &&
        previous?.now === now &&
        previous !== undefined &&
        previous.range.last + 1n === first
      ) {
        pieces[pieces.length - 1] = { ...previous, range: { ...previous.range, last } };
      } else pieces.push({ range: { family, first, last, ip: formatIp({ family, value: first }) }, old, now });
    }
    return pieces;
  });
}
