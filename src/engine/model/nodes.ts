import { type CidrBlock, formatIp, parseCidr } from './addresses.ts';
import type { ClusterNode } from './cluster.ts';
import { arrayAt, stringAt, stringMapAt, stringsAt } from './json.ts';
import type { Resource } from './resource.ts';

/** Where simulated nodes and their address blocks come from. */
export interface NodePlan {
  /** Names without objects, for example from a kind configuration. */
  readonly names: readonly string[];
  /** Nodes to simulate where neither objects nor names exist. */
  readonly count: number;
  readonly podCIDRs: readonly string[];
}

/**
 * The nodes of a scope: its Node objects, else the planned names, else `node-1…n`. A node without addresses gets the
 * n-th address after 192.168.0.10, one without podCIDR the n-th /24 of the pod network (CONTRACT.md).
 */
export function buildNodes(resources: readonly Resource[], plan: NodePlan): readonly ClusterNode[] {
  if (resources.length > 0) return resources.map((resource, index) => readNode(resource, index, plan));
  const names = plan.names.length > 0 ? plan.names : Array.from({ length: plan.count }, (_, i) => `node-${i + 1}`);
  return names.map((name, index) => ({
    name,
    labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' },
    annotations: {},
    podCIDRs: simulatedCIDRs(plan, index),
    internalIPs: simulatedIPs(plan, index),
    externalIPs: [],
    simulated: true,
  }));
}

function readNode(resource: Resource, index: number, plan: NodePlan): ClusterNode {
  const { object, ref } = resource;
  const addresses = (type: string): string[] =>
    arrayAt(object, 'status', 'addresses').flatMap((one) => {
      const address = stringAt(one, 'address');
      return stringAt(one, 'type') === type && address !== undefined ? [address] : [];
    });
  const listed = stringsAt(object, 'spec', 'podCIDRs');
  const single = stringAt(object, 'spec', 'podCIDR');
  const podCIDRs = listed.length > 0 ? listed : single ? [single] : simulatedCIDRs(plan, index);
  const internalIPs = addresses('InternalIP');
  return {
    name: ref.name,
    labels: stringMapAt(object, 'metadata', 'labels'),
    annotations: stringMapAt(object, 'metadata', 'annotations'),
    podCIDRs,
    internalIPs: internalIPs.length > 0 ? internalIPs : simulatedIPs(plan, index),
    externalIPs: addresses('ExternalIP'),
    simulated: false,
    resource,
  };
}

function simulatedCIDRs(plan: NodePlan, index: number): string[] {
  return plan.podCIDRs.flatMap((text) => {
    const block = parseCidr(text);
    return block === undefined ? [] : [nodeBlock(block, index)];
  });
}

/** The n-th /24 (or /64) of the pod network, counted from 1 as kubeadm clusters show it; past the end it goes on upwards. */
function nodeBlock(block: CidrBlock, index: number): string {
  const prefix = block.family === 4 ? Math.max(24, block.prefix) : Math.max(64, block.prefix);
  const size = 1n << BigInt((block.family === 4 ? 32 : 128) - prefix);
  const only = prefix === block.prefix;
  const value = only ? block.first : block.first + size * BigInt(index + 1);
  return `${formatIp({ family: block.family, value })}/${prefix}`;
}

function simulatedIPs(plan: NodePlan, index: number): string[] {
  const families = new Set(plan.podCIDRs.map((text) => parseCidr(text)?.family));
  const v4 = formatIp({ family: 4, value: 0xc0a8000an + BigInt(index + 1) });
  const v6 = formatIp({ family: 6, value: (0xfd00_c0a8n << 96n) + 10n + BigInt(index + 1) });
  return [...(families.has(4) || families.size === 0 ? [v4] : []), ...(families.has(6) ? [v6] : [])];
}

/** Every address of a node that its object has. */
export function ownAddresses({ internalIPs, externalIPs }: ClusterNode): readonly string[] {
  return [...internalIPs, ...externalIPs];
}
