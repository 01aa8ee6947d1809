import type { Pod, PodTemplate, Workload } from './cluster.ts';
import {
  arrayAt,
  isTrueAt,
  type JsonObject,
  type JsonValue,
  numberAt,
  objectAt,
  stringAt,
  stringMapAt,
} from './json.ts';
import { type FieldPath, type Resource, type ResourceRef, refKey } from './resource.ts';
import type { ResourceIndex } from './resourceIndex.ts';
import { readTemplate } from './template.ts';

/** A kind that makes pods: where its template is, and how its pods are counted and named. */
interface ControllerKind {
  readonly group: string;
  readonly kind: string;
  readonly podPath: FieldPath;
  /** Wanted pods, given the number of nodes. */
  readonly count: (object: JsonValue, nodes: number) => number;
}

const template: FieldPath = ['spec', 'template'];
const replicas = (object: JsonValue): number => bounded(numberAt(object, 'spec', 'replicas') ?? 1);

const controllerKinds: readonly ControllerKind[] = [
  { group: 'apps', kind: 'Deployment', podPath: template, count: replicas },
  { group: 'apps', kind: 'ReplicaSet', podPath: template, count: replicas },
  { group: 'apps', kind: 'StatefulSet', podPath: template, count: replicas },
  { group: 'apps', kind: 'DaemonSet', podPath: template, count: (_, nodes) => nodes },
  { group: '', kind: 'ReplicationController', podPath: template, count: replicas },
  // KubeVirt runs a virtual machine in a pod that carries the template's labels.
  { group: 'kubevirt.io', kind: 'VirtualMachine', podPath: template, count: () => 1 },
  { group: 'batch', kind: 'Job', podPath: template, count: (object) => jobPods(object, ['spec']) },
  {
    group: 'batch',
    kind: 'CronJob',
    podPath: ['spec', 'jobTemplate', 'spec', 'template'],
    count: (object) => jobPods(object, ['spec', 'jobTemplate', 'spec']),
  },
];

/** The most pods that Kubernetes is built for; a typo in `replicas` must not exhaust memory. */
const mostPods = 150_000;

function bounded(count: number): number {
  return Number.isFinite(count) ? Math.min(Math.max(0, Math.trunc(count)), mostPods) : 1;
}

function jobPods(object: JsonValue, path: FieldPath): number {
  const parallelism = bounded(numberAt(object, ...path, 'parallelism') ?? 1);
  const completions = numberAt(object, ...path, 'completions');
  return completions === undefined ? parallelism : Math.min(parallelism, bounded(completions));
}

/** True for a kind that makes pods from a template. */
export function isController(group: string, kind: string): boolean {
  return controllerKinds.some((one) => one.group === group && one.kind === kind);
}

/** A controller before its pods are known. */
export interface Controller {
  readonly resource: Resource;
  readonly template: PodTemplate;
  readonly replicas: number;
}

/** Templates are functions of an immutable object, so they outlive the snapshot that asked first. */
const templates = new WeakMap<Resource, PodTemplate>();
/** Those of pods, by the labels that live pods share: the last few, as pods with one set of labels are seldom of more. */
const podTemplates = new WeakMap<JsonObject, readonly PodTemplate[]>();
const mostVariants = 8;

/**
 * The template of a Pod (`[]`) or of a controller, read once per object; pods that are alike share one. `object` is the
 * resource's own, which is made anew for each who asks.
 */
export function templateOf(resource: Resource, podPath: FieldPath, object = resource.object): PodTemplate {
  const labels = podPath.length === 0 ? objectAt(object, 'metadata', 'labels') : undefined;
  if (labels !== undefined) return sharedTemplate(resource, labels, objectAt(object, 'spec') ?? {});
  let found = templates.get(resource);
  if (found === undefined) {
    found = readTemplate(resource, podPath);
    templates.set(resource, found);
  }
  return found;
}

function sharedTemplate(resource: Resource, labels: JsonObject, spec: JsonObject): PodTemplate {
  const known = podTemplates.get(labels) ?? [];
  const found = known.find((one) => isSameBesidesNode(one.spec, spec));
  if (found !== undefined) return found;
  const made = readTemplate(resource, []);
  podTemplates.set(labels, [made, ...known.slice(0, mostVariants - 1)]);
  return made;
}

/** True where two specs are made of the very same parts, as those that were interned are. */
function isSameBesidesNode(one: JsonObject, other: JsonObject): boolean {
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => one[key] === other[key] || (key === 'nodeName' && Object.hasOwn(other, key)))
  );
}

/** The controllers among `ofKind`'s objects, in a fixed order. `nodes` counts DaemonSet pods. */
export function readControllers(
  ofKind: (group: string, kind: string) => readonly Resource[],
  nodes: number,
): readonly Controller[] {
  return controllerKinds.flatMap(({ group, kind, podPath, count }) =>
    ofKind(group, kind).map((resource) => ({
      resource,
      template: templateOf(resource, podPath),
      replicas: count(resource.object, nodes),
    })),
  );
}

/** The controller that owns an object, by its ownerReference with `controller: true`; a static pod's Node is none. */
export function controllerRef(resource: Resource): ResourceRef | undefined {
  for (const owner of arrayAt(resource.object, 'metadata', 'ownerReferences')) {
    // An owner without a kind is malformed; its pods still belong together.
    const kind = stringAt(owner, 'kind') ?? 'Pod';
    const name = stringAt(owner, 'name');
    if (!isTrueAt(owner, 'controller') || name === undefined || kind === 'Node') continue;
    const apiVersion = stringAt(owner, 'apiVersion') ?? '';
    const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
    return { group, kind, namespace: resource.ref.namespace, name };
  }
  return undefined;
}

/** Which workloads the pods of a scope are reported under. */
export class Owners {
  readonly #index: ResourceIndex;
  /** By the owner references that live pods share. */
  readonly #known = new Map<JsonValue, ResourceRef>();

  constructor(index: ResourceIndex) {
    this.#index = index;
  }

  has(controller: ResourceRef): boolean {
    return this.#controllerOf(controller) !== undefined;
  }

  #controllerOf(ref: ResourceRef): Resource | undefined {
    return isController(ref.group, ref.kind) ? this.#index.get(ref) : undefined;
  }

  /**
   * The workload that a real pod is reported under: the topmost owner that the files hold. Where a ReplicaSet is not in
   * the files, a Deployment whose name it extends by one hash is its owner, as the Deployment controller names them. The
   * pod that KubeVirt runs a virtual machine in is the machine's.
   */
  workloadOf(pod: Resource, object = pod.object): ResourceRef {
    const owners = arrayAt(object, 'metadata', 'ownerReferences');
    const known = this.#known.get(owners);
    if (known?.namespace === pod.ref.namespace) return known;
    const first = controllerRef(pod);
    if (first === undefined) {
      const machine = machineOf(pod);
      return machine !== undefined && this.has(machine) ? machine : pod.ref;
    }
    const found = this.#top(first, 4);
    this.#known.set(owners, found);
    return found;
  }

  /** Owners form a chain in every real object; `hops` ends a loop that somebody wrote by hand. */
  #top(ref: ResourceRef, hops: number): ResourceRef {
    const controller = this.#controllerOf(ref);
    const above = controller === undefined ? ownerByName(ref) : controllerRef(controller);
    if (above === undefined || hops === 0 || !this.has(above)) return controller?.ref ?? ref;
    return this.#top(above, hops - 1);
  }
}

/** The owner of an object that is not in the files, by how controllers name what they make. */
function ownerByName(ref: ResourceRef): ResourceRef | undefined {
  if (ref.kind === 'VirtualMachineInstance') return { ...ref, kind: 'VirtualMachine' };
  const dash = ref.name.lastIndexOf('-');
  if (ref.kind !== 'ReplicaSet' || dash <= 0) return undefined;
  return { group: 'apps', kind: 'Deployment', namespace: ref.namespace, name: ref.name.slice(0, dash) };
}

/** The machine of a launcher pod that does not say its owner, as a dump without references leaves it. */
function machineOf({ ref, object }: Resource): ResourceRef | undefined {
  const labels = stringMapAt(object, 'metadata', 'labels');
  const name = labels['kubevirt.io'] === 'virt-launcher' ? labels['vm.kubevirt.io/name'] : undefined;
  return name === undefined
    ? undefined
    : { group: 'kubevirt.io', kind: 'VirtualMachine', namespace: ref.namespace, name };
}

/** By {@link refKey}. Pods of one workload come one after the other and share its ref. */
function podsByWorkload(pods: readonly Pod[]): ReadonlyMap<string, readonly Pod[]> {
  const groups = new Map<string, Pod[]>();
  let last: ResourceRef | undefined;
  let group: Pod[] = [];
  for (const pod of pods) {
    if (pod.workload !== last) {
      last = pod.workload;
      const key = refKey(last);
      group = groups.get(key) ?? [];
      groups.set(key, group);
    }
    group.push(pod);
  }
  return groups;
}

/** Groups pods under their workloads; controllers without pods stay, so that “replicas: 0” is seen. */
export function assembleWorkloads(controllers: readonly Controller[], pods: readonly Pod[]): readonly Workload[] {
  const podsOf = podsByWorkload(pods);
  const keys = new Set(controllers.map((one) => refKey(one.resource.ref)));
  const made = new Set<string>();
  const workloads: Workload[] = [];
  for (const { resource, template, replicas } of controllers) {
    const key = refKey(resource.ref);
    // A ReplicaSet or Job that another controller of the files owns is a part of that one.
    const owned = podsOf.get(key);
    const owner = controllerRef(resource);
    if (owned === undefined && owner !== undefined && keys.has(refKey(owner))) continue;
    made.add(key);
    const system = resource.origin.type === 'simulated';
    workloads.push({ ref: resource.ref, resource, template, replicas, pods: owned ?? [], system });
  }
  for (const [key, group] of podsOf) {
    const first = group[0];
    if (made.has(key) || first === undefined) continue;
    const system = first.resource.origin.type === 'simulated';
    workloads.push({
      ref: first.workload,
      resource: first.resource,
      template: first.template,
      replicas: group.length,
      pods: group,
      system,
    });
  }
  return workloads;
}
