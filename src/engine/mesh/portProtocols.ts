import type { Pod, Service, ServicePort } from '../model/cluster.ts';
import { oncePer } from '../model/memo.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { selectedPods } from '../service/selected.ts';

/** What a proxy takes a port's traffic for, where a Service says it; else it looks at the first bytes. */
export type PortProtocol = 'http' | 'tcp' | 'detected';

/** A pod port that a Service leads to. */
export interface ClaimedPort {
  readonly service: Service;
  readonly port: number;
  readonly protocol: PortProtocol;
}

const http = new Set(['http', 'http2', 'grpc', 'grpc-web', 'h2c', 'ws', 'kubernetes.io/h2c', 'kubernetes.io/ws']);
const tcp = new Set(['tcp', 'tls', 'https', 'mongo', 'mysql', 'redis', 'udp', 'kubernetes.io/wss', 'wss']);

/**
 * The protocol that a Service's port names: `appProtocol`, else the port's name up to a dash.
 * Source: istio.io, Protocol Selection.
 */
export function protocolOf({ appProtocol, name }: Pick<ServicePort, 'appProtocol' | 'name'>): PortProtocol {
  const word = (appProtocol ?? name).toLowerCase();
  const isWeb = appProtocol === undefined && word.startsWith('grpc-web');
  const head = isWeb ? 'grpc-web' : appProtocol === undefined ? (word.split('-')[0] ?? '') : word;
  if (http.has(head)) return 'http';
  return tcp.has(head) ? 'tcp' : 'detected';
}

const claimed = oncePer((snapshot: Snapshot): ReadonlyMap<string, readonly ClaimedPort[]> => {
  const all = snapshot.services.flatMap((service) => claimsOf(snapshot, service));
  return Map.groupBy(all, ({ service }) => service.ref.namespace);
});

/**
 * The TCP ports of pods that the scope's Services lead to, of one namespace or of all; of a named target port the number
 * on each of the pods.
 */
export function claimedPorts(snapshot: Snapshot, namespace: string | undefined): readonly ClaimedPort[] {
  const found = claimed(snapshot);
  return namespace === undefined ? [...found.values()].flat() : (found.get(namespace) ?? []);
}

function claimsOf(snapshot: Snapshot, service: Service): readonly ClaimedPort[] {
  const { selector, ports } = service;
  if (selector === undefined || Object.keys(selector).length === 0) return [];
  const pods = ports.some(({ targetPort }) => typeof targetPort === 'string') ? selectedPods(snapshot, service) : [];
  return ports
    .filter((one) => one.protocol === 'TCP')
    .flatMap((one) => {
      const { targetPort } = one;
      const numbers = typeof targetPort === 'number' ? [targetPort] : pods.flatMap((pod) => named(pod, targetPort));
      return [...new Set(numbers)].map((port) => ({ service, port, protocol: protocolOf(one) }));
    });
}

function named({ template }: Pod, name: string): number[] {
  const found = template.ports.find((one) => one.name === name && one.protocol === 'TCP');
  return found === undefined ? [] : [found.port];
}
