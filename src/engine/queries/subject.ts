import type { Analysis } from '../analysis/analysis.ts';
import { readClusterUri } from '../analysis/clusters.ts';
import type { SourceFile } from '../analysis/files.ts';
import type { ScopeAnalysis } from '../analysis/scopeAnalysis.ts';
import { isObject, type JsonValue, stringAt, valueAt } from '../model/json.ts';
import type { FieldPath, Resource, TextPosition, TextRange } from '../model/resource.ts';

/** What stands at a position of a file: the object, the field in it, and the first scope that the file is in. */
export interface Subject {
  readonly file: SourceFile;
  readonly scope: ScopeAnalysis;
  readonly resource: Resource;
  /** From the object's root. */
  readonly path: FieldPath;
  readonly part: 'key' | 'value';
  readonly range: TextRange;
}

/** The object and field at a position; `undefined` between objects and in files that are in no scope. */
export function subjectAt(analysis: Analysis, uri: string, position: TextPosition): Subject | undefined {
  const file = analysis.file(uri);
  const scope = analysis.scopesOfFile(uri)[0];
  if (file === undefined || scope === undefined) return undefined;
  const field = file.locator.fieldAt(file.lines.offset(position));
  const document = file.manifest.documents.find((one) => one.index === field?.document);
  if (field === undefined || document === undefined) return undefined;
  for (const resource of document.resources) {
    const { origin } = resource;
    if (origin.type !== 'manifest' || !startsWith(field.path, origin.prefix)) continue;
    const path = field.path.slice(origin.prefix.length);
    const range = file.range(field.range.start, field.range.end);
    // The text of a live object stands for the object itself.
    const live = readClusterUri(uri) === undefined ? undefined : scope.snapshot.get(resource.ref);
    return { file, scope, resource: live ?? resource, path, part: field.part, range };
  }
  return undefined;
}

/** True when a path is a field, or inside it. */
export function startsWith(path: FieldPath, prefix: FieldPath): boolean {
  return prefix.every((step, index) => path[index] === step);
}

/** A place in an object that names a Service of the object's namespace: an Ingress backend, a StatefulSet's serviceName. */
export interface ServiceName {
  readonly namespace: string;
  readonly name: string;
  /** The field that holds the name. */
  readonly path: FieldPath;
}

/** The Service that the field at a path names, by field or as a DNS name in a value; `undefined` for other fields. */
export function serviceNamedAt({ resource, path, scope }: Subject): ServiceName | undefined {
  const { object, ref } = resource;
  const backend = path.lastIndexOf('backend') >= 0 ? path.lastIndexOf('backend') : path.indexOf('defaultBackend');
  if (ref.kind === 'Ingress' && backend >= 0) {
    const at = path.slice(0, backend + 1);
    const holder = valueAt(object, ...at);
    const legacy = stringAt(holder, 'serviceName');
    const name = stringAt(holder, 'service', 'name') ?? legacy;
    const field = legacy === undefined ? ['service', 'name'] : ['serviceName'];
    return name === undefined ? undefined : { namespace: ref.namespace, name, path: [...at, ...field] };
  }
  if (ref.kind === 'StatefulSet' && startsWith(path, ['spec', 'serviceName'])) {
    const name = stringAt(object, 'spec', 'serviceName');
    return name === undefined ? undefined : { namespace: ref.namespace, name, path: ['spec', 'serviceName'] };
  }
  const routed = routeNameAt(resource, path);
  if (routed !== undefined) return routed;
  const value: JsonValue | undefined = valueAt(object, ...path);
  if (typeof value !== 'string' || !mayHoldNames(ref.kind, path)) return undefined;
  const found = namesInText(value, ref.namespace, scope)[0];
  return found === undefined ? undefined : { ...found, path };
}

/** The backend of a route of OpenShift or of the Gateway API; the latter may be in another namespace. */
function routeNameAt({ ref, object }: Resource, path: FieldPath): ServiceName | undefined {
  const isGateway = ref.group === 'gateway.networking.k8s.io';
  if (!isGateway && ref.group !== 'route.openshift.io') return undefined;
  const at = isGateway
    ? path.slice(0, path.lastIndexOf('backendRefs') + 2)
    : path.slice(0, path[1] === 'alternateBackends' ? 3 : 2);
  const isBackend = isGateway ? path.includes('backendRefs') : path[1] === 'alternateBackends' || path[1] === 'to';
  const name = isBackend ? stringAt(object, ...at, 'name') : undefined;
  if (name === undefined || (stringAt(object, ...at, 'kind') ?? 'Service') !== 'Service') return undefined;
  const namespace = (isGateway && stringAt(object, ...at, 'namespace')) || ref.namespace;
  return { namespace, name, path: [...at, 'name'] };
}

/** Values of environment variables, arguments and ConfigMaps are where people write Service names. */
export function mayHoldNames(kind: string, path: FieldPath): boolean {
  if (kind === 'ConfigMap') return path[0] === 'data';
  return path.includes('env') || path.includes('args') || path.includes('command');
}

/** `name`, `name.ns`, `name.ns.svc…`, also inside a URL or `host:port`, where such a Service exists; in the order of the text. */
export function namesInText(
  text: string,
  ownNamespace: string,
  { snapshot }: ScopeAnalysis,
): readonly Pick<ServiceName, 'namespace' | 'name'>[] {
  if (text.length > 2000) return [];
  return [...text.matchAll(/[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*/g)].flatMap(([host]) => {
    const [name = '', namespace = ownNamespace, kind = 'svc'] = host.split('.');
    if (kind !== 'svc' || (name === host && host !== text && !hostLike(text, host))) return [];
    return snapshot.service(namespace, name) === undefined ? [] : [{ namespace, name }];
  });
}

/** A bare word inside a longer text is a host only behind `//` or `@`, or before a port. */
function hostLike(text: string, host: string): boolean {
  return text.includes(`//${host}`) || text.includes(`@${host}`) || text.startsWith(`${host}:`);
}

/** The object's own value at a path, where that is an object. */
export function objectFieldAt({ resource }: Subject, path: FieldPath): boolean {
  return isObject(valueAt(resource.object, ...path));
}
