import type { Derived } from '../analysis/derived.ts';
import { objectAt, stringMapAt } from '../model/json.ts';
import { templateView } from '../model/layer.ts';
import { liveKinds } from '../model/live.ts';
import { type Resource, type ResourceRef, refKey } from '../model/resource.ts';
import { readControllers } from '../model/workloads.ts';
import type { PolicyProgram } from '../policy/policy.ts';

const readKinds: ReadonlySet<string> = new Set(liveKinds.map(({ group, kind }) => `${group}/${kind}`));
/** Objects that controllers make, and the ones that only describe the installation. */
const notCompared: ReadonlySet<string> = new Set([
  '/Pod',
  '/Node',
  '/Event',
  '/ConfigMap',
  '/Endpoints',
  'apps/ReplicaSet',
]);

/** True for a kind whose objects people apply and the network reads. */
export function isCompared({ group, kind }: ResourceRef): boolean {
  const key = `${group}/${kind}`;
  return readKinds.has(key) && !notCompared.has(key);
}

/**
 * What the network sees of an object, as text: equal texts mean that nothing which answers are made of differs. The
 * server's defaults are filled in, and what only the server gives is left out where the object does not ask for it.
 * `undefined` for an object that is compared by its own fields.
 */
export function networkView(derived: Derived, resource: Resource, asked: Resource): string | undefined {
  const { ref } = resource;
  if (ref.group === '' && ref.kind === 'Service') return serviceView(derived, ref, asked);
  const [controller] = readControllers(
    (group, kind) => (group === ref.group && kind === ref.kind ? [resource] : []),
    1,
  );
  if (controller !== undefined) {
    const counts = objectAt(asked.object, 'spec')?.['replicas'] !== undefined;
    return `${templateView(controller)} ${counts ? controller.replicas : ''}`;
  }
  if (ref.kind === 'Namespace') {
    const labels = stringMapAt(resource.object, 'metadata', 'labels');
    const wanted = Object.keys(stringMapAt(asked.object, 'metadata', 'labels'));
    return JSON.stringify(wanted.sort().map((key) => [key, labels[key]]));
  }
  const programs = programsOf(derived).get(refKey(ref));
  return programs?.map(programView).join('\n');
}

function serviceView({ snapshot }: Derived, { namespace, name }: ResourceRef, asked: Resource): string | undefined {
  const service = snapshot.service(namespace, name);
  if (service === undefined) return undefined;
  const wants = objectAt(asked.object, 'spec') ?? {};
  const { ref: _, resource: __, simulated: ___, loadBalancer: ____, clusterIPs, ports, ...rest } = service;
  const { healthCheckNodePort: _____, ipFamilies, ...plain } = rest;
  return JSON.stringify({
    ...plain,
    selector: Object.entries(service.selector ?? {}).sort(),
    clusterIPs: wants['clusterIP'] === undefined ? [] : clusterIPs,
    ipFamilies: wants['ipFamilies'] === undefined ? [] : ipFamilies,
    ports: ports.map(({ path: _path, nodePort, ...port }, index) => ({
      ...port,
      nodePort: asksForNodePort(wants, index) ? nodePort : undefined,
    })),
  });
}

function asksForNodePort(spec: NonNullable<ReturnType<typeof objectAt>>, index: number): boolean {
  return objectAt(spec, 'ports', index)?.['nodePort'] !== undefined;
}

const knownPrograms = new WeakMap<Derived, ReadonlyMap<string, readonly PolicyProgram[]>>();

function programsOf(derived: Derived): ReadonlyMap<string, readonly PolicyProgram[]> {
  let found = knownPrograms.get(derived);
  if (found === undefined) {
    found = Map.groupBy(derived.policies.programs, ({ ref }) => refKey(ref));
    knownPrograms.set(derived, found);
  }
  return found;
}

/** A program without where it was read; the order of label requirements means nothing. */
function programView({ ref: _, resource: __, subjectPath: ___, ...program }: PolicyProgram): string {
  return JSON.stringify(program, (key, value: unknown) => {
    if (key === 'path' || key === 'evidence' || key === 'resource') return undefined;
    if (key !== 'requirements' || !Array.isArray(value)) return value;
    return value.map((one) => JSON.stringify(one)).sort();
  });
}
