import { podConditions, waitingContainers } from './health.ts';
import { internName, internPodSpec, jsonPool } from './intern.ts';
import { arrayAt, type JsonObject, type JsonValue, objectAt, pick, stringAt } from './json.ts';
import type { Origin, Resource, ResourceRef } from './resource.ts';

/** What of a pod's metadata, spec and status is its own and seldom there; each is absent where there is nothing. */
interface Rest {
  readonly metadata?: JsonObject;
  readonly spec?: JsonObject;
  readonly status?: JsonObject;
}

interface Own {
  readonly nodeName: string | undefined;
  readonly podIP: string | undefined;
  readonly hostIP: string | undefined;
  readonly rest: Rest | undefined;
}

interface Shared {
  readonly metadata: JsonObject;
  readonly spec: JsonObject;
  /** `undefined` where the object has none. */
  readonly status: JsonObject | undefined;
}

/**
 * A pod of a running cluster. There are more of them than of all else, so it is kept in columns: what it has for itself
 * beside what it shares with others, of which there is one. The object is made whenever it is asked for.
 */
class LivePod implements Resource {
  readonly ref: ResourceRef;
  readonly origin: Origin;
  readonly #metadata: JsonObject;
  readonly #spec: JsonObject;
  readonly #status: JsonObject | undefined;
  readonly #nodeName: string | undefined;
  readonly #podIP: string | undefined;
  readonly #hostIP: string | undefined;
  readonly #rest: Rest | undefined;

  constructor(ref: ResourceRef, origin: Origin, shared: Shared, own: Own) {
    this.ref = ref;
    this.origin = origin;
    this.#metadata = shared.metadata;
    this.#spec = shared.spec;
    this.#status = shared.status;
    this.#nodeName = own.nodeName;
    this.#podIP = own.podIP;
    this.#hostIP = own.hostIP;
    this.#rest = own.rest;
  }

  get apiVersion(): string {
    return 'v1';
  }

  get object(): JsonObject {
    const metadata = { name: this.ref.name, ...this.#metadata, ...this.#rest?.metadata };
    const spec =
      this.#nodeName === undefined
        ? { ...this.#spec, ...this.#rest?.spec }
        : { ...this.#spec, nodeName: this.#nodeName, ...this.#rest?.spec };
    if (this.#status === undefined) return { apiVersion: 'v1', kind: 'Pod', metadata, spec };
    const ips = {
      ...(this.#podIP === undefined ? {} : { podIP: this.#podIP }),
      ...(this.#hostIP === undefined ? {} : { hostIP: this.#hostIP }),
    };
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      spec,
      status: { ...this.#status, ...ips, ...this.#rest?.status },
    };
  }
}

/** Nodes that are remembered at once; the largest clusters have 5,000. */
const mostNodes = 20_000;

const internMetadata = jsonPool();
const internStatus = jsonPool();

const sharedMetadata = ['namespace', 'labels', 'ownerReferences'];
/** Controllers whose pods have a name of their own each; other pods may have that of one before them. */
const namingControllers: ReadonlySet<string> = new Set(['DaemonSet', 'Job', 'ReplicaSet', 'ReplicationController']);

/**
 * A Pod object as it is kept: of its metadata and status what answers are made of, and `spec`, which was reduced to that.
 * `annotations` are those that are kept.
 */
export function livePod(
  { ref, origin }: Pick<Resource, 'ref' | 'origin'>,
  object: JsonObject,
  { annotations, spec }: { readonly annotations: JsonObject | undefined; readonly spec: JsonObject },
): Resource {
  const metadata = pick(objectAt(object, 'metadata'), sharedMetadata);
  const status = objectAt(object, 'status');
  const { nodeName, hostname, ...sharedSpec } = spec;
  const shared = {
    metadata: internMetadata(metadata),
    spec: internPodSpec(sharedSpec),
    status: status === undefined ? undefined : internStatus(sharedStatus(status)),
  };
  const [node, podIP, hostIP] = [stringAt(spec, 'nodeName'), stringAt(status, 'podIP'), stringAt(status, 'hostIP')];
  const isNamed = namingControllers.has(stringAt(metadata, 'ownerReferences', 0, 'kind') ?? '');
  const own: JsonObject = {
    ...pick(objectAt(object, 'metadata'), isNamed ? ['deletionTimestamp'] : ['deletionTimestamp', 'uid']),
    ...(annotations === undefined ? {} : { annotations }),
  };
  return new LivePod(ref, origin, shared, {
    ...placeOn(node, hostIP),
    podIP,
    rest: restOf({
      metadata: own,
      spec: { ...(node === undefined && nodeName !== undefined ? { nodeName } : {}), ...pick(spec, ['hostname']) },
      status: { ...listOf('podIPs', status, podIP), ...listOf('hostIPs', status, hostIP) },
    }),
  });
}

type OnNode = Pick<Own, 'nodeName' | 'hostIP'>;

const nodes = new Map<string, OnNode>();

/** A node and its address, the same for all of its pods. */
function placeOn(nodeName: string | undefined, hostIP: string | undefined): OnNode {
  const known = nodes.get(nodeName ?? '');
  if (known !== undefined && known.nodeName === nodeName && known.hostIP === hostIP) return known;
  const own: OnNode = {
    nodeName: nodeName === undefined ? undefined : internName(nodeName),
    hostIP: hostIP === undefined ? undefined : internName(hostIP),
  };
  if (nodes.size >= mostNodes) nodes.clear();
  nodes.set(nodeName ?? '', own);
  return own;
}

/** A phase, and conditions without what changes while nothing happens. */
function sharedStatus(status: JsonObject): JsonObject {
  const kept: Record<string, JsonValue | undefined> = pick(status, ['phase']);
  const add = (name: string, list: readonly JsonObject[]): void => {
    if (list.length > 0) kept[name] = list;
  };
  add('conditions', podConditions(arrayAt(status, 'conditions')));
  add('containerStatuses', waitingContainers(arrayAt(status, 'containerStatuses')));
  add('initContainerStatuses', waitingContainers(arrayAt(status, 'initContainerStatuses')));
  return kept;
}

/** A list of addresses; an only one stands in the field beside it, as the list of one says no more. */
function listOf(field: 'podIPs' | 'hostIPs', status: JsonObject | undefined, only: string | undefined): JsonObject {
  const list = status?.[field];
  const isOnly = Array.isArray(list) && list.length === 1 && stringAt(list, 0, 'ip') === only;
  return list === undefined || isOnly ? {} : { [field]: list };
}

function restOf(parts: Required<Rest>): Rest | undefined {
  let rest: Rest | undefined;
  for (const name of ['metadata', 'spec', 'status'] as const) {
    if (Object.keys(parts[name]).length > 0) rest = { ...rest, [name]: parts[name] };
  }
  return rest;
}
