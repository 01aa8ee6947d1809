import type { Analysis } from '../analysis/analysis.ts';
import type { Pod } from '../model/cluster.ts';
import { stringAt, valueAt } from '../model/json.ts';
import type { FieldPath, Location, TextPosition } from '../model/resource.ts';
import { workloadsOfPods } from '../render/objectText.ts';
import { containerPortPlaces, namedPortAt, type Place, podsBehind } from './namedPorts.ts';
import { type Subject, serviceNamedAt, startsWith, subjectAt } from './subject.ts';

/**
 * Where a position leads: an Ingress backend, serviceName or DNS name to its Service; a Service to its workloads, its
 * named targetPort to the container port; a policy's selectors to the workloads, its named ports to container ports.
 */
export function definition(analysis: Analysis, uri: string, position: TextPosition): readonly Location[] {
  const subject = subjectAt(analysis, uri, position);
  if (subject === undefined) return [];
  const { snapshot } = subject.scope;
  const places = [...serviceTargets(subject), ...portTargets(subject), ...podTargets(subject)];
  const found = places.flatMap(({ ref, path }) => analysis.locate(snapshot, ref, path) ?? []);
  const unique = new Map(found.map((one) => [JSON.stringify(one), one]));
  return [...unique.values()];
}

const name: FieldPath = ['metadata', 'name'];

function serviceTargets(subject: Subject): readonly Place[] {
  const named = serviceNamedAt(subject);
  const service = named && subject.scope.snapshot.service(named.namespace, named.name);
  if (service === undefined) return [];
  const { object } = subject.resource;
  const last = subject.path.at(-1);
  const port = subject.path.includes('port') ? valueAt(object, ...subject.path) : undefined;
  const found = service.ports.find((one) => (last === 'name' ? one.name === port : one.port === port));
  return [{ ref: service.ref, path: found?.path ?? name }];
}

/** The container ports that a named port means. */
function portTargets(subject: Subject): readonly Place[] {
  const port = namedPortAt(subject);
  return port === undefined ? [] : containerPortPlaces(port);
}

/** The workloads that a selector or a peer chooses. */
function podTargets({ scope, resource, path }: Subject): readonly Place[] {
  const { ref } = resource;
  const { derived } = scope;
  const places = (matches: (pod: Pod) => boolean): readonly Place[] =>
    workloadsOfPods(derived, matches).map((one) => ({ ref: one.ref, path: name }));
  const telling = startsWith(path, ['spec', 'selector']) || startsWith(path, name) || startsWith(path, ['kind']);
  if (ref.kind === 'Service' && telling) {
    const pods = new Set(podsBehind(scope, ref));
    return places((pod) => pods.has(pod));
  }
  const program = derived.policies.programs.find((one) => one.resource === resource);
  if (program === undefined) return [];
  const peer = program.rules.flatMap((rule) => rule.peers ?? []).find((one) => startsWith(path, one.path));
  if (peer?.kind === 'pods') return places((pod) => derived.policies.inSet(peer.pods, pod));
  const subject = startsWith(path, ['spec', 'podSelector']) || startsWith(path, name) || startsWith(path, ['kind']);
  return subject ? places((pod) => derived.policies.inSet(program.subject, pod)) : [];
}

/** The end of a trace that a position stands for; null where nothing is there. */
export function endAt(analysis: Analysis, uri: string, position: TextPosition): string | null {
  const subject = subjectAt(analysis, uri, position);
  if (subject === undefined) return null;
  const named = serviceNamedAt(subject);
  if (named !== undefined) return `${named.namespace}/svc/${named.name}`;
  const { scope, resource } = subject;
  const { ref, object } = resource;
  if (ref.kind === 'Service' && ref.group === '') return `${ref.namespace}/svc/${ref.name}`;
  if (ref.kind === 'Pod') return `${ref.namespace}/${ref.name}`;
  if (ref.kind === 'Node') return `node/${ref.name}`;
  if (ref.kind === 'Ingress') return ingressUrl(object);
  if (scope.snapshot.workload(ref) !== undefined) return `${ref.namespace}/${ref.kind}/${ref.name}`;
  const program = scope.derived.policies.programs.find((one) => one.resource === resource);
  const [selected] =
    program === undefined
      ? []
      : workloadsOfPods(scope.derived, (pod) => scope.derived.policies.inSet(program.subject, pod));
  if (selected === undefined) return null;
  return `${selected.ref.namespace}/${selected.ref.kind}/${selected.ref.name}`;
}

function ingressUrl(object: Parameters<typeof stringAt>[0]): string {
  const host = stringAt(object, 'spec', 'rules', 0, 'host') ?? 'ingress.example';
  const path = stringAt(object, 'spec', 'rules', 0, 'http', 'paths', 0, 'path') ?? '/';
  return `http://${host.replace(/^\*\./, 'any.')}${path}`;
}
