import type { AssumptionSettings } from './assumptions.ts';
import type { ClusterNode, Namespace, Pod, Service, Workload } from './cluster.ts';
import { stringMapAt } from './json.ts';
import { type Resource, type ResourceRef, refKey } from './resource.ts';
import { indexResources, type ResourceIndex } from './resourceIndex.ts';
import type { AddressOwners, Snapshot } from './snapshot.ts';
import { World } from './world.ts';

/** What a snapshot is built from. */
export interface SnapshotInput {
  readonly scope: string;
  /** In reading order; of two objects with one ref the later counts. */
  readonly resources: readonly Resource[];
  readonly assume?: AssumptionSettings;
  /** Why parts of the scope can't be seen, each a sentence. */
  readonly incomplete?: readonly string[];
}

/**
 * Reads the objects of one scope together and fills in what the files leave out. Never fails. What an earlier snapshot of
 * the scope made of the same objects is taken over.
 */
export function buildSnapshot(input: SnapshotInput, previous?: Snapshot): Snapshot {
  const assume = input.assume ?? {};
  const { effective } = indexResources(input.resources);
  const material = effective.filter((one) => !isPolicy(one));
  const old = previous instanceof BuiltSnapshot ? previous : undefined;
  const same = old !== undefined && sameList(material, old.material) && sameAssumptions(assume, old.assume);
  return new BuiltSnapshot(input, effective, material, same ? old.world : new World(material, assume));
}

/** Kinds that shape nothing but verdicts. */
function isPolicy({ ref }: Resource): boolean {
  return ref.kind.endsWith('NetworkPolicy') || (ref.group === 'security.istio.io' && ref.kind.endsWith('Policy'));
}

function sameList(a: readonly Resource[], b: readonly Resource[]): boolean {
  return a.length === b.length && a.every((one, index) => one === b[index]);
}

function sameAssumptions(a: AssumptionSettings, b: AssumptionSettings): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

class BuiltSnapshot implements Snapshot {
  readonly scope: string;
  readonly resources: readonly Resource[];
  readonly allResources: readonly Resource[];
  readonly namespaces: ReadonlyMap<string, Namespace>;
  readonly assume: AssumptionSettings;
  readonly incomplete: readonly string[];
  readonly material: readonly Resource[];
  readonly world: World;
  readonly #index: ResourceIndex;

  constructor(input: SnapshotInput, effective: readonly Resource[], material: readonly Resource[], world: World) {
    this.#index = indexResources([...effective, ...world.invented]);
    this.scope = input.scope;
    this.incomplete = input.incomplete ?? [];
    this.resources = this.#index.effective;
    this.allResources = input.resources;
    this.assume = input.assume ?? {};
    this.material = material;
    this.world = world;
    this.namespaces = readNamespaces(this.#index);
  }

  get nodes(): readonly ClusterNode[] {
    return this.world.nodes;
  }

  get pods(): readonly Pod[] {
    return this.world.pods;
  }

  get services(): readonly Service[] {
    return this.world.services;
  }

  get workloads(): readonly Workload[] {
    return this.world.workloads;
  }

  get podCIDRs(): readonly string[] {
    return this.world.podCIDRs;
  }

  get serviceCIDRs(): readonly string[] {
    return this.world.serviceCIDRs;
  }

  ofKind(group: string, kind: string): readonly Resource[] {
    return this.#index.ofKind(group, kind);
  }

  get(ref: ResourceRef): Resource | undefined {
    return this.#index.byRef.get(refKey(ref));
  }

  pod(namespace: string, name: string): Pod | undefined {
    return this.world.podsByName.get(`${namespace}/${name}`);
  }

  podsIn(namespace: string): readonly Pod[] {
    return this.world.podsByNamespace.get(namespace) ?? [];
  }

  service(namespace: string, name: string): Service | undefined {
    return this.world.servicesByName.get(`${namespace}/${name}`);
  }

  workload(ref: ResourceRef): Workload | undefined {
    return this.world.workloadsByRef.get(refKey(ref));
  }

  ownersOf(ip: string): AddressOwners {
    return this.world.ownersOf(ip);
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
