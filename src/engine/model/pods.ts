import { familyOf, normalIp, parseCidr } from './addresses.ts';
import type { ClusterNode, Pod, PodTemplate } from './cluster.ts';
import { stableHash } from './hash.ts';
import { arrayAt, numberAt, stringAt, valueAt } from './json.ts';
import { SimulationPool } from './pool.ts';
import { isLive, type Resource, type ResourceRef, refKey } from './resource.ts';
import { type Controller, controllerRef, owningWorkload, templateOf } from './workloads.ts';

const phases = new Set(['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown']);

/** A pod before it has an address. */
interface PlacedPod extends Omit<Pod, 'ips' | 'simulatedIPs'> {
  /** From the status; `undefined` where an address must be simulated. */
  readonly statusIPs?: readonly string[];
  /** Names its place among the simulated addresses. */
  readonly slot: string;
}

/**
 * Every pod of a scope: the Pod objects, and for each controller that owns none of them the pods it would make
 * (CONTRACT.md, “Simulated things”).
 */
export function buildPods(
  podResources: readonly Resource[],
  controllers: readonly Controller[],
  nodes: readonly ClusterNode[],
): readonly Pod[] {
  const byRef = new Map(controllers.map((one) => [refKey(one.resource.ref), one]));
  const placed = podResources.map((resource) => realPod(resource, owningWorkload(resource, byRef), nodes));
  const owning = new Set(placed.map((pod) => refKey(pod.workload)));
  for (const controller of controllers) {
    const owner = controllerRef(controller.resource);
    // Its owner stands in the files too and makes the pods in its place.
    const ownedByOther = owner !== undefined && byRef.has(refKey(owner));
    // What a running cluster has not made yet is not there.
    if (owning.has(refKey(controller.resource.ref)) || ownedByOther || isLive(controller.resource)) continue;
    // More pods than a call may have arguments.
    for (const pod of expectedPods(controller, nodes)) placed.push(pod);
  }
  return addresses(placed, nodes);
}

function realPod(resource: Resource, workload: ResourceRef, nodes: readonly ClusterNode[]): PlacedPod {
  const { object, ref } = resource;
  const template = templateOf(resource, []);
  const status = stringAt(object, 'status', 'phase');
  const phase = status === undefined ? 'Running' : phases.has(status) ? (status as Pod['phase']) : 'Unknown';
  const terminating = valueAt(object, 'metadata', 'deletionTimestamp') != null;
  const node =
    stringAt(object, 'spec', 'nodeName') ??
    (status === undefined ? nodes[stableHash(`${ref.namespace}/${ref.name}`) % nodes.length]?.name : undefined);
  const listed = statusIPs(resource);
  const statusKnown = listed.length > 0 || status !== undefined;
  return {
    ref,
    template,
    resource,
    workload,
    ...(node ? { node } : {}),
    phase,
    ready: status === undefined || isReady(resource),
    terminating,
    simulated: resource.origin.type === 'simulated',
    ...(statusKnown ? { statusIPs: listed } : {}),
    slot: `${ref.namespace}/${ref.name}`,
  };
}

function statusIPs({ object }: Resource): readonly string[] {
  const list = arrayAt(object, 'status', 'podIPs').flatMap((one) => stringAt(one, 'ip') ?? []);
  const single = stringAt(object, 'status', 'podIP');
  const all = list.length > 0 ? list : single ? [single] : [];
  return all.filter((ip) => ip !== '').map(normalIp);
}

function isReady({ object }: Resource): boolean {
  return arrayAt(object, 'status', 'conditions').some(
    (one) => stringAt(one, 'type') === 'Ready' && stringAt(one, 'status') === 'True',
  );
}

function expectedPods({ resource, template, replicas }: Controller, nodes: readonly ClusterNode[]): PlacedPod[] {
  const { ref } = resource;
  const base = stableHash(`${ref.namespace}/${ref.name}`);
  const first = ref.kind === 'StatefulSet' ? (numberAt(resource.object, 'spec', 'ordinals', 'start') ?? 0) : 1;
  return Array.from({ length: replicas }, (_, i) => {
    const onEveryNode = ref.kind === 'DaemonSet';
    const node = onEveryNode ? nodes[i] : nodes[(base + i) % nodes.length];
    const suffix = onEveryNode ? (node?.name ?? i) : first + i;
    const name = `${ref.name}-${suffix}`;
    return {
      ref: { group: '', kind: 'Pod', namespace: ref.namespace, name },
      template: ownTemplate(resource, name, first + i, template),
      resource,
      workload: ref,
      ...(node ? { node: node.name } : {}),
      phase: 'Running',
      ready: true,
      terminating: false,
      simulated: true,
      slot: `${ref.namespace}/${ref.name}`,
    };
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

function addresses(placed: readonly PlacedPod[], nodes: readonly ClusterNode[]): readonly Pod[] {
  const pool = new SimulationPool();
  const nodeByName = new Map(nodes.map((node) => [node.name, node]));
  for (const pod of placed) for (const ip of pod.statusIPs ?? []) pool.reserve(ip);
  return placed.map(({ statusIPs, slot, ...pod }) => {
    const node = pod.node === undefined ? undefined : nodeByName.get(pod.node);
    const scheduled = pod.phase === 'Running' || pod.phase === 'Unknown';
    if (statusIPs !== undefined || !scheduled) return { ...pod, ips: statusIPs ?? [], simulatedIPs: false };
    if (pod.template.hostNetwork)
      return { ...pod, ips: node?.internalIPs ?? [], simulatedIPs: node?.simulated ?? true };
    return { ...pod, ips: simulatedIPs(pool, node ?? nodes[0], slot), simulatedIPs: true };
  });
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
