import {
  buildSnapshot,
  categorize,
  endpointChain,
  isProxied,
  type JsonObject,
  joinHostPort,
  nftEndpointChain,
  nftServiceChains,
  type ProxyConfig,
  parseIp,
  probabilityText,
  proxyServices,
  resolveEndpoints,
  type Snapshot,
  serviceChains,
  translate,
} from '../../../src/engine/index.ts';
import type { Suite } from '../suite.ts';
import { caseResources, compare, type Group, type GroupCase, readGroups } from './groups.ts';

/** Packets that meet kube-proxy's rules on one node. */
export const proxySuite: Suite = {
  name: 'proxy-iptables',
  run: (folder) =>
    readGroups(folder).flatMap((group) =>
      group.cases.map((one) =>
        group.config?.['proxyMode'] === 'iptables'
          ? compare(one, flow(group, one))
          : {
              case: one.id,
              outcome: 'not-modelled' as const,
              why: `proxy mode ${String(group.config?.['proxyMode'])}`,
              answer: null,
            },
      ),
    ),
};

interface NodeConfig {
  readonly nodeName: string;
  readonly nodeLocalIPs: readonly string[];
  readonly ipFamily: 'IPv4' | 'IPv6';
  readonly detectLocalMode: ProxyConfig['detectLocalMode'] | null;
  readonly clusterCIDR: string | null;
  readonly masqueradeAll: boolean;
  readonly nodePortAddresses: readonly string[] | null;
  readonly localhostNodePorts: boolean;
}

function flow(group: Group, one: GroupCase): JsonObject {
  const config = group.config as unknown as NodeConfig;
  const snapshot = buildSnapshot({ scope: one.id, resources: caseResources(group, one) });
  if (one.query['kind'] === 'servicePortCount') return { count: portCount(snapshot, config.ipFamily) };
  const node = snapshot.nodes.find((candidate) => candidate.name === config.nodeName) ?? snapshot.nodes[0];
  if (node === undefined) return { verdict: 'no node' };
  const proxy: ProxyConfig = {
    detectLocalMode: config.detectLocalMode ?? 'None',
    clusterCIDRs: config.clusterCIDR === null ? [] : [config.clusterCIDR],
    masqueradeAll: config.masqueradeAll,
    nodePortAddresses: config.nodePortAddresses ?? [],
    localhostNodePorts: config.localhostNodePorts,
  };
  const { sourceIP, destIP, destPort, protocol } = one.query as Record<string, string & number>;
  const packet = {
    sourceIP: String(sourceIP),
    destinationIP: String(destIP),
    port: Number(destPort),
    protocol: protocol as unknown as 'TCP',
  };
  const services = proxyServices(snapshot, (service) => resolveEndpoints(snapshot, service));
  const result = translate(packet, { node, addresses: config.nodeLocalIPs, podCIDRs: node.podCIDRs }, proxy, services);
  if (result.verdict !== 'DNAT') return { verdict: result.verdict };
  return {
    verdict: 'DNAT',
    endpoints: result.endpoints.map(({ endpoint }) => joinHostPort(endpoint.ip, endpoint.port)),
    masquerade: result.endpoints.some((endpoint) => endpoint.masquerade),
  };
}

function portCount(snapshot: Snapshot, family: 'IPv4' | 'IPv6'): number {
  const own = snapshot.services.filter(
    (one) =>
      isProxied(one) &&
      one.resource.origin.type !== 'simulated' &&
      one.clusterIPs.some((ip) => parseIp(ip)?.family === (family === 'IPv4' ? 4 : 6)),
  );
  return own.reduce((sum, one) => sum + one.ports.length, 0);
}

/** kube-proxy's choice of endpoints. */
export const categorizeSuite: Suite = {
  name: 'proxy-categorize',
  run: (folder) => readGroups(folder).flatMap((group) => group.cases.map((one) => compare(one, categorized(one)))),
};

interface CategorizeQuery {
  readonly nodeName?: string;
  readonly nodeLabels?: Readonly<Record<string, string>>;
  readonly service: {
    readonly internalTrafficPolicy?: 'Cluster' | 'Local';
    readonly externalTrafficPolicy?: 'Cluster' | 'Local';
    readonly nodePort?: number;
    readonly externalIPs?: readonly string[];
    readonly loadBalancerVIPs?: readonly string[];
  };
  readonly endpoints: readonly {
    readonly endpoint: string;
    readonly ready?: boolean;
    readonly serving?: boolean;
    readonly terminating?: boolean;
    readonly isLocal?: boolean;
    readonly nodeName?: string;
    readonly zoneHints?: readonly string[];
    readonly nodeHints?: readonly string[];
  }[];
}

function categorized({ query }: GroupCase): JsonObject {
  const { service, endpoints, nodeName, nodeLabels } = query as unknown as CategorizeQuery;
  const candidates = endpoints.map((one) => ({
    endpoint: one.endpoint,
    ready: one.ready ?? false,
    serving: one.serving ?? one.ready ?? false,
    terminating: one.terminating ?? false,
    isLocal: one.isLocal ?? (one.nodeName !== undefined && one.nodeName === nodeName),
    zoneHints: one.zoneHints ?? [],
    nodeHints: one.nodeHints ?? [],
  }));
  const policy = {
    internalTrafficPolicy: service.internalTrafficPolicy ?? 'Cluster',
    externalTrafficPolicy: service.externalTrafficPolicy ?? 'Cluster',
    externallyAccessible:
      Boolean(service.nodePort) || Boolean(service.externalIPs?.length) || Boolean(service.loadBalancerVIPs?.length),
  };
  const node = { name: nodeName ?? '', zone: nodeLabels?.['topology.kubernetes.io/zone'] };
  const { cluster, local, reachable, hasAny } = categorize(candidates, policy, node);
  const names = (list: readonly { readonly endpoint: string }[] | undefined): readonly string[] | null =>
    list?.map((one) => one.endpoint) ?? null;
  return {
    clusterEndpoints: names(cluster),
    localEndpoints: names(local),
    allReachable: names(reachable),
    hasAnyEndpoints: hasAny,
  };
}

/** Chain names and printed probabilities. */
export const chainsSuite: Suite = {
  name: 'proxy-chains',
  run: (folder) => readGroups(folder).flatMap((group) => group.cases.map((one) => compare(one, chains(one.query)))),
};

function chains(query: JsonObject): JsonObject {
  const text = (key: string): string => String(query[key] ?? '');
  switch (query['kind']) {
    case 'computeProbability':
      return { probability: probabilityText(Number(query['n'])) };
    case 'serviceChain': {
      const own = serviceChains(text('servicePortName'), text('protocol'));
      return { chain: own.service, external: own.external, local: own.local, firewall: own.firewall };
    }
    case 'endpointChain':
      return { chain: endpointChain(text('servicePortName'), text('protocol'), text('endpoint')) };
    case 'nftServiceChain': {
      const own = nftServiceChains(text('base'));
      return { chain: own.service, external: own.external, firewall: own.firewall };
    }
    default:
      return nftEndpointChain(text('base')) as unknown as JsonObject;
  }
}
