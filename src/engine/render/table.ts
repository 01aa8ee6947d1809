import { t } from '@vscode/l10n';
import type { Service } from '../model/cluster.ts';
import type { Endpoint, ServiceEndpoints } from '../service/endpoint.ts';

/** Columns padded to their widest cell, three spaces between them, as kubectl prints tables. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>((all, row) => {
    for (const [index, cell] of row.entries()) all[index] = Math.max(all[index] ?? 0, cell.length);
    return all;
  }, []);
  const lines = rows.map((row) =>
    row
      .map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0)))
      .join('   ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

/** How `kubectl get endpoints` writes the ready addresses of a Service; `<none>` for none, and at most three unless `all`. */
export function endpointsCell({ endpoints }: ServiceEndpoints, all = false): string {
  const ready = endpoints.filter((one) => one.ready).map(endpointText);
  if (ready.length === 0) return '<none>';
  return all || ready.length <= 3 ? ready.join(',') : `${ready.slice(0, 3).join(',')} + ${ready.length - 3} more...`;
}

/** `10.244.1.5:9376`, `[fd00::5]:9376`; the address alone where there is no port. */
export function endpointText({ ip, port, family }: Endpoint): string {
  const host = family === 'IPv6' ? `[${ip}]` : ip;
  return port === 0 ? ip : `${host}:${port}`;
}

/** `kubectl get endpoints` for Services, and below it why endpoints are missing. */
export function endpointsTable(all: readonly ServiceEndpoints[]): string {
  const rows = all.map((one) => [one.service.ref.namespace, one.service.ref.name, endpointsCell(one)]);
  const reasons = all.flatMap(({ service, reasons: own }) =>
    own.map(({ text, pod }) => `${serviceName(service)}: ${pod === undefined ? '' : `${pod.name}: `}${text}`),
  );
  const head = table([['NAMESPACE', 'NAME', 'ENDPOINTS'], ...rows]);
  return reasons.length === 0 ? head : `${head}\n${t('Missing:')}\n${reasons.map((one) => `  ${one}\n`).join('')}`;
}

function serviceName({ ref }: Service): string {
  return `${ref.namespace}/${ref.name}`;
}
