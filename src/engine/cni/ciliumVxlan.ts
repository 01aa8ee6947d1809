import { annotatedAddress, podBlockAddress } from './addresses.ts';
import { ciliumKinds } from './policyKinds.ts';
import type { CniProfile } from './profile.ts';

/**
 * Cilium with a VXLAN tunnel and its socket load balancer in place of kube-proxy. Source: Cilium's documentation of
 * the datapath and of running without kube-proxy.
 */
export const ciliumVxlan: CniProfile = {
  name: 'cilium-vxlan',
  title: 'Cilium (VXLAN)',
  modelled: true,
  enforces: 'yes',
  otherKinds: ciliumKinds,
  ipBlockMatchesPods: false,
  ipBlockMatchesNodes: false,
  ownNode: 'unless-denied',
  openConnections: 'unknown',
  policySeesClient: true,
  podDevice: () => ({ name: 'lxc', certainty: 'generic' }),
  transport: { kind: 'tunnel', type: 'vxlan', device: 'cilium_vxlan', port: 8472, overhead: { 4: 50, 6: 70 } },
  localAddress: ciliumHost,
  tunnelAddress: ciliumHost,
  outgoingNat: 'eBPF masquerade (bpf_host)',
  natsToNodes: false,
  natsIncoming: false,
  policyMechanism: (direction, device) => `eBPF ${direction} policy map of ${device}`,
  replacesProxy: true,
  sourceRangesInside: 'ignored',
  servesHostPorts: true,
  podsRoutedOutside: 'no',
  podAddresses: 'own-pools',
};

/** The agent's router address on `cilium_host`: as annotated, else the pod block's first host address stands for it. */
function ciliumHost(...[node, family]: Parameters<CniProfile['localAddress']>): string | undefined {
  const annotated =
    annotatedAddress(node, `network.cilium.io/ipv${family}-cilium-host`) ??
    annotatedAddress(node, `io.cilium.network.ipv${family}-cilium-host`);
  return annotated ?? podBlockAddress(node, family, 1n);
}
