import type { Derived } from '../analysis/derived.ts';
import { parseIp } from '../model/addresses.ts';
import type { Pod } from '../model/cluster.ts';
import { isProblem, parseEnd } from '../trace/ends.ts';
import type { FlowEnd, FlowProblem } from '../trace/flow.ts';

/**
 * Which names of a connectivity list an end of CONTRACT.md stands for: a workload, a pod's workload, the workloads
 * behind a Service, or the ranges that hold an address. A problem where the end can't be read or does not exist.
 */
export function endFilter(
  derived: Derived,
  text: string,
  side: 'from' | 'to',
): ((name: string) => boolean) | FlowProblem {
  const parsed = parseEnd(derived.snapshot, text, side);
  if (isProblem(parsed)) return parsed;
  const { end } = parsed;
  if (end.kind === 'address') return (name) => inRange(name, end.ip);
  const names = namesOf(derived, end);
  if (names.size === 0) return { code: 'no-such-end', message: `${text} stands for no workload here`, choices: [] };
  return (name) => names.has(name);
}

function namesOf(derived: Derived, end: FlowEnd): ReadonlySet<string> {
  const pods = new Set(podsOf(derived, end));
  const ends = derived.matrix.ends.filter((one) => one.pods.some((pod) => pods.has(pod)));
  return new Set(ends.map(({ name }) => name));
}

function podsOf({ snapshot, endpointsOf }: Derived, end: FlowEnd): readonly Pod[] {
  switch (end.kind) {
    case 'pod':
      return [snapshot.pod(end.namespace, end.name) ?? []].flat();
    case 'workload':
      return snapshot.workloadNamed(end.ref)?.pods ?? [];
    case 'service': {
      const service = snapshot.service(end.namespace, end.name);
      return service === undefined ? [] : endpointsOf(service).endpoints.flatMap((one) => one.pod ?? []);
    }
    case 'node':
      return snapshot.pods.filter((one) => one.node === end.name);
    default:
      return [];
  }
}

function inRange(name: string, ip: string): boolean {
  const [first, last] = name.split('-').map((one) => parseIp(one));
  const address = parseIp(ip);
  if (first === undefined || last === undefined || address === undefined) return false;
  return first.family === address.family && first.value <= address.value && address.value <= last.value;
}
