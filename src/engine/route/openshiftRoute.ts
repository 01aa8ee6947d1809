import { t } from '@vscode/l10n';
import type { Service, ServicePort } from '../model/cluster.ts';
import { arrayAt, type JsonValue, numberAt, stringAt } from '../model/json.ts';
import type { FieldPath, Resource } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { IngressRoute } from './ingress.ts';

/**
 * The ways through an OpenShift Route: one a backend, and one a port of a backend's Service where the Route names none.
 * A port is written as the name or the targetPort of a Service port. Source: route.openshift.io/v1 RouteSpec.
 */
export function openshiftRoutes(snapshot: Snapshot, route: Resource): readonly IngressRoute[] {
  const { object } = route;
  const alternates = arrayAt(object, 'spec', 'alternateBackends').map(
    (value, index): readonly [JsonValue, FieldPath] => [value, ['spec', 'alternateBackends', index]],
  );
  const first = stringAt(object, 'spec', 'to', 'name') ?? '';
  const backends: (readonly [JsonValue, FieldPath])[] = [[{ name: first }, ['spec', 'to']], ...alternates];
  return backends.flatMap(([value, path]) => backendRoutes(snapshot, route, stringAt(value, 'name') ?? '', path));
}

function backendRoutes(
  snapshot: Snapshot,
  route: Resource,
  serviceName: string,
  path: FieldPath,
): readonly IngressRoute[] {
  const { object } = route;
  const portWritten = numberAt(object, 'spec', 'port', 'targetPort') ?? stringAt(object, 'spec', 'port', 'targetPort');
  const written = { path, serviceName, ...(portWritten === undefined ? {} : { portWritten }) };
  const way = {
    ingress: route,
    host: stringAt(object, 'spec', 'host') ?? '',
    requestPath: stringAt(object, 'spec', 'path') || '/',
    pathType: 'Prefix' as const,
  };
  const service = snapshot.service(route.ref.namespace, serviceName);
  if (service === undefined) {
    const text = t('There is no Service {0} in namespace {1}', serviceName, route.ref.namespace);
    return [{ ...way, backend: { ...written, problem: { code: 'service', text } } }];
  }
  const ports = service.ports.filter((port) => portWritten === undefined || isMeant(port, portWritten));
  if (ports.length > 0) return ports.map((port) => ({ ...way, backend: { ...written, service, port } }));
  return [{ ...way, backend: { ...written, service, problem: noPort(service, portWritten) } }];
}

function isMeant({ name, port, targetPort }: ServicePort, written: number | string): boolean {
  return [name, port, targetPort].includes(written);
}

function noPort(
  service: Service,
  written: number | string | undefined,
): { readonly code: 'port'; readonly text: string } {
  return { code: 'port', text: t('Service {0} has no port {1}', service.ref.name, String(written ?? '')) };
}
