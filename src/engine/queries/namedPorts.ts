import type { ScopeAnalysis } from '../analysis/scopeAnalysis.ts';
import type { Pod, Service } from '../model/cluster.ts';
import { isObject, type JsonValue, objectAt, valueAt } from '../model/json.ts';
import type { FieldPath, ResourceRef } from '../model/resource.ts';
import { peerMatches } from '../policy/peers.ts';
import type { PolicyProgram, PolicyRule } from '../policy/policy.ts';
import { selectedPods } from '../service/selected.ts';
import { type Subject, startsWith } from './subject.ts';

/** A field of an object. */
export interface Place {
  readonly ref: ResourceRef;
  readonly path: FieldPath;
}

/** A container port by its name, on the pods that are meant. */
export interface NamedPort {
  readonly pods: readonly Pod[];
  readonly name: string;
}

/**
 * The container port that a field names: the port's own name, a probe's port, a Service's targetPort, a port of a policy's
 * rule. `undefined` for other fields and for numbers.
 */
export function namedPortAt({ scope, resource, path }: Subject): NamedPort | undefined {
  const { ref, object } = resource;
  const name = valueAt(object, ...path);
  if (typeof name !== 'string') return undefined;
  if (ref.kind === 'Service' && path.at(-1) === 'targetPort') return { pods: podsBehind(scope, ref), name };
  const own = ref.kind === 'Pod' ? undefined : scope.snapshot.workload(ref)?.pods;
  const pods = own ?? [scope.snapshot.pod(ref.namespace, ref.name)].flatMap((one) => one ?? []);
  const [pod] = pods;
  const isOwn = pod !== undefined && (ref.kind === 'Pod' || own !== undefined);
  if (isOwn && ownPortFields(pod, name).some((one) => startsWith(path, one))) return { pods, name };
  for (const program of scope.derived.policies.programs.filter((one) => one.resource === resource)) {
    const rule = program.rules.find((one) => one.ports?.some((port) => startsWith(path, port.path)));
    const isPort = path.at(-1) === 'port' || rule?.ports?.some((one) => one.path.length === path.length) === true;
    if (rule !== undefined && isPort) return { pods: listeners(scope, program, rule), name };
  }
  return undefined;
}

/** The pods that a rule's ports are ports of: the subject's on the way in, the peers' on the way out. */
export function listeners(
  { snapshot, derived: { policies } }: ScopeAnalysis,
  program: PolicyProgram,
  { direction, peers }: PolicyRule,
): readonly Pod[] {
  if (direction === 'ingress') return policies.podsOf(program.subject);
  if (peers === undefined) return snapshot.pods;
  return snapshot.pods.filter((pod) =>
    peers.some((peer) => peerMatches(policies, peer, { kind: 'pod', pod }, undefined)),
  );
}

/** Where the containers of the pods declare a port of that name. */
export function containerPortPlaces({ pods, name }: NamedPort): readonly Place[] {
  return pods.flatMap(({ template, resource }) =>
    template.ports
      .filter((one) => one.name === name)
      .map((one) => ({ ref: resource.ref, path: [...one.path, 'name'] })),
  );
}

/** Where a pod's own object says the name of a port: where it is declared, and in the probes of the containers that declare it. */
export function ownPortFields({ template }: Pod, name: string): readonly FieldPath[] {
  const declared = template.ports.filter((one) => one.name === name);
  const containers = new Set(declared.map(({ path }) => path.slice(template.specPath.length, -2).join('\0')));
  const probes = (['containers', 'initContainers'] as const).flatMap((list) => {
    const entries = template.spec[list];
    if (!Array.isArray(entries)) return [];
    return (entries as readonly JsonValue[]).flatMap((container, index) =>
      containers.has([list, index].join('\0'))
        ? probePorts(container, name).map((one) => [...template.specPath, list, index, ...one])
        : [],
    );
  });
  return [...declared.map(({ path }) => [...path, 'name']), ...probes];
}

function probePorts(container: JsonValue, name: string): readonly FieldPath[] {
  const probes = ['livenessProbe', 'readinessProbe', 'startupProbe'];
  return probes
    .flatMap((probe) => ['httpGet', 'tcpSocket'].map((how): FieldPath => [probe, how, 'port']))
    .filter((path) => valueAt(container, ...path) === name);
}

/** The pods that a Service's selector takes in; without a selector, those that its endpoints are. */
export function podsBehind(scope: ScopeAnalysis, ref: ResourceRef): readonly Pod[] {
  const { snapshot, derived } = scope;
  const service = snapshot.service(ref.namespace, ref.name);
  if (service === undefined) return [];
  const selected = selectedPods(snapshot, service);
  return selected.length > 0 ? selected : derived.endpointsOf(service).endpoints.flatMap((one) => one.pod ?? []);
}

/** True where a Service's selector takes in pods of these labels; an absent or empty one takes in none. */
export function selects({ selector = {} }: Service, labels: Readonly<Record<string, string>>): boolean {
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value);
}

/** The field of a policy's port that holds its name: the entry's `port`, or the entry itself where it is the name. */
export function portNameField(object: JsonValue, path: FieldPath): FieldPath {
  return isObject(valueAt(object, ...path)) && objectAt(object, ...path)?.['port'] !== undefined
    ? [...path, 'port']
    : path;
}
