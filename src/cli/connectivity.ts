import { t } from '@vscode/l10n';
import {
  type Connectivity,
  type ConnectivityRows,
  connectivity as computeConnectivity,
  connectivityCsv,
  connectivityDot,
  connectivityMermaid,
  connectivityRows,
  connectivityText,
  type Derived,
  endFilter,
  finish,
  networkConnectivity,
  networkViews,
} from '../engine/index.ts';
import { UsageError } from './arguments.ts';
import { type Command, jsonOutput } from './command.ts';
import { load, oneScope } from './load.ts';

/** Who may talk to whom, as policies are written. */
export const connectivity: Command = async (options) => {
  const { derived } = oneScope(await load(options.operands, options), options.scope);
  const from = filterOf(derived, options.from, 'from');
  const to = filterOf(derived, options.to, 'to');
  const rows = connectivityRows(derived.matrix, { from, to });
  if (options.output === 'csv') return { output: csvLines(rows), exitCode: 0 };
  const list = finish(computeConnectivity(derived.matrix, limited(rows)));
  const keep = (one: { from: string; to: string }): boolean => from(one.from) && to(one.to);
  const output = print(list, options.output);
  return { output: options.output === 'text' ? output + besideText(derived, keep) : output, exitCode: 0 };
};

/** A list of more connections is read by no person, and is more than a text may hold. */
const most = 1_000_000;

function* limited(rows: Iterable<ConnectivityRows>): Generator<ConnectivityRows> {
  let count = 0;
  for (const one of rows) {
    count += one.connections.length + one.unknown.length;
    if (count > most) {
      throw new UsageError(t('There are more than {0} connections: choose with --from or --to, or take -o csv', most));
    }
    yield one;
  }
}

function* csvLines(rows: Iterable<ConnectivityRows>): Generator<string> {
  yield 'from,to,ports\r\n';
  for (const one of rows) yield connectivityCsv(one);
}

/** A table for each network beside the cluster's own. */
function besideText(derived: Derived, keep: (one: { from: string; to: string }) => boolean): string {
  const tables = networkViews(derived).map((view) => {
    const { connections, unknown, ...rest } = finish(networkConnectivity(view));
    if (connections.length + unknown.length === 0) return '';
    const list = { ...rest, connections: connections.filter(keep), unknown: unknown.filter(keep) };
    return `\n${t('On network {0}', view.name)}\n${connectivityText(list)}`;
  });
  return tables.join('');
}

function filterOf(derived: Derived, text: string | undefined, side: 'from' | 'to'): (name: string) => boolean {
  if (text === undefined) return () => true;
  const filter = endFilter(derived, text, side);
  if (typeof filter !== 'function') throw new UsageError(filter.message);
  return filter;
}

function print(list: Connectivity, output: string): string {
  switch (output) {
    case 'json': {
      const { workloads, connections, unknown } = list;
      return jsonOutput({ workloads, connections, ...(unknown.length === 0 ? {} : { unknown }) });
    }
    case 'mermaid':
      return connectivityMermaid(list);
    case 'dot':
      return connectivityDot(list);
    default:
      return connectivityText(list);
  }
}
