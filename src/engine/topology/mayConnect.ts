import type { GraphEdge } from '../analysis/answers.ts';
import type { Derived } from '../analysis/derived.ts';
import { addBoth, addTo, type Bits, bitsOf, hasBit } from '../connectivity/bits.ts';
import { type ConnectivityEnd, sameWorkload } from '../connectivity/classes.ts';
import { Reachability } from '../connectivity/reachability.ts';
import type { Direction } from '../policy/policy.ts';
import { endBoxes, portsText } from './graph.ts';

/** Ports that an arrow between many workloads names. */
const mostPorts = 4;
/** Pairs that are asked for their ports once one of them has some. */
const mostAsked = 200;

/** The box that is drawn for a box, itself or what it is folded into; `undefined` where none is. */
export type PlaceOf = (box: string) => string | undefined;

/**
 * Arrows of what *may connect*, between the boxes that are drawn. They are told only where a policy takes part: between
 * ends that no policy isolates everything may connect, and says nothing. Yields between rows. Up to `mostPaired` ends
 * each pair is looked at; more are taken together by the boxes that they are drawn as.
 */
export function* mayConnect(
  derived: Derived,
  level: 'workload' | 'pod',
  placeOf: PlaceOf,
  mostPaired = 500,
): Generator<undefined, readonly GraphEdge[]> {
  const drawn = drawnEnds(derived, level, placeOf);
  return drawn.length > mostPaired ? yield* byRows(derived, drawn) : [...pairs(derived, drawn)];
}

/** The arrows of {@link mayConnect} between all boxes, one by one: there may be millions. */
export function everyArrow(derived: Derived, level: 'workload' | 'pod'): Iterable<GraphEdge> {
  return pairs(
    derived,
    drawnEnds(derived, level, (box) => box),
  );
}

/** The boxes, of those that are drawn, that {@link mayConnect} would join with some boxes. Yields between ends. */
export function* joinedWith(
  derived: Derived,
  level: 'workload' | 'pod',
  centre: ReadonlySet<string>,
  placeOf: PlaceOf,
): Generator<undefined, readonly string[]> {
  const all = drawnEnds(derived, level, placeOf);
  const own = all.filter(({ boxes }) => boxes.some((one) => centre.has(one)));
  const isOpen = (from: DrawnEnd, to: DrawnEnd): boolean => setBetween(derived, from, to) !== undefined;
  const near: string[] = [];
  for (const other of all) {
    if (other.boxes.every((one) => centre.has(one))) continue;
    const isJoined = (one: DrawnEnd): boolean => isOpen(one, other) || isOpen(other, one);
    if (own.some(isJoined)) near.push(...other.boxes);
    yield;
  }
  return near;
}

interface DrawnEnd {
  readonly end: ConnectivityEnd;
  readonly boxes: readonly string[];
  readonly isIsolated: Readonly<Record<Direction, boolean>>;
}

function drawnEnds(derived: Derived, level: 'workload' | 'pod', placeOf: PlaceOf): readonly DrawnEnd[] {
  return derived.matrix.ends.flatMap((end): DrawnEnd[] => {
    const boxes = [...new Set(endBoxes(end, level).flatMap((box) => placeOf(box) ?? []))];
    if (boxes.length === 0) return [];
    const programs = derived.matrix.selecting(end.podClass);
    const isIsolated = {
      ingress: programs.some(({ isolates }) => isolates.ingress),
      egress: programs.some(({ isolates }) => isolates.egress),
    };
    return [{ end, boxes, isIsolated }];
  });
}

/** The ports from one end to another where a policy takes part; `undefined` where none does, or no port is known to be open. */
function setBetween({ matrix }: Derived, from: DrawnEnd, to: DrawnEnd): number | undefined {
  if (!(from.isIsolated.egress || to.isIsolated.ingress) || sameWorkload(from.end, to.end)) return undefined;
  const set = matrix.allowed(from.end, to.end);
  return set === matrix.ports.none ? undefined : set;
}

function* pairs(derived: Derived, drawn: readonly DrawnEnd[]): Generator<GraphEdge> {
  for (const from of drawn) {
    for (const to of drawn) {
      const set = setBetween(derived, from, to);
      if (set === undefined) continue;
      const ports = portsText(derived, set);
      for (const a of from.boxes) for (const b of to.boxes) yield { from: a, to: b, kind: 'allows', ports };
    }
  }
}

/** What is drawn as one box. */
interface Group {
  readonly box: string;
  readonly ends: readonly DrawnEnd[];
  readonly classes: Bits;
}

function groupsOf(drawn: readonly DrawnEnd[]): readonly Group[] {
  const members = new Map<string, DrawnEnd[]>();
  for (const one of drawn) {
    for (const box of one.boxes) {
      const list = members.get(box);
      if (list === undefined) members.set(box, [one]);
      else list.push(one);
    }
  }
  return [...members].map(([box, ends]) => {
    return { box, ends, classes: bitsOf(ends.map(({ end }) => end.podClass.index)) };
  });
}

/** The classes that may be reached by each group, row by row; which ports it is about is asked of a few pairs then. */
function* byRows(derived: Derived, drawn: readonly DrawnEnd[]): Generator<undefined, readonly GraphEdge[]> {
  const groups = groupsOf(drawn);
  const reach = yield* Reachability.of(derived.matrix);
  const guarded = bitsOf(drawn.filter((one) => one.isIsolated.ingress).map(({ end }) => end.podClass.index));
  const edges: GraphEdge[] = [];
  for (const from of groups) {
    const reached = new Uint32Array(reach.words);
    for (const [index, { end, isIsolated }] of from.ends.entries()) {
      const row = { lo: 0, words: reach.row(end.podClass.index) };
      if (isIsolated.egress) addTo(reached, row);
      else addBoth(reached, row, guarded);
      if ((index & 63) === 0) yield;
    }
    yield;
    for (const to of groups) {
      if (from.box === to.box || !meets(to.classes, reached)) continue;
      const ports = portsBetween(derived, from, to, { lo: 0, words: reached });
      if (ports !== undefined) edges.push({ from: from.box, to: to.box, kind: 'allows', ports });
      yield;
    }
  }
  return edges;
}

function meets({ lo, words }: Bits, plane: Uint32Array): boolean {
  return words.some((word, i) => (word & (plane[lo + i] ?? 0)) !== 0);
}

/** What some pairs of two groups may use; `undefined` where no pair has a port that both sides let through. */
function portsBetween(derived: Derived, from: Group, to: Group, reached: Bits): string | undefined {
  const { matrix } = derived;
  const found = new Set<string>();
  let asked = 0;
  for (const target of to.ends) {
    if (!hasBit(reached, target.end.podClass.index)) continue;
    for (const source of from.ends) {
      if (!(source.isIsolated.egress || target.isIsolated.ingress)) continue;
      if (found.size > 0 && (asked >= mostAsked || found.size >= mostPorts)) return portList(found);
      asked++;
      const set = matrix.allowed(source.end, target.end);
      if (set !== undefined && set !== matrix.ports.none) found.add(portsText(derived, set));
    }
  }
  return found.size === 0 ? undefined : portList(found);
}

function portList(found: ReadonlySet<string>): string {
  const texts = [...found].filter((one) => one !== '');
  return texts.length < mostPorts ? texts.join(', ') : `${texts.slice(0, mostPorts - 1).join(', ')}, …`;
}
