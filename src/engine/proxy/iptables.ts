import { familyOf, ipInCidr, isLoopbackIp } from '../model/addresses.ts';
import type { ClusterNode, Service, ServicePort } from '../model/cluster.ts';
import { ownAddresses } from '../model/nodes.ts';
import type { Endpoint } from '../service/endpoint.ts';
import { type Categorized, categorize, type ProxyEndpoint } from './categorize.ts';
import { endpointChain, probabilityText, type ServiceChains, serviceChains, servicePortName } from './chains.ts';
import type { ProxyConfig, ProxyHost, ProxyPacket, ProxyServices, TranslatedEndpoint, Translation } from './proxy.ts';

/** Which of a Service's addresses a packet was sent to. */
type Via = Extract<Translation, { verdict: 'DNAT' }>['via'];

interface Target {
  readonly service: Service;
  readonly port: ServicePort;
  readonly via: Via;
}

interface Candidate extends ProxyEndpoint {
  readonly source: Endpoint;
}

/**
 * What kube-proxy in iptables mode does on a node with a new packet: the nat chains' choice of endpoint and
 * masquerade, and the filter chains' reject and drop. Source: pkg/proxy/iptables/proxier.go.
 */
export function translate(
  packet: ProxyPacket,
  host: ProxyHost,
  config: ProxyConfig,
  services: ProxyServices,
): Translation {
  const target = findTarget(packet, host, config, services);
  if (target === undefined) return withoutTarget(packet, host, services);
  const { service, port, via } = target;
  const lists = endpointLists(target, packet, host, services);
  const source = sourceOf(packet, host, config);
  const chains = serviceChains(servicePortName(service.ref.namespace, service.ref.name, port.name), port.protocol);
  const choice = choose(target, lists, source, config, chains, packet);
  if (!lists.hasAny) {
    const chain = via === 'clusterIP' ? 'KUBE-SERVICES' : 'KUBE-EXTERNAL-SERVICES';
    return { verdict: 'REJECT', service, port, chain, why: 'no-endpoints' };
  }
  // The firewall's rules are only there while the Service has endpoints.
  if (via === 'loadBalancer' && !inSourceRanges(service, packet, host)) {
    return { verdict: 'DROP', service, port, chain: 'KUBE-PROXY-FIREWALL', why: 'source-range' };
  }
  if (choice.endpoints.length === 0) {
    const chain = via === 'clusterIP' ? 'KUBE-SERVICES' : 'KUBE-EXTERNAL-SERVICES';
    return { verdict: 'DROP', service, port, chain, why: 'no-local-endpoints' };
  }
  return { verdict: 'DNAT', service, port, via, endpoints: spread(target, choice, packet) };
}

/** A node port that serves health checks is accepted; everything else passes untouched. */
function withoutTarget(packet: ProxyPacket, host: ProxyHost, services: ProxyServices): Translation {
  const checked = host.addresses.includes(packet.destinationIP) ? services.byHealthCheckPort(packet.port) : undefined;
  if (checked !== undefined && packet.protocol === 'TCP')
    return { verdict: 'ACCEPT', service: checked, chain: 'KUBE-NODEPORTS' };
  return { verdict: 'NONE', services: services.byAddress(packet.destinationIP) };
}

function findTarget(
  packet: ProxyPacket,
  host: ProxyHost,
  config: ProxyConfig,
  services: ProxyServices,
): Target | undefined {
  for (const service of services.byAddress(packet.destinationIP)) {
    if (service.type === 'ExternalName' || service.headless) continue;
    const via = addressKind(service, packet.destinationIP);
    const port = service.ports.find((one) => one.port === packet.port && one.protocol === packet.protocol);
    if (via !== undefined && port !== undefined) return { service, port, via };
  }
  if (!servesNodePorts(packet, host, config)) return undefined;
  const [entry] = services.byNodePort(packet.protocol, packet.port);
  return entry === undefined ? undefined : { ...entry, via: 'nodePort' };
}

function addressKind(service: Service, ip: string): Via | undefined {
  if (service.clusterIPs.includes(ip)) return 'clusterIP';
  if (service.externalIPs.includes(ip)) return 'externalIP';
  // With ipMode Proxy the balancer wants the traffic itself, so the node has no rule.
  if (service.loadBalancer.some((one) => one.ip === ip && one.ipMode === 'VIP')) return 'loadBalancer';
  return undefined;
}

/** Node ports answer on the node's addresses that are configured, and on IPv4 loopback where that is allowed. */
function servesNodePorts({ destinationIP }: ProxyPacket, host: ProxyHost, config: ProxyConfig): boolean {
  const family = familyOf(destinationIP);
  if (config.nodePortAddresses.includes('primary')) return destinationIP === primaryAddress(host.node, family);
  const own = config.nodePortAddresses.filter((cidr) => familyOf(cidr.slice(0, cidr.indexOf('/'))) === family);
  const loopback = isLoopbackIp(destinationIP);
  if (loopback && (family === 'IPv6' || !config.localhostNodePorts)) return false;
  if (!loopback && !host.addresses.includes(destinationIP)) return false;
  return own.length === 0 || own.some((cidr) => ipInCidr(destinationIP, cidr));
}

function endpointLists(
  { service, port }: Target,
  packet: ProxyPacket,
  host: ProxyHost,
  services: ProxyServices,
): Categorized<Candidate> {
  const family = familyOf(packet.destinationIP);
  const candidates = services
    .endpointsOf(service)
    .endpoints.filter((one) => one.family === family && one.portName === port.name && one.protocol === port.protocol)
    .map(
      (one): Candidate => ({
        source: one,
        endpoint: joinHostPort(one.ip, one.port),
        ready: one.ready,
        serving: one.serving,
        terminating: one.terminating,
        isLocal: one.node === host.node.name,
        zoneHints: one.hints?.forZones ?? [],
        nodeHints: one.hints?.forNodes ?? [],
      }),
    );
  const externallyAccessible =
    port.nodePort !== undefined ||
    service.externalIPs.length > 0 ||
    service.loadBalancer.some((one) => one.ip !== undefined);
  const { internalTrafficPolicy, externalTrafficPolicy } = service;
  const node = { name: host.node.name, zone: host.node.labels['topology.kubernetes.io/zone'] };
  return categorize(candidates, { internalTrafficPolicy, externalTrafficPolicy, externallyAccessible }, node);
}

/** `ip:port`, with brackets around IPv6, as kube-proxy writes endpoints. */
export function joinHostPort(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/** Where a packet comes from, as the rules can tell: the node itself, a pod by the local detector, or elsewhere. */
function sourceOf(packet: ProxyPacket, host: ProxyHost, config: ProxyConfig): 'pod' | 'node' | 'external' {
  if (host.addresses.includes(packet.sourceIP) || isLoopbackIp(packet.sourceIP)) return 'node';
  const within = (cidrs: readonly string[]): boolean => cidrs.some((cidr) => ipInCidr(packet.sourceIP, cidr));
  switch (config.detectLocalMode) {
    case 'ClusterCIDR':
      return within(config.clusterCIDRs) ? 'pod' : 'external';
    case 'NodeCIDR':
    case 'BridgeInterface':
    case 'InterfaceNamePrefix':
      // The interface modes see exactly the pods of the node, which its podCIDR stands for here.
      return within(host.podCIDRs) ? 'pod' : 'external';
    case 'None':
      return 'external';
    default:
      return config.detectLocalMode satisfies never;
  }
}

interface Choice {
  readonly endpoints: readonly Candidate[];
  readonly masquerade: boolean;
  readonly path: readonly string[];
}

function choose(
  { service, via }: Target,
  lists: Categorized<Candidate>,
  source: 'pod' | 'node' | 'external',
  config: ProxyConfig,
  chains: ServiceChains,
  packet: ProxyPacket,
): Choice {
  const all = lists.cluster ?? [];
  const local = lists.local ?? [];
  if (via === 'clusterIP') {
    const isLocal = service.internalTrafficPolicy === 'Local';
    const outside = config.detectLocalMode !== 'None' && source !== 'pod';
    const path = ['KUBE-SERVICES', isLocal ? chains.local : chains.service];
    return { endpoints: isLocal ? local : all, masquerade: config.masqueradeAll || outside, path };
  }
  const entry = via === 'nodePort' ? ['KUBE-SERVICES', 'KUBE-NODEPORTS'] : ['KUBE-SERVICES'];
  const firewall = via === 'loadBalancer' && sourceRanges(service, packet).length > 0 ? [chains.firewall] : [];
  const path = [...entry, ...firewall, chains.external];
  if (service.externalTrafficPolicy === 'Cluster')
    return { endpoints: all, masquerade: true, path: [...path, chains.service] };
  // The short-circuit lets pods and the node itself use every endpoint.
  if (source === 'pod') return { endpoints: all, masquerade: false, path: [...path, chains.service] };
  if (source === 'node') return { endpoints: all, masquerade: true, path: [...path, chains.service] };
  return { endpoints: local, masquerade: false, path: [...path, chains.local] };
}

/** One rule an endpoint, each taking 1/n of what is left; a connection of an endpoint to itself is masqueraded in its chain. */
function spread({ service, port }: Target, choice: Choice, packet: ProxyPacket): readonly TranslatedEndpoint[] {
  const name = servicePortName(service.ref.namespace, service.ref.name, port.name);
  const count = choice.endpoints.length;
  return choice.endpoints.map(({ source, endpoint }, index) => {
    const left = count - index;
    return {
      endpoint: source,
      share: 1 / count,
      rule: { index: index + 1, of: count, ...(left > 1 ? { probability: probabilityText(left) } : {}) },
      masquerade: choice.masquerade || source.ip === packet.sourceIP,
      chains: [...choice.path, endpointChain(name, port.protocol, endpoint)],
    };
  });
}

/**
 * Where the ranges hold the node's own address, the balancer's addresses pass too: a node that has one of them on a device
 * sends from it. Source: pkg/proxy/iptables/proxier.go, "allowFromNode".
 */
function inSourceRanges(service: Service, packet: ProxyPacket, { node }: ProxyHost): boolean {
  const ranges = sourceRanges(service, packet);
  const covers = (ip: string): boolean => ranges.some((cidr) => ipInCidr(ip, cidr));
  if (ranges.length === 0 || packet.isPastSourceRanges === true || covers(packet.sourceIP)) return true;
  const own = primaryAddress(node, familyOf(packet.sourceIP));
  const isBalancers = service.loadBalancer.some(({ ip, ipMode }) => ip === packet.sourceIP && ipMode === 'VIP');
  return isBalancers && own !== undefined && covers(own);
}

/** The ranges that make rules: those of the packet's family, unless one is everything. Source: pkg/proxy/serviceport.go. */
function sourceRanges({ loadBalancerSourceRanges }: Service, { destinationIP }: ProxyPacket): readonly string[] {
  const family = familyOf(destinationIP);
  const own = loadBalancerSourceRanges.filter((cidr) => familyOf(cidr.slice(0, cidr.indexOf('/'))) === family);
  return own.some((cidr) => cidr.endsWith('/0')) ? [] : own;
}

/** The address that kube-proxy knows as the node's own. Source: pkg/util/node (GetNodeHostIPs). */
function primaryAddress(node: ClusterNode, family: ReturnType<typeof familyOf>): string | undefined {
  return ownAddresses(node).find((ip) => familyOf(ip) === family);
}
