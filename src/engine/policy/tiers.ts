import type { PolicyTier } from './policy.ts';

/**
 * The tiers that need no object. Orders are Calico's, where other tiers stand between them; the admin and baseline
 * tiers are those of the Network Policy API, and Calico's `default` tier is where it puts NetworkPolicies.
 * Source: KEP-2091; projectcalico/calico api/pkg/apis/projectcalico/v3/tier.go.
 */
export const builtInTiers: readonly PolicyTier[] = [
  // Networks without a way between them come before anything that filters.
  { name: 'networks', order: 0, end: 'pass', layer: 'network' },
  // A firewall at the edge of the pod network stands beside all that policies say.
  { name: 'edge', order: 1, end: 'pass', layer: 'network' },
  { name: 'admin', order: 1000, end: 'pass', layer: 'network' },
  // Cilium's deny rules beat every allow, whoever wrote it, and their policies isolate beside NetworkPolicies.
  { name: 'deny', order: 999_999, end: 'pass', layer: 'network' },
  { name: 'default', order: 1_000_000, end: 'deny', layer: 'network' },
  { name: 'baseline', order: 10_000_000, end: 'pass', layer: 'network' },
  // Istio: CUSTOM, then DENY, then ALLOW; the first two only deny.
  { name: 'mesh-transport', order: 1, end: 'pass', layer: 'mesh' },
  { name: 'mesh-custom', order: 2, end: 'pass', layer: 'mesh' },
  { name: 'mesh-deny', order: 3, end: 'pass', layer: 'mesh' },
  { name: 'mesh-allow', order: 4, end: 'deny', layer: 'mesh' },
];
