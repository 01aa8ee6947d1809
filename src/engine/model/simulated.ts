import { t } from '@vscode/l10n';
import { nthAddress, parseCidr } from './addresses.ts';
import type { ClusterNode } from './cluster.ts';
import type { JsonObject } from './json.ts';
import { matchesLabels, selectorOfLabels } from './labels.ts';
import { isLive, type Resource } from './resource.ts';
import type { ResourceIndex } from './resourceIndex.ts';
import { slicesOf } from './slices.ts';
import { type Controller, readControllers, templateOf } from './workloads.ts';

/** Objects that every cluster has, and manifests leave out: CoreDNS, the API server's Service, an Ingress controller. */
export function systemResources(
  { effective: resources, ofKind }: ResourceIndex,
  nodes: number,
  serviceCIDRs: readonly string[],
): readonly Resource[] {
  if (resources.some(isLive)) return [];
  const controllers = readControllers(ofKind, nodes);
  const has = (group: string, kind: string, namespace: string, name: string): boolean =>
    resources.some(
      ({ ref }) => ref.group === group && ref.kind === kind && ref.namespace === namespace && ref.name === name,
    );
  const made: Resource[] = [];
  if (!hasPods(resources, controllers, 'kube-system', { 'k8s-app': 'kube-dns' })) {
    made.push(dnsDeployment());
  }
  if (!has('', 'Service', 'kube-system', 'kube-dns')) made.push(dnsService(serviceCIDRs));
  if (!has('', 'Service', 'default', 'kubernetes')) made.push(apiService(serviceCIDRs));
  const ingresses = resources.some(({ ref }) => ref.kind === 'Ingress' && ref.group === 'networking.k8s.io');
  if (ingresses && !hasIngressController(controllers, resources)) made.push(ingressDeployment(), ingressService());
  return made;
}

/** The hand-written endpoint of the API server's Service, unless one is given: the first node is taken for the control plane. */
export function apiEndpoints(
  system: readonly Resource[],
  given: ResourceIndex,
  node: ClusterNode | undefined,
): readonly Resource[] {
  if (slicesOf(given, { namespace: 'default', name: 'kubernetes' }).length > 0) return [];
  const service = system.find(
    ({ ref, origin }) =>
      ref.kind === 'Service' && ref.namespace === 'default' && ref.name === 'kubernetes' && origin.type === 'simulated',
  );
  const ip = node?.internalIPs[0];
  if (service === undefined || ip === undefined || node === undefined) return [];
  return [
    simulated('discovery.k8s.io/v1', 'EndpointSlice', 'default', 'kubernetes', {
      labels: { 'kubernetes.io/service-name': 'kubernetes' },
      body: {
        addressType: ip.includes(':') ? 'IPv6' : 'IPv4',
        ports: [{ name: 'https', port: 6443, protocol: 'TCP' }],
        endpoints: [{ addresses: [ip], conditions: { ready: true }, nodeName: node.name }],
      },
    }),
  ];
}

function hasPods(
  resources: readonly Resource[],
  controllers: readonly Controller[],
  namespace: string,
  labels: Record<string, string>,
): boolean {
  const selector = selectorOfLabels(labels);
  return (
    controllers.some(
      (one) => one.resource.ref.namespace === namespace && matchesLabels(selector, one.template.labels),
    ) ||
    resources.some(
      (one) =>
        one.ref.kind === 'Pod' &&
        one.ref.namespace === namespace &&
        matchesLabels(selector, templateOf(one, []).labels),
    )
  );
}

const ingressControllers =
  /(^|\/)(ingress-nginx|nginx-ingress|ingress-controller|kubernetes-ingress|traefik|haproxy-ingress|contour|ambassador|emissary|kong|aws-load-balancer-controller)\b|ingress-nginx\/controller|nginx-ingress-controller/;

/** Judged by the controllers' images, which renamed installations keep. */
function hasIngressController(controllers: readonly Controller[], resources: readonly Resource[]): boolean {
  const pods = resources.filter(({ ref }) => ref.kind === 'Pod' && ref.group === '');
  const specs = [...controllers.map((one) => one.template), ...pods.map((pod) => templateOf(pod, []))];
  return specs.some(({ spec }) => {
    const containers = Array.isArray(spec['containers']) ? (spec['containers'] as readonly JsonObject[]) : [];
    return containers.some((one) => typeof one?.['image'] === 'string' && ingressControllers.test(one['image']));
  });
}

/** How a simulated object is told from others. */
export function isSimulated(resource: Resource): boolean {
  return resource.origin.type === 'simulated';
}

function simulated(
  apiVersion: string,
  kind: string,
  namespace: string,
  name: string,
  { labels, body }: { labels?: Record<string, string>; body: JsonObject },
): Resource {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const object: JsonObject = {
    apiVersion,
    kind,
    metadata: { name, namespace, ...(labels ? { labels } : {}) },
    ...body,
  };
  const note = t('{0} {1}/{2} is not in the files; Podpath takes it as given', kind, namespace, name);
  return { ref: { group, kind, namespace, name }, apiVersion, object, origin: { type: 'simulated', note } };
}

function address(serviceCIDRs: readonly string[], n: bigint): string[] {
  return serviceCIDRs.flatMap((text) => {
    const block = parseCidr(text);
    return block === undefined ? [] : [nthAddress(block, n)];
  });
}

function dnsDeployment(): Resource {
  const labels = { 'k8s-app': 'kube-dns' };
  const ports = [
    { name: 'dns', containerPort: 53, protocol: 'UDP' },
    { name: 'dns-tcp', containerPort: 53, protocol: 'TCP' },
    { name: 'metrics', containerPort: 9153, protocol: 'TCP' },
  ];
  return deployment('kube-system', 'coredns', labels, 2, [{ name: 'coredns', ports }]);
}

function dnsService(serviceCIDRs: readonly string[]): Resource {
  const clusterIPs = address(serviceCIDRs, 10n);
  return simulated('v1', 'Service', 'kube-system', 'kube-dns', {
    labels: { 'k8s-app': 'kube-dns' },
    body: {
      spec: {
        selector: { 'k8s-app': 'kube-dns' },
        ...(clusterIPs[0] === undefined ? {} : { clusterIP: clusterIPs[0], clusterIPs }),
        ports: [
          { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
          { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
          { name: 'metrics', port: 9153, protocol: 'TCP', targetPort: 9153 },
        ],
      },
    },
  });
}

function apiService(serviceCIDRs: readonly string[]): Resource {
  const clusterIPs = address(serviceCIDRs, 1n);
  return simulated('v1', 'Service', 'default', 'kubernetes', {
    body: {
      spec: {
        ...(clusterIPs[0] === undefined ? {} : { clusterIP: clusterIPs[0], clusterIPs }),
        ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }],
      },
    },
  });
}

const ingressLabels = { 'app.kubernetes.io/name': 'ingress-nginx', 'app.kubernetes.io/component': 'controller' };

function ingressDeployment(): Resource {
  const ports = [
    { name: 'http', containerPort: 80, protocol: 'TCP' },
    { name: 'https', containerPort: 443, protocol: 'TCP' },
  ];
  return deployment('ingress-nginx', 'ingress-nginx-controller', ingressLabels, 1, [{ name: 'controller', ports }]);
}

function ingressService(): Resource {
  return simulated('v1', 'Service', 'ingress-nginx', 'ingress-nginx-controller', {
    labels: ingressLabels,
    body: {
      spec: {
        type: 'LoadBalancer',
        selector: ingressLabels,
        ports: [
          { name: 'http', port: 80, protocol: 'TCP', targetPort: 'http' },
          { name: 'https', port: 443, protocol: 'TCP', targetPort: 'https' },
        ],
      },
    },
  });
}

function deployment(
  namespace: string,
  name: string,
  labels: Record<string, string>,
  replicas: number,
  containers: readonly JsonObject[],
): Resource {
  return simulated('apps/v1', 'Deployment', namespace, name, {
    labels,
    body: {
      spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
    },
  });
}
