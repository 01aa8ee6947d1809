import { familyOf, normalIp, parseCidr } from './addresses.ts';
import type { ClusterNode, Pod, PodTemplate } from './cluster.ts';
import { CompactPod } from './compactPod.ts';
import { stableHash } from './hash.ts';
import { arrayAt, type JsonObject, numberAt, stringAt, valueAt } from './json.ts';
import { SimulationPool } from './pool.ts';
import { isLive, type Resource, refKey } from './resource.ts';
import type { ResourceIndex } from './resourceIndex.ts';
import { type Controller, controllerRef, Owners, templateOf } from './workloads.ts';

const phases = new Set(['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown']);

/** A pod that has no address of its own yet, and its name among the simulated addresses. */
interface Unaddressed {
  readonly place: number;
  readonly slot: string;
}

/**
 * Every pod of a scope: the Pod objects, and for each controller that owns none of them the pods it would make
 * (CONTRACT.md, “Simulated things”).
 */
export function buildPods(
  index: ResourceIndex,
  controllers: readonly Controller[],
  nodes: readonly ClusterNode[],
): readonly Pod[] {
  const owners = new Owners(index);
  const pods = index.ofKind('', 'Pod').map((resource) => realPod(resource, owners, nodes));
  const waiting = pods.flatMap((pod, place): Unaddressed[] =>
    lacksAddress(pod) ? [{ place, slot: `${pod.ref.namespace}/${pod.ref.name}` }] : [],
  );
  const owning = new Set([...new Set(pods.map((pod) => pod.workload))].map(refKey));
  for (const controller of controllers) {
    const { ref } = controller.resource;
    const owner = controllerRef(controller.resource);
    // Its owner stands in the files too and makes the pods in its place.
    const ownedByOther = owner !== undefined && owners.has(owner);
    // What a running cluster has not made yet is not there.
    if (isLive(controller.resource) || ownedByOther || owning.has(refKey(ref))) continue;
    for (const pod of expectedPods(controller, nodes)) {
      waiting.push({ place: pods.length, slot: `${ref.namespace}/${ref.name}` });
      pods.push(pod);
    }
  }
  return waiting.length === 0 ? pods : withAddresses(pods, waiting, nodes);
}

/** True for a pod that runs, by all that is known, and has no address. */
export function lacksAddress({ phase, ips, seen }: Pod): boolean {
  return ips.length === 0 && !seen && (phase === 'Running' || phase === 'Unknown');
}

/** The pod of a Pod object. */
export function realPod(resource: Resource, owners: Owners, nodes: readonly ClusterNode[]): CompactPod {
  const { ref, origin, object } = resource;
  const workload = owners.workloadOf(resource, object);
  const template = templateOf(resource, [], object);
  const status = stringAt(object, 'status', 'phase');
  const node =
    stringAt(object, 'spec', 'nodeName') ??
    (status === undefined ? nodes[stableHash(`${ref.namespace}/${ref.name}`) % nodes.length]?.name : undefined);
  return new CompactPod(
    { ref, resource, workload, template, node: node || undefined, ips: statusIPs(object) },
    {
      phase: status === undefined ? 'Running' : phases.has(status) ? (status as Pod['phase']) : 'Unknown',
      ready: status === undefined || isReady(object),
      terminating: valueAt(object, 'metadata', 'deletionTimestamp') != null,
      seen: status !== undefined && origin.type !== 'simulated',
      simulated: origin.type === 'simulated',
      simulatedIPs: false,
    },
  );
}

function statusIPs(object: JsonObject): readonly string[] {
  const list = arrayAt(object, 'status', 'podIPs').flatMap((one) => stringAt(one, 'ip') ?? []);
  const single = stringAt(object, 'status', 'podIP');
  const all = list.length > 0 ? list : single ? [single] : [];
  return all.filter((ip) => ip !== '').map(normalIp);
}

function isReady(object: JsonObject): boolean {
  return arrayAt(object, 'status', 'conditions').some(
    (one) => stringAt(one, 'type') === 'Ready' && stringAt(one, 'status') === 'True',
  );
}

function expectedPods({ resource, template, replicas }: Controller, nodes: readonly ClusterNode[]): CompactPod[] {
  const { ref } = resource;
  const base = stableHash(`${ref.namespace}/${ref.name}`);
  const first = ref.kind === 'StatefulSet' ? (numberAt(resource.object, 'spec', 'ordinals', 'start') ?? 0) : 1;
  return Array.from({ length: replicas }, (_, i) => {
    const onEveryNode = ref.kind === 'DaemonSet';
    const node = onEveryNode ? nodes[i] : nodes[(base + i) % nodes.length];
    const suffix = onEveryNode ? (node?.name ?? i) : first + i;
    const name = `${ref.name}-${suffix}`;
    return new CompactPod(
      {
        ref: { group: '', kind: 'Pod', namespace: ref.namespace, name },
        resource,
        workload: ref,
        template: ownTemplate(resource, name, first + i, template),
        node: node?.name,
        ips: [],
      },
      { phase: 'Running', ready: true, terminating: false, seen: false, simulated: true, simulatedIPs: false },
    );
  });
}

/** The template with what its controller adds to each pod: labels that Services are known to select by, and DNS names. */
function ownTemplate({ ref, object }: Resource, name: string, index: number, template: PodTemplate): PodTemplate {
  if (ref.kind === 'StatefulSet') {
    const added = { 'statefulset.kubernetes.io/pod-name': name, 'apps.kubernetes.io/pod-index': String(index) };
    const subdomain = stringAt(object, 'spec', 'serviceName');
    return {
      ...template,
      labels: { ...template.labels, ...added },
      hostname: name,
      ...(subdomain ? { subdomain } : {}),
    };
  }
  if (ref.kind === 'Job') {
    const added = { 'job-name': ref.name, 'batch.kubernetes.io/job-name': ref.name };
    return { ...template, labels: { ...template.labels, ...added } };
  }
  return template;
}

function withAddresses(
  pods: readonly CompactPod[],
  waiting: readonly Unaddressed[],
  nodes: readonly ClusterNode[],
): readonly Pod[] {
  const pool = new SimulationPool();
  for (const { ips } of pods) for (const ip of ips) pool.reserve(ip);
  const nodeByName = new Map(nodes.map((node) => [node.name, node]));
  const result = [...pods];
  for (const { place, slot } of waiting) {
    const pod = pods[place];
    if (pod === undefined) continue;
    const node = pod.node === undefined ? undefined : nodeByName.get(pod.node);
    result[place] = pod.template.hostNetwork
      ? pod.withAddresses(node?.internalIPs ?? [], node?.simulated ?? true)
      : pod.withAddresses(simulatedIPs(pool, node ?? nodes[0], slot), true);
  }
  return result;
}

/** One address a pod CIDR of the node; the first two of a block are the network and the bridge. */
function simulatedIPs(pool: SimulationPool, node: ClusterNode | undefined, slot: string): readonly string[] {
  return (node?.podCIDRs ?? []).flatMap((text) => {
    const block = parseCidr(text);
    if (block === undefined || familyOf(text.slice(0, text.indexOf('/'))) === undefined) return [];
    const ip = pool.address(block, slot, 2);
    return ip === '' ? [] : [ip];
  });
}

/** True for a pod that runs no more and has given its address back. */
export function hasEnded({ phase }: Pick<Pod, 'phase'>): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}
