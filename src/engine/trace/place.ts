import { t } from '@vscode/l10n';
import { familyOf, normalIp } from '../model/addresses.ts';
import type { ClusterNode, Pod } from '../model/cluster.ts';
import { goneNode } from '../model/goneNode.ts';
import { stringAt } from '../model/json.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { PolicyEnd } from '../policy/policy.ts';
import type { Branch, FlowEnd } from './flow.ts';

/** A concrete end of a packet's way, with the address that it has there. */
export type Place =
  | { readonly kind: 'pod'; readonly pod: Pod; readonly ip: string }
  | { readonly kind: 'node'; readonly node: ClusterNode; readonly ip: string }
  | { readonly kind: 'outside'; readonly ip: string };

/** The place that has an address: a pod before a node, else the outside. A hostNetwork pod is its node. */
export function placeOf(snapshot: Snapshot, ip: string): Place {
  const { pods, nodes } = snapshot.ownersOf(ip);
  const pod = pods.find((one) => !one.template.hostNetwork);
  if (pod !== undefined) return { kind: 'pod', pod, ip };
  const [node] = nodes;
  return node === undefined ? { kind: 'outside', ip } : { kind: 'node', node, ip };
}

/** The pod that a trace from a pod or a workload starts in, of a workload its first by name; `undefined` where there is none. */
export function sourcePod(snapshot: Snapshot, end: FlowEnd): Pod | undefined {
  if (end.kind === 'pod') return snapshot.pod(end.namespace, end.name);
  if (end.kind !== 'workload') return undefined;
  const pods = snapshot.workloadNamed(end.ref)?.pods ?? [];
  return pods.reduce<Pod | undefined>(
    (first, one) => (first && first.ref.name < one.ref.name ? first : one),
    undefined,
  );
}

/** A pod's place for a family; its first address where it has none of that family. `undefined` where it has no address. */
export function podPlace(pod: Pod, family: 'IPv4' | 'IPv6'): Extract<Place, { kind: 'pod' }> | undefined {
  const ip = pod.ips.find((one) => familyOf(one) === family) ?? pod.ips[0];
  return ip === undefined ? undefined : { kind: 'pod', pod, ip };
}

/** The node that a place is on; `undefined` outside and for a pod that has no node. */
export function nodeOf(snapshot: Snapshot, place: Place): ClusterNode | undefined {
  if (place.kind === 'node') return place.node;
  if (place.kind === 'outside') return undefined;
  return nodeOfPod(snapshot, place.pod);
}

/** The node of a pod. Pods may name a node that is not in the files: then all that is known is its name and address. */
function nodeOfPod(snapshot: Snapshot, pod: Pod): ClusterNode | undefined {
  const name = pod.node;
  if (name === undefined) return undefined;
  const hostIP = stringAt(pod.resource.object, 'status', 'hostIP');
  return (
    snapshot.node(name) ?? {
      name,
      labels: {},
      annotations: {},
      podCIDRs: [],
      internalIPs: hostIP === undefined ? [] : [normalIp(hostIP)],
      externalIPs: [],
      simulated: true,
    }
  );
}

/** Why the rest of a way is not known. */
export type Unfollowed = Pick<Branch, 'reason' | 'decidedBy'>;

/** Why nothing is known of a pod's network; `undefined` where its node is there, and for everything else than pods. */
export function lostPlace(snapshot: Snapshot, place: Place): Unfollowed | undefined {
  const gone = place.kind === 'pod' ? goneNode(snapshot, place.pod) : undefined;
  if (place.kind !== 'pod' || gone === undefined) return undefined;
  const { name } = place.pod.ref;
  const reason = t('{0} is on node {1}, which the cluster has no more: whether it still runs is not known', name, gone);
  return { reason, decidedBy: [{ ref: place.pod.ref, path: ['spec', 'nodeName'], note: '' }] };
}

/** True for what shares the node's own network: the node, and pods with hostNetwork. */
export function isHost(place: Place): boolean {
  return place.kind === 'node' || (place.kind === 'pod' && place.pod.template.hostNetwork);
}

/** How policies see a place that has the address `ip` on the wire. */
export function policyEnd(place: Place, ip: string): PolicyEnd {
  if (place.ip !== ip) return { kind: 'address', ip };
  if (place.kind === 'pod') return { kind: 'pod', pod: place.pod, ip };
  return place.kind === 'node' ? { kind: 'node', node: place.node, ip } : { kind: 'address', ip };
}

/** A place's name for sentences: the pod's, the node's, or the address. */
export function placeName(place: Place): string {
  if (place.kind === 'outside') return place.ip;
  return place.kind === 'pod' ? place.pod.ref.name : place.node.name;
}

/** `pod ns/name`, `host` or `external`, as hops name network namespaces. */
export function namespaceOf(place: Place): string {
  if (place.kind === 'outside') return 'external';
  if (isHost(place)) return 'host';
  return place.kind === 'pod' ? `pod ${place.pod.ref.namespace}/${place.pod.ref.name}` : 'host';
}
