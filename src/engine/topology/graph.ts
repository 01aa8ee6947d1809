import { t } from '@vscode/l10n';
import type { GraphEdge, GraphNode } from '../analysis/answers.ts';
import type { Derived } from '../analysis/derived.ts';
import type { ConnectivityEnd } from '../connectivity/classes.ts';
import type { Pod, Service, Workload } from '../model/cluster.ts';
import { formatPortRanges } from '../model/ports.ts';
import type { ResourceRef } from '../model/resource.ts';
import type { Direction } from '../policy/policy.ts';
import { ingressRoutes } from '../route/ingress.ts';

/** A box before it is drawn: what it stands for, without its place in the text or its findings. */
export interface Box extends Omit<GraphNode, 'problems' | 'location'> {
  readonly ref?: ResourceRef;
  /** Ids of the boxes that it stands for; absent where it stands for itself. */
  readonly members?: readonly string[];
}

/** Boxes and arrows of a scope; `E` may be what else joins boxes. */
export interface Topology<E = GraphEdge> {
  readonly boxes: readonly Box[];
  readonly edges: readonly E[];
}

/** The id of the box for everything outside the cluster. */
export const outside = 'outside';

/** The id of an object's box, stable between analyses. */
export function boxId({ kind, namespace, name }: ResourceRef): string {
  return `${kind}/${namespace}/${name}`;
}

/** The objects of a scope as boxes, folded to workloads or opened to pods. */
export function ownBoxes({ snapshot }: Derived, level: 'workload' | 'pod'): readonly Box[] {
  const workloads = snapshot.workloads.filter((one) => !one.system);
  return [
    ...snapshot.ofKind('networking.k8s.io', 'Ingress').map(({ ref }) => objectBox(ref, 'ingress', 'Ingress')),
    ...snapshot.services.filter(isOwn).map(serviceBox),
    ...workloads.flatMap((one) => (level === 'workload' ? [workloadBox(one)] : one.pods.map(podBox))),
  ];
}

/**
 * What a scope is made of: its boxes, the outside of them, and every arrow but those of what pods may connect to. Yields
 * between Services.
 */
export function* structure(derived: Derived, level: 'workload' | 'pod'): Generator<undefined, Topology> {
  const boxes = ownBoxes(derived, level);
  const selected = yield* selectEdges(derived, level);
  const edges = [...routeEdges(derived), ...selected, ...blockEdges(derived, level)];
  const outer = outerBoxes(edges);
  const known = new Set([...boxes, ...outer].map((one) => one.id));
  const unique = new Map(edges.map((edge) => [`${edge.kind} ${edge.from} ${edge.to}`, edge]));
  return {
    boxes: [...outer, ...boxes],
    edges: [...unique.values()].filter(({ from, to }) => known.has(from) && known.has(to)),
  };
}

function isOwn({ resource }: Service): boolean {
  return resource.origin.type !== 'simulated';
}

function objectBox(ref: ResourceRef, kind: GraphNode['kind'], title: string): Box {
  return { id: boxId(ref), kind, namespace: ref.namespace, name: ref.name, title, label: ref.name, ref };
}

function serviceBox(service: Service): Box {
  const type = service.headless ? 'headless' : service.type;
  const { ref } = service;
  return { ...objectBox(ref, 'service', `Service ${type}`), end: `${ref.namespace}/svc/${ref.name}` };
}

function workloadBox({ ref, pods }: Workload): Box {
  return {
    ...objectBox(ref, 'workload', ref.kind),
    replicas: pods.length,
    ready: pods.filter((one) => one.ready).length,
    end: ref.kind === 'Pod' ? `${ref.namespace}/${ref.name}` : `${ref.namespace}/${ref.kind}/${ref.name}`,
  };
}

function podBox(pod: Pod): Box {
  const { ref, workload } = pod;
  return {
    ...objectBox(ref, 'pod', 'Pod'),
    end: `${ref.namespace}/${ref.name}`,
    parent: boxId(workload),
    ready: pod.ready ? 1 : 0,
    replicas: 1,
  };
}

/** The outside and the address ranges that arrows name. */
function outerBoxes(edges: readonly GraphEdge[]): readonly Box[] {
  const ids = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const empty = { namespace: '', name: '' };
  return [...ids].flatMap((id): Box[] => {
    if (id === outside) return [{ ...empty, id, kind: 'external', title: t('Outside'), label: t('the cluster') }];
    if (!id.startsWith('cidr/')) return [];
    const cidr = id.slice('cidr/'.length);
    return [{ id, kind: 'cidr', namespace: '', name: cidr, title: 'CIDR', label: cidr }];
  });
}

/** From outside to Ingress and Services that listen there, and from Ingress to its Services. */
function routeEdges({ snapshot }: Derived): readonly GraphEdge[] {
  const edges: GraphEdge[] = [];
  for (const ingress of snapshot.ofKind('networking.k8s.io', 'Ingress')) {
    const routes = ingressRoutes(snapshot, ingress);
    const hosts = [...new Set(routes.map((one) => one.host || '*'))].join(', ');
    edges.push({ from: outside, to: boxId(ingress.ref), kind: 'routes', ports: hosts });
    for (const { backend } of routes) {
      if (backend.service === undefined) continue;
      const ports = backend.port === undefined ? '' : `${backend.port.port}`;
      edges.push({ from: boxId(ingress.ref), to: boxId(backend.service.ref), kind: 'routes', ports });
    }
  }
  for (const service of snapshot.services) {
    const open = service.type === 'NodePort' || service.type === 'LoadBalancer' || service.externalIPs.length > 0;
    if (!open || !isOwn(service)) continue;
    const ports = service.ports.map((one) => (service.type === 'NodePort' ? (one.nodePort ?? one.port) : one.port));
    edges.push({ from: outside, to: boxId(service.ref), kind: 'routes', ports: ports.join(', ') });
  }
  return edges;
}

/** From a Service to whatever its endpoints are. */
function* selectEdges(derived: Derived, level: 'workload' | 'pod'): Generator<undefined, readonly GraphEdge[]> {
  const edges: GraphEdge[] = [];
  for (const service of derived.snapshot.services.filter(isOwn)) {
    const found = new Map<string, Set<string>>();
    for (const { pod, ip, port, protocol } of derived.endpointsOf(service).endpoints) {
      const id = pod === undefined ? `cidr/${ip}` : boxId(level === 'pod' ? pod.ref : pod.workload);
      const ports = found.get(id) ?? new Set();
      found.set(id, ports.add(protocol === 'TCP' ? `${port}` : `${port}/${protocol}`));
    }
    for (const [to, ports] of found) {
      edges.push({ from: boxId(service.ref), to, kind: 'selects', ports: [...ports].join(', ') });
    }
    yield;
  }
  return edges;
}

/** True when policies isolate the end in a direction, so that being allowed means something. */
export function isIsolated({ policies }: Derived, pod: Pod, direction: Direction): boolean {
  return policies.selecting(pod).some((one) => one.isolates[direction]);
}

/** `TCP 8080, 9000-9002`; '' where every port is open. */
export function portsText({ matrix }: Derived, set: number): string {
  return set === matrix.ports.all ? '' : formatPortRanges(matrix.ports.ranges(set), t('all ports'));
}

/** The boxes that stand for an end at a level. */
export function endBoxes({ workload, pods }: ConnectivityEnd, level: 'workload' | 'pod'): readonly string[] {
  return level === 'workload' ? [boxId(workload.ref)] : pods.map((one) => boxId(one.ref));
}

/** Address ranges that policies name: from and to the workloads that they let in or out. */
function blockEdges({ matrix }: Derived, level: 'workload' | 'pod'): readonly GraphEdge[] {
  return matrix.ends.flatMap((end) =>
    matrix.selecting(end.podClass).flatMap((program) =>
      program.rules.flatMap((rule) =>
        (rule.peers ?? []).flatMap((peer) => {
          if (peer.kind !== 'block' || peer.invalid !== undefined) return [];
          const range = `cidr/${peer.cidr}`;
          return endBoxes(end, level).map((box): GraphEdge => {
            const ends = rule.direction === 'ingress' ? { from: range, to: box } : { from: box, to: range };
            return { ...ends, kind: 'allows', ports: '' };
          });
        }),
      ),
    ),
  );
}
