import type { PortRange } from '../model/ports.ts';
import { type ConnectivityEnd, sameWorkload } from './classes.ts';
import { formatRange } from './externalRanges.ts';
import type { ConnectivityMatrix } from './matrix.ts';

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

/** Which ends of a list are wanted, by their names. */
export interface WantedEnds {
  readonly from: (name: string) => boolean;
  readonly to: (name: string) => boolean;
}

const everyEnd: WantedEnds = { from: () => true, to: () => true };

/** The rows of one workload: to all others, and to and from the outside. */
export type ConnectivityRows = Pick<Connectivity, 'connections' | 'unknown'>;

/** The list, workload by workload. Self pairs and simulated system workloads are left out. */
export function* connectivityRows(matrix: ConnectivityMatrix, wanted = everyEnd): Generator<ConnectivityRows> {
  const { ends, ports } = matrix;
  const targets = ends.filter(({ name }) => wanted.to(name));
  const outside = (one: ConnectivityEnd, direction: 'ingress' | 'egress') =>
    matrix.outside(one, direction).map(({ range, set }) => ({ name: formatRange(range), set }));
  for (const one of ends) {
    const connections: Connection[] = [];
    const unknown: { from: string; to: string }[] = [];
    const push = (from: string, to: string, set: number): void => {
      if (set !== ports.none) connections.push({ from, to, ports: ports.ranges(set) });
    };
    if (wanted.from(one.name)) {
      for (const to of targets) {
        if (sameWorkload(one, to)) continue;
        const set = matrix.allowed(one, to);
        if (set === undefined) unknown.push({ from: one.name, to: to.name });
        else push(one.name, to.name, set);
      }
      for (const { name, set } of outside(one, 'egress')) if (wanted.to(name)) push(one.name, name, set);
    }
    if (wanted.to(one.name)) {
      for (const { name, set } of outside(one, 'ingress')) if (wanted.from(name)) push(name, one.name, set);
    }
    yield { connections, unknown };
  }
}

/** The rows as one list, all of them or others; yields between workloads so that a caller can stop driving it. */
export function* connectivity(
  matrix: ConnectivityMatrix,
  all: Iterable<ConnectivityRows> = connectivityRows(matrix),
): Generator<undefined, Connectivity> {
  const connections: Connection[] = [];
  const unknown: { readonly from: string; readonly to: string }[] = [];
  for (const rows of all) {
    for (const one of rows.connections) connections.push(one);
    for (const one of rows.unknown) unknown.push(one);
    yield;
  }
  return { workloads: matrix.ends.map((one) => one.name), connections, unknown };
}
