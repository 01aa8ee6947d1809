import { familyOf, normalIp } from '../model/addresses.ts';
import {
  arrayAt,
  isObject,
  isTrueAt,
  type JsonObject,
  type JsonValue,
  numberAt,
  objectAt,
  stringAt,
  stringMapAt,
  stringsAt,
  valueAt,
} from '../model/json.ts';
import type { Labels } from '../model/labels.ts';

/**
 * What the EndpointSlice controller computes, as functions of raw objects: kubernetes/endpointslice and
 * component-helpers. resolveEndpoints and the oracle both call these.
 */

/** The number of a Service's targetPort on a pod; `undefined` where the pod has no such named port. Source: podutil.FindPort. */
export function findPort(
  podSpec: JsonValue | undefined,
  targetPort: number | string,
  protocol: string,
): number | undefined {
  if (typeof targetPort === 'number') return targetPort;
  const containers = arrayAt(podSpec, 'containers');
  const sidecars = arrayAt(podSpec, 'initContainers').filter((one) => stringAt(one, 'restartPolicy') === 'Always');
  for (const container of [...containers, ...sidecars]) {
    for (const port of arrayAt(container, 'ports')) {
      if (stringAt(port, 'name') !== targetPort || (stringAt(port, 'protocol') ?? 'TCP') !== protocol) continue;
      return numberAt(port, 'containerPort');
    }
  }
  return undefined;
}

/** One port of an endpoint: the Service port's name, the pod's number. */
export interface SlicePort {
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
  readonly appProtocol?: string;
}

/** The endpoint ports that a pod gives a Service; a named port that the pod lacks is left out, the pod stays. */
export function endpointPorts(service: JsonObject, pod: JsonObject): readonly SlicePort[] {
  return arrayAt(service, 'spec', 'ports').flatMap((one): SlicePort[] => {
    const protocol = stringAt(one, 'protocol') ?? 'TCP';
    const target = valueAt(one, 'targetPort');
    const wanted = typeof target === 'string' || typeof target === 'number' ? target : 0;
    const named = typeof wanted === 'string' && wanted !== '';
    const port = findPort(
      valueAt(pod, 'spec'),
      named || wanted !== 0 ? wanted : (numberAt(one, 'port') ?? 0),
      protocol,
    );
    if (port === undefined) return [];
    const appProtocol = stringAt(one, 'appProtocol');
    return [
      { name: stringAt(one, 'name') ?? '', port, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) },
    ];
  });
}

/** The families that a Service has slices of; those of the address where ipFamilies is not defaulted, both for a headless one. */
export function supportedAddressTypes(service: JsonObject): readonly ('IPv4' | 'IPv6')[] {
  const written = stringsAt(service, 'spec', 'ipFamilies').filter((one) => one === 'IPv4' || one === 'IPv6');
  if (written.length > 0) return [...new Set(written)];
  const clusterIP = stringAt(service, 'spec', 'clusterIP') ?? '';
  const family = familyOf(clusterIP);
  return family === undefined ? ['IPv4', 'IPv6'] : [family];
}

/** True for a pod that has slices' endpoints: it has an address and has not ended. Deletion counts only for Endpoints. */
export function shouldPodBeInEndpoints(pod: JsonObject, includeTerminating: boolean): boolean {
  const phase = stringAt(pod, 'status', 'phase');
  if (phase === 'Succeeded' || phase === 'Failed') return false;
  const addresses = arrayAt(pod, 'status', 'podIPs').some((one) => (stringAt(one, 'ip') ?? '') !== '');
  if (!addresses && (stringAt(pod, 'status', 'podIP') ?? '') === '') return false;
  return includeTerminating || valueAt(pod, 'metadata', 'deletionTimestamp') == null;
}

/** True where the pod's hostname makes a DNS name under the Service. */
export function shouldSetHostname(pod: JsonObject, service: JsonObject): boolean {
  return (
    (stringAt(pod, 'spec', 'hostname') ?? '') !== '' &&
    stringAt(pod, 'spec', 'subdomain') === stringAt(service, 'metadata', 'name') &&
    stringAt(service, 'metadata', 'namespace') === stringAt(pod, 'metadata', 'namespace')
  );
}

/** An endpoint in the API's own shape (discovery.k8s.io/v1). */
export interface SliceEndpoint {
  readonly addresses: readonly string[];
  readonly conditions: { readonly ready: boolean; readonly serving: boolean; readonly terminating: boolean };
  readonly nodeName?: string;
  readonly zone?: string;
  readonly hostname?: string;
  readonly targetRef: {
    readonly kind: 'Pod';
    readonly name: string;
    readonly namespace: string;
    readonly uid?: string;
  };
}

/** The endpoint of a pod in a Service's slices of one family. `node` is the pod's Node object, for its zone. */
export function podToEndpoint(
  pod: JsonObject,
  service: JsonObject,
  node: JsonValue | undefined,
  addressType: 'IPv4' | 'IPv6',
): SliceEndpoint {
  const serving = arrayAt(pod, 'status', 'conditions').some(
    (one) => stringAt(one, 'type') === 'Ready' && stringAt(one, 'status') === 'True',
  );
  const terminating = valueAt(pod, 'metadata', 'deletionTimestamp') != null;
  const ready = isTrueAt(service, 'spec', 'publishNotReadyAddresses') || (serving && !terminating);
  const nodeName = stringAt(pod, 'spec', 'nodeName');
  const zone = stringMapAt(node, 'metadata', 'labels')['topology.kubernetes.io/zone'];
  const uid = stringAt(pod, 'metadata', 'uid');
  return {
    addresses: podAddresses(pod).filter((ip) => familyOf(ip) === addressType),
    conditions: { ready, serving, terminating },
    ...(nodeName ? { nodeName } : {}),
    ...(zone ? { zone } : {}),
    ...(shouldSetHostname(pod, service) ? { hostname: stringAt(pod, 'spec', 'hostname') ?? '' } : {}),
    targetRef: {
      kind: 'Pod',
      name: stringAt(pod, 'metadata', 'name') ?? '',
      namespace: stringAt(pod, 'metadata', 'namespace') ?? '',
      ...(uid ? { uid } : {}),
    },
  };
}

/** podIPs in normal form; the controller reads only these. */
function podAddresses(pod: JsonObject): readonly string[] {
  return arrayAt(pod, 'status', 'podIPs').flatMap((one) => normalIp(stringAt(one, 'ip') ?? ''));
}

/** The labels of the slices that the controller writes for a Service: the Service's own, its name, the manager. */
export function sliceLabels(service: JsonObject): Labels {
  const clusterIP = stringAt(service, 'spec', 'clusterIP') ?? '';
  const virtual = clusterIP !== '' && clusterIP !== 'None';
  // The controller's own label says what the Service is now, whatever the Service's labels say.
  const { 'service.kubernetes.io/headless': _, ...own } = stringMapAt(service, 'metadata', 'labels');
  return {
    ...own,
    'kubernetes.io/service-name': stringAt(service, 'metadata', 'name') ?? '',
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    ...(virtual ? {} : { 'service.kubernetes.io/headless': '' }),
  };
}

/** Whether the older topology heuristic is asked for; its annotation beats trafficDistribution. Only `Auto` and `auto` count. */
export function topologyAnnotationEnabled(annotations: Labels): boolean {
  const deprecated = annotations['service.kubernetes.io/topology-aware-hints'];
  const value = deprecated ?? annotations['service.kubernetes.io/topology-mode'];
  return value === 'Auto' || value === 'auto';
}

/** Hints of one endpoint; `null` says that it has none. */
export type Hints = {
  readonly forZones?: readonly { readonly name: string }[];
  readonly forNodes?: readonly { readonly name: string }[];
} | null;

/**
 * The hints that trafficDistribution gives an endpoint: its own zone (PreferClose, PreferSameZone), its own node too
 * (PreferSameNode). An endpoint that is not ready keeps what it had; an unset or unknown value removes hints.
 */
export function trafficDistributionHints(distribution: string | undefined, endpoint: JsonValue): Hints {
  const current = objectAt(endpoint, 'hints') as Hints | undefined;
  const known =
    distribution === 'PreferClose' || distribution === 'PreferSameZone' || distribution === 'PreferSameNode';
  if (!known) return null;
  if (valueAt(endpoint, 'conditions', 'ready') !== true) return current ?? null;
  const zone = stringAt(endpoint, 'zone');
  const node = stringAt(endpoint, 'nodeName');
  const perNode = distribution === 'PreferSameNode';
  if (!zone && !(perNode && node)) return null;
  return {
    ...(zone ? { forZones: [{ name: zone }] } : {}),
    ...(perNode && node ? { forNodes: [{ name: node }] } : {}),
  };
}

/** A hand-written or read endpoint with the API's meaning of absent conditions: ready, serving as ready, not terminating. */
export interface WrittenEndpoint {
  readonly addresses: readonly string[];
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly nodeName?: string;
  readonly zone?: string;
  readonly hostname?: string;
  readonly target?: { readonly namespace: string; readonly name: string };
  readonly forZones: readonly string[];
  readonly forNodes: readonly string[];
  readonly hinted: boolean;
}

/** Reads one endpoint of an EndpointSlice object. Odd fields read as absent. */
export function readEndpoint(value: JsonValue): WrittenEndpoint {
  const condition = (name: string, absent: boolean): boolean => {
    const found = valueAt(value, 'conditions', name);
    return typeof found === 'boolean' ? found : absent;
  };
  const ready = condition('ready', true);
  const names = (list: string): string[] => arrayAt(value, 'hints', list).flatMap((one) => stringAt(one, 'name') ?? []);
  const nodeName = stringAt(value, 'nodeName');
  const zone = stringAt(value, 'zone');
  const hostname = stringAt(value, 'hostname');
  const target = objectAt(value, 'targetRef');
  const name = stringAt(target, 'name');
  return {
    addresses: stringsAt(value, 'addresses').map(normalIp),
    ready,
    serving: condition('serving', ready),
    terminating: condition('terminating', false),
    ...(nodeName ? { nodeName } : {}),
    ...(zone ? { zone } : {}),
    ...(hostname ? { hostname } : {}),
    ...(name && stringAt(target, 'kind') === 'Pod'
      ? { target: { namespace: stringAt(target, 'namespace') ?? '', name } }
      : {}),
    forZones: names('forZones'),
    forNodes: names('forNodes'),
    hinted: isObject(valueAt(value, 'hints')),
  };
}
