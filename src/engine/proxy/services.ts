import type { Protocol, Service, ServicePort } from '../model/cluster.ts';
import { stringMapAt } from '../model/json.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { ServiceEndpoints } from '../service/endpoint.ts';
import type { ProxyServices } from './proxy.ts';

/** True for a Service that kube-proxy programs: headless ones, aliases and those of another proxy have no rules. */
export function isProxied(service: Service): boolean {
  const labels = stringMapAt(service.resource.object, 'metadata', 'labels');
  const leftOut = 'service.kubernetes.io/service-proxy-name' in labels || 'service.kubernetes.io/headless' in labels;
  return service.type !== 'ExternalName' && !service.headless && service.clusterIPs.length > 0 && !leftOut;
}

/** The Services of a snapshot, indexed by what packets are addressed to. */
export function proxyServices(snapshot: Snapshot, endpointsOf: (service: Service) => ServiceEndpoints): ProxyServices {
  const proxied = snapshot.services.filter(isProxied);
  const nodePorts = new Map<string, { service: Service; port: ServicePort }[]>();
  const healthChecks = new Map<number, Service>();
  for (const service of proxied) {
    for (const port of service.ports) {
      if (port.nodePort === undefined) continue;
      const key = nodePortKey(port.protocol, port.nodePort);
      const list = nodePorts.get(key);
      if (list === undefined) nodePorts.set(key, [{ service, port }]);
      else list.push({ service, port });
    }
    const check = service.healthCheckNodePort;
    if (check !== undefined && service.externalTrafficPolicy === 'Local') healthChecks.set(check, service);
  }
  return {
    byAddress: (ip) => snapshot.ownersOf(ip).services.filter(isProxied),
    byNodePort: (protocol, port) => nodePorts.get(nodePortKey(protocol, port)) ?? [],
    byHealthCheckPort: (port) => healthChecks.get(port),
    endpointsOf,
  };
}

function nodePortKey(protocol: Protocol, port: number): string {
  return `${protocol}/${port}`;
}
