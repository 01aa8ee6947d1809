import type { Protocol } from '../model/cluster.ts';
import { type PortRange, PortSets } from '../model/ports.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { doubtsIn } from '../policy/doubts.ts';
import type { Direction, PolicyEnd, PolicyProgram, PolicyRule } from '../policy/policy.ts';
import { namedPort, type PolicySet } from '../policy/policySet.ts';
import { type ConnectivityEnd, connectivityEnds, type PodClass, PodClasses, sameWorkload } from './classes.ts';
import { type ExternalRange, externalRanges, formatRange } from './externalRanges.ts';

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

/** What a direction's policies let through between a subject and every other end; `doubt` where that is not known. */
interface Row {
  readonly sets: Int32Array;
  readonly doubt: boolean;
}

/**
 * All pairs, computed by classes: a pair of workloads costs two array reads and a memoised intersection. Semantics as
 * in policy/evaluate.ts, which the tests compare it with.
 */
export class ConnectivityMatrix {
  readonly ends: readonly ConnectivityEnd[];
  readonly ports = new PortSets();
  readonly #policies: PolicySet;
  readonly #classes: PodClasses;
  readonly #outside: Readonly<Record<Direction, readonly ExternalRange[]>>;
  readonly #rows = new Map<string, Row>();

  constructor(snapshot: Snapshot, policies: PolicySet) {
    this.#policies = policies;
    this.#classes = new PodClasses(policies);
    this.ends = connectivityEnds(snapshot.workloads, this.#classes);
    this.#outside = {
      ingress: externalRanges(policies.programs, 'ingress'),
      egress: externalRanges(policies.programs, 'egress'),
    };
  }

  /** The ports that `from` may use to reach `to`, as an id of {@link ports}; `undefined` where it is not known. */
  allowed(from: ConnectivityEnd, to: ConnectivityEnd): number | undefined {
    const out = this.#row(from.podClass, 'egress');
    const into = this.#row(to.podClass, 'ingress');
    const set = this.ports.intersection(out.sets[to.podClass.index] ?? 0, into.sets[from.podClass.index] ?? 0);
    return (out.doubt || into.doubt) && set === this.ports.none ? undefined : set;
  }

  /** The ranges outside that may reach `to`, or that `from` may reach, merged where the ports are equal. */
  outside(
    end: ConnectivityEnd,
    direction: Direction,
  ): readonly { readonly range: ExternalRange; readonly set: number }[] {
    const row = this.#row(end.podClass, direction);
    const merged: { range: ExternalRange; set: number }[] = [];
    for (const [index, range] of this.#outside[direction].entries()) {
      const set = row.sets[this.#classes.classes.length + index] ?? this.ports.none;
      const last = merged.at(-1);
      if (last !== undefined && last.set === set && last.range.family === range.family) {
        last.range = { ...last.range, last: range.last };
      } else merged.push({ range, set });
    }
    return merged.filter(({ set }) => set !== this.ports.none);
  }

  /** True where a malformed or unmodelled policy may change what the end's direction lets through. */
  doubtful(end: ConnectivityEnd, direction: Direction): boolean {
    return this.#row(end.podClass, direction).doubt;
  }

  #row(subject: PodClass, direction: Direction): Row {
    const key = `${direction}${subject.index}`;
    let row = this.#rows.get(key);
    if (row === undefined) {
      row = this.#compute(subject, direction);
      this.#rows.set(key, row);
    }
    return row;
  }

  #compute(subject: PodClass, direction: Direction): Row {
    const selecting = this.#policies.selecting(subject.pod);
    const doubt = selecting.some((one) => doubtsIn(one, direction).length > 0);
    const pods: PolicyEnd[] = this.#classes.classes.map(({ pod }) => ({ kind: 'pod', pod }));
    const outside: PolicyEnd[] = this.#outside[direction].map(({ ip }) => ({ kind: 'address', ip }));
    const others = [...pods, ...outside];
    const sets = new Int32Array(others.length);
    const isolating = selecting.filter((one) => one.isolates[direction]);
    if (selecting.some((one) => one.unmodelled)) return { sets, doubt };
    if (isolating.length === 0) return { sets: sets.fill(doubt ? this.ports.none : this.ports.all), doubt };
    const rules = isolating.flatMap((one: PolicyProgram) => one.rules.filter((rule) => rule.direction === direction));
    for (const rule of rules) this.#add(rule, subject, others, sets);
    return { sets, doubt };
  }

  /** Adds a rule's ports to every end that it names. */
  #add(rule: PolicyRule, subject: PodClass, others: readonly PolicyEnd[], sets: Int32Array): void {
    const fixed = rule.ports?.some((port) => port.kind === 'named') ? undefined : this.#portsOf(rule, undefined);
    for (const [index, other] of others.entries()) {
      if (rule.peers !== undefined && !rule.peers.some((peer) => this.#policies.peerMatches(peer, other))) continue;
      const destination: PolicyEnd = rule.direction === 'ingress' ? { kind: 'pod', pod: subject.pod } : other;
      const set = fixed ?? this.#portsOf(rule, destination);
      sets[index] = this.ports.union(sets[index] ?? this.ports.none, set);
    }
  }

  #portsOf(rule: PolicyRule, destination: PolicyEnd | undefined): number {
    if (rule.ports === undefined) return this.ports.all;
    const ranges = rule.ports.flatMap((port): PortRange[] => {
      if (port.kind === 'range') return [port];
      if (port.kind === 'invalid' || destination?.kind !== 'pod') return [];
      const number = namedPort(destination.pod, port.name, port.protocol);
      return number === undefined ? [] : [{ protocol: port.protocol as Protocol, from: number, to: number }];
    });
    return this.ports.of(ranges);
  }
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
