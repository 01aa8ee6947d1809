import { t } from '@vscode/l10n';
import type { Derived } from '../analysis/derived.ts';
import type { Reach } from '../connectivity/reach.ts';
import type { Service, ServicePort, Workload } from '../model/cluster.ts';
import type { Endpoint, EndpointReason, ServiceEndpoints } from '../service/endpoint.ts';
import { environmentLine } from './environmentText.ts';
import { endpointText } from './table.ts';

/** Endpoints that a hover lists before “and 240 more”. */
const mostEndpoints = 10;

/** Why a Service resolves to nothing; `undefined` where it has endpoints. */
export function causeOfNothing({ endpoints, reasons }: ServiceEndpoints): EndpointReason | undefined {
  return endpoints.length > 0 ? undefined : reasons[0];
}

/**
 * What a Service resolves to, as the hover shows it: one line a fact, endpoints below their port. The cause why there
 * are none is left out, for it stands above.
 */
export function serviceLines(derived: Derived, resolved: ServiceEndpoints, reach: Reach): readonly string[] {
  const { service, endpoints, reasons } = resolved;
  return [
    `Service ${service.ref.namespace}/${service.ref.name} · ${addressText(service)}`,
    ...service.ports.flatMap((port) => portLines(port, resolved)),
    ...(endpoints.length === 0 ? [t('no endpoints')] : []),
    ...reasons
      .slice(endpoints.length === 0 ? 1 : 0, 3)
      .map(({ pod, text }) => `  ${pod === undefined ? '' : `${pod.name}: `}${text}`),
    `${t('Names:')} ${namesOf(service)}`,
    ...reachLines(service, reach),
    `${t('Assumed:')} ${[environmentLine(derived), ...simulatedAddresses(endpoints)].join(', ')}`,
  ];
}

/** Addresses of pods that are not read from a cluster are invented. */
function simulatedAddresses(endpoints: readonly Endpoint[]): readonly string[] {
  return endpoints.some(({ pod }) => pod?.simulatedIPs === true) ? [t('addresses of pods (simulated)')] : [];
}

function addressText(service: Service): string {
  const { type, headless, clusterIPs, simulated, externalName } = service;
  if (type === 'ExternalName') return `ExternalName → ${externalName ?? ''}`;
  if (headless) return t('headless: DNS answers with the pods');
  const invented = simulated.clusterIPs ? ` (${t('simulated')})` : '';
  return `${type} ${clusterIPs.join(', ')}${invented}`;
}

/** The pods that the Service selects, whether they came to be endpoints or not. */
function podCount({ endpoints, reasons }: ServiceEndpoints): number {
  const refs = [
    ...endpoints.map(({ pod, ip }) => pod?.ref ?? { namespace: '', name: ip }),
    ...reasons.map(({ pod }) => pod),
  ];
  return new Set(refs.flatMap((ref) => (ref === undefined ? [] : [`${ref.namespace}/${ref.name}`]))).size;
}

function portLines(port: ServicePort, resolved: ServiceEndpoints): readonly string[] {
  const { service, endpoints: all } = resolved;
  const own = all.filter((one) => one.servicePort?.port === port.port && one.servicePort.protocol === port.protocol);
  const ready = own.filter((one) => one.ready);
  const numbers = [...new Set(own.map((one) => one.port))].join('/');
  const name = port.name === '' ? '' : ` ${port.name}`;
  const node = port.nodePort === undefined ? '' : t(', node port {0}', port.nodePort);
  const target = numbers === '' ? `${port.targetPort}` : numbers;
  const pods = new Set(own.map((one) => one.pod)).size;
  const selected = Math.max(pods, podCount(resolved));
  const share = ready.length === 0 || service.headless ? '' : `${(100 / ready.length).toFixed(1)} %`;
  const rows = own
    .slice(0, mostEndpoints)
    .map((one) => [
      one.pod?.ref.name ?? one.ip,
      endpointText(one),
      one.node ?? t('no node'),
      one.ready ? t('ready') : t('not ready'),
      one.ready ? share : '',
    ]);
  const more = own.length > mostEndpoints ? [t('  and {0} more', own.length - mostEndpoints)] : [];
  return [
    t('{0}/{1}{2} → {3} on {4} of {5} pods', port.port, port.protocol, name, target, pods, selected) + node,
    ...columns(rows),
    ...more,
  ];
}

function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const width = (index: number) => Math.max(0, ...rows.map((row) => row[index]?.length ?? 0));
  return rows.map((row) => `  ${row.map((cell, index) => cell.padEnd(width(index))).join('  ')}`.trimEnd());
}

function namesOf({ ref: { name, namespace } }: Service): string {
  return [name, `${name}.${namespace}`, `${name}.${namespace}.svc.cluster.local`].join(' · ');
}

function reachLines(service: Service, { allowed, denied, unknown, outside }: Reach): readonly string[] {
  if (allowed.length + denied.length + unknown.length === 0) return [];
  const rest = [
    ...(outside && isExposed(service) ? [t('reached from outside the cluster')] : []),
    ...(denied.length === 1 ? [t('denied to 1 workload')] : []),
    ...(denied.length > 1 ? [t('denied to {0} workloads', denied.length)] : []),
    ...(unknown.length === 0 ? [] : [t('not known for {0}', unknown.length)]),
  ];
  const by = allowed.length === 0 ? t('Reached by no other workload') : t('Reached by {0}', workloadList(allowed));
  return [[by, ...rest].join('; ')];
}

/** True for a Service that has an address or port for clients outside. */
export function isExposed({ type, externalIPs }: Service): boolean {
  return type === 'NodePort' || type === 'LoadBalancer' || externalIPs.length > 0;
}

/** Up to three workloads by name, then how many more. */
export function workloadList(workloads: readonly Workload[]): string {
  const shown = workloads.slice(0, 3).map(({ ref }) => `${ref.name} (${ref.kind})`);
  return workloads.length > 3 ? t('{0} and {1} more', shown.join(', '), workloads.length - 3) : shown.join(', ');
}
