import type { Workload } from '../model/cluster.ts';
import { type PortRange, PortSets } from '../model/ports.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { doubtsIn } from '../policy/doubts.ts';
import { blocksOf, peerMatches } from '../policy/peers.ts';
import type { Direction, PolicyEnd, PolicyProgram, PolicyRule } from '../policy/policy.ts';
import { namedPort, type PolicySet, type TierStep } from '../policy/policySet.ts';
import { type Bits, bitsOf, members } from './bits.ts';
import { type ConnectivityEnd, connectivityEnds, type PodClass, PodClasses, sameWorkload } from './classes.ts';
import { type ExternalRange, externalRanges, formatRange } from './externalRanges.ts';
import { bitsOfAny, isRelative, OutsideSpace, type PeerSpace, PodSpace } from './peerBits.ts';
import { bothRows, passageTo, type Row, RowBuilder, type RuleEffect } from './row.ts';

/** One row of a connectivity list: `from` may open connections to `to` on these ports. */
export interface Connection {
  readonly from: string;
  readonly to: string;
  readonly ports: readonly PortRange[];
}

/** What policies allow, by workload (CONTRACT.md, `connectivity`). */
export interface Connectivity {
  readonly workloads: readonly string[];
  readonly connections: readonly Connection[];
  /** Pairs that a malformed or unmodelled policy leaves open; they are in no connection. */
  readonly unknown: readonly { readonly from: string; readonly to: string }[];
}

/** A direction's rows towards pods and towards addresses outside. */
interface Rows {
  readonly pods: Row;
  readonly outside: Row;
}

/**
 * All pairs, computed by classes: subjects that the same policies select share one row, and a pair costs two lookups and
 * a memoised intersection. Semantics as in policy/evaluate.ts, which the tests compare it with.
 */
export class ConnectivityMatrix {
  readonly ports = new PortSets();
  readonly classes: PodClasses;
  readonly #policies: PolicySet;
  readonly #pods: PodSpace;
  readonly #ranges: Readonly<Record<Direction, readonly ExternalRange[]>>;
  readonly #outside: Readonly<Record<Direction, OutsideSpace>>;
  readonly #ids: ReadonlyMap<PolicyProgram, number>;
  readonly #relative: ReadonlySet<PolicyProgram>;
  readonly #named: ReadonlySet<PolicyProgram>;
  readonly #rows = new Map<string, Rows>();
  readonly #ofClass: Readonly<Record<Direction, (Rows | undefined)[]>> = { ingress: [], egress: [] };
  readonly #effects = new Map<PolicyRule, Map<PeerSpace, readonly RuleEffect[]>>();
  readonly #workloads: readonly Workload[];
  #ends: readonly ConnectivityEnd[] | undefined;
  #selecting: readonly (readonly PolicyProgram[])[] | undefined;

  constructor(snapshot: Snapshot, policies: PolicySet) {
    this.#policies = policies;
    const { programs } = policies;
    this.classes = new PodClasses(snapshot, policies);
    this.#pods = new PodSpace(snapshot, policies, this.classes);
    this.#workloads = snapshot.workloads;
    this.#ranges = { ingress: externalRanges(programs, 'ingress'), egress: externalRanges(programs, 'egress') };
    this.#outside = { ingress: new OutsideSpace(this.#ranges.ingress), egress: new OutsideSpace(this.#ranges.egress) };
    this.#ids = new Map(programs.map((one, index) => [one, index]));
    this.#relative = new Set(programs.filter(({ rules }) => rules.some(isRelativeRule)));
    this.#named = new Set(programs.filter(({ rules }) => rules.some(namesPorts)));
  }

  /** The workloads of the user's, by name: the rows and columns. */
  get ends(): readonly ConnectivityEnd[] {
    this.#ends ??= connectivityEnds(this.#workloads, this.classes);
    return this.#ends;
  }

  /** The ports that `from` may use to reach `to`, as an id of {@link ports}; `undefined` where it is not known. */
  allowed(from: ConnectivityEnd, to: ConnectivityEnd): number | undefined {
    const out = passageTo(this.rowsOf(from.podClass, 'egress').pods, to.podClass.index);
    const into = passageTo(this.rowsOf(to.podClass, 'ingress').pods, from.podClass.index);
    const set = this.ports.intersection(out.allowed, into.allowed);
    if (set !== this.ports.none) return set;
    return this.ports.intersection(out.possible, into.possible) === this.ports.none ? set : undefined;
  }

  /** True where a policy of a direction names an IPv6 block; lists leave that family out where none does. */
  speaksIPv6(direction: Direction): boolean {
    return this.#policies.programs.some(({ rules }) =>
      rules.some(
        (rule) =>
          rule.direction === direction && (rule.peers ?? []).flatMap(blocksOf).some(({ cidr }) => cidr.includes(':')),
      ),
    );
  }

  /** The ranges outside that may reach `to`, or that `from` may reach, merged where the ports are equal. */
  outside(
    end: ConnectivityEnd,
    direction: Direction,
    withIPv6 = this.speaksIPv6(direction),
  ): readonly { readonly range: ExternalRange; readonly set: number }[] {
    const row = this.rowsOf(end.podClass, direction).outside;
    const merged: { range: ExternalRange; set: number }[] = [];
    for (const [index, range] of this.#ranges[direction].entries()) {
      if (range.family === 6 && !withIPv6) continue;
      const set = passageTo(row, index).allowed;
      const last = merged.at(-1);
      if (last !== undefined && last.set === set && last.range.family === range.family) {
        last.range = { ...last.range, last: range.last };
      } else merged.push({ range, set });
    }
    return merged.filter(({ set }) => set !== this.ports.none);
  }

  /** What a direction's policies let through between a class and every other end. */
  rowsOf(subject: PodClass, direction: Direction): Rows {
    const known = this.#ofClass[direction];
    let rows = known[subject.index];
    if (rows === undefined) {
      rows = this.#shared(subject, direction);
      known[subject.index] = rows;
    }
    return rows;
  }

  #shared(subject: PodClass, direction: Direction): Rows {
    const selecting = this.selecting(subject);
    const key = `${direction} ${this.#keyOf(subject, direction, selecting)}`;
    let rows = this.#rows.get(key);
    if (rows === undefined) {
      const steps = this.#policies.inOrder(selecting);
      rows = {
        pods: this.#build(steps, subject, direction, this.#pods),
        outside: this.#build(steps, subject, direction, this.#outside[direction]),
      };
      this.#rows.set(key, rows);
    }
    return rows;
  }

  /** Which policies act, and what of the subject their rules read beside being selected. */
  #keyOf({ index, pod }: PodClass, direction: Direction, selecting: readonly PolicyProgram[]): string {
    const ids = selecting.map((one) => this.#ids.get(one)).join();
    if (selecting.some((one) => this.#relative.has(one))) return `${ids} ${index}`;
    if (direction === 'egress' || !selecting.some((one) => this.#named.has(one))) return ids;
    return `${ids} ${pod.template.ports.map(({ name, protocol, port }) => `${name}/${protocol}/${port}`).join()}`;
  }

  /** The policies whose subject a class is, in reading order. */
  selecting({ index, pod }: PodClass): readonly PolicyProgram[] {
    if (this.#policies.isHost(pod)) return this.#policies.selecting(pod);
    this.#selecting ??= this.#indexSubjects();
    return this.#selecting[index] ?? [];
  }

  #indexSubjects(): readonly (readonly PolicyProgram[])[] {
    const lists: PolicyProgram[][] = this.classes.classes.map(() => []);
    for (const program of this.#policies.programs) {
      for (const index of members(this.#pods.set(program.subject))) lists[index]?.push(program);
    }
    return lists;
  }

  #build(steps: readonly TierStep[], subject: PodClass, direction: Direction, space: PeerSpace): Row {
    const network = this.#buildLayer(
      steps.filter(({ tier }) => tier.layer === 'network'),
      subject,
      direction,
      space,
    );
    const mesh = steps.filter(({ tier }) => tier.layer === 'mesh');
    if (mesh.length === 0) return network;
    return bothRows(this.ports, network, this.#buildLayer(mesh, subject, direction, space));
  }

  #buildLayer(steps: readonly TierStep[], subject: PodClass, direction: Direction, space: PeerSpace): Row {
    const builder = new RowBuilder(this.ports);
    for (const { tier, programs } of steps) {
      for (const program of programs) {
        for (const rule of program.rules) {
          if (rule.direction !== direction) continue;
          for (const effect of this.#effectsOf(rule, subject, space)) builder.rule(effect);
        }
        if (doubtsIn(program, direction).length > 0) builder.doubt(program.couldDeny === true);
      }
      builder.endTier(tier.end === 'deny' && programs.some((one) => one.isolates[direction]));
    }
    return builder.row();
  }

  #effectsOf(rule: PolicyRule, subject: PodClass, space: PeerSpace): readonly RuleEffect[] {
    if (isRelativeRule(rule) || namesPorts(rule)) return this.#computeEffects(rule, subject, space);
    let bySpace = this.#effects.get(rule);
    if (bySpace === undefined) {
      bySpace = new Map();
      this.#effects.set(rule, bySpace);
    }
    let effects = bySpace.get(space);
    if (effects === undefined) {
      effects = this.#computeEffects(rule, subject, space);
      bySpace.set(space, effects);
    }
    return effects;
  }

  #computeEffects(rule: PolicyRule, subject: PodClass, space: PeerSpace): readonly RuleEffect[] {
    const end: PolicyEnd = { kind: 'pod', pod: subject.pod };
    if (rule.onlyFor?.some((peer) => peerMatches(this.#policies, peer, end, end)) === false) return [];
    const { action, condition } = rule;
    const effect = { action, ...(condition === undefined ? {} : { condition: condition.of }) };
    const bits = rule.peers === undefined ? undefined : bitsOfAny(space, rule.peers, end);
    const effects = this.#byPorts(rule, subject, space, bits).map((one) => ({ ...one, ...effect }));
    // Whether an address has the name that a rule gives is not known.
    const names = space !== this.#pods && (rule.peers?.some(({ kind }) => kind === 'names') ?? false);
    if (!names) return effects;
    return [...effects, { bits: space.all, ports: this.#fixedPorts(rule), action, condition: 'unseen' }];
  }

  /** A rule's ends by the ports that it means on them: a name may be another number on another pod. */
  #byPorts(
    rule: PolicyRule,
    subject: PodClass,
    space: PeerSpace,
    bits: Bits | undefined,
  ): readonly { readonly bits?: Bits; readonly ports: number }[] {
    const whole = bits === undefined ? {} : { bits };
    if (!namesPorts(rule)) return [{ ...whole, ports: this.#fixedPorts(rule) }];
    if (rule.direction === 'ingress') return [{ ...whole, ports: this.#portsOn(rule, subject) }];
    if (space !== this.#pods) return [{ ...whole, ports: this.#fixedPorts(rule) }];
    const byPorts = Map.groupBy(members(bits ?? space.all), (index) =>
      this.#portsOn(rule, this.classes.classes[index] ?? subject),
    );
    return [...byPorts].map(([ports, indices]) => ({ bits: bitsOf(indices), ports }));
  }

  #fixedPorts(rule: PolicyRule): number {
    if (rule.ports === undefined) return this.ports.all;
    return this.ports.of(rule.ports.flatMap((port) => (port.kind === 'range' ? [port] : [])));
  }

  #portsOn(rule: PolicyRule, { pod }: PodClass): number {
    const named = (rule.ports ?? []).flatMap((port): PortRange[] => {
      if (port.kind !== 'named') return [];
      const protocols = port.protocol === undefined ? (['TCP', 'UDP', 'SCTP'] as const) : [port.protocol];
      return protocols.flatMap((protocol) => {
        const number = namedPort(pod, port.name, protocol);
        return number === undefined ? [] : [{ protocol, from: number, to: number }];
      });
    });
    return this.ports.union(this.#fixedPorts(rule), this.ports.of(named));
  }
}

function namesPorts({ ports }: PolicyRule): boolean {
  return ports?.some(({ kind }) => kind === 'named') ?? false;
}

function isRelativeRule({ peers, onlyFor }: PolicyRule): boolean {
  return onlyFor !== undefined || (peers?.some(isRelative) ?? false);
}

/**
 * The whole list, row by row; yields between rows so that a caller can stop driving it. Self pairs and simulated
 * system workloads are left out.
 */
export function* connectivity(matrix: ConnectivityMatrix): Generator<undefined, Connectivity> {
  const connections: Connection[] = [];
  const unknown: { from: string; to: string }[] = [];
  const { ends, ports } = matrix;
  const push = (from: string, to: string, set: number): void => {
    if (set !== ports.none) connections.push({ from, to, ports: ports.ranges(set) });
  };
  for (const from of ends) {
    for (const to of ends) {
      if (sameWorkload(from, to)) continue;
      const set = matrix.allowed(from, to);
      if (set === undefined) unknown.push({ from: from.name, to: to.name });
      else push(from.name, to.name, set);
    }
    for (const { range, set } of matrix.outside(from, 'egress')) push(from.name, formatRange(range), set);
    for (const { range, set } of matrix.outside(from, 'ingress')) push(formatRange(range), from.name, set);
    yield;
  }
  return { workloads: ends.map((one) => one.name), connections, unknown };
}

/** Drives a generator to its end. */
export function finish<T>(steps: Generator<undefined, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
