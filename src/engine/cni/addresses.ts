import { formatIp, parseCidr, parseIp } from '../model/addresses.ts';
import type { ClusterNode } from '../model/cluster.ts';
import type { Family } from './profile.ts';

/** The n-th address of the node's pod CIDR of a family, as host-local IPAM counts them; `undefined` without one. */
export function podBlockAddress(node: ClusterNode, family: Family, n: bigint): string | undefined {
  for (const text of node.podCIDRs) {
    const block = parseCidr(text);
    if (block?.family === family) return formatIp({ family, value: block.first + n });
  }
  return undefined;
}

/** The node's first internal address of a family; `undefined` where it has none. */
export function nodeAddress(node: ClusterNode, family: Family): string | undefined {
  return node.internalIPs.find((ip) => parseIp(ip)?.family === family);
}

/** An address that an agent wrote into one of the node's annotations; `undefined` where it is absent or malformed. */
export function annotatedAddress(node: ClusterNode, key: string): string | undefined {
  const text = node.annotations[key]?.replace(/\/\d+$/, '');
  const address = text === undefined ? undefined : parseIp(text);
  return address === undefined ? undefined : formatIp(address);
}
