import { t } from '@vscode/l10n';
import {
  type Connectivity,
  connectivity as computeConnectivity,
  connectivityDot,
  connectivityMermaid,
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
  const all = finish(computeConnectivity(derived.matrix));
  const from = filterOf(derived, options.from, 'from');
  const to = filterOf(derived, options.to, 'to');
  const keep = (one: { from: string; to: string }): boolean => from(one.from) && to(one.to);
  const list = { ...all, connections: all.connections.filter(keep), unknown: all.unknown.filter(keep) };
  const output = print(list, options.output);
  return { output: options.output === 'text' ? output + besideText(derived, keep) : output, exitCode: 0 };
};

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
