import type { Detected } from '../model/assumptions.ts';
import type { ResourceRef } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { ProxyConfig } from '../proxy/proxy.ts';
import { configured } from './configured.ts';
import { containerImages, detectCni } from './detect.ts';
import { detectProxy, proxyConfigOf } from './detectProxy.ts';
import type { CniProfile, Enforcement } from './profile.ts';
import { profileOf } from './profiles.ts';

/** What carries, translates and filters packets in a scope: each assumed, detected or taken by default. */
export interface Environment {
  readonly cni: Detected;
  readonly proxy: Detected<'iptables' | 'ipvs' | 'nftables' | 'ebpf' | 'none'>;
  /** The CNI's profile with what the scope configures. */
  readonly profile: CniProfile;
  /** Whether NetworkPolicies have any effect. */
  readonly enforces: Enforcement;
  /** Whether policies of an API group have any effect. */
  readonly enforcesGroup: (group: string) => Enforcement;
  /** False for a policy that has no effect for certain, by its kind or by its priority. */
  readonly mayEnforce: (policy: { readonly ref: ResourceRef; readonly priority: number }) => boolean;
  readonly ipBlockMatchesPods: boolean;
  readonly proxyConfig: ProxyConfig;
}

/** By the snapshot's pods: edits of policies alone leave them, and the network, as they are. */
const environments = new WeakMap<Snapshot['pods'], Environment>();

/** The environment of a snapshot; the same value each time. */
export function environmentOf(snapshot: Snapshot): Environment {
  let found = environments.get(snapshot.pods);
  if (found === undefined) {
    found = readEnvironment(snapshot);
    environments.set(snapshot.pods, found);
  }
  return found;
}

function readEnvironment(snapshot: Snapshot): Environment {
  const cni = detectCni(snapshot);
  const profile = configured(profileOf(cni.value), snapshot);
  const enforces = enforcement(snapshot, profile);
  const lastPriority = profile.lastAdminPriority ?? Number.POSITIVE_INFINITY;
  const enforcesGroup = (group: string): Enforcement => {
    // A mesh brings its own proxies.
    if (group === 'security.istio.io') return 'yes';
    if (group === 'networking.k8s.io') return enforces;
    // An enforcer beside a CNI that does not enforce may know more kinds than that CNI.
    const isBeside = enforces !== profile.enforces;
    return profile.otherKinds?.[group] ?? (profile.otherKinds === undefined || isBeside ? 'unknown' : 'no');
  };
  return {
    cni,
    proxy: detectProxy(snapshot, profile),
    profile,
    enforces,
    enforcesGroup,
    mayEnforce: ({ ref, priority }) =>
      enforcesGroup(ref.group) !== 'no' && !(ref.kind === 'AdminNetworkPolicy' && priority > lastPriority),
    ipBlockMatchesPods: snapshot.assume.ipBlockMatchesPods ?? profile.ipBlockMatchesPods,
    proxyConfig: proxyConfigOf(snapshot),
  };
}

/** Agents that enforce policies beside a CNI that does not: Canal's Calico, Flannel's own sidecar, kube-router, Azure NPM. */
const enforcers = /calico\/(node|calico)\b|kube-network-policies|kube-router|azure-npm|cilium\/cilium\b/;

/** A CNI that leaves policies alone may have an enforcer beside it; AWS's agent is asked for by an argument. */
function enforcement(snapshot: Snapshot, profile: CniProfile): Enforcement {
  // What Cilium's agents are told not to enforce nobody does in their place.
  if (profile.enforces === 'yes' || profile.name.startsWith('cilium-')) return profile.enforces;
  const agents = snapshot.ofKind('apps', 'DaemonSet');
  if (agents.some((one) => containerImages(one).some((image) => enforcers.test(image)))) return 'yes';
  if (profile.name !== 'aws-vpc') return profile.enforces;
  const agent = agents.find((one) => containerImages(one).some((image) => image.includes('amazon-k8s-cni')));
  if (agent === undefined) return 'unknown';
  return JSON.stringify(agent.object).includes('--enable-network-policy=true') ? 'yes' : 'no';
}
