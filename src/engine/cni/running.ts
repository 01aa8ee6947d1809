import type { ClusterNode, Pod } from '../model/cluster.ts';
import { hasStatus } from '../model/health.ts';
import { arrayAt, isTrueAt, stringAt, valueAt } from '../model/json.ts';
import type { Evidence, Resource } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { isAntreaChained } from './configured.ts';
import { agentsOf } from './detect.ts';
import { ciliumReplacement } from './detectProxy.ts';
import type { Environment } from './environment.ts';
import { ciliumConfig } from './modes.ts';
import { isVirtualNode } from './pools.ts';

/** The agent of a CNI with its pods in a running cluster. */
export interface RunningAgent {
  /** `flannel`, `calico`, … */
  readonly family: string;
  readonly resource: Resource;
  /** Ready ones, by node name. */
  readonly readyOn: ReadonlyMap<string, Pod>;
}

/** The agents of known CNIs that run as pods; empty for files. */
export function runningAgents(snapshot: Snapshot): readonly RunningAgent[] {
  return agentsOf(snapshot).flatMap(({ family, resource }) => {
    const pods = (snapshot.workload(resource.ref)?.pods ?? []).filter(
      (one) => one.seen && one.ready && !one.terminating && one.phase === 'Running',
    );
    const readyOn = new Map(pods.flatMap((one) => (one.node === undefined ? [] : [[one.node, one] as const])));
    return readyOn.size === 0 ? [] : [{ family, resource, readyOn }];
  });
}

/** CNIs that are made to work beside each other: one carries packets, the other enforces policies or gives addresses. */
const together: ReadonlySet<string> = new Set(['aws-vpc calico', 'azure calico', 'azure cilium']);

/** True where both agents would set up the network of a pod. */
export function areRivals(snapshot: Snapshot, a: RunningAgent, b: RunningAgent): boolean {
  const families = [a.family, b.family].sort();
  if (families[0] === families[1] || families.includes('gke') || together.has(families.join(' '))) return false;
  return families.every((family) => setsUpPods(snapshot, family));
}

function setsUpPods(snapshot: Snapshot, family: string): boolean {
  switch (family) {
    case 'cilium':
      return (stringAt(ciliumConfig(snapshot)?.object, 'data', 'cni-chaining-mode') ?? 'none') === 'none';
    case 'antrea':
      return !isAntreaChained(snapshot);
    case 'calico': {
      const installation = snapshot.ofKind('operator.tigera.io', 'Installation')[0];
      const type = stringAt(installation?.object, 'spec', 'cni', 'type') ?? 'Calico';
      // Without a pool it only enforces policies.
      const groups = ['projectcalico.org', 'crd.projectcalico.org'];
      return type === 'Calico' && groups.some((group) => snapshot.ofKind(group, 'IPPool').length > 0);
    }
    default:
      return true;
  }
}

/** The pods of kube-proxy, whoever made them: a DaemonSet, or the files on a node that its kubelet reads. */
export function proxyPods(snapshot: Snapshot): readonly Pod[] {
  return snapshot.pods.filter((one) => isProxy(one) && one.seen && !one.terminating);
}

function isProxy({ template }: Pod): boolean {
  const { labels, spec, hostNetwork } = template;
  if (!hostNetwork) return false;
  if (labels['k8s-app'] === 'kube-proxy' || labels['component'] === 'kube-proxy') return true;
  return arrayAt(spec, 'containers').some((one) =>
    /(^|\/)kube-proxy(-\w+)?([:@]|$)/.test(stringAt(one, 'image') ?? ''),
  );
}

/** CNIs that leave Services to kube-proxy. */
const needingProxy = /^(aws-vpc|azure|bridge|calico-(bgp|ipip|vxlan)|flannel-.+|kindnet|weave)$/;

/** True where nothing but kube-proxy could translate Service addresses. Unsure is false. */
export function needsProxy(snapshot: Snapshot, { cni, proxy, profile }: Environment): boolean {
  if (cni.confidence === 'default' || proxy.value === 'ebpf' || proxy.value === 'none') return false;
  if (runsRouter(snapshot)) return false;
  if (needingProxy.test(profile.name)) return true;
  return profile.name.startsWith('cilium-') && leavesServices(snapshot);
}

/** Cilium's older settings `partial` and `probe` left some Services to kube-proxy, and worked without it. */
function leavesServices(snapshot: Snapshot): boolean {
  const written = stringAt(ciliumConfig(snapshot)?.object, 'data', 'kube-proxy-replacement');
  return written === 'false' || written === 'disabled';
}

/** kube-router may do kube-proxy's work; whether it does is said by an argument. */
function runsRouter(snapshot: Snapshot): boolean {
  return snapshot
    .ofKind('apps', 'DaemonSet')
    .some(({ object }) =>
      arrayAt(object, 'spec', 'template', 'spec', 'containers').some((one) =>
        (stringAt(one, 'image') ?? '').includes('kube-router'),
      ),
    );
}

/**
 * What shows that a cluster is one where kube-proxy runs as pods: its DaemonSet or ConfigMap, Cilium's word, or control plane
 * pods as kubeadm makes them. Distributions that run it inside another process have none of these. `undefined`: not known.
 */
export function proxyExpected(snapshot: Snapshot): Evidence | undefined {
  const system = (kind: string, group: string): Resource | undefined =>
    snapshot.ofKind(group, kind).find(({ ref }) => ref.name === 'kube-proxy' && ref.namespace === 'kube-system');
  const own = system('DaemonSet', 'apps') ?? system('ConfigMap', '');
  if (own !== undefined) return { ref: own.ref, path: ['metadata', 'name'], note: '' };
  const [said] = ciliumReplacement(snapshot)?.evidence ?? [];
  if (said !== undefined) return said;
  const server = snapshot
    .podsIn('kube-system')
    .filter(({ template }) => template.labels['component'] === 'kube-apiserver')
    .filter(({ template }) => template.labels['tier'] === 'control-plane')
    .sort((a, b) => (a.ref.name < b.ref.name ? -1 : 1))[0];
  return server && { ref: server.ref, path: ['metadata', 'name'], note: '' };
}

/** Nodes that have to run kube-proxy themselves: those of the cluster's own machines with Linux. */
export function proxiedNodes(snapshot: Snapshot): readonly ClusterNode[] {
  return snapshot.nodes.filter(
    (one) =>
      hasStatus(one) &&
      !isVirtualNode(one) &&
      one.labels['eks.amazonaws.com/compute-type'] === undefined &&
      (one.labels['kubernetes.io/os'] ?? 'linux') === 'linux',
  );
}

/**
 * Where the settings say that eBPF takes kube-proxy's place for good, and that nothing is left for the two to share;
 * `undefined` where they do not. Source: Cilium's and Calico's documentation of running without kube-proxy.
 */
export function fullReplacement(snapshot: Snapshot, { profile }: Environment): Evidence | undefined {
  if (profile.name.startsWith('cilium-')) {
    const found = ciliumReplacement(snapshot);
    return found?.value === 'ebpf' ? found.evidence[0] : undefined;
  }
  if (profile.name !== 'calico-ebpf') return undefined;
  const felix = ['projectcalico.org', 'crd.projectcalico.org']
    .flatMap((group) => snapshot.ofKind(group, 'FelixConfiguration'))
    .find(({ object }) => isTrueAt(object, 'spec', 'bpfEnabled'));
  if (felix === undefined || valueAt(felix.object, 'spec', 'bpfKubeProxyIptablesCleanupEnabled') === false)
    return undefined;
  return { ref: felix.ref, path: ['spec', 'bpfEnabled'], note: '' };
}
