import { t } from '@vscode/l10n';
import type { Analysis } from '../analysis/analysis.ts';
import type { EndChoice } from '../analysis/answers.ts';
import type { ScopeAnalysis } from '../analysis/scopeAnalysis.ts';
import type { Pod, Service, Workload } from '../model/cluster.ts';
import { externalRoutes } from '../route/ingress.ts';

/** An address that stands for any client outside (TEST-NET-3, RFC 5737). */
export const outsideAddress = '203.0.113.7';

/** What a trace may start from or lead to, workloads and Services first. */
export function ends(
  analysis: Analysis,
  { scope: name, side }: { readonly scope?: string; readonly side: 'from' | 'to' },
): readonly EndChoice[] {
  const scopes = analysis.scopes.filter(
    ({ scope }) => scope.resources.length > 0 && (name === undefined || scope.name === name),
  );
  return scopes.flatMap((scope) => (side === 'from' ? sources(scope) : destinations(scope)));
}

function sources(scope: ScopeAnalysis): readonly EndChoice[] {
  const { snapshot } = scope;
  return [
    ...workloads(scope),
    ...snapshot.pods.filter((pod) => !isBare(pod)).map((pod) => podChoice(scope, pod)),
    ...nodes(scope),
    outsideChoice(scope),
  ];
}

function destinations(scope: ScopeAnalysis): readonly EndChoice[] {
  const { snapshot } = scope;
  return [
    ...snapshot.services
      .filter(({ resource }) => resource.origin.type !== 'simulated')
      .map((one) => serviceChoice(scope, one)),
    ...workloads(scope),
    ...urls(scope),
    ...snapshot.services.map((one) => nameChoice(scope, one)),
    ...snapshot.pods.filter((pod) => !isBare(pod)).map((pod) => podChoice(scope, pod)),
    outsideChoice(scope),
  ];
}

/** A Pod without controller stands among the workloads already. */
function isBare({ ref, workload }: Pod): boolean {
  return workload.kind === 'Pod' && workload.name === ref.name;
}

function workloads({ snapshot, scope }: ScopeAnalysis): readonly EndChoice[] {
  return snapshot.workloads
    .filter((one) => !one.system && one.pods.length > 0)
    .map((one: Workload) => {
      const { namespace, kind, name } = one.ref;
      return {
        text: kind === 'Pod' ? `${namespace}/${name}` : `${namespace}/${kind}/${name}`,
        label: name,
        description: `${kind} · ${namespace}`,
        group: 'workload' as const,
        namespace,
        scope: scope.name,
        ports: one.template.ports.map(({ port, name: portName, protocol }) => ({ port, name: portName, protocol })),
      };
    });
}

function podChoice({ scope }: ScopeAnalysis, { ref, node, ips, template }: Pod): EndChoice {
  return {
    text: `${ref.namespace}/${ref.name}`,
    label: ref.name,
    description: [t('Pod'), ref.namespace, ips[0] ?? '', node ?? ''].filter((one) => one !== '').join(' · '),
    group: 'pod',
    namespace: ref.namespace,
    scope: scope.name,
    ports: template.ports.map(({ port, name, protocol }) => ({ port, name, protocol })),
  };
}

function serviceChoice({ scope }: ScopeAnalysis, { ref, type, headless, ports }: Service): EndChoice {
  return {
    text: `${ref.namespace}/svc/${ref.name}`,
    label: ref.name,
    description: [`Service ${headless ? 'headless' : type}`, ref.namespace, portList(ports)]
      .filter((one) => one !== '')
      .join(' · '),
    group: 'service',
    namespace: ref.namespace,
    scope: scope.name,
    ports: ports.map(({ port, name, protocol }) => ({ port, name, protocol })),
  };
}

/** `80/TCP http, 443/TCP https and 2 more` */
function portList(ports: Service['ports']): string {
  const shown = ports.slice(0, 3).map(({ port, protocol, name }) => `${port}/${protocol} ${name}`.trim());
  return ports.length > 3 ? t('{0} and {1} more', shown.join(', '), ports.length - 3) : shown.join(', ');
}

function nameChoice(scope: ScopeAnalysis, service: Service): EndChoice {
  const { name, namespace } = service.ref;
  const text = `${name}.${namespace}.svc.cluster.local`;
  return { ...serviceChoice(scope, service), text, label: text, description: t('DNS name'), group: 'name' };
}

function nodes({ snapshot, scope }: ScopeAnalysis): readonly EndChoice[] {
  return snapshot.nodes.map(({ name, internalIPs, simulated }) => ({
    text: `node/${name}`,
    label: name,
    description: [t('Node'), internalIPs[0] ?? '', simulated ? t('simulated') : '']
      .filter((one) => one !== '')
      .join(' · '),
    group: 'node',
    namespace: '',
    scope: scope.name,
    ports: [],
  }));
}

/** One choice for each host of the Ingresses. */
function urls({ snapshot, scope }: ScopeAnalysis): readonly EndChoice[] {
  const routes = externalRoutes(snapshot);
  const texts = routes.map(({ host, requestPath }) => {
    return `http://${(host || 'ingress.example').replace(/^\*\./, 'any.')}${requestPath}`;
  });
  return [...new Set(texts)].map((text) => ({
    text,
    label: text,
    description: t('through the Ingress'),
    group: 'outside',
    namespace: '',
    scope: scope.name,
    ports: [],
  }));
}

function outsideChoice({ scope }: ScopeAnalysis): EndChoice {
  return {
    text: outsideAddress,
    label: t('Outside the cluster'),
    description: outsideAddress,
    group: 'outside',
    namespace: '',
    scope: scope.name,
    ports: [],
  };
}
