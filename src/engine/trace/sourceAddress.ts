import type { Derived } from '../analysis/derived.ts';
import { nodeAddress } from '../cni/addresses.ts';
import type { CniProfile } from '../cni/profile.ts';
import { ipInCidr, parseIp } from '../model/addresses.ts';
import type { ClusterNode } from '../model/cluster.ts';
import type { Connection } from './connection.ts';
import { isHost, nodeOf, type Place } from './place.ts';

/** The source that a packet has after its entry node, and which rule gave it. */
export interface TranslatedSource {
  readonly ip: string;
  /** As the system names the rule. */
  readonly mechanism: string;
}

/**
 * The source after POSTROUTING, where it changes: kube-proxy's masquerade, or the CNI's own rule for what leaves or
 * enters the pod network. MASQUERADE takes the address of the outgoing device, which is rarely the node's own.
 */
export function translatedSource(connection: Connection, sameNode: boolean): TranslatedSource | undefined {
  const { derived, entry, source, target, masquerade, inSocket } = connection;
  if (entry === undefined) return undefined;
  const { profile } = derived;
  const leavesPods = target.kind === 'outside' || isHost(target);
  // What ends on the node itself is delivered before POSTROUTING.
  if (isHost(target) && sameNode) return undefined;
  if (masquerade && !inSocket && !keepsClient(connection, sameNode)) {
    const ip = leavesPods ? ownAddress(entry, target.ip) : addressTowards(profile, entry, target.ip, sameNode);
    return { ip, mechanism: connection.masqueradedBy ?? masqueradeName(connection) };
  }
  const pod = source.kind === 'pod' && !isHost(source);
  const hidden = pod && (target.kind === 'outside' ? !isVirtual(connection) : isHost(target) && profile.natsToNodes);
  if (hidden) return { ip: ownAddress(entry, target.ip), mechanism: profile.outgoingNat };
  const enters = source.kind === 'outside' && !leavesPods && !sameNode && profile.natsIncoming;
  return enters ? { ip: addressTowards(profile, entry, target.ip, false), mechanism: profile.outgoingNat } : undefined;
}

/** eBPF in place of kube-proxy hides clients only from endpoints on other nodes: local ones answer through the same program. */
function keepsClient({ derived, masqueradedBy }: Connection, sameNode: boolean): boolean {
  return derived.proxy.value === 'ebpf' && masqueradedBy === undefined && sameNode;
}

function masqueradeName({ derived }: Connection): string {
  switch (derived.proxy.value) {
    case 'iptables':
      return 'iptables nat KUBE-POSTROUTING MASQUERADE';
    case 'ebpf':
      return 'eBPF NodePort SNAT';
    default:
      return `${derived.proxy.value} masquerade`;
  }
}

/** Nothing leaves for an address of the cluster's own networks. */
function isVirtual({ derived, target }: Connection): boolean {
  const { podCIDRs, serviceCIDRs } = derived.snapshot;
  return [...podCIDRs, ...serviceCIDRs].some((cidr) => ipInCidr(target.ip, cidr));
}

/** The node's own address of the family of another one; '' where it has none. */
export function ownAddress(node: ClusterNode, towards: string): string {
  return nodeAddress(node, parseIp(towards)?.family ?? 4) ?? node.internalIPs[0] ?? '';
}

/** The preferred source of the device that leads to a pod: what MASQUERADE takes, and what the node itself uses. */
export function addressTowards(profile: CniProfile, node: ClusterNode, towards: string, local: boolean): string {
  const family = parseIp(towards)?.family ?? 4;
  const address = local ? profile.localAddress(node, family) : profile.tunnelAddress(node, family);
  return address ?? ownAddress(node, towards);
}

/** The address that a node's own process has towards a place: the kernel picks it by the route, without any NAT. */
export function hostSource(derived: Derived, source: Place, entry: ClusterNode, target: Place): string {
  if (!isHost(source) || target.kind !== 'pod' || isHost(target)) return source.ip;
  const local = nodeOf(derived.snapshot, target)?.name === entry.name;
  return addressTowards(derived.profile, entry, target.ip, local);
}
