import type { Derived } from '../analysis/derived.ts';
import type { Pod, Service, Workload } from '../model/cluster.ts';
import type { ConnectivityEnd } from './classes.ts';

/** Which workloads policies let reach something, on any of its ports, and which they do not. */
export interface Reach {
  readonly allowed: readonly Workload[];
  readonly denied: readonly Workload[];
  /** Workloads for which it is not known. */
  readonly unknown: readonly Workload[];
  /** Whether policies let some address outside the cluster in, on any port. */
  readonly outside: boolean;
}

const computed = new WeakMap<Derived, Map<Service, Reach>>();

/** Who may reach the endpoints of a Service on their ports. The workloads behind the Service itself are left out. */
export function reachOfService(derived: Derived, service: Service): Reach {
  const known = computed.get(derived) ?? new Map<Service, Reach>();
  computed.set(derived, known);
  let reach = known.get(service);
  if (reach === undefined) {
    const { endpoints } = derived.endpointsOf(service);
    const ports = endpoints.map(({ protocol, port }) => ({ protocol, from: port, to: port }));
    const pods = endpoints.flatMap((one) => one.pod ?? []);
    reach = reachOf(derived, pods, derived.matrix.ports.of(ports));
    known.set(service, reach);
  }
  return reach;
}

/** Who may reach some of the pods on some of the ports. */
export function reachOf(derived: Derived, pods: readonly Pod[], ports?: number): Reach {
  const { matrix } = derived;
  const wanted = new Set(pods);
  const targets = matrix.ends.filter(({ workload }) => workload.pods.some((pod) => wanted.has(pod)));
  const own = new Set(targets.map(({ workload }) => workload));
  const reach = { allowed: new Set<Workload>(), denied: new Set<Workload>(), unknown: new Set<Workload>() };
  if (targets.length === 0) return { allowed: [], denied: [], unknown: [], outside: false };
  const verdict = (from: ConnectivityEnd): keyof typeof reach => {
    const sets = targets.map((to) => matrix.allowed(from, to));
    const open = sets.some((set) => {
      const meet = set === undefined || ports === undefined ? set : matrix.ports.intersection(set, ports);
      return meet !== undefined && meet !== matrix.ports.none;
    });
    return open ? 'allowed' : sets.includes(undefined) ? 'unknown' : 'denied';
  };
  for (const from of matrix.ends) {
    if (from.workload.system || own.has(from.workload)) continue;
    reach[verdict(from)].add(from.workload);
  }
  const outside = targets.some((to) => matrix.outside(to, 'ingress').length > 0);
  return { allowed: [...reach.allowed], denied: [...reach.denied], unknown: [...reach.unknown], outside };
}
