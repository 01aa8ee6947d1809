import type { CidrBlock } from './addresses.ts';
import type { AssumptionSettings } from './assumptions.ts';
import type { ClusterNode, Namespace, Pod, Service, Workload } from './cluster.ts';
import type { Resource, ResourceRef } from './resource.ts';

/**
 * The objects of one scope, read together, with everything that the files leave out filled in by simulation
 * (CONTRACT.md, "Simulated things"). Immutable; all answers are functions of it.
 */
export interface Snapshot {
  /** The scope's name: a folder, a podpath.yaml scope or a context. */
  readonly scope: string;
  /** Effective objects, one a ref (the last of duplicates), in reading order. */
  readonly resources: readonly Resource[];
  /** Every object as read, duplicates included. */
  readonly allResources: readonly Resource[];
  /** Those of them that do not count, for a later one has their ref; in reading order of policies and of all others. */
  readonly hidden: readonly Resource[];
  /** Each kind that there are objects of, once. */
  readonly kinds: readonly Pick<ResourceRef, 'group' | 'kind'>[];
  /** The objects of a kind, `group` '' for core; empty where there is none. */
  ofKind(group: string, kind: string): readonly Resource[];
  get(ref: ResourceRef): Resource | undefined;
  readonly namespaces: ReadonlyMap<string, Namespace>;
  readonly nodes: readonly ClusterNode[];
  /** The node of a name; `undefined` where the scope has none of it. */
  node(name: string | undefined): ClusterNode | undefined;
  readonly workloads: readonly Workload[];
  /** The same list where nothing changed but policies: what follows from all the rest may be kept by it. */
  readonly pods: readonly Pod[];
  readonly services: readonly Service[];
  pod(namespace: string, name: string): Pod | undefined;
  podsIn(namespace: string): readonly Pod[];
  workloadsIn(namespace: string): readonly Workload[];
  servicesIn(namespace: string): readonly Service[];
  service(namespace: string, name: string): Service | undefined;
  workload(ref: ResourceRef): Workload | undefined;
  /** The same whatever its group, which people leave out. */
  workloadNamed(ref: Omit<ResourceRef, 'group'>): Workload | undefined;
  /** Pods, Services' virtual addresses and nodes by address in normal form. */
  ownersOf(ip: string): AddressOwners;
  /** The first pod of the pod network, by address, that is known to have one in a block and outside of some exceptions. */
  podIn(block: CidrBlock, except: readonly CidrBlock[]): Pod | undefined;
  /** What was assumed explicitly. */
  readonly assume: AssumptionSettings;
  readonly podCIDRs: readonly string[];
  readonly serviceCIDRs: readonly string[];
  /** True when parts of the scope are not visible: charts or overlays not rendered, operators' custom resources. Each a sentence. */
  readonly incomplete: readonly string[];
  /** True while pods are still to come: endpoints are those that EndpointSlices name. */
  readonly isLoading: boolean;
}

/** Who has an address. */
export interface AddressOwners {
  readonly pods: readonly Pod[];
  readonly services: readonly Service[];
  readonly nodes: readonly ClusterNode[];
}
