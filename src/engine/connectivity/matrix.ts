import { type Exchange, exchangeOf, sameList } from '../model/lists.ts';
import { PortSets } from '../model/ports.ts';
import { refKey } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { touchedNamespaces } from '../model/touched.ts';
import { doubtsIn } from '../policy/doubts.ts';
import type { Direction, PolicyProgram } from '../policy/policy.ts';
import type { PolicySet, TierStep } from '../policy/policySet.ts';
import { hasBit, members } from './bits.ts';
import { type ConnectivityEnd, PodClasses, type SubjectClass } from './classes.ts';
import { type Ends, endsAfter, endsOf, stillHolds } from './ends.ts';
import { type BlockCounts, countBlocks, type ExternalRange, externalRanges } from './externalRanges.ts';
import { OutsideSpace, type PeerSpace, PodSpace } from './peerBits.ts';
import { bothRows, passageTo, type Row, RowBuilder } from './row.ts';
import { isRelativeRule, namesPorts, RuleEffects } from './ruleEffects.ts';

type PerDirection<T> = Readonly<Record<Direction, T>>;

/** What a matrix shares with those before it that had the same classes: nothing in it is ever undone. */
interface Shared {
  readonly ports: PortSets;
  readonly classes: PodClasses;
  readonly pods: PodSpace;
  readonly effects: RuleEffects;
  /** Rows towards pods, by what selects a subject. */
  readonly rows: Map<string, Row>;
}

/** The outside as one direction's rules cut it, with the rows towards it. */
interface Outside {
  readonly blocks: BlockCounts;
  readonly ranges: readonly ExternalRange[];
  readonly space: OutsideSpace;
  readonly rows: Map<string, Row>;
  readonly hasIPv6: boolean;
}

/** Rows that nobody asks for any more are forgotten when there are this many times as many as classes. */
const staleRows = 4;

/** What a row's key needs to know of a program: a number that it keeps for life, and what its rules read. */
interface Traits {
  readonly number: number;
  readonly isRelative: boolean;
  readonly namesPorts: boolean;
}

const traits = new WeakMap<PolicyProgram, Traits>();
let nextNumber = 0;

function traitsOf(program: PolicyProgram): Traits {
  let found = traits.get(program);
  if (found === undefined) {
    const { rules } = program;
    found = { number: nextNumber++, isRelative: rules.some(isRelativeRule), namesPorts: rules.some(namesPorts) };
    traits.set(program, found);
  }
  return found;
}

/**
 * All pairs, computed by classes: subjects that the same policies select share one row, and a pair costs two lookups and
 * a memoised intersection. Semantics as in policy/evaluate.ts, which the tests compare it with.
 *
 * A matrix that follows another one of the same classes, and whose policies tell no more pods apart, takes these over, and
 * every row that the changed policies have no part in.
 */
export class ConnectivityMatrix {
  readonly #snapshot: Snapshot;
  readonly #policies: PolicySet;
  readonly #shared: Shared;
  readonly #outside: PerDirection<Outside>;
  readonly #selecting: readonly (readonly PolicyProgram[])[];
  readonly #ofClass: PerDirection<(Row | undefined)[]>;
  /** Of subjects that are classes on one node. */
  readonly #onNodes: PerDirection<Map<SubjectClass, Row>> = { ingress: new Map(), egress: new Map() };
  #ends: Ends | undefined;
  #endsBefore: Ends | undefined;

  constructor(snapshot: Snapshot, policies: PolicySet, previous?: ConnectivityMatrix) {
    this.#snapshot = snapshot;
    this.#policies = policies;
    const changed = previous === undefined ? undefined : previous.#changedFor(snapshot, policies);
    if (previous === undefined || changed === undefined) {
      const ports = new PortSets();
      const classes = new PodClasses(snapshot, policies);
      const pods = new PodSpace(classes);
      const effects = new RuleEffects(classes, ports);
      this.#shared = { ports, classes, pods, effects, rows: new Map() };
      this.#selecting = this.#indexSubjects();
      this.#ofClass = { ingress: [], egress: [] };
      const all = { gone: [], come: policies.programs };
      this.#outside = { ingress: outsideAfter(all, 'ingress'), egress: outsideAfter(all, 'egress') };
      return;
    }
    this.#shared = previous.#shared;
    if (this.#shared.rows.size > staleRows * this.classes.classes.length + 1000) this.#shared.rows.clear();
    this.#selecting = previous.#selecting.slice();
    this.#ofClass = { ingress: previous.#ofClass.ingress.slice(), egress: previous.#ofClass.egress.slice() };
    this.#reselect(changed);
    const { ingress, egress } = previous.#outside;
    this.#outside = {
      ingress: outsideAfter(changed, 'ingress', ingress),
      egress: outsideAfter(changed, 'egress', egress),
    };
    this.#endsBefore = previous.#endsFor(snapshot, policies);
  }

  /** The ends as they are for later pods, as far as these have the same; policies may have changed too. */
  #endsFor({ workloads }: Snapshot, policies: PolicySet): Ends | undefined {
    const known = this.#ends ?? this.#endsBefore;
    const { workloads: before } = this.#snapshot;
    if (known === undefined || workloads === before) return known;
    return endsAfter(known, exchangeOf(before, workloads), this.classes, policies);
  }

  get ports(): PortSets {
    return this.#shared.ports;
  }

  get classes(): PodClasses {
    return this.#shared.classes;
  }

  /** The policies that came and went; `undefined` where a new matrix can't be made of this one. */
  #changedFor(snapshot: Snapshot, policies: PolicySet): Exchange<PolicyProgram> | undefined {
    const sameSettings = JSON.stringify(policies.settings) === JSON.stringify(this.#policies.settings);
    if (!sameSettings || !sameNamespaces(snapshot, this.#snapshot)) return undefined;
    const changed = exchangeOf(this.#policies.programs, policies.programs);
    if (!changed.come.every((one) => this.classes.covers(one))) return undefined;
    return this.#hasSameClasses(snapshot, policies) ? changed : undefined;
  }

  #hasSameClasses(snapshot: Snapshot, policies: PolicySet): boolean {
    const before = this.#snapshot;
    if (snapshot.pods === before.pods && snapshot.workloads === before.workloads) return true;
    const touched = touchedNamespaces(before, snapshot);
    return touched !== undefined && this.classes.follow(policies, touched);
  }

  /** The workloads of the user's, by name: the rows and columns. */
  get ends(): readonly ConnectivityEnd[] {
    return this.#knownEnds().list;
  }

  /** The same by their names. */
  get endsByName(): ReadonlyMap<string, ConnectivityEnd> {
    return this.#knownEnds().byName;
  }

  #knownEnds(): Ends {
    if (this.#ends === undefined) {
      const before = this.#endsBefore;
      const holds = before !== undefined && stillHolds(before, this.classes, this.#policies);
      this.#ends = holds ? before : endsOf(this.#snapshot.workloads, this.classes, this.#policies);
      this.#endsBefore = undefined;
    }
    return this.#ends;
  }

  /** The ports that `from` may use to reach `to`, as an id of {@link ports}; `undefined` where it is not known. */
  allowed(from: ConnectivityEnd, to: ConnectivityEnd): number | undefined {
    const out = passageTo(this.row(from.podClass, 'egress'), to.podClass.index);
    const into = passageTo(this.row(to.podClass, 'ingress'), from.podClass.index);
    const set = this.ports.intersection(out.allowed, into.allowed);
    if (set !== this.ports.none) return set;
    return this.ports.intersection(out.possible, into.possible) === this.ports.none ? set : undefined;
  }

  /** True where a policy of a direction names an IPv6 block; lists leave that family out where none does. */
  speaksIPv6(direction: Direction): boolean {
    return this.#outside[direction].hasIPv6;
  }

  /** The ranges outside that may reach `to`, or that `from` may reach, merged where the ports are equal. */
  outside(
    end: ConnectivityEnd,
    direction: Direction,
    withIPv6 = this.speaksIPv6(direction),
  ): readonly { readonly range: ExternalRange; readonly set: number }[] {
    const { ranges, space, rows } = this.#outside[direction];
    const row = this.#rowIn(rows, end.podClass, direction, space);
    const merged: { range: ExternalRange; set: number }[] = [];
    for (const [index, range] of ranges.entries()) {
      if (range.family === 6 && !withIPv6) continue;
      const set = passageTo(row, index).allowed;
      const last = merged.at(-1);
      if (last !== undefined && last.set === set && last.range.family === range.family) {
        last.range = { ...last.range, last: range.last };
      } else merged.push({ range, set });
    }
    return merged.filter(({ set }) => set !== this.ports.none);
  }

  /** What a direction's policies let through between a class and the pods of every class. */
  row(subject: SubjectClass, direction: Direction): Row {
    const { index } = subject;
    const isClass = subject === this.classes.classes[index];
    const known = isClass ? this.#ofClass[direction][index] : this.#onNodes[direction].get(subject);
    if (known !== undefined) return known;
    const row = this.#rowIn(this.#shared.rows, subject, direction, this.#shared.pods);
    if (isClass) this.#ofClass[direction][index] = row;
    else this.#onNodes[direction].set(subject, row);
    return row;
  }

  #rowIn(rows: Map<string, Row>, subject: SubjectClass, direction: Direction, space: PeerSpace): Row {
    const selecting = this.selecting(subject);
    const key = `${direction} ${keyOf(subject, direction, selecting)}`;
    let row = rows.get(key);
    if (row === undefined) {
      row = this.#build(this.#policies.inOrder(selecting), subject, direction, space);
      rows.set(key, row);
    }
    return row;
  }

  /** The policies whose subject a class is, in reading order. */
  selecting({ index, pod }: SubjectClass): readonly PolicyProgram[] {
    return this.#policies.isHost(pod) ? this.#policies.selecting(pod) : (this.#selecting[index] ?? []);
  }

  /** The classes, which are those of an earlier matrix too, that other policies select than there. */
  reselectedSince(before: ConnectivityMatrix): readonly number[] {
    const found: number[] = [];
    for (const one of this.classes.classes) {
      const isListed = this.#selecting[one.index] === before.#selecting[one.index] && !this.#policies.isHost(one.pod);
      if (!isListed && !sameList(this.selecting(one), before.selecting(one))) found.push(one.index);
    }
    return found;
  }

  #indexSubjects(): readonly (readonly PolicyProgram[])[] {
    const lists: PolicyProgram[][] = this.classes.classes.map(() => []);
    for (const program of this.#policies.programs) {
      for (const index of members(this.#shared.pods.set(program.subject))) lists[index]?.push(program);
    }
    return lists;
  }

  /** Takes programs that went out of the lists of the classes that they select, and puts those that came into them. */
  #reselect({ gone, come }: Exchange<PolicyProgram>): void {
    const changed = [...come, ...gone];
    if (changed.length === 0) return;
    const left = new Set(gone);
    const [old, now] = [gone[0]?.ref, come[0]?.ref];
    const isEdit = changed.length === 2 && old !== undefined && now !== undefined && refKey(old) === refKey(now);
    const lists = this.#selecting as (readonly PolicyProgram[])[];
    const affected = new Set(changed.flatMap(({ subject }) => [...members(this.#shared.pods.set(subject))]));
    let order: ReadonlyMap<PolicyProgram, number> | undefined;
    const inOrder = (some: readonly PolicyProgram[]): readonly PolicyProgram[] => {
      const known = order ?? new Map(this.#policies.programs.map((one, place) => [one, place]));
      order = known;
      return some.toSorted((a, b) => (known.get(a) ?? 0) - (known.get(b) ?? 0));
    };
    for (const index of affected) {
      const list = lists[index] ?? [];
      const kept = list.filter((one) => !left.has(one));
      const own = come.filter(({ subject }) => hasBit(this.#shared.pods.set(subject), index));
      // One policy that was edited stands where it stood.
      const at = isEdit ? list.findIndex((one) => left.has(one)) : -1;
      if (at >= 0) lists[index] = kept.toSpliced(at, 0, ...own);
      else lists[index] = own.length === 0 ? kept : inOrder([...kept, ...own]);
    }
    // Nodes' policies are not in the lists.
    const hosts = changed.some(({ nodes }) => nodes !== undefined) ? this.classes.classes : [];
    const stale = [...affected, ...hosts.filter(({ pod }) => this.#policies.isHost(pod)).map(({ index }) => index)];
    for (const index of stale) {
      this.#ofClass.ingress[index] = undefined;
      this.#ofClass.egress[index] = undefined;
    }
  }

  #build(steps: readonly TierStep[], subject: SubjectClass, direction: Direction, space: PeerSpace): Row {
    const inLayer = (layer: 'network' | 'mesh'): readonly TierStep[] =>
      steps.filter(({ tier }) => tier.layer === layer);
    const network = this.#buildLayer(inLayer('network'), subject, direction, space);
    const mesh = inLayer('mesh');
    if (mesh.length === 0) return network;
    return bothRows(this.ports, network, this.#buildLayer(mesh, subject, direction, space));
  }

  #buildLayer(steps: readonly TierStep[], subject: SubjectClass, direction: Direction, space: PeerSpace): Row {
    const builder = new RowBuilder(this.ports);
    for (const { tier, programs } of steps) {
      for (const program of programs) {
        for (const rule of program.rules) {
          if (rule.direction !== direction) continue;
          for (const effect of this.#shared.effects.of(rule, subject, space)) builder.rule(effect);
        }
        if (doubtsIn(program, direction).length > 0) builder.doubt(program.couldDeny === true);
      }
      builder.endTier(tier.end === 'deny' && programs.some((one) => one.isolates[direction]));
    }
    return builder.row();
  }
}

function sameNamespaces({ namespaces: a }: Snapshot, { namespaces: b }: Snapshot): boolean {
  if (a === b) return true;
  const labels = (one: Snapshot['namespaces'], name: string): string => JSON.stringify(one.get(name)?.labels);
  return a.size === b.size && [...a.keys()].every((name) => b.has(name) && labels(a, name) === labels(b, name));
}

/** Where the blocks are those of before, so are the ranges and the rows towards them. */
function outsideAfter(changed: Exchange<PolicyProgram>, direction: Direction, before?: Outside): Outside {
  const blocks = countBlocks(before?.blocks ?? new Map(), changed, direction);
  if (
    before !== undefined &&
    blocks.size === before.blocks.size &&
    [...blocks.keys()].every((one) => before.blocks.has(one))
  ) {
    return { ...before, blocks };
  }
  const ranges = externalRanges(blocks);
  const hasIPv6 = [...blocks.keys()].some((one) => one.includes(':'));
  return { blocks, ranges, space: new OutsideSpace(ranges), rows: new Map(), hasIPv6 };
}

/** Which policies act, and what of the subject their rules read beside being selected. */
function keyOf({ index, pod }: SubjectClass, direction: Direction, selecting: readonly PolicyProgram[]): string {
  const all = selecting.map(traitsOf);
  const ids = all.map(({ number }) => number).join();
  if (all.some(({ isRelative }) => isRelative)) return `${ids} ${index} ${pod.node ?? ''}`;
  if (direction === 'egress' || !all.some((one) => one.namesPorts)) return ids;
  return `${ids} ${pod.template.ports.map(({ name, protocol, port }) => `${name}/${protocol}/${port}`).join()}`;
}

/** Drives a generator to its end. */
export function finish<T>(steps: Generator<undefined, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
