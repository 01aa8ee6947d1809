import { eventFields, isNetworkEvent } from './events.ts';
import { nodeConditions, podConditions, waitingContainers } from './health.ts';
import { internJson, internName } from './intern.ts';
import { arrayAt, isObject, type JsonObject, type JsonValue, objectAt, stringAt } from './json.ts';
import type { Resource } from './resource.ts';

/** A kind that the engine reads from a running cluster. Secrets are none of them, and never will be. */
export interface LiveKind {
  readonly group: string;
  readonly kind: string;
  /** A group that serves the same objects under the same kind; where it has the kind this one is not read. */
  readonly sameAs?: string;
  /** Where present, only objects of these names, and those that have this label, are asked for and kept. */
  readonly only?: { readonly names: readonly string[]; readonly label: string };
  /** Where present, only objects that this field selector chooses are asked for. */
  readonly fieldSelector?: string;
  /** Proof of what other kinds show already: nothing is missing where it may not be read. */
  readonly isProof?: true;
  /** Read before all others: with these alone a Service's endpoints are known. */
  readonly isFirst?: true;
}

function kindsOf(group: string, kinds: readonly string[], sameAs?: string): readonly LiveKind[] {
  return kinds.map((kind) => ({ group, kind, ...(sameAs === undefined ? {} : { sameAs }) }));
}

/** What each project's ConfigMaps are read for; all other entries of `data`, and all other ConfigMaps, stay where they are. */
const configMapData: Readonly<Record<string, readonly string[] | 'all'>> = {
  'antrea-config': ['antrea-agent.conf'],
  'calico-config': ['veth_mtu', 'calico_backend', 'typha_service_name'],
  'canal-config': ['net-conf.json', 'veth_mtu'],
  // Settings of the agent, one a key; the agent's keys and tokens are Secrets.
  'cilium-config': 'all',
  'kube-flannel-cfg': ['net-conf.json'],
  'kube-proxy': ['config.conf', 'config'],
  'kube-proxy-config': ['config.conf', 'config'],
};

const calico = [
  'FelixConfiguration',
  'GlobalNetworkPolicy',
  'GlobalNetworkSet',
  'HostEndpoint',
  'IPPool',
  'NetworkPolicy',
  'NetworkSet',
  'Tier',
];

const gateway = [
  'Gateway',
  'GatewayClass',
  'GRPCRoute',
  'HTTPRoute',
  'ReferenceGrant',
  'TCPRoute',
  'TLSRoute',
  'UDPRoute',
];

/** Every kind that answers are made of, sorted by group; the only ones that a cluster is asked for. */
export const liveKinds: readonly LiveKind[] = [
  ...kindsOf('', ['Namespace', 'Node', 'Service']).map((one): LiveKind => ({ ...one, isFirst: true })),
  ...kindsOf('', ['Endpoints', 'Pod', 'ReplicationController']),
  { group: '', kind: 'ConfigMap', only: { names: Object.keys(configMapData), label: 'istio.io/rev' } },
  { group: '', kind: 'Event', fieldSelector: 'type=Warning', isProof: true },
  ...kindsOf('apps', ['DaemonSet', 'Deployment', 'ReplicaSet', 'StatefulSet']),
  ...kindsOf('batch', ['CronJob', 'Job']),
  ...kindsOf('cilium.io', ['CiliumCIDRGroup', 'CiliumClusterwideNetworkPolicy', 'CiliumNetworkPolicy', 'CiliumNode']),
  ...kindsOf('crd.antrea.io', ['ClusterNetworkPolicy', 'NetworkPolicy']),
  // Calico's own API server shows the same objects in the group without `crd`, under the names that people gave them.
  ...kindsOf('crd.projectcalico.org', calico, 'projectcalico.org'),
  { group: 'discovery.k8s.io', kind: 'EndpointSlice', isFirst: true },
  ...kindsOf('gateway.networking.k8s.io', gateway),
  ...kindsOf('install.istio.io', ['IstioOperator']),
  ...kindsOf('k8s.cni.cncf.io', ['MultiNetworkPolicy', 'NetworkAttachmentDefinition']),
  ...kindsOf('k8s.ovn.org', ['ClusterUserDefinedNetwork', 'EgressFirewall', 'UserDefinedNetwork']),
  ...kindsOf('kubevirt.io', ['VirtualMachine']),
  ...kindsOf('networking.istio.io', ['DestinationRule', 'Gateway', 'ServiceEntry', 'VirtualService']),
  ...kindsOf('networking.k8s.io', ['Ingress', 'IngressClass', 'NetworkPolicy']),
  ...kindsOf('operator.tigera.io', ['Installation']),
  ...kindsOf('policy.networking.k8s.io', ['AdminNetworkPolicy', 'BaselineAdminNetworkPolicy', 'ClusterNetworkPolicy']),
  ...kindsOf('projectcalico.org', calico),
  ...kindsOf('route.openshift.io', ['Route']),
  ...kindsOf('sailoperator.io', ['Istio']),
  ...kindsOf('security.istio.io', ['AuthorizationPolicy', 'PeerAuthentication']),
];

/** Annotations that some answer hangs on, by how their names begin. Others may hold anything, so they are not kept. */
const keptAnnotations = [
  'ambient.istio.io/',
  'flannel.alpha.coreos.com/',
  'ingressclass.kubernetes.io/',
  'inject.istio.io/',
  'io.cilium.network.',
  'istio.io/',
  'k8s.ovn.org/',
  'k8s.v1.cni.cncf.io/networks',
  'k8s.v1.cni.cncf.io/policy-for',
  'kubernetes.io/ingress.class',
  'network.cilium.io/',
  'networking.istio.io/',
  'node.antrea.io/',
  'podpath.dev/',
  'policy.cilium.io/',
  'projectcalico.org/',
  'service.kubernetes.io/',
  'sidecar.istio.io/',
  'traffic.istio.io/',
  'traffic.sidecar.istio.io/',
];

/** True for an annotation that some answer hangs on. */
export function isKeptAnnotation(key: string): boolean {
  return keptAnnotations.some((prefix) => key.startsWith(prefix));
}

/** What a container is read for. Its environment, arguments, commands and probes may hold secrets. */
const containerFields = ['name', 'image', 'ports', 'restartPolicy'];
/** The few settings of network components that are told apart by, and that hold no secret. */
const keptSettings: ReadonlySet<string> = new Set(['CALICO_IPV4POOL_IPIP', 'CALICO_IPV4POOL_VXLAN']);
const keptArguments = /^(?:router|waypoint|--proxy-mode=\w+)$/;
/** What of a pod's spec is read. All else may hold secrets, or is read by nobody. */
const podFields = [
  'containers',
  'dnsConfig',
  'dnsPolicy',
  'hostNetwork',
  'hostname',
  'initContainers',
  'nodeName',
  'serviceAccount',
  'serviceAccountName',
  'setHostnameAsFQDN',
  'subdomain',
];

/** What of a status is read; kinds that are not named here are read without. */
const statusFields: Readonly<Record<string, readonly string[]>> = {
  '/Node': ['addresses', 'conditions'],
  '/Pod': ['phase', 'podIP', 'podIPs', 'hostIP', 'hostIPs', 'conditions', 'containerStatuses', 'initContainerStatuses'],
  '/Service': ['loadBalancer'],
  'gateway.networking.k8s.io/Gateway': ['addresses'],
  'networking.k8s.io/Ingress': ['loadBalancer'],
};

/**
 * An object of a running cluster as the engine keeps it: what answers are made of, without Secrets, environment values,
 * arguments, managed fields or the copies that tools put into annotations. `undefined` for what has no name or is not read.
 */
export function liveResource(
  object: JsonObject,
  { group, version, kind }: { readonly group: string; readonly version: string; readonly kind: string },
  context: string,
): Resource | undefined {
  const name = stringAt(object, 'metadata', 'name');
  if (name === undefined || kind === 'Secret') return undefined;
  if (group === '' && kind === 'ConfigMap' && keptData(name) === undefined) return undefined;
  if (group === '' && kind === 'Event' && !isNetworkEvent(object)) return undefined;
  const apiVersion = group === '' ? version : `${group}/${version}`;
  const ref = { group, kind, namespace: internName(stringAt(object, 'metadata', 'namespace') ?? ''), name };
  const resourceVersion = stringAt(object, 'metadata', 'resourceVersion') ?? '';
  return {
    ref,
    apiVersion,
    object: { apiVersion, kind, ...projected(object, group, kind, name) },
    origin: { type: 'cluster', context, resourceVersion },
  };
}

function projected(object: JsonObject, group: string, kind: string, name: string): JsonObject {
  const metadata = projectMetadata(object);
  if (kind === 'ConfigMap') return { metadata, data: pick(objectAt(object, 'data'), keptData(name) ?? []) };
  if (kind === 'Event') return { metadata, ...eventFields(object) };
  if (kind === 'IstioOperator' || kind === 'Istio') return { metadata, spec: meshConfigOnly(object) };
  if (group === '' && isPod(kind)) return projectPod(object, metadata);
  const { apiVersion: _, kind: __, status: ___, ...fields } = object;
  const status = pick(objectAt(object, 'status'), statusFields[`${group}/${kind}`] ?? []);
  const spec = objectAt(object, 'spec');
  return {
    ...fields,
    metadata,
    ...(spec === undefined ? {} : { spec: projectSpec(spec, kind) }),
    ...(Object.keys(status).length === 0 ? {} : { status: withPlainConditions(status, kind) }),
  };
}

/** What a pod has for itself stands beside what it shares with the others of its template, of which one is kept. */
function projectPod(object: JsonObject, metadata: JsonObject): JsonObject {
  const spec = projectPodSpec(objectAt(object, 'spec') ?? {});
  const { nodeName, hostname, ...shared } = spec;
  const own = {
    ...(nodeName === undefined ? {} : { nodeName: typeof nodeName === 'string' ? internName(nodeName) : nodeName }),
    ...(hostname === undefined ? {} : { hostname }),
  };
  const status = objectAt(object, 'status');
  const { creationTimestamp: _, ...kept } = metadata;
  return {
    metadata: kept,
    spec: { ...internJson(shared), ...own },
    ...(status === undefined ? {} : { status: projectPodStatus(status) }),
  };
}

/** An only address stands in `podIP`, as the list of one says no more. */
function projectPodStatus(given: JsonObject): JsonObject {
  const status = withPlainConditions(pick(given, statusFields['/Pod'] ?? []), 'Pod');
  const { podIP, podIPs, hostIP, hostIPs, conditions, ...rest } = status;
  const isOnly = (list: JsonValue | undefined, ip: JsonValue | undefined): boolean =>
    Array.isArray(list) && list.length === 1 && stringAt(list[0] as JsonValue, 'ip') === ip;
  return {
    ...rest,
    ...(podIP === undefined ? {} : { podIP }),
    ...(podIPs === undefined || isOnly(podIPs, podIP) ? {} : { podIPs }),
    ...(hostIP === undefined ? {} : { hostIP: typeof hostIP === 'string' ? internName(hostIP) : hostIP }),
    ...(hostIPs === undefined || isOnly(hostIPs, hostIP) ? {} : { hostIPs }),
    ...(Array.isArray(conditions) ? { conditions: internJson(conditions as readonly JsonValue[]) } : {}),
  };
}

function isPod(kind: string): boolean {
  return kind === 'Pod';
}

/** Heartbeats change all the time and mean nothing here; of messages only what tells of a broken network is kept. */
function withPlainConditions(status: JsonObject, kind: string): JsonObject {
  if (!isPod(kind) && kind !== 'Node') return status;
  const list = arrayAt(status, 'conditions');
  const lists = {
    conditions: isPod(kind) ? podConditions(list) : nodeConditions(list),
    containerStatuses: waitingContainers(arrayAt(status, 'containerStatuses')),
    initContainerStatuses: waitingContainers(arrayAt(status, 'initContainerStatuses')),
  };
  const { conditions: _, containerStatuses: __, initContainerStatuses: ___, ...fields } = status;
  return { ...fields, ...Object.fromEntries(Object.entries(lists).filter(([, one]) => one.length > 0)) };
}

function keptData(name: string): readonly string[] | 'all' | undefined {
  if (Object.hasOwn(configMapData, name)) return configMapData[name];
  return /^istio(-|$)/.test(name) && !name.includes('injector') ? ['mesh'] : undefined;
}

function pick(from: JsonObject | undefined, fields: readonly string[] | 'all'): JsonObject {
  if (from === undefined || fields === 'all') return from ?? {};
  return Object.fromEntries(fields.filter((one) => Object.hasOwn(from, one)).map((one) => [one, from[one]]));
}

function projectMetadata(object: JsonObject): JsonObject {
  const metadata = objectAt(object, 'metadata');
  const fields = ['name', 'namespace', 'labels', 'ownerReferences', 'deletionTimestamp', 'creationTimestamp', 'uid'];
  const annotations = Object.entries(objectAt(metadata, 'annotations') ?? {}).filter(([key]) => isKeptAnnotation(key));
  const { labels, ownerReferences, ...own } = pick(metadata, fields);
  return {
    ...own,
    ...(isObject(labels) ? { labels: internJson(labels) } : {}),
    ...(Array.isArray(ownerReferences) ? { ownerReferences: internJson(ownerReferences as readonly JsonValue[]) } : {}),
    ...(annotations.length === 0 ? {} : { annotations: internJson(Object.fromEntries(annotations)) }),
  };
}

function meshConfigOnly(object: JsonObject): JsonObject {
  const meshConfig = objectAt(object, 'spec', 'meshConfig');
  const values = objectAt(object, 'spec', 'values', 'meshConfig');
  return {
    ...(meshConfig === undefined ? {} : { meshConfig }),
    ...(values === undefined ? {} : { values: { meshConfig: values } }),
  };
}

/** A pod's spec, or one that holds the template of a pod or of a job; others as they are. */
function projectSpec(spec: JsonObject, kind: string): JsonObject {
  if (isPod(kind)) return projectPodSpec(spec);
  const template = objectAt(spec, 'template');
  if (template !== undefined) return { ...withoutDisks(spec), template: projectTemplate(template) };
  const job = objectAt(spec, 'jobTemplate', 'spec');
  return job === undefined ? spec : { ...spec, jobTemplate: { spec: projectSpec(job, 'Job') } };
}

/** What virtual machines and StatefulSets bring along besides their pods. */
function withoutDisks(spec: JsonObject): JsonObject {
  const { dataVolumeTemplates: _, volumeClaimTemplates: __, ...rest } = spec;
  return rest;
}

function projectTemplate(template: JsonObject): JsonObject {
  const spec = objectAt(template, 'spec');
  return {
    metadata: projectMetadata(template),
    ...(spec === undefined ? {} : { spec: projectPodSpec(spec) }),
  };
}

function projectPodSpec(spec: JsonObject): JsonObject {
  const kept = pick(spec, podFields);
  return { ...kept, ...projectedContainers(kept) };
}

function projectedContainers({ containers: main, initContainers: first }: JsonObject): JsonObject {
  return {
    ...(main === undefined ? {} : { containers: containers(main) }),
    ...(first === undefined ? {} : { initContainers: containers(first) }),
  };
}

function containers(list: JsonValue | undefined): JsonValue {
  if (!Array.isArray(list)) return [];
  return (list as readonly JsonValue[]).map((one): JsonValue => {
    if (!isObject(one)) return {};
    const env = arrayAt(one, 'env').flatMap((entry): JsonObject[] =>
      isObject(entry) && keptSettings.has(stringAt(entry, 'name') ?? '') ? [pick(entry, ['name', 'value'])] : [],
    );
    const args = [...arrayAt(one, 'command'), ...arrayAt(one, 'args')].filter(
      (word) => typeof word === 'string' && keptArguments.test(word),
    );
    return { ...pick(one, containerFields), ...(env.length > 0 ? { env } : {}), ...(args.length > 0 ? { args } : {}) };
  });
}
