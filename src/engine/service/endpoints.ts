import { t } from '@vscode/l10n';
import { familyOf, normalIp } from '../model/addresses.ts';
import type { Pod, Service, ServicePort } from '../model/cluster.ts';
import { goneNode } from '../model/goneNode.ts';
import { arrayAt, numberAt, stringAt, stringMapAt } from '../model/json.ts';
import { oncePer } from '../model/memo.ts';
import { nearest } from '../model/nearest.ts';
import { hasEnded } from '../model/pods.ts';
import type { Resource } from '../model/resource.ts';
import { slicesOf } from '../model/slices.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { readProtocol } from '../model/template.ts';
import type { Endpoint, EndpointReason, ServiceEndpoints } from './endpoint.ts';
import { PodEndpoint } from './podEndpoint.ts';
import { whyNotReady } from './readiness.ts';
import { selectedPods } from './selected.ts';
import {
  findPort,
  readEndpoint,
  supportedAddressTypes,
  topologyAnnotationEnabled,
  type WrittenEndpoint,
} from './slices.ts';

/**
 * The endpoints of a Service as the EndpointSlice controller would write them, or as hand-written slices say, with a
 * reason for each endpoint that one would expect and that is missing.
 */
export function resolveEndpoints(snapshot: Snapshot, service: Service): ServiceEndpoints {
  if (service.type === 'ExternalName') {
    const text = t('An ExternalName Service has no endpoints: its name is an alias of {0}', service.externalName ?? '');
    return { service, endpoints: [], reasons: [{ text }], source: 'none' };
  }
  const hasSelector = service.selector !== undefined && Object.keys(service.selector).length > 0;
  if (!hasSelector || snapshot.isLoading) return manual(service, writtenEndpoints(snapshot, service));
  const pods = selectedPods(snapshot, service);
  if (pods.length === 0) {
    // Slices of a Service whose pods are not in the files were written where the pods are: they are all there is to know.
    const written = writtenEndpoints(snapshot, service);
    if (written.length > 0) return manual(service, written);
  }
  return withForeign(selected(snapshot, service, pods), snapshot);
}

const controllers: ReadonlySet<string> = new Set([
  'endpointslice-controller.k8s.io',
  'endpointslicemirroring-controller.k8s.io',
]);

const isForeign = oncePer(({ object }: Resource): boolean => {
  const manager = stringMapAt(object, 'metadata', 'labels')['endpointslice.kubernetes.io/managed-by'];
  return manager === undefined || !controllers.has(manager);
});

/** A proxy takes every slice with the Service's label, whoever wrote it: those of others add to the controller's. */
function withForeign(own: ServiceEndpoints, snapshot: Snapshot): ServiceEndpoints {
  const foreign = slicesOf(snapshot, own.service.ref).filter(isForeign);
  if (foreign.length === 0) return own;
  const key = ({ ip, port, portName, protocol }: Endpoint): string => `${ip} ${port} ${portName} ${protocol}`;
  const known = new Set(own.endpoints.map(key));
  const more = foreign
    .flatMap((slice) => sliceEndpoints(snapshot, own.service, slice))
    .filter((one) => !known.has(key(one)));
  return more.length === 0 ? own : { ...own, endpoints: [...own.endpoints, ...more] };
}

function manual(service: Service, endpoints: readonly Endpoint[]): ServiceEndpoints {
  if (endpoints.length > 0) return { service, endpoints, reasons: notReady(endpoints), source: 'manual' };
  const text =
    Object.keys(service.selector ?? {}).length === 0
      ? t('{0} has no selector, and no EndpointSlice or Endpoints names it', service.ref.name)
      : t('No EndpointSlice has an address for {0}', service.ref.name);
  const evidence = { ref: service.ref, path: ['spec'], note: '' };
  return { service, endpoints: [], reasons: [{ text, evidence }], source: 'none' };
}

function notReady(endpoints: readonly Endpoint[]): readonly EndpointReason[] {
  return endpoints
    .filter((one) => !one.ready)
    .map((one) => ({ text: t('{0} is not ready', one.pod?.ref.name ?? one.ip), ...podOf(one.pod) }));
}

function podOf(pod: Pod | undefined): { readonly pod?: { readonly namespace: string; readonly name: string } } {
  return pod === undefined ? {} : { pod: { namespace: pod.ref.namespace, name: pod.ref.name } };
}

/** Slices bind by label, Endpoints by name; Endpoints count where no slice does, as they are mirrored into slices. */
function writtenEndpoints(snapshot: Snapshot, service: Service): readonly Endpoint[] {
  const { namespace, name } = service.ref;
  const slices = slicesOf(snapshot, service.ref);
  if (slices.length > 0) return slices.flatMap((slice) => sliceEndpoints(snapshot, service, slice));
  const endpoints = snapshot.get({ group: '', kind: 'Endpoints', namespace, name });
  return endpoints === undefined ? [] : mirrored(snapshot, service, endpoints);
}

function sliceEndpoints(snapshot: Snapshot, service: Service, slice: Resource): readonly Endpoint[] {
  const { object } = slice;
  const type = stringAt(object, 'addressType') ?? 'IPv4';
  const ports = arrayAt(object, 'ports');
  return arrayAt(object, 'endpoints').flatMap((value) => {
    const one = readEndpoint(value);
    // kube-proxy uses the first address of each endpoint.
    const ip = one.addresses[0];
    if (ip === undefined || familyOf(ip) !== type) return [];
    if (ports.length === 0 && service.headless) return [asEndpoint(snapshot, service, one, ip, 0, '', 'TCP')];
    return ports.flatMap((port) => {
      const number = numberAt(port, 'port');
      const protocol = readProtocol(stringAt(port, 'protocol'));
      const name = stringAt(port, 'name') ?? '';
      return number === undefined || protocol === undefined
        ? []
        : [asEndpoint(snapshot, service, one, ip, number, name, protocol)];
    });
  });
}

function asEndpoint(
  snapshot: Snapshot,
  service: Service,
  one: WrittenEndpoint,
  ip: string,
  port: number,
  portName: string,
  protocol: Endpoint['protocol'],
): Endpoint {
  const pod =
    (one.target && snapshot.pod(one.target.namespace || service.ref.namespace, one.target.name)) ??
    snapshot.ownersOf(ip).pods.find((candidate) => !candidate.template.hostNetwork);
  const node = one.nodeName ?? pod?.node;
  const servicePort = service.ports.find((candidate) => candidate.name === portName && candidate.protocol === protocol);
  return {
    ip,
    family: familyOf(ip) ?? 'IPv4',
    port,
    portName,
    protocol,
    ...(servicePort ? { servicePort } : {}),
    ...(pod ? { pod } : {}),
    ...(node ? { node } : {}),
    ...(one.zone ? { zone: one.zone } : {}),
    ...(one.hostname ? { hostname: one.hostname } : {}),
    ready: one.ready,
    serving: one.serving,
    terminating: one.terminating,
    simulated: false,
    ...(one.hinted ? { hints: { forZones: one.forZones, forNodes: one.forNodes } } : {}),
  };
}

/** The EndpointSlice mirroring controller copies Endpoints of Services without selector, unless told not to. */
function mirrored(snapshot: Snapshot, service: Service, { object }: Resource): readonly Endpoint[] {
  const skip = stringMapAt(object, 'metadata', 'labels')['endpointslice.kubernetes.io/skip-mirror'];
  if (skip === 'true') return [];
  return arrayAt(object, 'subsets').flatMap((subset) =>
    (['addresses', 'notReadyAddresses'] as const).flatMap((list) =>
      arrayAt(subset, list).flatMap((address) => {
        const ip = stringAt(address, 'ip');
        if (ip === undefined || familyOf(ip) === undefined) return [];
        const ready = list === 'addresses';
        const nodeName = stringAt(address, 'nodeName');
        const hostname = stringAt(address, 'hostname');
        const one: WrittenEndpoint = {
          addresses: [normalIp(ip)],
          ready,
          serving: ready,
          terminating: false,
          ...(nodeName ? { nodeName } : {}),
          ...(hostname ? { hostname } : {}),
          forZones: [],
          forNodes: [],
          hinted: false,
        };
        return arrayAt(subset, 'ports').flatMap((port) => {
          const number = numberAt(port, 'port');
          const protocol = readProtocol(stringAt(port, 'protocol'));
          if (number === undefined || protocol === undefined) return [];
          return [asEndpoint(snapshot, service, one, normalIp(ip), number, stringAt(port, 'name') ?? '', protocol)];
        });
      }),
    ),
  );
}

function selected(snapshot: Snapshot, service: Service, matching: readonly Pod[]): ServiceEndpoints {
  const reasons: EndpointReason[] = [];
  if (matching.length === 0) reasons.push(nothingSelected(snapshot, service));
  const endpoints = matching.flatMap((pod) => {
    const missing = exclusion(snapshot, pod, service);
    if (missing !== undefined) {
      reasons.push({ ...podOf(pod), text: missing });
      return [];
    }
    return podEndpoints(snapshot, service, pod, reasons);
  });
  return { service, endpoints, reasons: mergeReasons(reasons), source: 'controller' };
}

/**
 * Why a selected pod is no endpoint at all. One whose node is gone is none even while it is called ready, unless addresses of
 * pods that are not ready are wanted, too. Source: kubernetes/endpointslice reconciler.go.
 */
function exclusion(snapshot: Snapshot, pod: Pod, service: Service): string | undefined {
  if (hasEnded(pod)) return t('{0} has ended ({1})', pod.ref.name, pod.phase);
  const types = supportedAddressTypes(withFamilies(service));
  if (pod.ips.length === 0) return t('{0} has no address yet ({1})', pod.ref.name, pod.phase);
  if (!pod.ips.some((ip) => types.some((type) => type === familyOf(ip)))) {
    return t('{0} has no {1} address', pod.ref.name, types.join(' / '));
  }
  const gone = service.publishNotReadyAddresses ? undefined : goneNode(snapshot, pod);
  return gone === undefined ? undefined : t('{0} is on node {1}, which the cluster has no more', pod.ref.name, gone);
}

/** Families follow the address that the Service has or will get, where the object leaves them out. */
function withFamilies(service: Service): Parameters<typeof supportedAddressTypes>[0] {
  const ipFamilies = service.ipFamilies ?? service.clusterIPs.flatMap((ip) => familyOf(ip) ?? []);
  const clusterIP = service.headless ? 'None' : service.clusterIPs[0];
  return { spec: { ipFamilies: [...new Set(ipFamilies)], ...(clusterIP === undefined ? {} : { clusterIP }) } };
}

function podEndpoints(snapshot: Snapshot, service: Service, pod: Pod, reasons: EndpointReason[]): readonly Endpoint[] {
  const types = supportedAddressTypes(withFamilies(service));
  const zone = snapshot.node(pod.node)?.labels['topology.kubernetes.io/zone'];
  const hostname =
    pod.template.hostname !== undefined && pod.template.subdomain === service.ref.name
      ? pod.template.hostname
      : undefined;
  const ready = service.publishNotReadyAddresses || (pod.ready && !pod.terminating);
  if (!ready) reasons.push({ ...podOf(pod), text: whyNotReady(pod).text });
  return types.flatMap((family) => {
    const ip = pod.ips.find((one) => familyOf(one) === family);
    if (ip === undefined) return [];
    return portsOn(service, pod, reasons).map(([servicePort, port]): Endpoint => {
      const own = { ip, port, servicePort, zone: zone || undefined, ready };
      const hints = hintsOf(service, { ready, node: pod.node, zone: own.zone });
      return new PodEndpoint(pod, own, { ...(hostname ? { hostname } : {}), ...hints });
    });
  });
}

/** The hints that the controller would write for trafficDistribution; the older annotation switches it off. */
function hintsOf(
  service: Service,
  { zone, node, ready }: Pick<Endpoint, 'zone' | 'node' | 'ready'>,
): Pick<Endpoint, 'hints'> {
  const annotations = stringMapAt(service.resource.object, 'metadata', 'annotations');
  const { trafficDistribution } = service;
  const known = ['PreferClose', 'PreferSameZone', 'PreferSameNode'].includes(trafficDistribution ?? '');
  if (!ready || !known || topologyAnnotationEnabled(annotations)) return {};
  const forNodes = trafficDistribution === 'PreferSameNode' && node ? [node] : [];
  return zone || forNodes.length > 0 ? { hints: { forZones: zone ? [zone] : [], forNodes } } : {};
}

/** The Service's ports that the pod serves; a headless Service without ports still has the address. */
function portsOn(
  service: Service,
  pod: Pod,
  reasons: EndpointReason[],
): readonly (readonly [ServicePort | undefined, number])[] {
  if (service.ports.length === 0) return service.headless ? [[undefined, 0]] : [];
  return service.ports.flatMap((servicePort): (readonly [ServicePort, number])[] => {
    const port = findPort(pod.template.spec, servicePort.targetPort, servicePort.protocol);
    if (port !== undefined) return [[servicePort, port]];
    const names = pod.template.ports.filter((one) => one.protocol === servicePort.protocol).map((one) => one.name);
    const guess = nearest(String(servicePort.targetPort), names);
    const path = [...servicePort.path, 'targetPort'];
    reasons.push({
      ...podOf(pod),
      text: t('{0} has no {1} port named {2}', pod.ref.name, servicePort.protocol, String(servicePort.targetPort)),
      evidence: { ref: service.ref, path, note: '' },
      ...(guess === undefined ? {} : { fix: { ref: service.ref, path, value: guess } }),
    });
    return [];
  });
}

/** Says which label is off where one workload of the namespace comes close. */
function nothingSelected(snapshot: Snapshot, service: Service): EndpointReason {
  const selector = service.selector ?? {};
  const text = Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const evidence = { ref: service.ref, path: ['spec', 'selector'], note: '' };
  const head = t('Selector {0} matches no pod in {1}', text, service.ref.namespace);
  const close = closestWorkload(snapshot, service);
  if (close === undefined) return { text: head, evidence };
  const [key, value, kind, name] = close;
  return {
    text: t('{0}. {1} {2} has {3}={4}', head, kind, name, key, value),
    evidence,
    fix: { ref: service.ref, path: ['spec', 'selector', key], value },
  };
}

/** The one label of a selector that keeps a workload from being selected, where its value is a slip of the workload's. */
function closestWorkload(snapshot: Snapshot, service: Service): readonly [string, string, string, string] | undefined {
  const wanted = Object.entries(service.selector ?? {});
  for (const workload of snapshot.workloadsIn(service.ref.namespace)) {
    if (workload.system) continue;
    const labels = workload.template.labels;
    const off = wanted.filter(([key, value]) => labels[key] !== value);
    const [only] = off;
    if (off.length !== 1 || only === undefined) continue;
    const has = labels[only[0]];
    if (has !== undefined && nearest(only[1], [has]) !== undefined)
      return [only[0], has, workload.ref.kind, workload.ref.name];
  }
  return undefined;
}

/** Pods of one workload lack a port for one reason: it is told once a text. */
function mergeReasons(reasons: readonly EndpointReason[]): readonly EndpointReason[] {
  const seen = new Set<string>();
  return reasons.filter(({ pod, text }) => {
    const key = `${pod?.namespace}/${pod?.name} ${text}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
