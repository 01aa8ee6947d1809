import { t } from '@vscode/l10n';
import type { Service, ServicePort } from '../model/cluster.ts';
import {
  arrayAt,
  isObject,
  type JsonValue,
  numberAt,
  objectAt,
  stringAt,
  stringMapAt,
  stringsAt,
} from '../model/json.ts';
import { nearest } from '../model/nearest.ts';
import type { FieldPath, Resource } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { openshiftRoutes } from './openshiftRoute.ts';

/** Where a route leads, or what it lacks. `path` is the backend's field in the Ingress. */
export interface IngressBackend {
  readonly path: FieldPath;
  readonly serviceName: string;
  /** As written: a number or the name of a Service port; absent where none is written. */
  readonly portWritten?: number | string;
  readonly service?: Service;
  readonly port?: ServicePort;
  /** Why the backend can't serve; with the name or port that was likely meant. */
  readonly problem?: { readonly code: 'service' | 'port'; readonly text: string; readonly nearest?: string | number };
}

/** One route of an Ingress. An absent host means every host; the default backend has pathType `Default`. */
export interface IngressRoute {
  readonly ingress: Resource;
  readonly host: string;
  readonly requestPath: string;
  readonly pathType: 'Exact' | 'Prefix' | 'ImplementationSpecific' | 'Default';
  readonly backend: IngressBackend;
}

/** The class that serves an Ingress: its field, else its annotation, else the default IngressClass; `undefined`: unknown. */
export function ingressClass(snapshot: Snapshot, { object }: Resource): string | undefined {
  const written = stringAt(object, 'spec', 'ingressClassName');
  if (written !== undefined) return written;
  const annotation = stringMapAt(object, 'metadata', 'annotations')['kubernetes.io/ingress.class'];
  if (annotation !== undefined) return annotation;
  const defaults = snapshot.ofKind('networking.k8s.io', 'IngressClass').filter((one) => {
    const annotations = stringMapAt(one.object, 'metadata', 'annotations');
    return annotations['ingressclass.kubernetes.io/is-default-class'] === 'true';
  });
  return defaults[0]?.ref.name;
}

/** Every route of an Ingress in the order of the text, the default backend last. */
export function ingressRoutes(snapshot: Snapshot, ingress: Resource): readonly IngressRoute[] {
  const rules = arrayAt(ingress.object, 'spec', 'rules').flatMap((rule, r) =>
    arrayAt(rule, 'http', 'paths').map((entry, p): IngressRoute => {
      const typed = stringAt(entry, 'pathType');
      const pathType = typed === 'Exact' || typed === 'Prefix' ? typed : 'ImplementationSpecific';
      const path: FieldPath = ['spec', 'rules', r, 'http', 'paths', p, 'backend'];
      return {
        ingress,
        host: stringAt(rule, 'host') ?? '',
        requestPath: stringAt(entry, 'path') || '/',
        pathType,
        backend: readBackend(snapshot, ingress, objectAt(entry, 'backend'), path),
      };
    }),
  );
  const fallback = objectAt(ingress.object, 'spec', 'defaultBackend');
  if (fallback === undefined) return rules;
  const backend = readBackend(snapshot, ingress, fallback, ['spec', 'defaultBackend']);
  return [...rules, { ingress, host: '', requestPath: '/', pathType: 'Default', backend }];
}

/** Every route of every Ingress and of every OpenShift Route. */
export function externalRoutes(snapshot: Snapshot): readonly IngressRoute[] {
  return [
    ...snapshot.ofKind('networking.k8s.io', 'Ingress').flatMap((one) => ingressRoutes(snapshot, one)),
    ...snapshot.ofKind('route.openshift.io', 'Route').flatMap((one) => openshiftRoutes(snapshot, one)),
  ];
}

function readBackend(
  snapshot: Snapshot,
  ingress: Resource,
  value: JsonValue | undefined,
  path: FieldPath,
): IngressBackend {
  // extensions/v1beta1 wrote serviceName and servicePort; old files still do.
  const legacy = stringAt(value, 'serviceName');
  const serviceName = stringAt(value, 'service', 'name') ?? legacy ?? '';
  const number = numberAt(value, 'service', 'port', 'number') ?? numberAt(value, 'servicePort');
  const portWritten = number ?? stringAt(value, 'service', 'port', 'name') ?? stringAt(value, 'servicePort');
  const found = { path, serviceName, ...(portWritten === undefined ? {} : { portWritten }) };
  if (isObject(value) && isObject(value['resource'])) return found;
  const { namespace } = ingress.ref;
  const service = serviceName === '' ? undefined : snapshot.service(namespace, serviceName);
  if (service === undefined) {
    const names = snapshot.services.filter((one) => one.ref.namespace === namespace).map((one) => one.ref.name);
    const guess = nearest(serviceName, names);
    const text = t('There is no Service {0} in namespace {1}', serviceName, namespace);
    return { ...found, problem: { code: 'service', text, ...(guess === undefined ? {} : { nearest: guess }) } };
  }
  const port = service.ports.find((one) => (typeof portWritten === 'number' ? one.port : one.name) === portWritten);
  if (port !== undefined) return { ...found, service, port };
  if (service.type === 'ExternalName' && service.ports.length === 0) return { ...found, service };
  return { ...found, service, problem: missingPort(service, portWritten) };
}

function missingPort(service: Service, written: number | string | undefined): NonNullable<IngressBackend['problem']> {
  const ports = service.ports
    .map((one) => (one.name === '' ? String(one.port) : `${one.name} (${one.port})`))
    .join(', ');
  const text = t(
    'Service {0} has no port {1}; it has {2}',
    service.ref.name,
    String(written ?? t('(none given)')),
    ports || t('none'),
  );
  const only = service.ports.length === 1 ? service.ports[0] : undefined;
  if (typeof written === 'string') {
    const guess =
      nearest(
        written,
        service.ports.map((one) => one.name),
      ) ??
      (only?.name || undefined);
    return { code: 'port', text, ...(guess === undefined ? {} : { nearest: guess }) };
  }
  // A targetPort written where the Service's port belongs is the usual slip.
  const meant = service.ports.find((one) => one.targetPort === written) ?? only;
  return { code: 'port', text, ...(meant === undefined ? {} : { nearest: meant.port }) };
}

/** A request from outside. */
export interface HttpRequest {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly path: string;
}

/**
 * The route that serves a request, over all Ingresses: the exact host before the wildcard before none, then the
 * longest path, exact before prefix, then the older text; the default backend last; `undefined`: the controller's 404.
 * Source: the Ingress API reference.
 */
export function matchIngress(snapshot: Snapshot, request: HttpRequest): IngressRoute | undefined {
  const routes = externalRoutes(snapshot);
  const host = request.host.toLowerCase().replace(/:\d+$/, '');
  const rules = routes.filter((route) => route.pathType !== 'Default');
  const ranked = rules
    .map((route) => ({ route, rank: hostRank(route.host.toLowerCase(), host) }))
    .filter(({ rank }) => rank > 0);
  const best = Math.max(0, ...ranked.map(({ rank }) => rank));
  const matching = ranked
    .filter(({ rank, route }) => rank === best && pathMatches(route, request.path))
    .map(({ route }) => route);
  const [first] = matching.sort(byPath);
  return first ?? routes.find((route) => route.pathType === 'Default');
}

/** 3 for the same host, 2 for a wildcard that covers exactly one label, 1 for a rule without host, 0 for another. */
function hostRank(rule: string, host: string): number {
  if (rule === '') return 1;
  if (rule === host) return 3;
  const dot = host.indexOf('.');
  return rule.startsWith('*.') && dot > 0 && rule.slice(1) === host.slice(dot) ? 2 : 0;
}

function pathMatches({ pathType, requestPath }: IngressRoute, path: string): boolean {
  if (pathType === 'Exact') return requestPath === path;
  // What ImplementationSpecific means is the controller's choice; most take it for a prefix.
  const want = elements(requestPath);
  const have = elements(path);
  return want.every((element, index) => have[index] === element);
}

function elements(path: string): readonly string[] {
  return path
    .replace(/[?#].*$/, '')
    .split('/')
    .filter((element) => element !== '');
}

function byPath(a: IngressRoute, b: IngressRoute): number {
  const length = elements(b.requestPath).join('/').length - elements(a.requestPath).join('/').length;
  if (length !== 0) return length;
  return Number(b.pathType === 'Exact') - Number(a.pathType === 'Exact');
}

/** The hosts that TLS entries of an Ingress name. */
export function tlsHosts({ object }: Resource): readonly string[] {
  return arrayAt(object, 'spec', 'tls').flatMap((one) => stringsAt(one, 'hosts'));
}
