import type { Analysis } from '../analysis/analysis.ts';
import type { ScopeAnalysis } from '../analysis/scopeAnalysis.ts';
import { isObject, type JsonValue, valueAt } from '../model/json.ts';
import { matchesLabels, selectorOfLabels } from '../model/labels.ts';
import type { FieldPath, Location, Resource, ResourceRef, TextPosition } from '../model/resource.ts';
import { type Subject, serviceNamedAt, subjectAt } from './subject.ts';

interface Place {
  readonly ref: ResourceRef;
  readonly path: FieldPath;
}

/**
 * Where the object at a position is used, over all objects of its scope: a Service by the fields and texts that name it; a
 * workload or pod by the Services and policies that select it; a container port's name by the ports that name it.
 */
export function references(analysis: Analysis, uri: string, position: TextPosition): readonly Location[] {
  const subject = subjectAt(analysis, uri, position);
  if (subject === undefined) return [];
  const { snapshot } = subject.scope;
  const found = placesOf(subject).flatMap(({ ref, path }) => analysis.locate(snapshot, ref, path) ?? []);
  return [...new Map(found.map((one) => [JSON.stringify(one), one])).values()];
}

function placesOf(subject: Subject): readonly Place[] {
  const { scope, resource, path } = subject;
  const named = serviceNamedAt(subject);
  if (named !== undefined) return usesOfService(subject, named);
  const { ref, object } = resource;
  if (ref.group === '' && ref.kind === 'Service') return usesOfService(subject, ref);
  const value = valueAt(object, ...path);
  const isPortName = typeof value === 'string' && path.at(-1) === 'name' && path.at(-3) === 'ports';
  return isPortName ? usesOfPort(scope, resource, value) : selectorsOf(scope, resource);
}

/** Every text of the scope that names the Service. */
function usesOfService(
  subject: Subject,
  service: { readonly namespace: string; readonly name: string },
): readonly Place[] {
  const { scope } = subject;
  return scope.snapshot.resources.flatMap((resource) => {
    if (resource.origin.type === 'simulated') return [];
    return [...textsWith(resource.object, service.name, [])].flatMap((path): Place[] => {
      const named = serviceNamedAt({ ...subject, resource, path });
      const isMeant = named?.namespace === service.namespace && named.name === service.name;
      return isMeant && named !== undefined ? [{ ref: resource.ref, path: named.path }] : [];
    });
  });
}

/** The paths of the texts in a value that hold a word. */
function* textsWith(value: JsonValue | undefined, word: string, path: FieldPath): Generator<FieldPath> {
  if (typeof value === 'string') {
    if (value.includes(word)) yield path;
  } else if (Array.isArray(value)) {
    for (const [index, one] of value.entries()) yield* textsWith(one as JsonValue, word, [...path, index]);
  } else if (isObject(value)) {
    for (const [key, one] of Object.entries(value)) yield* textsWith(one, word, [...path, key]);
  }
}

/** The Services and policies that select pods of a workload, and the rules that have them as a peer. */
function selectorsOf({ snapshot, derived }: ScopeAnalysis, { ref }: Resource): readonly Place[] {
  const pods = new Set(snapshot.workload(ref)?.pods ?? []);
  if (pods.size === 0) return [];
  const { policies } = derived;
  const [first] = pods;
  const services = snapshot.services.flatMap((one): Place[] => {
    const isOwn = one.resource.origin.type !== 'simulated' && one.ref.namespace === ref.namespace;
    if (!isOwn || one.selector === undefined || Object.keys(one.selector).length === 0) return [];
    const selector = selectorOfLabels(one.selector);
    const selects = [...pods].some(({ template }) => matchesLabels(selector, template.labels));
    return selects ? [{ ref: one.ref, path: ['spec', 'selector'] }] : [];
  });
  const ofPolicies = policies.programs.flatMap(({ ref: policy, subject, subjectPath, rules }): Place[] => {
    const selects = [...pods].some((pod) => policies.inSet(subject, pod));
    const peers = rules
      .flatMap((rule) => rule.peers ?? [])
      .filter((one) => one.kind === 'pods' && first !== undefined && policies.inSet(one.pods, first));
    return [
      ...(selects ? [{ ref: policy, path: subjectPath }] : []),
      ...peers.map(({ path }) => ({ ref: policy, path })),
    ];
  });
  return [...services, ...ofPolicies];
}

/** The targetPorts of Services, and the ports of policies, that mean a container port by its name. */
function usesOfPort({ snapshot, derived }: ScopeAnalysis, { ref }: Resource, name: string): readonly Place[] {
  const pods = snapshot.workload(ref)?.pods ?? [];
  const services = snapshot.services.flatMap((one) => {
    const selector = selectorOfLabels(one.selector ?? {});
    const isBehind =
      one.ref.namespace === ref.namespace &&
      Object.keys(one.selector ?? {}).length > 0 &&
      pods.some(({ template }) => matchesLabels(selector, template.labels));
    const ports = isBehind ? one.ports.filter(({ targetPort }) => targetPort === name) : [];
    return ports.map(({ path }) => ({ ref: one.ref, path: [...path, 'targetPort'] }));
  });
  const { policies } = derived;
  const ofPolicies = policies.programs.flatMap(({ ref: policy, subject, rules }) =>
    rules.flatMap(({ direction, ports }) => {
      const isMeant = direction === 'egress' || pods.some((pod) => policies.inSet(subject, pod));
      const same = (ports ?? []).filter((one) => one.kind === 'named' && one.name === name);
      return isMeant ? same.map(({ path }) => ({ ref: policy, path })) : [];
    }),
  );
  return [...services, ...ofPolicies];
}
