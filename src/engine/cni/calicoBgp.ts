import { sha1 } from '@noble/hashes/legacy.js';
import { nodeAddress } from './addresses.ts';
import { calicoKinds } from './policyKinds.ts';
import type { CniProfile } from './profile.ts';

/** The name of a pod's device on its node: `cali` and 11 hex digits of a hash. Source: libcalico-go, workload endpoints. */
export function calicoDevice(namespace: string, name: string): string {
  const bytes = sha1(new TextEncoder().encode(`${namespace}.${name}`));
  const hex = Array.from(bytes.subarray(0, 6), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `cali${hex.slice(0, 11)}`;
}

/**
 * Calico without encapsulation: every pod is a route of its node, BGP carries the routes. Source: felix/rules and
 * the addresses and TTLs seen in real network namespaces.
 */
export const calicoBgp: CniProfile = {
  name: 'calico-bgp',
  title: 'Calico (BGP, no encapsulation)',
  modelled: true,
  enforces: 'yes',
  otherKinds: calicoKinds,
  ipBlockMatchesPods: true,
  ipBlockMatchesNodes: true,
  ownNode: 'always',
  openConnections: 'kept',
  policySeesClient: true,
  podDevice: (namespace, name) => ({ name: calicoDevice(namespace, name), certainty: 'computed' }),
  transport: { kind: 'routed', routesBy: 'BGP' },
  localAddress: nodeAddress,
  tunnelAddress: () => undefined,
  outgoingNat: 'iptables nat cali-nat-outgoing',
  natsToNodes: true,
  natsIncoming: false,
  policyMechanism: (direction, device) =>
    direction === 'egress' ? `iptables filter cali-fw-${device}` : `iptables filter cali-tw-${device}`,
  replacesProxy: false,
  podsRoutedOutside: 'maybe',
  podAddresses: 'own-pools',
};
