import { type CidrBlock, familyOf, normalIp, parseCidr } from './addresses.ts';
import type { Protocol, Service, ServicePort } from './cluster.ts';
import { internServicePorts } from './intern.ts';
import { arrayAt, isTrueAt, numberAt, objectAt, stringAt, stringMapAt, stringsAt, valueAt } from './json.ts';
import { passing } from './lists.ts';
import { SimulationPool } from './pool.ts';
import { isLive, type Resource, refKey } from './resource.ts';
import { readProtocol } from './template.ts';

const types = new Set(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName']);

/** Load balancers of files get addresses of the benchmarking networks (RFC 2544, RFC 5180), which no real client has. */
const loadBalancerBlocks = ['198.18.0.0/16', '2001:2::/48'].flatMap((text) => parseCidr(text) ?? []);

const notSimulated: Service['simulated'] = { clusterIPs: false, nodePorts: false, loadBalancer: false };

/** Reads a Service with the API server's defaults, without inventing anything. Odd fields read as absent. */
export function readService(resource: Resource): Service {
  const { object, ref } = resource;
  const typed = stringAt(object, 'spec', 'type') ?? 'ClusterIP';
  const type = (types.has(typed) ? typed : 'ClusterIP') as Service['type'];
  const clusterIPs = readClusterIPs(resource);
  const headless = clusterIPs.includes('None');
  const selector = objectAt(object, 'spec', 'selector');
  const families = passing(stringsAt(object, 'spec', 'ipFamilies'), (one) => one === 'IPv4' || one === 'IPv6');
  const externalName = stringAt(object, 'spec', 'externalName');
  const healthCheckNodePort = numberAt(object, 'spec', 'healthCheckNodePort');
  const trafficDistribution = stringAt(object, 'spec', 'trafficDistribution');
  const local = (field: string): 'Cluster' | 'Local' =>
    stringAt(object, 'spec', field) === 'Local' ? 'Local' : 'Cluster';
  return {
    ref,
    resource,
    type,
    ...(selector ? { selector: stringMapAt(object, 'spec', 'selector') } : {}),
    headless,
    clusterIPs: type === 'ExternalName' ? [] : headless ? clusterIPs.filter((ip) => ip !== 'None') : clusterIPs,
    ports: readPorts(resource),
    ...(families.length > 0 ? { ipFamilies: families } : {}),
    ...(externalName && type === 'ExternalName' ? { externalName } : {}),
    externalIPs: stringsAt(object, 'spec', 'externalIPs').map(normalIp),
    loadBalancer: type === 'LoadBalancer' ? readLoadBalancer(resource) : [],
    loadBalancerSourceRanges: stringsAt(object, 'spec', 'loadBalancerSourceRanges').map((text) => text.trim()),
    externalTrafficPolicy: local('externalTrafficPolicy'),
    internalTrafficPolicy: local('internalTrafficPolicy'),
    sessionAffinity: stringAt(object, 'spec', 'sessionAffinity') === 'ClientIP' ? 'ClientIP' : 'None',
    publishNotReadyAddresses: isTrueAt(object, 'spec', 'publishNotReadyAddresses'),
    ...(healthCheckNodePort ? { healthCheckNodePort } : {}),
    ...(trafficDistribution ? { trafficDistribution } : {}),
    simulated: notSimulated,
  };
}

/** `clusterIPs` where given, else the one `clusterIP`; 'None' is kept. */
function readClusterIPs({ object }: Resource): readonly string[] {
  const list = stringsAt(object, 'spec', 'clusterIPs').filter((ip) => ip !== '');
  const single = stringAt(object, 'spec', 'clusterIP');
  return (list.length > 0 ? list : single ? [single] : []).map((ip) => (ip === 'None' ? ip : normalIp(ip)));
}

function readPorts({ object }: Resource): readonly ServicePort[] {
  const ports = arrayAt(object, 'spec', 'ports').flatMap((value, index): ServicePort[] => {
    const port = numberAt(value, 'port');
    const protocol: Protocol | undefined = readProtocol(valueAt(value, 'protocol'));
    if (port === undefined || protocol === undefined) return [];
    const target = valueAt(value, 'targetPort');
    const named = typeof target === 'string' && target !== '';
    const nodePort = numberAt(value, 'nodePort');
    const appProtocol = stringAt(value, 'appProtocol');
    return [
      {
        name: stringAt(value, 'name') ?? '',
        port,
        protocol,
        // The API server fills an absent or zero targetPort with the port.
        targetPort: named || (typeof target === 'number' && target !== 0) ? target : port,
        ...(nodePort ? { nodePort } : {}),
        ...(appProtocol ? { appProtocol } : {}),
        path: ['spec', 'ports', index],
      },
    ];
  });
  return internServicePorts(ports);
}

function readLoadBalancer({ object }: Resource): Service['loadBalancer'] {
  return arrayAt(object, 'status', 'loadBalancer', 'ingress').flatMap((one) => {
    const ip = stringAt(one, 'ip');
    const hostname = stringAt(one, 'hostname');
    if (!ip && !hostname) return [];
    const ipMode = stringAt(one, 'ipMode') === 'Proxy' ? ('Proxy' as const) : ('VIP' as const);
    return [{ ...(ip ? { ip: normalIp(ip) } : {}), ...(hostname ? { hostname } : {}), ipMode }];
  });
}

/**
 * All Services of a scope. Those of files that have no ClusterIP, node port or load balancer address yet get
 * simulated ones, as an API server and a cloud would (CONTRACT.md, “Simulated things”).
 */
export function buildServices(resources: readonly Resource[], serviceCIDRs: readonly string[]): readonly Service[] {
  const services = resources.map(readService);
  const pool = new SimulationPool();
  for (const service of services) {
    for (const ip of [...service.clusterIPs, ...service.externalIPs]) pool.reserve(ip);
    for (const port of service.ports) if (port.nodePort) pool.reserve(`node-port-${port.protocol}/${port.nodePort}`);
    for (const { ip } of service.loadBalancer) if (ip) pool.reserve(ip);
  }
  const blocks = serviceCIDRs.flatMap((text) => parseCidr(text) ?? []);
  return services.map((service) => simulateService(service, pool, blocks));
}

function simulateService(service: Service, pool: SimulationPool, blocks: readonly CidrBlock[]): Service {
  // Objects of a live cluster already have what they will get.
  if (isLive(service.resource) || service.type === 'ExternalName') return service;
  const name = refKey(service.ref);
  const needsIPs = !service.headless && service.clusterIPs.length === 0;
  const exposed = service.type === 'NodePort' || (service.type === 'LoadBalancer' && allocatesNodePorts(service));
  const needsPorts = exposed && service.ports.some((port) => !port.nodePort);
  const needsBalancer = service.type === 'LoadBalancer' && service.loadBalancer.length === 0;
  const clusterIPs = needsIPs ? simulatedClusterIPs(service, pool, blocks, name) : service.clusterIPs;
  const loadBalancer = needsBalancer ? simulatedBalancer(pool, name, clusterIPs) : service.loadBalancer;
  return {
    ...service,
    clusterIPs,
    ...(needsPorts ? { ports: simulatedNodePorts(service, pool, name) } : {}),
    loadBalancer,
    simulated: { clusterIPs: needsIPs, nodePorts: needsPorts, loadBalancer: needsBalancer && loadBalancer.length > 0 },
  };
}

/** An address of each family that the Service has, as a cloud gives them. */
function simulatedBalancer(pool: SimulationPool, name: string, clusterIPs: readonly string[]): Service['loadBalancer'] {
  const families = new Set(clusterIPs.map((ip) => (familyOf(ip) === 'IPv6' ? 6 : 4)));
  return loadBalancerBlocks.flatMap((block) => {
    const ip = families.has(block.family) ? pool.address(block, name, 1) : '';
    return ip === '' ? [] : [{ ip, ipMode: 'VIP' as const }];
  });
}

function allocatesNodePorts({ resource }: Service): boolean {
  return valueAt(resource.object, 'spec', 'allocateLoadBalancerNodePorts') !== false;
}

/** The families that the API server would allocate: as asked, else the cluster's first; the first 16 addresses stay free as the allocator prefers. */
function simulatedClusterIPs(
  service: Service,
  pool: SimulationPool,
  blocks: readonly CidrBlock[],
  name: string,
): string[] {
  const policy = stringAt(service.resource.object, 'spec', 'ipFamilyPolicy');
  const dual = policy === 'PreferDualStack' || policy === 'RequireDualStack';
  const order =
    service.ipFamilies ?? blocks.map((block) => (block.family === 4 ? ('IPv4' as const) : ('IPv6' as const)));
  const wanted = dual
    ? [...order, 'IPv4' as const, 'IPv6' as const]
    : order.slice(0, Math.max(1, service.ipFamilies?.length ?? 1));
  return [...new Set(wanted)].flatMap((family) => {
    const block = blocks.find((one) => one.family === (family === 'IPv4' ? 4 : 6));
    const ip = block === undefined ? '' : pool.address(block, name, 16);
    return ip === '' || familyOf(ip) === undefined ? [] : [ip];
  });
}

function simulatedNodePorts(service: Service, pool: SimulationPool, name: string): readonly ServicePort[] {
  return service.ports.map((port) => {
    if (port.nodePort) return port;
    const nodePort = pool.number(`node-port-${port.protocol}`, 30_000, 32_767, `${name}/${port.name}/${port.port}`);
    return nodePort === 0 ? port : { ...port, nodePort };
  });
}
