import { t } from '@vscode/l10n';
import type { Analysis } from '../analysis/analysis.ts';
import type { EndChoice } from '../analysis/answers.ts';
import type { ScopeAnalysis } from '../analysis/scopeAnalysis.ts';
import type { Pod, Service } from '../model/cluster.ts';
import { externalRoutes } from '../route/ingress.ts';

/** An address that stands for any client outside (TEST-NET-3, RFC 5737). */
export const outsideAddress = '203.0.113.7';

/** Which ends are asked for. */
export interface EndsRequest {
  readonly scope?: string;
  readonly side: 'from' | 'to';
  /** Only ends that have each word of it in their names or addresses; absent: all. */
  readonly filter?: string;
  /** At most so many, the first; absent: all. */
  readonly limit?: number;
}

/** What a trace may start from or lead to, workloads and Services first. */
export function ends(analysis: Analysis, request: EndsRequest): readonly EndChoice[] {
  const { scope: name, side, filter = '', limit = Number.POSITIVE_INFINITY } = request;
  const words = filter
    .toLowerCase()
    .split(/[\s/]+/)
    .filter((one) => one !== '');
  const fits: Fits = (...texts) => {
    const text = texts.join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  };
  const found: EndChoice[] = [];
  for (const scope of analysis.scopes) {
    if (scope.scope.resources.length === 0 || (name !== undefined && scope.scope.name !== name)) continue;
    for (const one of side === 'from' ? sources(scope, fits) : destinations(scope, fits)) {
      if (found.length >= limit) return found;
      found.push(one);
    }
  }
  return found;
}

/** True for an end whose names and addresses are those that are looked for. */
type Fits = (...texts: readonly string[]) => boolean;

function* sources(scope: ScopeAnalysis, fits: Fits): Generator<EndChoice> {
  yield* workloads(scope, fits);
  yield* pods(scope, fits);
  yield* nodes(scope).filter(({ label, description }) => fits(label, description));
  yield outsideChoice(scope);
}

function* destinations(scope: ScopeAnalysis, fits: Fits): Generator<EndChoice> {
  const { services } = scope.snapshot;
  const named = services.filter(({ ref, clusterIPs }) => fits(ref.namespace, ref.name, ...clusterIPs));
  for (const one of named) if (one.resource.origin.type !== 'simulated') yield serviceChoice(scope, one);
  yield* workloads(scope, fits);
  yield* urls(scope).filter(({ text }) => fits(text));
  for (const one of named) yield nameChoice(scope, one);
  yield* pods(scope, fits);
  yield outsideChoice(scope);
}

/** A Pod without controller stands among the workloads already. */
function isBare({ ref, workload }: Pod): boolean {
  return workload.kind === 'Pod' && workload.name === ref.name;
}

function* workloads({ snapshot, scope }: ScopeAnalysis, fits: Fits): Generator<EndChoice> {
  for (const { ref, system, pods: own, template } of snapshot.workloads) {
    const { namespace, kind, name } = ref;
    if (system || own.length === 0 || !fits(namespace, kind, name)) continue;
    yield {
      text: kind === 'Pod' ? `${namespace}/${name}` : `${namespace}/${kind}/${name}`,
      label: name,
      description: `${kind} · ${namespace}`,
      group: 'workload',
      namespace,
      scope: scope.name,
      ports: template.ports.map(({ port, name: portName, protocol }) => ({ port, name: portName, protocol })),
    };
  }
}

function* pods(scope: ScopeAnalysis, fits: Fits): Generator<EndChoice> {
  for (const pod of scope.snapshot.pods) {
    if (!isBare(pod) && fits(pod.ref.namespace, pod.ref.name, ...pod.ips)) yield podChoice(scope, pod);
  }
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
