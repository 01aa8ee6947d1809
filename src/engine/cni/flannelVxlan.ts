import { podBlockAddress } from './addresses.ts';
import type { CniProfile } from './profile.ts';

/**
 * Flannel with its VXLAN backend: a bridge on each node, `flannel.<VNI>` between them, no policies. Source: flannel
 * pkg/backend/vxlan and pkg/trafficmngr/iptables; addresses and TTLs seen in real network namespaces.
 */
export const flannelVxlan: CniProfile = {
  name: 'flannel-vxlan',
  title: 'Flannel (VXLAN)',
  modelled: true,
  enforces: 'no',
  otherKinds: {},
  ipBlockMatchesPods: true,
  ipBlockMatchesNodes: true,
  ownNode: 'always',
  openConnections: 'unknown',
  policySeesClient: true,
  bridge: 'cni0',
  podDevice: () => ({ name: 'veth', certainty: 'generic' }),
  transport: { kind: 'tunnel', type: 'vxlan', device: 'flannel.1', port: 8472, vni: 1, overhead: { 4: 50, 6: 70 } },
  localAddress: (node, family) => podBlockAddress(node, family, 1n),
  tunnelAddress: (node, family) => podBlockAddress(node, family, 0n),
  outgoingNat: 'iptables nat FLANNEL-POSTRTG',
  natsToNodes: true,
  natsIncoming: true,
  policyMechanism: () => 'NetworkPolicy',
  replacesProxy: false,
  podsRoutedOutside: 'no',
  podAddresses: 'node-cidr',
};
