import type { Enforcement } from './profile.ts';

type Kinds = Readonly<Record<string, Enforcement>>;

/** Calico knows its own kinds, and those of the Network Policy API from version 3.29 on. */
export const calicoKinds: Kinds = {
  'crd.projectcalico.org': 'yes',
  'policy.networking.k8s.io': 'unknown',
  'projectcalico.org': 'yes',
};

/** Cilium knows its own kinds; ClusterNetworkPolicy came with version 1.20, its predecessors never. */
export const ciliumKinds: Kinds = { 'cilium.io': 'yes', 'policy.networking.k8s.io': 'unknown' };

/** Antrea has the Network Policy API behind a feature gate. */
export const antreaKinds: Kinds = { 'crd.antrea.io': 'yes', 'policy.networking.k8s.io': 'unknown' };

/** OVN-Kubernetes implements the Network Policy API first. */
export const ovnKinds: Kinds = {
  'k8s.cni.cncf.io': 'unknown',
  'k8s.ovn.org': 'yes',
  'policy.networking.k8s.io': 'yes',
};

/** The agent of kindnet and others reads the Network Policy API where it is told to. */
export const agentKinds: Kinds = { 'policy.networking.k8s.io': 'unknown' };

/** GKE's Cilium takes cluster-wide policies alone, in newer versions. */
export const gkeKinds: Kinds = { 'cilium.io': 'unknown' };
