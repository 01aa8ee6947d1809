import type { Analysis } from '../analysis/analysis.ts';
import type { Service, Workload } from '../model/cluster.ts';
import { valueAt } from '../model/json.ts';
import type { FieldPath, Location, TextPosition } from '../model/resource.ts';
import { containerPortPlaces, namedPortAt, type Place } from './namedPorts.ts';
import { type Subject, serviceNamedAt, startsWith, subjectAt } from './subject.ts';
import {
  assertionUses,
  isServiceEnd,
  isWorkloadEnd,
  namedPortUses,
  podUses,
  servicePortUses,
  serviceUses,
} from './uses.ts';

/** Places of objects, with those that are in no object of a scope. */
interface Found {
  readonly declared: readonly Place[];
  readonly used: readonly Place[];
  readonly asserted: readonly Location[];
}

const name: FieldPath = ['metadata', 'name'];

/**
 * The places that use what stands at a position. Of a Service: backends, serviceName, DNS names, assertions. Of a Service's
 * port: backends. Of a workload or pod: the Services and policies that select it, assertions. Of a container port's name:
 * targetPorts, policies, probes. `declaration` adds the place where it is defined. Empty where nothing is named.
 */
export function references(
  analysis: Analysis,
  uri: string,
  position: TextPosition,
  declaration: boolean,
): readonly Location[] {
  const subject = subjectAt(analysis, uri, position);
  if (subject === undefined) return [];
  // A file may be in several scopes, each with uses of its own.
  const found = analysis.scopesOfFile(uri).flatMap((scope) => {
    const { declared, used, asserted } = usesOf(analysis, { ...subject, scope });
    const places = [...(declaration ? declared : []), ...used];
    return [...places.flatMap(({ ref, path }) => analysis.locate(scope.snapshot, ref, path) ?? []), ...asserted];
  });
  return [...new Map(found.map((one) => [JSON.stringify(one), one])).values()];
}

function usesOf(analysis: Analysis, subject: Subject): Found {
  const port = namedPortAt(subject);
  if (port !== undefined) {
    return { declared: containerPortPlaces(port), used: namedPortUses(subject.scope, port), asserted: [] };
  }
  const service = serviceAt(subject);
  if (service !== undefined) return usesOfService(analysis, subject, service);
  const workload = workloadAt(subject);
  if (workload === undefined) return { declared: [], used: [], asserted: [] };
  const { ref } = subject.resource;
  return {
    declared: [{ ref, path: name }],
    used: podUses(subject.scope, workload),
    asserted: assertionUses(analysis, subject.scope, (end) => isWorkloadEnd(end, workload)),
  };
}

function usesOfService(analysis: Analysis, subject: Subject, service: Service): Found {
  const { scope } = subject;
  const port = servicePortAt(subject, service);
  if (port !== undefined) {
    const declared = { ref: service.ref, path: [...port.path, port.name === '' ? 'port' : 'name'] };
    return { declared: [declared], used: servicePortUses(scope, service, port), asserted: [] };
  }
  return {
    declared: [{ ref: service.ref, path: name }],
    used: serviceUses(scope, service),
    asserted: assertionUses(analysis, scope, (end) => isServiceEnd(end, service)),
  };
}

/** The Service that is named, or that the position is in. */
function serviceAt(subject: Subject): Service | undefined {
  const { scope, resource, path } = subject;
  const { ref } = resource;
  const named = serviceNamedAt(subject);
  if (named !== undefined) return scope.snapshot.service(named.namespace, named.name);
  const telling = [name, ['kind'], ['spec', 'selector'], ['spec', 'ports']].some((one) => startsWith(path, one));
  return ref.kind === 'Service' && ref.group === '' && telling
    ? scope.snapshot.service(ref.namespace, ref.name)
    : undefined;
}

/** The port of the Service at the position, in the Service itself or in a backend. */
function servicePortAt({ resource, path }: Subject, { ref, ports }: Service): Service['ports'][number] | undefined {
  const own = resource.ref.kind === 'Service' && resource.ref.name === ref.name;
  if (own) return ports.find((one) => startsWith(path, one.path));
  const value = path.includes('port') || path.at(-1) === 'servicePort' ? valueAt(resource.object, ...path) : undefined;
  return ports.find((one) => value !== undefined && (one.name === value || one.port === value));
}

/** The workload at the position; of a pod, the pod alone. */
function workloadAt({ scope, resource, path }: Subject): Workload | undefined {
  const { snapshot } = scope;
  const { ref } = resource;
  const workload = snapshot.workload(ref);
  const pod = ref.kind === 'Pod' ? snapshot.pod(ref.namespace, ref.name) : undefined;
  const own =
    pod === undefined ? workload : { ref, resource, template: pod.template, replicas: 1, pods: [pod], system: false };
  if (own === undefined) return undefined;
  const labels: FieldPath = [...own.template.metadataPath, 'labels'];
  const telling = [name, ['kind'], ['spec', 'selector'], ['metadata', 'labels'], labels];
  return telling.some((one) => startsWith(path, one)) ? own : undefined;
}
