import { annotatedAddress, podBlockAddress } from './addresses.ts';
import { calicoBgp } from './calicoBgp.ts';
import type { CniProfile } from './profile.ts';

/** Calico with IP-in-IP pools. Source: felix dataplane/linux/ipip_mgr. */
export const calicoIpip: CniProfile = {
  ...calicoBgp,
  name: 'calico-ipip',
  title: 'Calico (IP-in-IP)',
  transport: { kind: 'tunnel', type: 'ipip', device: 'tunl0', overhead: { 4: 20, 6: 40 } },
  tunnelAddress: (node, family) =>
    annotatedAddress(node, 'projectcalico.org/IPv4IPIPTunnelAddr') ?? podBlockAddress(node, family, 0n),
};
