import { type CidrBlock, cidrContains, parseCidr, parseIp } from '../model/addresses.ts';
import type { ClusterNode, Pod } from '../model/cluster.ts';
import { hasStatus } from '../model/health.ts';
import { arrayAt, isTrueAt, stringAt, stringsAt } from '../model/json.ts';
import { hasEnded } from '../model/pods.ts';
import type { FieldPath, Resource, ResourceRef } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Environment } from './environment.ts';
import { ciliumConfig } from './modes.ts';

/** A block that pods get their addresses from, as an object says; never an invented one. */
export interface AddressPool {
  readonly ref: ResourceRef;
  readonly path: FieldPath;
  readonly cidr: string;
  readonly block: CidrBlock;
  /** The only node whose pods get addresses here; absent: any node's. */
  readonly node?: string;
  /** Addresses that no pod can get: of the network and the bridge, or of a tunnel. */
  readonly reserved: number;
}

const byPods = new WeakMap<Snapshot['pods'], readonly AddressPool[]>();

/**
 * The blocks of pod addresses in a running cluster: the podCIDRs of its nodes where the CNI takes them from there, else
 * Calico's pools or what Cilium gave each node. Empty where files alone are known, or it is not known who gives addresses.
 */
export function addressPools(snapshot: Snapshot, { cni, profile }: Environment): readonly AddressPool[] {
  // What another CNI than the one at work would do says nothing.
  if (cni.confidence === 'default') return [];
  let found = byPods.get(snapshot.pods);
  if (found === undefined) {
    const isRunning = snapshot.nodes.some(hasStatus);
    if (!isRunning || profile.podAddresses === 'unknown') found = [];
    else if (profile.podAddresses === 'node-cidr') found = nodePools(snapshot);
    else found = profile.name.startsWith('cilium-') ? ciliumPools(snapshot) : calicoPools(snapshot);
    byPods.set(snapshot.pods, found);
  }
  return found;
}

/** Nodes that stand for a service which runs pods elsewhere: no CNI and no proxy of the cluster runs there. */
export function isVirtualNode({ labels }: ClusterNode): boolean {
  return labels['type'] === 'virtual-kubelet' || labels['eks.amazonaws.com/compute-type'] === 'fargate';
}

/** Nodes that were given no podCIDR although the CNI takes the addresses of their pods from it, by name. */
export function nodesWithoutCidr(snapshot: Snapshot, { cni, profile }: Environment): readonly ClusterNode[] {
  if (cni.confidence === 'default' || profile.podAddresses !== 'node-cidr') return [];
  return snapshot.nodes
    .filter((one) => hasStatus(one) && !isVirtualNode(one) && writtenCidrs(one).length === 0)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

interface WrittenCidr {
  readonly cidr: string;
  readonly path: FieldPath;
}

function writtenCidrs({ resource }: ClusterNode): readonly WrittenCidr[] {
  const list = stringsAt(resource?.object, 'spec', 'podCIDRs');
  const single = stringAt(resource?.object, 'spec', 'podCIDR');
  if (list.length > 0) return list.map((cidr, index) => ({ cidr, path: ['spec', 'podCIDRs', index] }));
  return single ? [{ cidr: single, path: ['spec', 'podCIDR'] }] : [];
}

function pool({ ref }: Resource, { cidr, path }: WrittenCidr, reserved: number, node?: string): readonly AddressPool[] {
  const block = parseCidr(cidr);
  return block === undefined ? [] : [{ ref, path, cidr, block, reserved, ...(node === undefined ? {} : { node }) }];
}

/** Of a node's block the first, the bridge's and the last are nobody's. Source: the host-local IPAM plugin. */
function nodePools(snapshot: Snapshot): readonly AddressPool[] {
  return snapshot.nodes.flatMap((node) =>
    hasStatus(node) ? writtenCidrs(node).flatMap((one) => pool(node.resource, one, 3, node.name)) : [],
  );
}

/** Cilium keeps the first, the last, its router's and, unless it is switched off, its health endpoint's address. */
function ciliumPools(snapshot: Snapshot): readonly AddressPool[] {
  const health = stringAt(ciliumConfig(snapshot)?.object, 'data', 'enable-endpoint-health-checking');
  const reserved = health === 'false' ? 3 : 4;
  return snapshot
    .ofKind('cilium.io', 'CiliumNode')
    .flatMap((one) =>
      stringsAt(one.object, 'spec', 'ipam', 'podCIDRs').flatMap((cidr, index) =>
        pool(one, { cidr, path: ['spec', 'ipam', 'podCIDRs', index] }, reserved, one.ref.name),
      ),
    );
}

const tunnelAddresses = [
  'projectcalico.org/IPv4IPIPTunnelAddr',
  'projectcalico.org/IPv4VXLANTunnelAddr',
  'projectcalico.org/IPv4WireguardInterfaceAddr',
];

/** Pools in use for pods; each node's tunnel takes an address of one. Source: Calico's IPPool resource. */
function calicoPools(snapshot: Snapshot): readonly AddressPool[] {
  const groups = ['projectcalico.org', 'crd.projectcalico.org'];
  const [pools = []] = groups.map((group) => snapshot.ofKind(group, 'IPPool')).filter((all) => all.length > 0);
  const tunnels = snapshot.nodes.flatMap(({ annotations }) =>
    tunnelAddresses.flatMap((key) => parseIp(annotations[key] ?? '') ?? []),
  );
  return pools.filter(isForPods).flatMap((one) => {
    const cidr = stringAt(one.object, 'spec', 'cidr') ?? '';
    const made = pool(one, { cidr, path: ['spec', 'cidr'] }, 0);
    return made.map((each) => ({
      ...each,
      reserved: tunnels.filter((address) => cidrContains(each.block, address)).length,
    }));
  });
}

function isForPods({ object }: Resource): boolean {
  const uses = arrayAt(object, 'spec', 'allowedUses');
  return !isTrueAt(object, 'spec', 'disabled') && (uses.length === 0 || uses.includes('Workload'));
}

/** True for a pod that takes an address of the pod network away from others, also while it is being deleted. */
export function takesAddress(pod: Pod): boolean {
  return !hasEnded(pod) && pod.seen && !pod.template.hostNetwork && pod.ips.length > 0;
}
