import { t } from '@vscode/l10n';
import { valueAt } from '../model/json.ts';
import type { FieldPath, ResourceRef } from '../model/resource.ts';
import { type IngressRoute, ingressRoutes } from '../route/ingress.ts';
import type { Finding, Fix, RuleContext } from './rule.ts';

/** The broken backends of every Ingress, as findings of the code that is given; a backend that stands twice is told once. */
export function* backendFindings(
  { snapshot }: RuleContext,
  problem: 'service' | 'port',
  code: string,
): Generator<Finding> {
  for (const ingress of snapshot.ofKind('networking.k8s.io', 'Ingress')) {
    for (const route of ingressRoutes(snapshot, ingress)) {
      // A controller's annotation stands in for a Service (AWS load balancer controller).
      if (route.backend.problem?.code !== problem || route.backend.portWritten === 'use-annotation') continue;
      // That no port is written at all is another rule's: object-field-invalid reads this version.
      const isUnwritten = problem === 'port' && route.backend.portWritten === undefined;
      if (isUnwritten && ingress.apiVersion === 'networking.k8s.io/v1') continue;
      yield finding(route, code);
    }
  }
}

function finding({ ingress, backend, host, requestPath, pathType }: IngressRoute, code: string): Finding {
  const { problem, service } = backend;
  const path = fieldOf(backend.path, ingress.object, problem?.code ?? 'service');
  const route = pathType === 'Default' ? t('the default backend') : `${host || '*'}${requestPath}`;
  const nearest = problem?.nearest;
  const fixes: readonly Fix[] =
    nearest === undefined
      ? []
      : [
          {
            title: problem?.code === 'service' ? t('Use Service {0}', nearest) : t('Use port {0}', nearest),
            target: ingress.ref,
            changes: [{ kind: 'set', path, value: nearest }],
          },
        ];
  const text = problem?.text ?? '';
  return {
    code,
    message: t('Ingress {0} leads {1} nowhere. {2}', ingress.ref.name, route, text),
    ref: ingress.ref,
    path,
    ...(problem?.code === 'service' ? { wanted: serviceRef(ingress.ref.namespace, backend.serviceName) } : {}),
    related: service === undefined ? [] : [{ ref: service.ref, path: ['spec', 'ports'], message: t('Its ports') }],
    fixes,
  };
}

/** How a Service is referred to. */
export function serviceRef(namespace: string, name: string): ResourceRef {
  return { group: '', kind: 'Service', namespace, name };
}

/** The field that holds the name or the port, in the form that the Ingress uses. */
function fieldOf(backend: FieldPath, object: Parameters<typeof valueAt>[0], problem: 'service' | 'port'): FieldPath {
  const candidates: readonly FieldPath[] =
    problem === 'service'
      ? [['service', 'name'], ['serviceName']]
      : [['service', 'port', 'number'], ['service', 'port', 'name'], ['servicePort'], ['service', 'port'], ['service']];
  const found = candidates.find((path) => valueAt(object, ...backend, ...path) !== undefined);
  return [...backend, ...(found ?? [])];
}
