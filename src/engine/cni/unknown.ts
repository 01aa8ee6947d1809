import { nodeAddress } from './addresses.ts';
import type { CniProfile } from './profile.ts';

/**
 * What can be said without knowing the CNI: pods have a link to their node, nodes reach each other by an overlay or
 * by routes, policies count as enforced. Source: the Kubernetes network model.
 */
export const unknownCni: CniProfile = {
  name: 'unknown',
  title: 'unknown CNI',
  modelled: false,
  enforces: 'unknown',
  ipBlockMatchesPods: false,
  ipBlockMatchesNodes: true,
  ownNode: 'always',
  openConnections: 'unknown',
  policySeesClient: false,
  podDevice: () => ({ name: 'veth', certainty: 'generic' }),
  transport: { kind: 'unknown' },
  localAddress: nodeAddress,
  tunnelAddress: () => undefined,
  outgoingNat: 'masquerade',
  natsToNodes: false,
  natsIncoming: false,
  policyMechanism: () => 'NetworkPolicy',
  replacesProxy: false,
  podsRoutedOutside: 'maybe',
  podAddresses: 'unknown',
};
