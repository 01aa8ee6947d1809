import type { Derived } from '../analysis/derived.ts';
import { formatIp, parseIp } from '../model/addresses.ts';
import type { Workload } from '../model/cluster.ts';
import type { PortRange } from '../model/ports.ts';
import type { Direction } from '../policy/policy.ts';
import { isProblem } from '../trace/ends.ts';
import type { Branch } from '../trace/flow.ts';
import { trace } from '../trace/trace.ts';
import { type Assertion, endsOf } from './assertions.ts';
import type { ExternalRange } from './externalRanges.ts';

/** A workload, or a range of addresses outside. */
export type WantedEnd = Workload | ExternalRange;

/** Some ports, and everyone who may use them. */
export interface Opening {
  readonly ports: readonly PortRange[];
  readonly others: ReadonlySet<WantedEnd>;
}

/** What policies are to allow: for a workload, by which ports it is reached and may reach others. */
export interface Wanted {
  into(workload: Workload): Iterable<Opening>;
  out(workload: Workload): Iterable<Opening>;
  /** The namespaces of the workloads that it is about, sorted. */
  readonly namespaces: readonly string[];
}

/** What policies allow today; simulated workloads are left out. */
export function presentConnections({ matrix, snapshot }: Derived): Wanted {
  const endsOf = Map.groupBy(matrix.ends, ({ workload }) => workload);
  const openings = (workload: Workload, direction: Direction): Iterable<Opening> => {
    const bySet = new Map<number, { ports: readonly PortRange[]; others: Set<WantedEnd> }>();
    const add = (other: WantedEnd, set: number): void => {
      if (set === matrix.ports.none) return;
      const known = bySet.get(set);
      if (known === undefined) bySet.set(set, { ports: matrix.ports.ranges(set), others: new Set([other]) });
      else known.others.add(other);
    };
    for (const own of endsOf.get(workload) ?? []) {
      for (const other of matrix.ends) {
        if (other.workload === workload) continue;
        const [from, to] = direction === 'egress' ? [own, other] : [other, own];
        add(other.workload, matrix.allowed(from, to) ?? matrix.ports.none);
      }
      for (const { range, set } of matrix.outside(own, direction)) add(range, set);
    }
    return bySet.values();
  };
  return {
    into: (workload) => openings(workload, 'ingress'),
    out: (workload) => openings(workload, 'egress'),
    namespaces: namespacesOf(snapshot.workloads.filter(({ system }) => !system)),
  };
}

function namespacesOf(workloads: readonly Workload[]): readonly string[] {
  return [...new Set(workloads.map(({ ref }) => ref.namespace))].sort();
}

/** One connection to allow. */
interface WantedConnection {
  readonly from: WantedEnd;
  readonly to: WantedEnd;
  readonly ports: readonly PortRange[];
}

/** True for an end that is not a range of addresses. */
export function isWorkload(end: WantedEnd): end is Workload {
  return 'ref' in end;
}

function wantedOf(connections: readonly WantedConnection[]): Wanted {
  const openings = (list: readonly WantedConnection[], side: 'from' | 'to'): Iterable<Opening> =>
    [...Map.groupBy(list, ({ ports }) => JSON.stringify(ports)).values()].map((group) => ({
      ports: group[0]?.ports ?? [],
      others: new Set(group.map((one) => one[side])),
    }));
  const byTarget = Map.groupBy(connections, ({ to }) => to);
  const bySource = Map.groupBy(connections, ({ from }) => from);
  return {
    into: (workload) => openings(byTarget.get(workload) ?? [], 'from'),
    out: (workload) => openings(bySource.get(workload) ?? [], 'to'),
    namespaces: namespacesOf(connections.flatMap(({ from, to }) => [from, to]).filter(isWorkload)),
  };
}

/**
 * What the assertions that expect `allowed` need: for every source and every way to the destination the pod's own port,
 * from the address that its policies see.
 */
export function wantedByAssertions(derived: Derived, assertions: readonly Assertion[]): Wanted {
  const found = new Map<string, WantedConnection>();
  for (const assertion of assertions.filter(({ expect }) => expect === 'allowed')) {
    const ends = endsOf(derived, assertion);
    if (isProblem(ends)) continue;
    for (const source of ends.sources) {
      const answer = trace(derived, { ...ends.flow, source });
      if (isProblem(answer)) continue;
      const from = source.kind === 'pod' ? workloadOf(derived, source) : undefined;
      for (const branch of answer.branches) {
        for (const one of wantedBy(derived, from, branch, assertion)) {
          found.set(`${nameOf(one.from)} ${nameOf(one.to)} ${JSON.stringify(one.ports)}`, one);
        }
      }
    }
  }
  return wantedOf([...found.values()]);
}

function wantedBy(
  derived: Derived,
  from: Workload | undefined,
  { destination, serverSees }: Branch,
  { from: text, protocol }: Assertion,
): readonly WantedConnection[] {
  const to = destination.pod === undefined ? rangeOf(destination.ip) : workloadOf(derived, destination.pod);
  const ports = [{ protocol, from: destination.port, to: destination.port }];
  if (to === undefined) return [];
  if (from !== undefined) return [{ from, to, ports }];
  // Policies see the client, or the node that hides it.
  const clients = [...new Set([text, serverSees.ip])].flatMap((ip) => rangeOf(ip) ?? []);
  return clients.map((client) => ({ from: client, to, ports }));
}

function workloadOf({ snapshot }: Derived, { namespace, name }: { readonly namespace: string; readonly name: string }) {
  const pod = snapshot.pod(namespace, name);
  return pod === undefined ? undefined : snapshot.workload(pod.workload);
}

function rangeOf(ip: string): ExternalRange | undefined {
  const address = parseIp(ip);
  if (address === undefined) return undefined;
  const { family, value } = address;
  return { family, first: value, last: value, ip: formatIp(address) };
}

function nameOf(end: WantedEnd): string {
  return isWorkload(end) ? JSON.stringify(end.ref) : end.ip;
}
