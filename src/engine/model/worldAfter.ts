import type { AssumptionSettings } from './assumptions.ts';
import type { Pod, Workload } from './cluster.ts';
import { type Exchange, sameList } from './lists.ts';
import { byNamespaceAndName, type NameIndex } from './nameIndex.ts';
import { lacksAddress, realPod } from './pods.ts';
import { isLive, type Resource, refKey } from './resource.ts';
import type { ResourceIndex } from './resourceIndex.ts';
import { assembleWorkloads, isController, Owners, readControllers } from './workloads.ts';
import { type Grouped, grouped, readNetworks, servicesOf, World, type WorldParts } from './world.ts';

/** Kinds that shape more than what is made here anew. */
const shaping: ReadonlySet<string> = new Set(['Namespace', 'Node']);

/**
 * The world of a running cluster once some objects gave way to others, and `index` holds those of now: pods come, go and
 * change all the time, and little else does. It takes what these objects touch, and is equal to a world made from
 * scratch; `undefined` where it has to be made so.
 */
export function worldAfter(
  before: World,
  index: ResourceIndex,
  assume: AssumptionSettings,
  exchange: Exchange<Resource>,
): World | undefined {
  const { parts } = before;
  const all = [...exchange.gone, ...exchange.come];
  const networks = readNetworks(index, assume);
  const isAlike =
    before.isLive &&
    all.every((one) => isLive(one) && !(one.ref.group === '' && shaping.has(one.ref.kind))) &&
    sameList(networks.podCIDRs, parts.networks.podCIDRs) &&
    sameList(networks.serviceCIDRs, parts.networks.serviceCIDRs);
  if (!isAlike) return undefined;
  const restaffed = namespacesOf(all.filter(({ ref }) => isController(ref.group, ref.kind)));
  const moved = podsExchanged(before, index, exchange, restaffed);
  const splices = parts.pods.byName.splicesFor(moved);
  if (splices === undefined || moved.come.some(lacksAddress)) return undefined;
  const byName = parts.pods.byName.spliced(splices);
  const moves = namespacesOf([...moved.gone, ...moved.come]);
  const pods = { list: byName.sorted, byName, byNamespace: regrouped(parts.pods.byNamespace, byName, moves) };
  const workloads =
    workloadsAfter(parts, index, pods.byNamespace, { moves, restaffed }) ??
    grouped(assembleWorkloads(readControllers(index.ofKind, parts.nodes.length), pods.list));
  const hasServices = parts.index.ofKind('', 'Service') === index.ofKind('', 'Service');
  const services = hasServices ? parts.services : servicesOf(index, networks);
  const owners = hasServices ? before.knownOwners?.exchanging(moved) : undefined;
  return World.live({ ...parts, networks, index, pods, services, workloads }, owners);
}

function namespacesOf(all: readonly Pick<Resource, 'ref'>[]): ReadonlySet<string> {
  return new Set(all.map(({ ref }) => ref.namespace));
}

/** The pods of Pod objects that went and came, and those that another workload owns now. */
function podsExchanged(
  { parts }: World,
  index: ResourceIndex,
  exchange: Exchange<Resource>,
  restaffed: ReadonlySet<string>,
): Exchange<Pod> {
  const owners = new Owners(index);
  const isPod = ({ ref }: Resource): boolean => ref.group === '' && ref.kind === 'Pod';
  const gone = exchange.gone.filter(isPod).flatMap(({ ref }) => parts.pods.byName.get(ref.namespace, ref.name) ?? []);
  const left = new Set(gone);
  const adopted = [...restaffed]
    .flatMap((namespace) => parts.pods.byNamespace.get(namespace) ?? [])
    .filter((pod) => !left.has(pod) && refKey(owners.workloadOf(pod.resource)) !== refKey(pod.workload));
  const resources = [...exchange.come.filter(isPod), ...adopted.map(({ resource }) => resource)].sort(
    byNamespaceAndName,
  );
  return { gone: [...gone, ...adopted], come: resources.map((one) => realPod(one, owners, parts.nodes)) };
}

function regrouped(
  before: ReadonlyMap<string, readonly Pod[]>,
  byName: NameIndex<Pod>,
  touched: Iterable<string>,
): ReadonlyMap<string, readonly Pod[]> {
  const groups = new Map(before);
  for (const namespace of touched) {
    const now = byName.inNamespace(namespace);
    if (now.length === 0) groups.delete(namespace);
    else groups.set(namespace, now);
  }
  return groups;
}

/**
 * The workloads once some namespaces have other pods (`moves`), or other controllers too (`restaffed`); `undefined` where
 * one comes or goes with these.
 */
function workloadsAfter(
  { workloads: { list, byNamespace }, nodes }: WorldParts,
  index: ResourceIndex,
  pods: ReadonlyMap<string, readonly Pod[]>,
  { moves, restaffed }: { readonly moves: ReadonlySet<string>; readonly restaffed: ReadonlySet<string> },
): Grouped<Workload> | undefined {
  const changed = new Map<Workload, Workload>();
  const groups = new Map(byNamespace);
  for (const namespace of new Set([...moves, ...restaffed])) {
    const before = byNamespace.get(namespace) ?? [];
    const inNamespace = (group: string, kind: string): readonly Resource[] => index.inNamespace(group, kind, namespace);
    const controllers = restaffed.has(namespace)
      ? readControllers(inNamespace, nodes.length)
      : before.filter(isControlled);
    const now = assembleWorkloads(controllers, pods.get(namespace) ?? []);
    if (now.length !== before.length) return undefined;
    for (const [place, one] of now.entries()) {
      const old = before[place];
      if (old === undefined || !standsFor(old, one)) return undefined;
      if (!isSame(old, one)) changed.set(old, one);
    }
    groups.set(
      namespace,
      before.map((one) => changed.get(one) ?? one),
    );
  }
  return { list: list.map((one) => changed.get(one) ?? one), byNamespace: groups };
}

/** True for a workload that is an object, and not only what pods name as their owner. */
function isControlled({ ref, resource }: Workload): boolean {
  return isController(resource.ref.group, resource.ref.kind) && refKey(resource.ref) === refKey(ref);
}

/** True where a workload keeps its place among all others: those of controllers come before those that only pods show. */
function standsFor(one: Workload, other: Workload): boolean {
  return refKey(one.ref) === refKey(other.ref) && one.resource.ref.kind === other.resource.ref.kind;
}

function isSame(one: Workload, other: Workload): boolean {
  return (
    one.resource === other.resource &&
    one.template === other.template &&
    one.replicas === other.replicas &&
    sameList(one.pods, other.pods)
  );
}
