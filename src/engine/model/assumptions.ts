import type { Evidence } from './resource.ts';

/**
 * What may be assumed about a cluster, with the same keys as `--assume`, `podpath.assume.*` and `podpath.yaml`.
 * An absent key means: not assumed explicitly, detect it or take the default (CONTRACT.md, Assumptions).
 */
export interface AssumptionSettings {
  readonly cni?: string;
  readonly proxy?: 'iptables' | 'ipvs' | 'nftables' | 'ebpf' | 'none';
  readonly podCIDR?: string;
  readonly serviceCIDR?: string;
  readonly clusterCIDR?: string;
  readonly detectLocalMode?: 'ClusterCIDR' | 'NodeCIDR' | 'BridgeInterface' | 'InterfaceNamePrefix' | 'None';
  readonly masqueradeAll?: boolean;
  readonly nodePortAddresses?: readonly string[];
  readonly localhostNodePorts?: boolean;
  readonly nodes?: number;
  readonly ipBlockMatchesPods?: boolean;
  readonly hostNetworkPolicy?: 'ignored' | 'as-pod';
}

/** A value with how it came about: an explicit assumption beats what was detected, which beats the default. */
export interface Detected<T extends string = string> {
  readonly value: T;
  readonly confidence: 'explicit' | 'detected' | 'default';
  readonly evidence: readonly Evidence[];
}

/** Something an answer rests on that nobody has confirmed. */
export interface Assumption {
  /** Stable, kebab-case: `cni`, `proxy`, `simulated-pods`, `process-listens`, … */
  readonly code: string;
  readonly text: string;
  /** How to confirm or change it: a kubectl command, a setting; '' where there is no way. */
  readonly confirm: string;
}
