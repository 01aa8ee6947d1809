import { t } from '@vscode/l10n';
import { nodeAddress } from '../cni/addresses.ts';
import type { CniProfile, Transport } from '../cni/profile.ts';
import { ipInCidr, parseIp } from '../model/addresses.ts';
import type { ClusterNode, Pod } from '../model/cluster.ts';
import { isHost, namespaceOf, type Place } from './place.ts';
import type { Walk } from './walk.ts';

/** The packet appears where its sender is. */
export function originate(walk: Walk, place: Place, node: ClusterNode | undefined): void {
  const device = isHost(place) || place.kind === 'outside' ? '' : 'eth0';
  walk.enter(place.kind === 'outside' ? '' : (node?.name ?? ''), namespaceOf(place), device, 'computed');
}

/** From its sender to the host namespace of a node, where netfilter sees it. */
export function reachHost(walk: Walk, from: Place, node: ClusterNode, cni: CniProfile): void {
  if (from.kind === 'outside') {
    walk.enter('', 'fabric', '').step({
      kind: 'route',
      action: 'forwarded',
      mechanism: 'network',
      why: t('The network outside brings it to {0}', node.name),
    });
    walk.enter(node.name, 'host', 'eth0');
    return;
  }
  if (from.kind === 'pod' && !isHost(from)) {
    const device = cni.podDevice(from.pod.ref.namespace, from.pod.ref.name);
    walk.enter(node.name, 'host', device.name, device.certainty);
  } else walk.enter(node.name, 'host', '', 'computed');
}

/** From a node's host namespace to a pod on it. Bridged traffic of one node keeps its TTL; the node's own has never lost any. */
export function reachPod(
  walk: Walk,
  pod: Pod,
  node: ClusterNode,
  cni: CniProfile,
  from: 'pod' | 'host' | 'link',
): void {
  const device = cni.podDevice(pod.ref.namespace, pod.ref.name);
  if (from === 'pod' && cni.bridge !== undefined) {
    walk.step({
      kind: 'bridge',
      action: 'forwarded',
      mechanism: cni.bridge,
      why: t('Both pods are on bridge {0} of {1}: the frame is bridged', cni.bridge, node.name),
    });
  } else {
    walk.step({
      kind: 'route',
      action: 'forwarded',
      mechanism: cni.bridge ?? device.name,
      why: t('{0} routes it to {1}', node.name, pod.ref.name),
      change: from === 'host' ? {} : { ttl: walk.packet.ttl - 1 },
    });
  }
}

/**
 * From one node to another. Pods' packets take the CNI's transport; what is addressed to a node itself goes over the
 * node network (`toHost`). `own` says that the node itself sends, which costs no TTL.
 */
export function crossNodes(
  walk: Walk,
  from: ClusterNode,
  to: ClusterNode,
  cni: CniProfile,
  own: boolean,
  toHost: boolean,
): void {
  const transport: Transport = toHost ? { kind: 'routed', routesBy: '' } : betweenNodes(cni.transport, from, to);
  walk.step({
    kind: 'route',
    action: 'forwarded',
    mechanism: transport.kind === 'tunnel' ? transport.device : 'eth0',
    why: t('{0} is on {1}', walk.packet.dst, to.name),
    change: { ttl: own ? walk.packet.ttl : walk.packet.ttl - 1 },
  });
  if (transport.kind === 'tunnel') {
    throughTunnel(walk, from, to, transport);
    return;
  }
  const unknown = transport.kind === 'unknown';
  walk.enter('', 'fabric', '').step({
    kind: 'route',
    action: unknown ? 'unknown' : 'forwarded',
    mechanism: unknown ? 'overlay or route' : 'network',
    why: unknown ? t('Overlay or routed: the CNI is not known') : routedWhy(transport.routesBy),
  });
  walk.enter(to.name, 'host', 'eth0');
}

function routedWhy(routesBy: string): string {
  return routesBy === ''
    ? t('The node network carries it')
    : t("Routed to the other node's address without encapsulation; the routes come from {0}", routesBy);
}

/** CrossSubnet tunnels wrap only what leaves the subnet, which the agent writes beside the node's address. */
function betweenNodes(transport: Transport, from: ClusterNode, to: ClusterNode): Transport {
  if (transport.kind !== 'tunnel' || transport.crossSubnetOnly !== true) return transport;
  const subnet = from.annotations['projectcalico.org/IPv4Address'] ?? '';
  const sameSubnet = to.internalIPs.some((ip) => ipInCidr(ip, subnet));
  return sameSubnet ? { kind: 'routed', routesBy: t('the agent, inside one subnet') } : transport;
}

function throughTunnel(
  walk: Walk,
  from: ClusterNode,
  to: ClusterNode,
  tunnel: Extract<CniProfile['transport'], { kind: 'tunnel' }>,
): void {
  const family = parseIp(walk.packet.dst)?.family ?? 4;
  const src = nodeAddress(from, family) ?? from.internalIPs[0] ?? '';
  const dst = nodeAddress(to, family) ?? to.internalIPs[0] ?? '';
  const { type, port, vni, device } = tunnel;
  const outer = { type, src, dst, ...(port === undefined ? {} : { port }), ...(vni === undefined ? {} : { vni }) };
  walk.enter(from.name, 'host', device, 'computed').step({
    kind: 'tunnel-out',
    action: 'encapsulated',
    mechanism: device,
    why:
      port === undefined
        ? t('Wrapped in {0} to {1}', type, dst)
        : t('Wrapped in {0} (UDP {1}) to {2}', type, port, dst),
    change: { encapsulation: outer },
  });
  walk.enter('', 'fabric', '').step({
    kind: 'route',
    action: 'forwarded',
    mechanism: 'network',
    why: t('The node network carries it from {0} to {1}', src, dst),
  });
  walk.enter(to.name, 'host', device, 'computed').step({
    kind: 'tunnel-in',
    action: 'forwarded',
    mechanism: device,
    why: t('{0} takes the outer header off', to.name),
    change: { encapsulation: null },
  });
}

/** From a node to the outside. */
export function leave(walk: Walk, node: ClusterNode): void {
  walk.enter(node.name, 'host', 'eth0').step({
    kind: 'leave',
    action: 'forwarded',
    mechanism: 'eth0',
    why: t('{0} sends it out of the cluster; what happens there is not known', node.name),
  });
}

/** Into the pod's own namespace, where the packet ends. */
export function deliver(walk: Walk, place: Place, node: ClusterNode | undefined, what: 'connection' | 'reply'): void {
  originate(walk, place, node);
  walk.step({
    kind: 'deliver',
    action: 'delivered',
    mechanism: isHost(place) ? 'host' : 'eth0',
    why:
      what === 'reply'
        ? t('The client has its reply')
        : t('Delivered; whether a process listens on {0} is not known from objects', walk.packet.dport),
  });
}
