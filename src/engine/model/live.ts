import { eventFields, isNetworkEvent } from './events.ts';
import { nodeConditions } from './health.ts';
import { internJson, internName, internNamespace, internPodSpec } from './intern.ts';
import { arrayAt, isObject, type JsonObject, type JsonValue, objectAt, pick, stringAt } from './json.ts';
import { livePod } from './livePod.ts';
import { liveSlice } from './liveSlice.ts';
import type { Origin, Resource } from './resource.ts';

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
const keptSettings: ReadonlySet<JsonValue | undefined> = new Set(['CALICO_IPV4POOL_IPIP', 'CALICO_IPV4POOL_VXLAN']);
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
  const ref = { group, kind, namespace: internNamespace(stringAt(object, 'metadata', 'namespace') ?? ''), name };
  const origin = originOf(context);
  if (group === '' && kind === 'Pod') {
    const spec = projectPodSpec(objectAt(object, 'spec') ?? {});
    return livePod({ ref, origin }, object, { annotations: keptAnnotationsOf(objectAt(object, 'metadata')), spec });
  }
  const apiVersion = group === '' ? version : internName(`${group}/${version}`);
  const whole = { ref, apiVersion, object: { apiVersion, kind, ...projected(object, group, kind, name) }, origin };
  return group === 'discovery.k8s.io' && kind === 'EndpointSlice' ? liveSlice(whole) : whole;
}

let lastOrigin: Origin = { type: 'cluster', context: '' };

/** Objects come one cluster after the other, and all of one have the same origin. */
function originOf(context: string): Origin {
  if (lastOrigin.type !== 'cluster' || lastOrigin.context !== context) lastOrigin = { type: 'cluster', context };
  return lastOrigin;
}

function projected(object: JsonObject, group: string, kind: string, name: string): JsonObject {
  const metadata = projectMetadata(object, group);
  if (kind === 'ConfigMap') return { metadata, data: projectData(objectAt(object, 'data'), name) };
  if (kind === 'Event') return { metadata, ...eventFields(object) };
  if (kind === 'IstioOperator' || kind === 'Istio') return { metadata, spec: meshConfigOnly(object) };
  const { apiVersion: _, kind: __, status: ___, ...fields } = object;
  const status = pick(objectAt(object, 'status'), statusFields[`${group}/${kind}`] ?? []);
  const spec = objectAt(object, 'spec');
  return {
    ...fields,
    metadata,
    ...(spec === undefined ? {} : { spec: projectSpec(spec) }),
    ...(Object.keys(status).length === 0 ? {} : { status: kind === 'Node' ? withPlainConditions(status) : status }),
  };
}

/** Heartbeats change all the time and mean nothing here; of messages only what tells of a broken network is kept. */
function withPlainConditions({ conditions: list, ...status }: JsonObject): JsonObject {
  const conditions = nodeConditions(Array.isArray(list) ? (list as readonly JsonValue[]) : []);
  return conditions.length === 0 ? status : { ...status, conditions: internJson(conditions) };
}

function keptData(name: string): readonly string[] | 'all' | undefined {
  if (Object.hasOwn(configMapData, name)) return configMapData[name];
  return /^istio(-|$)/.test(name) && !name.includes('injector') ? ['mesh'] : undefined;
}

function projectData(data: JsonObject | undefined, name: string): JsonObject {
  const kept = keptData(name) ?? [];
  return kept === 'all' ? (data ?? {}) : pick(data, kept);
}

const metadataFields = ['name', 'namespace', 'deletionTimestamp'];
/** Of Istio's policies the oldest counts. */
const agedFields = [...metadataFields, 'creationTimestamp'];

function projectMetadata(object: JsonObject, group: string): JsonObject {
  const metadata = objectAt(object, 'metadata');
  const annotations = keptAnnotationsOf(metadata);
  const labels = objectAt(metadata, 'labels');
  const namespace = stringAt(metadata, 'namespace');
  const ownerReferences = arrayAt(metadata, 'ownerReferences');
  return {
    ...pick(metadata, group === 'security.istio.io' ? agedFields : metadataFields),
    ...(namespace === undefined ? {} : { namespace: internNamespace(namespace) }),
    ...(labels === undefined ? {} : { labels: internJson(labels) }),
    ...(ownerReferences.length === 0 ? {} : { ownerReferences: internJson(ownerReferences) }),
    ...(annotations === undefined ? {} : { annotations: internJson(annotations) }),
  };
}

function keptAnnotationsOf(metadata: JsonObject | undefined): JsonObject | undefined {
  const annotations = objectAt(metadata, 'annotations');
  const kept = Object.keys(annotations ?? {}).filter(isKeptAnnotation);
  return kept.length === 0 ? undefined : pick(annotations, kept);
}

function meshConfigOnly(object: JsonObject): JsonObject {
  const meshConfig = objectAt(object, 'spec', 'meshConfig');
  const values = objectAt(object, 'spec', 'values', 'meshConfig');
  return {
    ...(meshConfig === undefined ? {} : { meshConfig }),
    ...(values === undefined ? {} : { values: { meshConfig: values } }),
  };
}

/** A spec that holds the template of a pod or of a job; others as they are. */
function projectSpec(spec: JsonObject): JsonObject {
  const template = objectAt(spec, 'template');
  if (template !== undefined) return { ...withoutDisks(spec), template: projectTemplate(template) };
  const job = objectAt(spec, 'jobTemplate', 'spec');
  return job === undefined ? spec : { ...spec, jobTemplate: { spec: projectSpec(job) } };
}

/** What virtual machines and StatefulSets bring along besides their pods. */
function withoutDisks(spec: JsonObject): JsonObject {
  const { dataVolumeTemplates: _, volumeClaimTemplates: __, ...rest } = spec;
  return rest;
}

function projectTemplate(template: JsonObject): JsonObject {
  const spec = objectAt(template, 'spec');
  return {
    metadata: projectMetadata(template, ''),
    ...(spec === undefined ? {} : { spec: internPodSpec(projectPodSpec(spec)) }),
  };
}

function projectPodSpec(spec: JsonObject): JsonObject {
  const kept: Record<string, JsonValue> = {};
  for (const field of podFields) {
    const value = spec[field];
    if (value === undefined || !Object.hasOwn(spec, field)) continue;
    kept[field] = field === 'containers' || field === 'initContainers' ? containers(value) : value;
  }
  return kept;
}

function containers(list: JsonValue | undefined): JsonValue {
  if (!Array.isArray(list)) return [];
  return (list as readonly JsonValue[]).map((one): JsonValue => {
    if (!isObject(one)) return {};
    const kept = pick(one, containerFields);
    const env: JsonObject[] = [];
    for (const entry of arrayAt(one, 'env')) {
      if (isObject(entry) && keptSettings.has(entry['name'])) env.push(pick(entry, ['name', 'value']));
    }
    const args = [...arrayAt(one, 'command'), ...arrayAt(one, 'args')].filter(
      (word) => typeof word === 'string' && keptArguments.test(word),
    );
    if (env.length === 0 && args.length === 0) return kept;
    return { ...kept, ...(env.length > 0 ? { env } : {}), ...(args.length > 0 ? { args } : {}) };
  });
}
