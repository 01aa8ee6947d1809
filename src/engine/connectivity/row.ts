import type { PortSets } from '../model/ports.ts';
import type { PolicyRule } from '../policy/policy.ts';
import { type Bits, both, either, hasBit, isEmpty, minus, noBits } from './bits.ts';

/** Sets of ports, as ids of {@link PortSets}: what is let through, and what may be. `possible` holds `allowed`. */
export interface Passage {
  readonly allowed: number;
  readonly possible: number;
}

/** What a direction lets through between a subject and every other end: `cells` are disjoint, the rest has `others`. */
export interface Row {
  readonly others: Passage;
  readonly cells: readonly { readonly bits: Bits; readonly passage: Passage }[];
}

/** What the row says of one end. */
export function passageTo(row: Row, index: number): Passage {
  for (const { bits, passage } of row.cells) if (hasBit(bits, index)) return passage;
  return row.others;
}

/** The ends of `all` that two rows, of the same port sets, say different things of. */
export function differing(a: Row, b: Row, all: Bits): Bits {
  if (a === b) return noBits;
  let found = noBits;
  const add = (bits: Bits, one: Passage, other: Passage): void => {
    if (!samePassage(one, other) && !isEmpty(bits)) found = either(found, bits);
  };
  let outsideA = all;
  for (const { bits, passage } of a.cells) {
    let rest = bits;
    for (const other of b.cells) {
      add(both(bits, other.bits), passage, other.passage);
      rest = minus(rest, other.bits);
    }
    add(rest, passage, b.others);
    outsideA = minus(outsideA, bits);
  }
  let rest = outsideA;
  for (const { bits, passage } of b.cells) {
    add(both(outsideA, bits), a.others, passage);
    rest = minus(rest, bits);
  }
  add(rest, a.others, b.others);
  return found;
}

function samePassage(a: Passage, b: Passage): boolean {
  return a.allowed === b.allowed && a.possible === b.possible;
}

/** How far a connection's ports have come: ids of port sets, disjoint but for the last two. */
interface State {
  readonly remaining: number;
  readonly allowed: number;
  readonly passed: number;
  readonly unknown: number;
  /** What a rule with an unseen condition would allow, or would not. */
  readonly maybeAllowed: number;
  readonly maybeDenied: number;
}

/** A rule's effect on some ports towards some ends; absent `bits`: all ends. */
export interface RuleEffect {
  readonly bits?: Bits;
  readonly ports: number;
  readonly action: PolicyRule['action'];
  readonly condition?: 'request' | 'unseen';
}

/**
 * Takes a subject's rules in their order and keeps, for each group of ends that they have treated alike so far, the
 * ports still undecided. Few groups are ever told apart, and most are a word wide. Semantics as in policy/evaluate.ts.
 */
export class RowBuilder {
  readonly #ports: PortSets;
  #others: State;
  #cells: { bits: Bits; state: State }[] = [];
  #isDoubted = false;

  constructor(ports: PortSets) {
    this.#ports = ports;
    const none = ports.none;
    this.#others = {
      remaining: ports.all,
      allowed: none,
      passed: none,
      unknown: none,
      maybeAllowed: none,
      maybeDenied: none,
    };
  }

  rule({ bits, ports, action, condition }: RuleEffect): void {
    this.#change(bits, (state) => this.#apply(state, ports, action, condition));
  }

  /** A policy with doubts has been passed: what they may deny is unknown at once, what they may allow at the tier's end. */
  doubt(couldDeny: boolean): void {
    if (!couldDeny) this.#isDoubted = true;
    else this.#change(undefined, (state) => this.#giveUp(state));
  }

  endTier(isolates: boolean): void {
    const isDoubted = this.#isDoubted;
    this.#isDoubted = false;
    this.#change(undefined, (state) => {
      const { remaining, ...rest } = isDoubted ? this.#giveUp(state) : state;
      const left = isolates ? this.#ports.none : remaining;
      return { ...rest, remaining: this.#ports.union(left, state.passed), passed: this.#ports.none };
    });
  }

  row(): Row {
    return {
      others: this.#passage(this.#others),
      cells: this.#cells.map(({ bits, state }) => ({ bits, passage: this.#passage(state) })),
    };
  }

  #giveUp(state: State): State {
    const unknown = this.#ports.union(state.unknown, state.remaining);
    return { ...state, unknown, remaining: this.#ports.none };
  }

  #apply(state: State, ports: number, action: RuleEffect['action'], condition: RuleEffect['condition']): State {
    const hit = this.#ports.intersection(state.remaining, ports);
    if (hit === this.#ports.none) return state;
    if (condition === 'unseen') {
      const kind = action === 'allow' ? 'maybeAllowed' : 'maybeDenied';
      return { ...state, [kind]: this.#ports.union(state[kind], hit) };
    }
    // A denial of some requests leaves the connection open; leave for some opens it.
    if (condition === 'request' && action !== 'allow') return state;
    const remaining = this.#ports.difference(state.remaining, hit);
    if (action === 'deny') return { ...state, remaining };
    const kind = action === 'allow' ? 'allowed' : 'passed';
    return { ...state, remaining, [kind]: this.#ports.union(state[kind], hit) };
  }

  #change(bits: Bits | undefined, next: (state: State) => State): void {
    if (bits === undefined) {
      this.#others = next(this.#others);
      for (const cell of this.#cells) cell.state = next(cell.state);
      return;
    }
    let rest = bits;
    const moved: { bits: Bits; state: State }[] = [];
    for (const cell of this.#cells) {
      const met = both(cell.bits, rest);
      if (isEmpty(met)) continue;
      rest = minus(rest, met);
      const state = next(cell.state);
      if (state === cell.state) continue;
      cell.bits = minus(cell.bits, met);
      moved.push({ bits: met, state });
    }
    const state = next(this.#others);
    if (state !== this.#others && !isEmpty(rest)) moved.push({ bits: rest, state });
    for (const one of moved) this.#add(one.bits, one.state);
  }

  #add(bits: Bits, state: State): void {
    const same = this.#cells.find((cell) => sameState(cell.state, state));
    if (same === undefined) this.#cells.push({ bits, state });
    else same.bits = either(same.bits, bits);
  }

  #passage({ allowed, remaining, unknown, maybeAllowed, maybeDenied }: State): Passage {
    const ports = this.#ports;
    const open = ports.union(allowed, remaining);
    return {
      allowed: ports.difference(open, maybeDenied),
      possible: ports.union(ports.union(open, unknown), maybeAllowed),
    };
  }
}

function sameState(a: State, b: State): boolean {
  return (
    a.remaining === b.remaining &&
    a.allowed === b.allowed &&
    a.passed === b.passed &&
    a.unknown === b.unknown &&
    a.maybeAllowed === b.maybeAllowed &&
    a.maybeDenied === b.maybeDenied
  );
}

/** What two layers both let through, end by end. */
export function bothRows(ports: PortSets, a: Row, b: Row): Row {
  const meet = (x: Passage, y: Passage): Passage => ({
    allowed: ports.intersection(x.allowed, y.allowed),
    possible: ports.intersection(x.possible, y.possible),
  });
  const cells: { bits: Bits; passage: Passage }[] = [];
  let restOfB = b.cells.map(({ bits, passage }) => ({ bits, passage }));
  for (const cell of a.cells) {
    let rest = cell.bits;
    for (const other of restOfB) {
      const met = both(rest, other.bits);
      if (isEmpty(met)) continue;
      cells.push({ bits: met, passage: meet(cell.passage, other.passage) });
      rest = minus(rest, met);
    }
    restOfB = restOfB.map((one) => ({ ...one, bits: minus(one.bits, cell.bits) }));
    if (!isEmpty(rest)) cells.push({ bits: rest, passage: meet(cell.passage, b.others) });
  }
  for (const { bits, passage } of restOfB) {
    if (!isEmpty(bits)) cells.push({ bits, passage: meet(a.others, passage) });
  }
  return { others: meet(a.others, b.others), cells };
}
