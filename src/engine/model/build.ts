import { familyOf, parseCidr } from './addresses.ts';
import type { AssumptionSettings } from './assumptions.ts';
import type { ClusterNode, Namespace, Pod, Service, Workload } from './cluster.ts';
import { arrayAt, stringAt, stringMapAt, stringsAt } from './json.ts';
import { buildNodes, type NodePlan } from './nodes.ts';
import { buildPods } from './pods.ts';
import { type Resource, type ResourceRef, refKey } from './resource.ts';
import { buildServices } from './services.ts';
import { apiEndpoints, systemResources } from './simulated.ts';
import type { AddressOwners, Snapshot } from './snapshot.ts';
import { assembleWorkloads, readControllers } from './workloads.ts';

/** What a snapshot is built from. */
export interface SnapshotInput {
  readonly scope: string;
  /** In reading order; of two objects with one ref the later counts. */
  readonly resources: readonly Resource[];
  readonly assume?: AssumptionSettings;
  /** Why parts of the scope can't be seen, each a sentence. */
  readonly incomplete?: readonly string[];
}

const defaultPodCIDR = '10.244.0.0/16';
const defaultServiceCIDR = '10.96.0.0/12';
/** Added where a Service asks for IPv6; sizes as kubeadm's dual-stack guide has them. */
const podCIDR6 = 'fd00:10:244::/56';
const serviceCIDR6 = 'fd00:10:96::/112';

/** Reads the objects of one scope together and fills in what the files leave out. Never fails. */
export function buildSnapshot(input: SnapshotInput): Snapshot {
  const assume = input.assume ?? {};
  const given = index(input.resources);
  const networks = readNetworks(given, assume);
  const podCount = readControllers(given.ofKind, 1).reduce(
    (sum, one) => sum + one.replicas,
    given.ofKind('', 'Pod').length,
  );
  const plan: NodePlan = {
    names: assume.nodes === undefined ? kindNodes(given) : [],
    count: Math.max(1, assume.nodes ?? Math.max(2, Math.ceil(podCount / 110))),
    podCIDRs: networks.podCIDRs,
  };
  const nodes = buildNodes(given.ofKind('', 'Node'), plan);
  const system = systemResources(given.effective, readControllers(given.ofKind, nodes.length), networks.serviceCIDRs);
  const all = index([...given.effective, ...system, ...apiEndpoints(system, nodes[0])]);
  const controllers = readControllers(all.ofKind, nodes.length);
  const pods = buildPods(all.ofKind('', 'Pod'), controllers, nodes);
  const services = buildServices(all.ofKind('', 'Service'), networks.serviceCIDRs);
  return new BuiltSnapshot(input, all, {
    assume,
    nodes,
    pods,
    services,
    workloads: assembleWorkloads(controllers, pods),
    ...networks,
  });
}

/** Objects by kind and ref. */
interface ResourceIndex {
  readonly effective: readonly Resource[];
  readonly byRef: ReadonlyMap<string, Resource>;
  readonly ofKind: (group: string, kind: string) => readonly Resource[];
}

function index(resources: readonly Resource[]): ResourceIndex {
  const byRef = new Map<string, Resource>();
  for (const resource of resources) byRef.set(refKey(resource.ref), resource);
  const effective = [...byRef.values()];
  const byKind = Map.groupBy(effective, ({ ref }) => `${ref.group}/${ref.kind}`);
  return { effective, byRef, ofKind: (group, kind) => byKind.get(`${group}/${kind}`) ?? [] };
}

/** Assumed networks beat those of kubeadm or kind configuration, which beat the defaults. */
function readNetworks(
  { effective, ofKind }: ResourceIndex,
  assume: AssumptionSettings,
): { readonly podCIDRs: readonly string[]; readonly serviceCIDRs: readonly string[] } {
  const configured = effective.find(({ ref }) => ref.kind === 'ClusterConfiguration' || isKindConfig(ref));
  const dual = ofKind('', 'Service').some(
    ({ object }) =>
      stringAt(object, 'spec', 'ipFamilyPolicy') === 'RequireDualStack' ||
      stringsAt(object, 'spec', 'ipFamilies').includes('IPv6'),
  );
  const podText = assume.podCIDR ?? stringAt(configured?.object, 'networking', 'podSubnet');
  const serviceText = assume.serviceCIDR ?? stringAt(configured?.object, 'networking', 'serviceSubnet');
  return {
    podCIDRs: cidrs(podText) ?? [defaultPodCIDR, ...(dual ? [podCIDR6] : [])],
    serviceCIDRs: cidrs(serviceText) ?? [defaultServiceCIDR, ...(dual ? [serviceCIDR6] : [])],
  };
}

function cidrs(text: string | undefined): readonly string[] | undefined {
  const list = (text ?? '').split(',').map((one) => one.trim());
  const valid = list.filter((one) => parseCidr(one) !== undefined);
  return valid.length > 0 ? valid : undefined;
}

function isKindConfig({ group, kind }: ResourceRef): boolean {
  return group === 'kind.x-k8s.io' && kind === 'Cluster';
}

/** Node names of a kind configuration, as kind gives them: `kind-control-plane`, `kind-worker`, `kind-worker2`. */
function kindNodes({ effective }: ResourceIndex): readonly string[] {
  const config = effective.find(({ ref }) => isKindConfig(ref));
  if (config === undefined) return [];
  const seen = new Map<string, number>();
  return arrayAt(config.object, 'nodes').map((node) => {
    const role = stringAt(node, 'role') ?? 'control-plane';
    const count = (seen.get(role) ?? 0) + 1;
    seen.set(role, count);
    return `${config.ref.name || 'kind'}-${role}${count === 1 ? '' : count}`;
  });
}

type Parts = Pick<Snapshot, 'assume' | 'nodes' | 'pods' | 'services' | 'workloads' | 'podCIDRs' | 'serviceCIDRs'>;

type OwnerIndex = Map<string, { pods: Pod[]; services: Service[]; nodes: ClusterNode[] }>;

class BuiltSnapshot implements Snapshot {
  readonly scope: string;
  readonly resources: readonly Resource[];
  readonly allResources: readonly Resource[];
  readonly namespaces: ReadonlyMap<string, Namespace>;
  readonly nodes: Parts['nodes'];
  readonly workloads: readonly Workload[];
  readonly pods: readonly Pod[];
  readonly services: readonly Service[];
  readonly assume: AssumptionSettings;
  readonly podCIDRs: readonly string[];
  readonly serviceCIDRs: readonly string[];
  readonly incomplete: readonly string[];
  readonly #index: ResourceIndex;
  readonly #podsByNamespace: ReadonlyMap<string, readonly Pod[]>;
  readonly #podsByName: ReadonlyMap<string, Pod>;
  readonly #servicesByName: ReadonlyMap<string, Service>;
  readonly #workloadsByRef: ReadonlyMap<string, Workload>;
  #owners: OwnerIndex | undefined;

  constructor(input: SnapshotInput, index: ResourceIndex, parts: Parts) {
    this.scope = input.scope;
    this.incomplete = input.incomplete ?? [];
    this.resources = index.effective;
    this.allResources = input.resources;
    this.assume = parts.assume;
    this.nodes = parts.nodes;
    this.pods = parts.pods;
    this.services = parts.services;
    this.workloads = parts.workloads;
    this.podCIDRs = parts.podCIDRs;
    this.serviceCIDRs = parts.serviceCIDRs;
    this.#index = index;
    this.namespaces = readNamespaces(index);
    this.#podsByNamespace = Map.groupBy(parts.pods, (pod) => pod.ref.namespace);
    this.#podsByName = new Map(parts.pods.map((pod) => [`${pod.ref.namespace}/${pod.ref.name}`, pod]));
    this.#servicesByName = new Map(parts.services.map((one) => [`${one.ref.namespace}/${one.ref.name}`, one]));
    this.#workloadsByRef = new Map(parts.workloads.map((one) => [refKey(one.ref), one]));
  }

  ofKind(group: string, kind: string): readonly Resource[] {
    return this.#index.ofKind(group, kind);
  }

  get(ref: ResourceRef): Resource | undefined {
    return this.#index.byRef.get(refKey(ref));
  }

  pod(namespace: string, name: string): Pod | undefined {
    return this.#podsByName.get(`${namespace}/${name}`);
  }

  podsIn(namespace: string): readonly Pod[] {
    return this.#podsByNamespace.get(namespace) ?? [];
  }

  service(namespace: string, name: string): Service | undefined {
    return this.#servicesByName.get(`${namespace}/${name}`);
  }

  workload(ref: ResourceRef): Workload | undefined {
    return this.#workloadsByRef.get(refKey(ref));
  }

  ownersOf(ip: string): AddressOwners {
    this.#owners ??= this.#indexAddresses();
    return this.#owners.get(ip) ?? { pods: [], services: [], nodes: [] };
  }

  #indexAddresses(): OwnerIndex {
    const owners: OwnerIndex = new Map();
    const at = (ip: string) => {
      let entry = owners.get(ip);
      if (entry === undefined) {
        entry = { pods: [], services: [], nodes: [] };
        owners.set(ip, entry);
      }
      return entry;
    };
    for (const pod of this.pods) {
      // Addresses of ended pods are free again; those of hostNetwork pods are their node's.
      if (pod.phase === 'Succeeded' || pod.phase === 'Failed') continue;
      for (const ip of pod.ips) at(ip).pods.push(pod);
    }
    for (const node of this.nodes) for (const ip of [...node.internalIPs, ...node.externalIPs]) at(ip).nodes.push(node);
    for (const service of this.services) {
      const balancers = service.loadBalancer.flatMap(({ ip }) => (ip !== undefined && familyOf(ip) ? [ip] : []));
      for (const ip of [...service.clusterIPs, ...service.externalIPs, ...balancers]) at(ip).services.push(service);
    }
    return owners;
  }
}

/** Namespaces that are defined, and those that some namespaced object or `default` only names. */
function readNamespaces({ effective, ofKind }: ResourceIndex): ReadonlyMap<string, Namespace> {
  const result = new Map<string, Namespace>();
  for (const resource of ofKind('', 'Namespace')) {
    const { name } = resource.ref;
    const labels = { ...stringMapAt(resource.object, 'metadata', 'labels'), 'kubernetes.io/metadata.name': name };
    result.set(name, { name, labels, resource });
  }
  for (const { ref } of effective) {
    if (ref.namespace === '' || result.has(ref.namespace)) continue;
    const name = ref.namespace;
    result.set(name, { name, labels: { 'kubernetes.io/metadata.name': name } });
  }
  return result;
}
