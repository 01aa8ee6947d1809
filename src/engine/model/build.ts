import type { CidrBlock } from './addresses.ts';
import type { AssumptionSettings } from './assumptions.ts';
import type { ClusterNode, Namespace, Pod, Service, Workload } from './cluster.ts';
import { stringMapAt } from './json.ts';
import { isPolicyKind } from './kinds.ts';
import { type Exchange, listEdit, sameList, sortedExchange } from './lists.ts';
import { oncePer } from './memo.ts';
import { byNamespaceAndName } from './nameIndex.ts';
import type { Resource, ResourceRef } from './resource.ts';
import { indexResources, type ResourceIndex } from './resourceIndex.ts';
import type { AddressOwners, Snapshot } from './snapshot.ts';
import { World } from './world.ts';
import { worldAfter } from './worldAfter.ts';

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
 * the scope made of the same objects is taken over: policies shape nothing but verdicts, and are edited most; and of a
 * running cluster little but pods ever changes.
 */
export function buildSnapshot(input: SnapshotInput, previous?: Snapshot): Snapshot {
  const assume = input.assume ?? {};
  const old = previous instanceof BuiltSnapshot && sameAssumptions(assume, previous.assume) ? previous : undefined;
  const followed = old && (withPolicies(input, old) ?? withObjects(input, old));
  if (followed !== undefined) return followed;
  const { given, policies } = partsOf(input.resources);
  return new BuiltSnapshot(input, policies, indexResources(policies), materialOf(given, assume));
}

/** Objects by what they shape, each list in reading order. */
interface Parts {
  readonly given: readonly Resource[];
  readonly policies: readonly Resource[];
}

function partsOf(resources: readonly Resource[]): Parts {
  const given: Resource[] = [];
  const policies: Resource[] = [];
  let last: ResourceRef | undefined;
  let list = given;
  for (const one of resources) {
    const { ref } = one;
    if (ref.kind !== last?.kind || ref.group !== last.group)
      list = isPolicyKind(ref.group, ref.kind) ? policies : given;
    last = ref;
    list.push(one);
  }
  return { given, policies };
}

/** The snapshot where all that changed since lies between two places, and is policies, or where nothing did. */
function withPolicies(input: SnapshotInput, old: BuiltSnapshot): BuiltSnapshot | undefined {
  const edit = listEdit(old.allResources, input.resources);
  const isPolicy = (one?: Resource): boolean => one !== undefined && isPolicyKind(one.ref.group, one.ref.kind);
  // It begins with what differs, so that one look is enough for most edits that are others.
  const mayBe = edit.gone.length + edit.come.length === 0 || isPolicy(edit.gone[0]) || isPolicy(edit.come[0]);
  if (!mayBe) return undefined;
  const [gone, come] = [partsOf(edit.gone), partsOf(edit.come)];
  if (!sameList(gone.given, come.given)) return undefined;
  if (gone.policies.length + come.policies.length === 0) {
    return new BuiltSnapshot(input, old.policies, old.policyIndex, old.material);
  }
  const [first, next] = [gone.policies[0], come.policies[0]];
  const at = first === undefined ? -1 : old.policies.indexOf(first);
  const list =
    at < 0 ? partsOf(input.resources).policies : old.policies.toSpliced(at, gone.policies.length, ...come.policies);
  const isOne = gone.policies.length === 1 && come.policies.length === 1;
  const index = isOne && first !== undefined && next !== undefined ? old.policyIndex.replacing(first, next) : undefined;
  return new BuiltSnapshot(input, list, index ?? indexResources(list), old.material);
}

/** The snapshot where objects of a running cluster changed, as they do all the time. */
function withObjects(input: SnapshotInput, old: BuiltSnapshot): BuiltSnapshot | undefined {
  const { gone, come } = sortedExchange(old.allResources, input.resources, byKindAndName);
  const [left, added] = [partsOf(gone), partsOf(come)];
  const material = materialAfter(old.material, { gone: left.given, come: added.given });
  if (material === undefined) return undefined;
  if (left.policies.length + added.policies.length === 0) {
    return new BuiltSnapshot(input, old.policies, old.policyIndex, material);
  }
  const { policies } = partsOf(input.resources);
  return new BuiltSnapshot(input, policies, indexResources(policies), material);
}

/** The order of a running cluster's objects. */
function byKindAndName(a: Resource, b: Resource): number {
  if (a.ref.kind === b.ref.kind && a.ref.group === b.ref.group) return byNamespaceAndName(a, b);
  return `${a.ref.group}/${a.ref.kind}` < `${b.ref.group}/${b.ref.kind}` ? -1 : 1;
}

function sameAssumptions(a: AssumptionSettings, b: AssumptionSettings): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** Everything that is not a policy, with the world that it makes. */
interface Material {
  /** As read, those that do not count. */
  readonly hidden: readonly Resource[];
  readonly assume: AssumptionSettings;
  readonly world: World;
  readonly namespaces: ReadonlyMap<string, Namespace>;
}

function materialOf(given: readonly Resource[], assume: AssumptionSettings): Material {
  const index = indexResources(given);
  const world = World.of(index, assume);
  return { hidden: hiddenIn(given, index), assume, world, namespaces: readNamespaces(world.parts.index) };
}

/** The material once objects gave way to others; `undefined` where it has to be made from scratch. */
function materialAfter(before: Material, exchange: Exchange<Resource>): Material | undefined {
  const isDefined = ({ ref }: Resource): boolean =>
    ref.namespace === '' || before.namespaces.get(ref.namespace)?.resource !== undefined;
  // Other namespaces are there as long as something names them.
  if (![...exchange.gone, ...exchange.come].every(isDefined)) return undefined;
  const index = before.world.parts.index.exchanging(exchange);
  const world = index && worldAfter(before.world, index, before.assume, exchange);
  return world && { ...before, world };
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
    this.namespaces = withPolicyNames(material.namespaces)(index);
  }

  get resources(): readonly Resource[] {
    if (this.#resources === undefined) {
      const hidden = new Set(this.hidden);
      const own = hidden.size === 0 ? this.allResources : this.allResources.filter((one) => !hidden.has(one));
      this.#resources = [...own, ...this.world.parts.invented];
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
    return this.world.parts.nodes;
  }

  node(name: string | undefined): ClusterNode | undefined {
    return name === undefined ? undefined : this.world.parts.nodesByName.get(name);
  }

  get pods(): readonly Pod[] {
    return this.world.parts.pods.list;
  }

  get services(): readonly Service[] {
    return this.world.parts.services.list;
  }

  get workloads(): readonly Workload[] {
    return this.world.parts.workloads.list;
  }

  get podCIDRs(): readonly string[] {
    return this.world.parts.networks.podCIDRs;
  }

  get serviceCIDRs(): readonly string[] {
    return this.world.parts.networks.serviceCIDRs;
  }

  get kinds(): Snapshot['kinds'] {
    return [...this.policyIndex.kinds, ...this.world.parts.index.kinds];
  }

  ofKind(group: string, kind: string): readonly Resource[] {
    const policies = this.policyIndex.ofKind(group, kind);
    return policies.length > 0 ? policies : this.world.parts.index.ofKind(group, kind);
  }

  get(ref: ResourceRef): Resource | undefined {
    return this.world.parts.index.get(ref) ?? this.policyIndex.get(ref);
  }

  pod(namespace: string, name: string): Pod | undefined {
    return this.world.parts.pods.byName.get(namespace, name);
  }

  podsIn(namespace: string): readonly Pod[] {
    return this.world.parts.pods.byNamespace.get(namespace) ?? [];
  }

  workloadsIn(namespace: string): readonly Workload[] {
    return this.world.parts.workloads.byNamespace.get(namespace) ?? [];
  }

  servicesIn(namespace: string): readonly Service[] {
    return this.world.parts.services.byNamespace.get(namespace) ?? [];
  }

  service(namespace: string, name: string): Service | undefined {
    return this.world.parts.services.byName.get(namespace, name);
  }

  workload(ref: ResourceRef): Workload | undefined {
    return this.world.workload(ref);
  }

  workloadNamed(ref: Omit<ResourceRef, 'group'>): Workload | undefined {
    return this.world.workloadNamed(ref);
  }

  ownersOf(ip: string): AddressOwners {
    return this.world.owners.at(ip);
  }

  podIn(block: CidrBlock, except: readonly CidrBlock[]): Pod | undefined {
    return this.world.owners.podIn(block, except);
  }
}

const definedIn = oncePer((objects: readonly Resource[]): ReadonlyMap<string, Namespace> => {
  const labelled = objects.map((resource): [string, Namespace] => {
    const { name } = resource.ref;
    const labels = { ...stringMapAt(resource.object, 'metadata', 'labels'), 'kubernetes.io/metadata.name': name };
    return [name, { name, labels, resource }];
  });
  return new Map(labelled);
});

/** Namespaces that are defined, and those that some namespaced object or `default` only names. */
function readNamespaces({ effective, ofKind }: ResourceIndex): ReadonlyMap<string, Namespace> {
  return withNamed(definedIn(ofKind('', 'Namespace')), effective);
}

/** With those that only policies name. */
const withPolicyNames = oncePer((known: ReadonlyMap<string, Namespace>) =>
  oncePer(({ effective }: ResourceIndex) => withNamed(known, effective)),
);

/** With the namespaces that only objects name; the same map where there are none. */
function withNamed(
  known: ReadonlyMap<string, Namespace>,
  resources: readonly Resource[],
): ReadonlyMap<string, Namespace> {
  const missing = new Set<string>();
  let last = '';
  for (const { ref } of resources) {
    if (ref.namespace === last) continue;
    last = ref.namespace;
    if (last !== '' && !known.has(last)) missing.add(last);
  }
  if (missing.size === 0) return known;
  const made = [...missing].map((name): [string, Namespace] => {
    return [name, { name, labels: { 'kubernetes.io/metadata.name': name } }];
  });
  return new Map([...known, ...made]);
}
