import {
  type ConnectivityEnd,
  type ConnectivityMatrix,
  externalRoutes,
  formatPortRanges,
  type PortRange,
  parseManifest,
  type Resource,
  type Service,
  type ServicePort,
  type Snapshot,
  type Workload,
} from '../../../src/engine/index.ts';
import type { ExpectedConnection } from './corpus.ts';

/** Where the peer puts it. */
export const controllerNamespace = 'ingress-controller-ns';
const namespace = controllerNamespace;

/** The peer's stand-in for every Ingress controller (corpus/README.md, rule 8). */
export const controllerName = `${namespace}/ingress-controller[Pod]`;

const text = `{apiVersion: v1, kind: Pod, metadata: {name: ingress-controller, namespace: ${namespace}}, spec: {containers: []}}`;

/** The pod without labels that the peer adds. */
export const controllerPod: readonly Resource[] = parseManifest(text, 'controller.yaml').documents.flatMap(
  (document) => document.resources,
);

/** Rows from `{ingress-controller}`: what Ingresses and Routes lead to, as far as policies let that pod in. */
export function controllerRows(snapshot: Snapshot, matrix: ConnectivityMatrix): readonly ExpectedConnection[] {
  const controller = matrix.ends.find(({ name }) => name === controllerName);
  if (controller === undefined) return [];
  return matrix.ends.flatMap((end): ExpectedConnection[] => {
    const reached = controllerPorts(snapshot, matrix, end.name);
    const set = matrix.ports.intersection(reached, matrix.allowed(controller, end) ?? matrix.ports.none);
    if (end === controller || set === matrix.ports.none) return [];
    const conn = formatPortRanges(matrix.ports.ranges(set), 'All Connections').replaceAll('; ', ';');
    return [{ src: '{ingress-controller}', dst: end.name, conn }];
  });
}

/** The ports of a workload, by name, that some Ingress or Route leads to, as an id of the matrix. */
export function controllerPorts(snapshot: Snapshot, matrix: ConnectivityMatrix, name: string): number {
  const end = matrix.ends.find((one) => one.name === name);
  return matrix.ports.of(end === undefined ? [] : reachedPorts(snapshot, end));
}

function reachedPorts(snapshot: Snapshot, { workload }: ConnectivityEnd): readonly PortRange[] {
  return externalRoutes(snapshot).flatMap(({ backend: { service, port } }) => {
    if (service === undefined || service.ref.namespace !== workload.ref.namespace || !selects(service, workload))
      return [];
    const ports = port === undefined ? service.ports : [port];
    return ports.flatMap((one) => declaredPort(one, workload));
  });
}

function selects({ selector }: Service, { template: { labels } }: Workload): boolean {
  const wanted = Object.entries(selector ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}

/** The peer reads every declared port as TCP here, also one that is declared for UDP. */
function declaredPort({ targetPort }: ServicePort, { template }: Workload): readonly PortRange[] {
  return template.ports
    .filter(({ name, port }) => (typeof targetPort === 'number' ? port : name) === targetPort)
    .map(({ port }) => ({ protocol: 'TCP', from: port, to: port }));
}
