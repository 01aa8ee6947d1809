import { t } from '@vscode/l10n';
import type { Derived } from '../analysis/derived.ts';
import { familyOf, ipInCidr, isLoopbackIp } from '../model/addresses.ts';
import type { ClusterNode, Service } from '../model/cluster.ts';
import { ownAddresses } from '../model/nodes.ts';
import type { HostPort } from '../proxy/hostPorts.ts';
import { translate } from '../proxy/iptables.ts';
import type { ProxyHost, ProxyPacket, Translation } from '../proxy/proxy.ts';
import type { Unfollowed } from './place.ts';

/** A packet to a host port, which goes on to the pod that has it. */
export interface ToHostPort extends HostPort {
  readonly verdict: 'HOSTPORT';
  readonly by: 'portmap' | 'ebpf';
  readonly masquerade: boolean;
}

/** A packet that some rule sends on, and objects do not say which. */
export interface Undecided extends Unfollowed {
  readonly verdict: 'UNDECIDED';
}

/**
 * What a node does with a packet: by its proxy's rules for Services, then by those for host ports. kube-proxy puts the
 * jump to its nat rules first and the portmap plugin puts its own last; a Service without endpoints has none there. What
 * other proxies do with a port that is both is not written down, and Cilium asks that none be.
 * Source: pkg/proxy/iptables/proxier.go; containernetworking/plugins plugins/meta/portmap; cilium
 * Documentation/network/kubernetes/kubeproxy-free, "Container HostPort Support".
 */
export function translateOnNode(
  derived: Derived,
  packet: ProxyPacket,
  host: ProxyHost,
): Translation | ToHostPort | Undecided {
  const service = translate(packet, host, derived.proxyConfig, derived.proxyServices);
  const isOwn = isLoopbackIp(packet.destinationIP) || ownAddresses(host.node).includes(packet.destinationIP);
  const found = isOwn ? derived.hostPorts(packet, host.node) : [];
  const [first] = found;
  if (first === undefined) return service;
  const mode = derived.proxy.value;
  if (mode === 'iptables' && service.verdict === 'DNAT') return service;
  const rival = mode === 'iptables' || mode === 'none' || service.verdict === 'NONE' ? undefined : service.service;
  const reason = doubtOf(packet, found, rival);
  if (reason === undefined) {
    const by = mode === 'ebpf' && derived.profile.servesHostPorts === true ? 'ebpf' : 'portmap';
    const masquerade = by === 'portmap' && isMasqueraded(derived, packet, host.node, first);
    return { verdict: 'HOSTPORT', ...first, by, masquerade };
  }
  const decidedBy = found.map(({ pod, port }) => ({ ref: pod.resource.ref, path: port.path, note: '' }));
  return { verdict: 'UNDECIDED', reason, decidedBy };
}

/** Why it is not known where a packet to a host port goes; `undefined` where it is. */
function doubtOf(
  { port, destinationIP }: ProxyPacket,
  found: readonly HostPort[],
  rival: Service | undefined,
): string | undefined {
  const names = [...new Set(found.map(({ pod }) => pod.ref.name))].join(', ');
  if (rival !== undefined)
    return t('Port {0} is of Service {1} and of {2}: which counts is not known', port, rival.ref.name, names);
  if (found.length > 1)
    return t('Host port {0} is of several containers ({1}): which counts is not known', port, names);
  // portmap translates it and does not hide the client, so that no reply finds the way back.
  return destinationIP === '::1' ? t('Host ports may not work at {0}', destinationIP) : undefined;
}

/** A node as the proxy on it knows it. */
export function proxyHost(node: ClusterNode, addresses = ownAddresses(node)): ProxyHost {
  return { node, addresses, podCIDRs: node.podCIDRs };
}

/**
 * portmap hides what comes from loopback and from the block that stands in the pod's own address: with host-local that
 * is all pods of the node, elsewhere the pod alone. Source: containernetworking/plugins plugins/meta/portmap (snat).
 */
function isMasqueraded(
  { profile }: Derived,
  { sourceIP, destinationIP }: ProxyPacket,
  node: ClusterNode,
  { ip }: HostPort,
): boolean {
  if (isLoopbackIp(destinationIP) || sourceIP === ip) return true;
  const block = profile.podAddresses === 'node-cidr' ? node.podCIDRs : [];
  return familyOf(sourceIP) === familyOf(ip) && block.some((cidr) => ipInCidr(sourceIP, cidr));
}
