import { annotatedAddress, podBlockAddress } from './addresses.ts';
import { calicoBgp } from './calicoBgp.ts';
import type { CniProfile } from './profile.ts';

/** Calico with VXLAN pools. Source: felix dataplane/linux/vxlan_mgr. */
export const calicoVxlan: CniProfile = {
  ...calicoBgp,
  name: 'calico-vxlan',
  title: 'Calico (VXLAN)',
  transport: {
    kind: 'tunnel',
    type: 'vxlan',
    device: 'vxlan.calico',
    port: 4789,
    vni: 4096,
    overhead: { 4: 50, 6: 70 },
  },
  // The agent says which address it took; a fresh block's first one is what it takes where nothing says so.
  tunnelAddress: (node, family) =>
    annotatedAddress(node, `projectcalico.org/IPv${family}VXLANTunnelAddr`) ?? podBlockAddress(node, family, 0n),
  podsRoutedOutside: 'no',
  podAddresses: 'own-pools',
};
