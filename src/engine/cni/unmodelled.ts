import { agentKinds, antreaKinds, calicoKinds, ciliumKinds, gkeKinds, ovnKinds } from './policyKinds.ts';
import type { CniProfile, Enforcement } from './profile.ts';
import { unknownCni } from './unknown.ts';

/** What is known of a CNI whose own path is not modelled: packets take the generic one, and every trace says so. */
function generic(
  name: string,
  title: string,
  enforces: Enforcement,
  otherKinds: NonNullable<CniProfile['otherKinds']> = {},
  ipBlockMatchesPods = true,
  podAddresses: CniProfile['podAddresses'] = 'unknown',
): CniProfile {
  // Where Cilium's data path is at work a rule can deny the node, too.
  const ownNode = otherKinds === ciliumKinds || otherKinds === gkeKinds ? 'unless-denied' : 'always';
  const ipBlocks = { ipBlockMatchesPods, ipBlockMatchesNodes: otherKinds !== ciliumKinds };
  return { ...unknownCni, name, title, enforces, otherKinds, ...ipBlocks, ownNode, podAddresses };
}

/** Cilium's way between nodes does not change how it treats Services; Calico's eBPF mode has its own programs at connect. */
function inSockets(profile: CniProfile): CniProfile {
  return { ...profile, replacesProxy: true };
}

/** Source: cilium kubeproxy-free, "LoadBalancer Source Ranges Checks" and "Container HostPort Support". */
function ciliumSockets(profile: CniProfile): CniProfile {
  return { ...inSockets(profile), sourceRangesInside: 'ignored', servesHostPorts: true };
}

/** CNIs that may be assumed or detected and have no datapath of their own here. Sorted by name. */
export const unmodelledCnis: readonly CniProfile[] = [
  generic('antrea', 'Antrea', 'yes', antreaKinds, true, 'node-cidr'),
  generic('aws-vpc', 'AWS VPC CNI', 'unknown'),
  generic('azure', 'Azure CNI', 'unknown'),
  generic('bridge', 'plain bridge', 'no', {}, true, 'node-cidr'),
  inSockets(generic('calico-ebpf', 'Calico (eBPF)', 'yes', calicoKinds, true, 'own-pools')),
  ciliumSockets(generic('cilium-geneve', 'Cilium (Geneve)', 'yes', ciliumKinds, false, 'own-pools')),
  ciliumSockets(generic('cilium-native', 'Cilium (native routing)', 'yes', ciliumKinds, false, 'own-pools')),
  generic('gke', 'GKE Dataplane V2', 'yes', gkeKinds, false),
  generic('kindnet', 'kindnet', 'yes', agentKinds, true, 'node-cidr'),
  // Source: ovn-kubernetes docs/features/network-security-controls/admin-network-policy.md.
  { ...generic('ovn-kubernetes', 'OVN-Kubernetes', 'yes', ovnKinds), lastAdminPriority: 99 },
  generic('weave', 'Weave Net', 'yes'),
];
