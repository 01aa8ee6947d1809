import { AddressBook } from './addressBook.ts';
import { parseCidr, parseIp } from './addresses.ts';
import type { AssumptionSettings } from './assumptions.ts';
import type { ClusterNode, Pod, Service, Workload } from './cluster.ts';
import { arrayAt, stringAt, stringsAt } from './json.ts';
import { NameIndex } from './nameIndex.ts';
import { buildNodes, type NodePlan } from './nodes.ts';
import { buildPods } from './pods.ts';
import { isLive, type Resource, type ResourceRef, refKey } from './resource.ts';
import { indexResources, type ResourceIndex } from './resourceIndex.ts';
import { buildServices } from './services.ts';
import { apiEndpoints, systemResources } from './simulated.ts';
import type { AddressOwners } from './snapshot.ts';
import { assembleWorkloads, readControllers } from './workloads.ts';

const defaultPodCIDR = '10.244.0.0/16';
const defaultServiceCIDR = '10.96.0.0/12';
/** Added where a Service asks for IPv6; sizes as kubeadm's dual-stack guide has them. */
const podCIDR6 = 'fd00:10:244::/56';
const serviceCIDR6 = 'fd00:10:96::/112';

interface OwnerIndex {
  readonly pods: AddressBook<Pod>;
  readonly services: AddressBook<Service>;
  readonly nodes: AddressBook<ClusterNode>;
}

/**
 * What the objects of a scope make of nodes, pods and Services, with what the files leave out filled in. Policies take no
 * part in it, so it outlives their edits, and so does what is computed from it alone.
 */
export class World {
  readonly nodes: readonly ClusterNode[];
  readonly nodesByName: ReadonlyMap<string, ClusterNode>;
  readonly pods: readonly Pod[];
  readonly services: readonly Service[];
  readonly workloads: readonly Workload[];
  readonly podCIDRs: readonly string[];
  readonly serviceCIDRs: readonly string[];
  /** The objects with those of `invented`. */
  readonly index: ResourceIndex;
  /** Objects that were made up because the others need them. */
  readonly invented: readonly Resource[];
  readonly podsByNamespace: ReadonlyMap<string, readonly Pod[]>;
  readonly podsByName: NameIndex<Pod>;
  readonly servicesByNamespace: ReadonlyMap<string, readonly Service[]>;
  readonly servicesByName: NameIndex<Service>;
  readonly workloadsByNamespace: ReadonlyMap<string, readonly Workload[]>;
  readonly workloadsByRef: ReadonlyMap<string, Workload>;
  #owners: OwnerIndex | undefined;
  #workloadsOfKind: ReadonlyMap<string, NameIndex<Workload>> | undefined;

  constructor(given: ResourceIndex, assume: AssumptionSettings) {
    const { podCIDRs, serviceCIDRs } = readNetworks(given, assume);
    this.nodes = buildNodes(given.ofKind('', 'Node'), nodePlan(given, assume, podCIDRs));
    this.nodesByName = new Map(this.nodes.map((one) => [one.name, one]));
    const system = systemResources(given.effective, readControllers(given.ofKind, this.nodes.length), serviceCIDRs);
    this.invented = [...system, ...apiEndpoints(system, this.nodes[0])];
    this.index = this.invented.length === 0 ? given : indexResources([...given.effective, ...this.invented]);
    const controllers = readControllers(this.index.ofKind, this.nodes.length);
    this.pods = buildPods(this.index.ofKind('', 'Pod'), controllers, this.nodes);
    this.services = buildServices(this.index.ofKind('', 'Service'), serviceCIDRs);
    this.workloads = assembleWorkloads(controllers, this.pods);
    this.podCIDRs = podCIDRs;
    this.serviceCIDRs = serviceCIDRs;
    this.podsByNamespace = Map.groupBy(this.pods, (pod) => pod.ref.namespace);
    this.podsByName = NameIndex.of(this.pods);
    this.servicesByNamespace = Map.groupBy(this.services, (service) => service.ref.namespace);
    this.servicesByName = NameIndex.of(this.services);
    this.workloadsByNamespace = Map.groupBy(this.workloads, (workload) => workload.ref.namespace);
    this.workloadsByRef = new Map(this.workloads.map((one) => [refKey(one.ref), one]));
  }

  workloadNamed({ kind, namespace, name }: Omit<ResourceRef, 'group'>): Workload | undefined {
    this.#workloadsOfKind ??= new Map(
      [...Map.groupBy(this.workloads, ({ ref }) => ref.kind)].map(([one, list]) => [one, NameIndex.of(list)]),
    );
    return this.#workloadsOfKind.get(kind)?.get(namespace, name);
  }

  ownersOf(text: string): AddressOwners {
    const ip = parseIp(text);
    if (ip === undefined) return { pods: [], services: [], nodes: [] };
    this.#owners ??= this.#indexAddresses();
    const { pods, services, nodes } = this.#owners;
    return { pods: pods.at(ip), services: services.at(ip), nodes: nodes.at(ip) };
  }

  #indexAddresses(): OwnerIndex {
    // Addresses of ended pods are free again; those of hostNetwork pods are their node's.
    const isThere = ({ phase }: Pod): boolean => phase !== 'Succeeded' && phase !== 'Failed';
    return {
      pods: new AddressBook(this.pods.filter(isThere), ({ ips }) => ips),
      services: new AddressBook(this.services, ({ clusterIPs, externalIPs, loadBalancer }) => [
        ...clusterIPs,
        ...externalIPs,
        ...loadBalancer.flatMap(({ ip }) => ip ?? []),
      ]),
      nodes: new AddressBook(this.nodes, ({ internalIPs, externalIPs }) => [...internalIPs, ...externalIPs]),
    };
  }
}

function nodePlan(given: ResourceIndex, assume: AssumptionSettings, podCIDRs: readonly string[]): NodePlan {
  const controllers = readControllers(given.ofKind, 1);
  const pods = controllers.reduce((sum, one) => sum + one.replicas, given.ofKind('', 'Pod').length);
  const hasNodes = given.ofKind('', 'Node').length > 0;
  return {
    names: assume.nodes === undefined && !hasNodes ? [...kindNodes(given), ...nodesOfPods(given)] : [],
    count: Math.max(1, assume.nodes ?? Math.max(2, Math.ceil(pods / 110))),
    podCIDRs,
  };
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

/** Nodes of a running cluster that may not be read themselves, by what its pods say. */
function nodesOfPods({ ofKind }: ResourceIndex): readonly string[] {
  const names = ofKind('', 'Pod').flatMap((pod) =>
    isLive(pod) ? (stringAt(pod.object, 'spec', 'nodeName') ?? []) : [],
  );
  return [...new Set(names)].filter((name) => name !== '').sort();
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
