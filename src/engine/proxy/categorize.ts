/** What of an endpoint the choice depends on. */
export interface ProxyEndpoint {
  /** `ip:port`, IPv6 in brackets. */
  readonly endpoint: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  /** On the node that the proxy runs on. */
  readonly isLocal: boolean;
  readonly zoneHints: readonly string[];
  readonly nodeHints: readonly string[];
}

/** What of a Service port the choice depends on. */
export interface ProxyPolicy {
  readonly internalTrafficPolicy: 'Cluster' | 'Local';
  readonly externalTrafficPolicy: 'Cluster' | 'Local';
  /** A node port, load balancer address or externalIP exists; externalTrafficPolicy means nothing without. */
  readonly externallyAccessible: boolean;
}

/** The node that a proxy runs on. */
export interface ProxyNode {
  readonly name: string;
  readonly zone: string | undefined;
}

/** Endpoint lists of one Service port on one node; a list is absent where the policies never use its kind. */
export interface Categorized<T extends ProxyEndpoint> {
  readonly cluster: readonly T[] | undefined;
  readonly local: readonly T[] | undefined;
  /** Everything that either list holds. */
  readonly reachable: readonly T[];
  /** True where any endpoint anywhere is ready, or serving while it terminates. */
  readonly hasAny: boolean;
}

/**
 * Chooses the endpoints that kube-proxy uses on a node: topology hints for the cluster list, the node's own for the
 * local list, and those still serving while they terminate where nothing is ready. Source: pkg/proxy/topology.go.
 */
export function categorize<T extends ProxyEndpoint>(
  endpoints: readonly T[],
  policy: ProxyPolicy,
  node: ProxyNode,
): Categorized<T> {
  const usesCluster = policy.internalTrafficPolicy === 'Cluster' || policy.externallyAccessible;
  const usesLocal =
    policy.internalTrafficPolicy === 'Local' ||
    (policy.externalTrafficPolicy === 'Local' && policy.externallyAccessible);
  const fading = (one: T): boolean => one.serving && one.terminating;
  const cluster = usesCluster ? orElse(nearby(endpoints, node), () => endpoints.filter(fading)) : undefined;
  const own = endpoints.filter((one) => one.isLocal);
  const local = usesLocal
    ? orElse(
        own.filter((one) => one.ready),
        () => own.filter(fading),
      )
    : undefined;
  const all = new Set([...(cluster ?? []), ...(local ?? [])]);
  return {
    cluster,
    local,
    reachable: endpoints.filter((one) => all.has(one)),
    hasAny: endpoints.some((one) => one.ready || fading(one)),
  };
}

function orElse<T>(list: readonly T[], fallback: () => readonly T[]): readonly T[] {
  return list.length > 0 ? list : fallback();
}

/** Ready endpoints by hints: the node's, else the zone's, else all. One ready endpoint without a hint switches a mode off. */
function nearby<T extends ProxyEndpoint>(endpoints: readonly T[], node: ProxyNode): readonly T[] {
  const ready = endpoints.filter((one) => one.ready);
  const by = (hints: (one: T) => readonly string[], value: string | undefined): readonly T[] => {
    if (value === undefined || value === '' || ready.some((one) => hints(one).length === 0)) return [];
    return ready.filter((one) => hints(one).includes(value));
  };
  return orElse(
    by((one) => one.nodeHints, node.name),
    () =>
      orElse(
        by((one) => one.zoneHints, node.zone),
        () => ready,
      ),
  );
}
