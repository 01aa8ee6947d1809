import { flannelVxlan } from './flannelVxlan.ts';
import type { CniProfile } from './profile.ts';

/** Flannel with its host-gw backend: as VXLAN, with a route per node in place of the tunnel. Source: flannel pkg/backend/hostgw. */
export const flannelHostGw: CniProfile = {
  ...flannelVxlan,
  name: 'flannel-host-gw',
  title: 'Flannel (host-gw)',
  transport: { kind: 'routed', routesBy: 'flanneld' },
  tunnelAddress: () => undefined,
};
