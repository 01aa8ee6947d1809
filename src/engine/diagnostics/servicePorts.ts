import type { Pod, Protocol, Service, ServicePort } from '../model/cluster.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { selectedPods } from '../service/selected.ts';

/** A Service that the files define, with the pods that it selects; Services that select none are left out. */
export function* servicesWithPods(
  snapshot: Snapshot,
): Generator<{ readonly service: Service; readonly pods: readonly Pod[] }> {
  for (const service of snapshot.services) {
    const pods = service.resource.origin.type === 'simulated' ? [] : selectedPods(snapshot, service);
    if (pods.length > 0) yield { service, pods };
  }
}

/** True when a container of the pod declares what a Service port leads to, under any protocol that is given. */
export function declares(pod: Pod, { targetPort }: ServicePort, protocol?: Protocol): boolean {
  return pod.template.ports.some(
    (one) =>
      (typeof targetPort === 'number' ? one.port === targetPort : one.name === targetPort) &&
      (protocol === undefined || one.protocol === protocol),
  );
}

/** The protocols under which pods declare the target of a Service port. */
export function declaredProtocols(pods: readonly Pod[], port: ServicePort): ReadonlySet<Protocol> {
  const protocols = (['TCP', 'UDP', 'SCTP'] as const).filter((one) => pods.some((pod) => declares(pod, port, one)));
  return new Set(protocols);
}
