import type { Derived } from '../analysis/derived.ts';
import { formatIp, parseIp } from '../model/addresses.ts';
import type { Workload } from '../model/cluster.ts';
import type { PortRange } from '../model/ports.ts';
import { isProblem } from '../trace/ends.ts';
import type { Branch } from '../trace/flow.ts';
import { trace } from '../trace/trace.ts';
import { type Assertion, endsOf } from './assertions.ts';
import type { ExternalRange } from './externalRanges.ts';

/** One connection to allow; an end is a workload or a range of addresses outside. */
export interface WantedConnection {
  readonly from: Workload | ExternalRange;
  readonly to: Workload | ExternalRange;
  readonly ports: readonly PortRange[];
}

/** What policies allow today, as connections to ask for; simulated workloads are left out. */
export function presentConnections({ matrix }: Derived): readonly WantedConnection[] {
  const wanted: WantedConnection[] = [];
  const add = (from: WantedConnection['from'], to: WantedConnection['to'], set: number): void => {
    if (set !== matrix.ports.none) wanted.push({ from, to, ports: matrix.ports.ranges(set) });
  };
  for (const from of matrix.ends) {
    for (const to of matrix.ends) {
      if (from.workload === to.workload) continue;
      add(from.workload, to.workload, matrix.allowed(from, to) ?? matrix.ports.none);
    }
    for (const { range, set } of matrix.outside(from, 'egress')) add(from.workload, range, set);
    for (const { range, set } of matrix.outside(from, 'ingress')) add(range, from.workload, set);
  }
  return wanted;
}

/**
 * What the assertions that expect `allowed` need: for every source and every way to the destination the pod's own port,
 * from the address that its policies see.
 */
export function wantedByAssertions(derived: Derived, assertions: readonly Assertion[]): readonly WantedConnection[] {
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
  return [...found.values()];
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

function nameOf(end: Workload | ExternalRange): string {
  return 'ref' in end ? JSON.stringify(end.ref) : end.ip;
}
