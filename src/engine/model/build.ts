import type { AssumptionSettings } from './assumptions.ts';
import type { ClusterNode, Namespace, Pod, Service, Workload } from './cluster.ts';
import { stringMapAt } from './json.ts';
import { isPolicyKind } from './kinds.ts';
import { listEdit, sameList } from './lists.ts';
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
  readonly isLoading?: boolean;
}

/**
 * Reads the objects of one scope together and fills in what the files leave out. Never fails. What an earlier snapshot of
 * the scope made of the same objects is taken over: policies shape nothing but verdicts, and are edited most.
 */
export function buildSnapshot(input: SnapshotInput, previous?: Snapshot): Snapshot {
  const assume = input.assume ?? {};
  const old = previous instanceof BuiltSnapshot ? previous : undefined;
  const { given, policies, index } = editedParts(input.resources, old) ?? partsOf(input.resources);
  const known = old?.material;
  const same = known !== undefined && sameList(given, known.given) && sameAssumptions(assume, known.assume);
  return new BuiltSnapshot(
    input,
    policies,
    index ?? indexResources(policies),
    same ? known : materialOf(given, assume),
  );
}

/** Objects by what they shape, each list in reading order. */
interface Parts {
  readonly given: readonly Resource[];
  readonly policies: readonly Resource[];
  /** Of the policies, where it is known already. */
  readonly index?: ResourceIndex | undefined;
}

function partsOf(resources: readonly Resource[]): Parts {
  return { given: resources.filter((one) => !isPolicy(one)), policies: resources.filter(isPolicy) };
}

/** The parts where all that changed since lies between two places, and is policies; `undefined` where they have to be told anew. */
function editedParts(resources: readonly Resource[], old: BuiltSnapshot | undefined): Parts | undefined {
  if (old === undefined) return undefined;
  const edit = listEdit(old.allResources, resources);
  const [gone, come] = [partsOf(edit.gone), partsOf(edit.come)];
  const [[first], [next]] = [gone.policies, come.policies];
  const at = first === undefined ? -1 : old.policies.indexOf(first);
  if (first === undefined || at < 0 || !sameList(gone.given, come.given)) return undefined;
  const policies = old.policies.toSpliced(at, gone.policies.length, ...come.policies);
  const isOne = gone.policies.length === 1 && come.policies.length === 1;
  const index = isOne && next !== undefined ? old.policyIndex.replacing(first, next) : undefined;
  return { given: old.material.given, policies, index };
}

function isPolicy({ ref }: Resource): boolean {
  return isPolicyKind(ref.group, ref.kind);
}

function sameAssumptions(a: AssumptionSettings, b: AssumptionSettings): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** Everything that is not a policy, with the world that it makes. */
interface Material {
  /** As read, duplicates included. */
  readonly given: readonly Resource[];
  /** Those of them that do not count. */
  readonly hidden: readonly Resource[];
  readonly assume: AssumptionSettings;
  readonly world: World;
  readonly namespaces: ReadonlyMap<string, Namespace>;
}

function materialOf(given: readonly Resource[], assume: AssumptionSettings): Material {
  const index = indexResources(given);
  const world = new World(index, assume);
  return { given, hidden: hiddenIn(given, index), assume, world, namespaces: readNamespaces(world.index) };
}

function hiddenIn(resources: readonly Resource[], { effective, get }: ResourceIndex): readonly Resource[] {
  return effective.length === resources.length ? [] : resources.filter((one) => get(one.ref) !== one);
}

class BuiltSnapshot implements Snapshot {
  readonly scope: string;
  readonly allResources: readonly Resource[];
  readonly namespaces: ReadonlyMap<string, Namespace>;
  readonly assume: AssumptionSettings;
  readonly incomplete: readonly string[];
  readonly isLoading: boolean;
  readonly material: Material;
  /** As read, duplicates included. */
  readonly policies: readonly Resource[];
  readonly policyIndex: ResourceIndex;
  #resources: readonly Resource[] | undefined;

  constructor(input: SnapshotInput, policies: readonly Resource[], index: ResourceIndex, material: Material) {
    this.scope = input.scope;
    this.incomplete = input.incomplete ?? [];
    this.isLoading = input.isLoading ?? false;
    this.allResources = input.resources;
    this.assume = input.assume ?? {};
    this.material = material;
    this.policies = policies;
    this.policyIndex = index;
    this.namespaces = withNamed(material.namespaces, index.effective);
  }

  get resources(): readonly Resource[] {
    if (this.#resources === undefined) {
      const hidden = new Set(this.hidden);
      const own = hidden.size === 0 ? this.allResources : this.allResources.filter((one) => !hidden.has(one));
      this.#resources = [...own, ...this.world.invented];
    }
    return this.#resources;
  }

  get hidden(): readonly Resource[] {
    return [...this.material.hidden, ...hiddenIn(this.policies, this.policyIndex)];
  }

  get world(): World {
    return this.material.world;
  }

  get nodes(): readonly ClusterNode[] {
    return this.world.nodes;
  }

  node(name: string | undefined): ClusterNode | undefined {
    return name === undefined ? undefined : this.world.nodesByName.get(name);
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

  get kinds(): Snapshot['kinds'] {
    return [...this.policyIndex.kinds, ...this.world.index.kinds];
  }

  ofKind(group: string, kind: string): readonly Resource[] {
    const policies = this.policyIndex.ofKind(group, kind);
    return policies.length > 0 ? policies : this.world.index.ofKind(group, kind);
  }

  get(ref: ResourceRef): Resource | undefined {
    return this.world.index.get(ref) ?? this.policyIndex.get(ref);
  }

  pod(namespace: string, name: string): Pod | undefined {
    return this.world.podsByName.get(namespace, name);
  }

  podsIn(namespace: string): readonly Pod[] {
    return this.world.podsByNamespace.get(namespace) ?? [];
  }

  workloadsIn(namespace: string): readonly Workload[] {
    return this.world.workloadsByNamespace.get(namespace) ?? [];
  }

  servicesIn(namespace: string): readonly Service[] {
    return this.world.servicesByNamespace.get(namespace) ?? [];
  }

  service(namespace: string, name: string): Service | undefined {
    return this.world.servicesByName.get(namespace, name);
  }

  workload(ref: ResourceRef): Workload | undefined {
    return this.world.workloadsByRef.get(refKey(ref));
  }

  workloadNamed(ref: Omit<ResourceRef, 'group'>): Workload | undefined {
    return this.world.workloadNamed(ref);
  }

  ownersOf(ip: string): AddressOwners {
    return this.world.ownersOf(ip);
  }
}

/** Namespaces that are defined, and those that some namespaced object or `default` only names. */
function readNamespaces({ effective, ofKind }: ResourceIndex): ReadonlyMap<string, Namespace> {
  const defined = new Map<string, Namespace>();
  for (const resource of ofKind('', 'Namespace')) {
    const { name } = resource.ref;
    const labels = { ...stringMapAt(resource.object, 'metadata', 'labels'), 'kubernetes.io/metadata.name': name };
    defined.set(name, { name, labels, resource });
  }
  return withNamed(defined, effective);
}

/** With the namespaces that only objects name; the same map where there are none. */
function withNamed(
  known: ReadonlyMap<string, Namespace>,
  resources: readonly Resource[],
): ReadonlyMap<string, Namespace> {
  const named = new Set(resources.map(({ ref }) => ref.namespace));
  const missing = [...named].filter((name) => name !== '' && !known.has(name));
  if (missing.length === 0) return known;
  const made = missing.map((name): [string, Namespace] => {
    return [name, { name, labels: { 'kubernetes.io/metadata.name': name } }];
  });
  return new Map([...known, ...made]);
}
