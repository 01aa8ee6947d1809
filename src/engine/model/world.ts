import { cidrsIn } from './addresses.ts';
import type { AssumptionSettings } from './assumptions.ts';
import type { ClusterNode, Pod, Service, Workload } from './cluster.ts';
import { arrayAt, stringAt, stringsAt } from './json.ts';
import { oncePer } from './memo.ts';
import { NameIndex } from './nameIndex.ts';
import { buildNodes, type NodePlan } from './nodes.ts';
import { OwnerIndex } from './ownerIndex.ts';
import { buildPods } from './pods.ts';
import { isLive, type Resource, type ResourceRef } from './resource.ts';
import { indexResources, type ResourceIndex } from './resourceIndex.ts';
import { buildServices } from './services.ts';
import { apiEndpoints, systemResources } from './simulated.ts';
import { assembleWorkloads, readControllers } from './workloads.ts';

const defaultPodCIDR = '10.244.0.0/16';
const defaultServiceCIDR = '10.96.0.0/12';
/** Added where a Service asks for IPv6; sizes as kubeadm's dual-stack guide has them. */
const podCIDR6 = 'fd00:10:244::/56';
const serviceCIDR6 = 'fd00:10:96::/112';

/** A list, and what of it is in each namespace. */
export interface Grouped<T> {
  readonly list: readonly T[];
  readonly byNamespace: ReadonlyMap<string, readonly T[]>;
}

/** The same, found by name. */
export interface Indexed<T extends Pod | Service> extends Grouped<T> {
  readonly byName: NameIndex<T>;
}

/** Finds what is in each namespace. */
export function grouped<T extends { readonly ref: ResourceRef }>(list: readonly T[]): Grouped<T> {
  return { list, byNamespace: Map.groupBy(list, ({ ref }) => ref.namespace) };
}

function indexed<T extends Pod | Service>(list: readonly T[]): Indexed<T> {
  return { ...grouped<T>(list), byName: NameIndex.of(list) };
}

/** What the objects of a scope come to. */
export interface WorldParts {
  readonly networks: Networks;
  readonly nodes: readonly ClusterNode[];
  readonly nodesByName: ReadonlyMap<string, ClusterNode>;
  readonly pods: Indexed<Pod>;
  readonly services: Indexed<Service>;
  readonly workloads: Grouped<Workload>;
  /** The objects with those of `invented`. */
  readonly index: ResourceIndex;
  /** Objects that were made up because the others need them. */
  readonly invented: readonly Resource[];
}

function partsOf(given: ResourceIndex, assume: AssumptionSettings): WorldParts {
  const networks = readNetworks(given, assume);
  const nodes = buildNodes(given.ofKind('', 'Node'), nodePlan(given, assume, networks.podCIDRs));
  const system = systemResources(given, nodes.length, networks.serviceCIDRs);
  const invented = [...system, ...apiEndpoints(system, given, nodes[0])];
  const index = invented.length === 0 ? given : indexResources([...given.effective, ...invented]);
  const controllers = readControllers(index.ofKind, nodes.length);
  const pods = indexed(buildPods(index, controllers, nodes));
  const workloads = grouped(assembleWorkloads(controllers, pods.list));
  const nodesByName = new Map(nodes.map((one) => [one.name, one]));
  return { networks, nodes, nodesByName, pods, services: servicesOf(index, networks), workloads, index, invented };
}

/** The Services of a scope. */
export function servicesOf(index: ResourceIndex, { serviceCIDRs }: Networks): Indexed<Service> {
  return indexed(buildServices(index.ofKind('', 'Service'), serviceCIDRs));
}

/**
 * What the objects of a scope make of nodes, pods and Services, with what the files leave out filled in. Policies take no
 * part in it, so it outlives their edits, and so does what is computed from it alone.
 */
export class World {
  readonly parts: WorldParts;
  #workloadsOfKind: ReadonlyMap<string, NameIndex<Workload>> | undefined;
  #owners: OwnerIndex | undefined;
  #isLive: boolean | undefined;

  private constructor(parts: WorldParts, owners?: OwnerIndex) {
    this.parts = parts;
    this.#owners = owners;
  }

  static of(given: ResourceIndex, assume: AssumptionSettings): World {
    return new World(partsOf(given, assume));
  }

  /** A world that is known to be of a running cluster alone. */
  static live(parts: WorldParts, owners: OwnerIndex | undefined): World {
    const world = new World(parts, owners);
    world.#isLive = true;
    return world;
  }

  /** True where everything is of a running cluster, and nothing made up. */
  get isLive(): boolean {
    const { nodes, pods, workloads, invented } = this.parts;
    this.#isLive ??=
      invented.length === 0 &&
      nodes.every((one) => !one.simulated) &&
      workloads.list.every(({ resource }) => isLive(resource)) &&
      pods.list.every(({ resource, simulatedIPs }) => isLive(resource) && !simulatedIPs);
    return this.#isLive;
  }

  #byKind(): ReadonlyMap<string, NameIndex<Workload>> {
    this.#workloadsOfKind ??= new Map(
      [...Map.groupBy(this.parts.workloads.list, ({ ref }) => `${ref.group}/${ref.kind}`)].map(([kind, list]) => [
        kind,
        NameIndex.of(list),
      ]),
    );
    return this.#workloadsOfKind;
  }

  workload({ group, kind, namespace, name }: ResourceRef): Workload | undefined {
    return this.#byKind().get(`${group}/${kind}`)?.get(namespace, name);
  }

  workloadNamed({ kind, namespace, name }: Omit<ResourceRef, 'group'>): Workload | undefined {
    const found = [...this.#byKind()].map(([one, names]) =>
      one.endsWith(`/${kind}`) ? names.get(namespace, name) : undefined,
    );
    return found.findLast((one) => one !== undefined);
  }

  get owners(): OwnerIndex {
    const { pods, services, nodes } = this.parts;
    this.#owners ??= OwnerIndex.of({ pods: pods.list, services: services.list, nodes });
    return this.#owners;
  }

  /** Where it has been asked for. */
  get knownOwners(): OwnerIndex | undefined {
    return this.#owners;
  }
}

function nodePlan(given: ResourceIndex, assume: AssumptionSettings, podCIDRs: readonly string[]): NodePlan {
  if (given.ofKind('', 'Node').length > 0) return { names: [], count: 0, podCIDRs };
  const controllers = readControllers(given.ofKind, 1);
  const pods = controllers.reduce((sum, one) => sum + one.replicas, given.ofKind('', 'Pod').length);
  return {
    names: assume.nodes === undefined ? [...kindNodes(given), ...nodesOfPods(given)] : [],
    count: Math.max(1, assume.nodes ?? Math.max(2, Math.ceil(pods / 110))),
    podCIDRs,
  };
}

/** Where pods and Services get their addresses. */
export interface Networks {
  readonly podCIDRs: readonly string[];
  readonly serviceCIDRs: readonly string[];
}

const asksForIPv6 = oncePer((services: readonly Resource[]) =>
  services.some(
    ({ object }) =>
      stringAt(object, 'spec', 'ipFamilyPolicy') === 'RequireDualStack' ||
      stringsAt(object, 'spec', 'ipFamilies').includes('IPv6'),
  ),
);

/** Assumed networks beat those of kubeadm or kind configuration, which beat the defaults. */
export function readNetworks({ kinds, ofKind }: ResourceIndex, assume: AssumptionSettings): Networks {
  const kind = kinds.find((one) => one.kind === 'ClusterConfiguration' || isKindConfig(one));
  const configured = kind === undefined ? undefined : ofKind(kind.group, kind.kind)[0];
  const dual = asksForIPv6(ofKind('', 'Service'));
  const podText = assume.podCIDR ?? stringAt(configured?.object, 'networking', 'podSubnet');
  const serviceText = assume.serviceCIDR ?? stringAt(configured?.object, 'networking', 'serviceSubnet');
  return {
    podCIDRs: cidrs(podText) ?? [defaultPodCIDR, ...(dual ? [podCIDR6] : [])],
    serviceCIDRs: cidrs(serviceText) ?? [defaultServiceCIDR, ...(dual ? [serviceCIDR6] : [])],
  };
}

function cidrs(text: string | undefined): readonly string[] | undefined {
  const valid = cidrsIn(text ?? '');
  return valid.length > 0 ? valid : undefined;
}

function isKindConfig({ group, kind }: Pick<ResourceRef, 'group' | 'kind'>): boolean {
  return group === 'kind.x-k8s.io' && kind === 'Cluster';
}

/** Nodes of a running cluster that may not be read themselves, by what its pods say. */
function nodesOfPods({ ofKind }: ResourceIndex): readonly string[] {
  const names = ofKind('', 'Pod').flatMap((pod) =>
    isLive(pod) ? (stringAt(pod.object, 'spec', 'nodeName') ?? []) : [],
  );
  return [...new Set(names)].filter((name) => name !== '').sort();
}

/** Node names of a kind configuration, as kind gives them: `kind-control-plane`, `kind-worker`, `kind-worker2`. */
function kindNodes({ ofKind }: ResourceIndex): readonly string[] {
  const config = ofKind('kind.x-k8s.io', 'Cluster')[0];
  if (config === undefined) return [];
  const seen = new Map<string, number>();
  return arrayAt(config.object, 'nodes').map((node) => {
    const role = stringAt(node, 'role') ?? 'control-plane';
    const count = (seen.get(role) ?? 0) + 1;
    seen.set(role, count);
    return `${config.ref.name || 'kind'}-${role}${count === 1 ? '' : count}`;
  });
}
