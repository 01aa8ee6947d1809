import { t } from '@vscode/l10n';
import type { Connection, Connectivity, ConnectivityRows } from '../connectivity/list.ts';
import { formatPortRanges } from '../model/ports.ts';
import { type DotEdge, type DotNode, dotText } from './dot.ts';
import { escapeLabel } from './mermaid.ts';
import { plainText } from './plain.ts';
import { table } from './table.ts';

function portsOf({ ports }: Connection): string {
  return formatPortRanges(ports, t('all ports'));
}

/** A row a connection; below it what is not known. */
export function connectivityText({ connections, unknown }: Connectivity): string {
  const rows = connections.map((one) => [one.from, '→', one.to, portsOf(one)]);
  const doubts = unknown.map(({ from, to }) => t('not known: {0} to {1}', from, to));
  return table([[t('FROM'), '', t('TO'), t('PORTS')], ...rows]) + doubts.map((one) => `${one}\n`).join('');
}

/** Lines of comma-separated values (RFC 4180), without a head: from, to, ports; ports are `unknown` where they are not known. */
export function connectivityCsv({ connections, unknown }: ConnectivityRows): string {
  const known = connections.map((one) => [one.from, one.to, formatPortRanges(one.ports, 'all')]);
  const doubts = unknown.map(({ from, to }) => [from, to, 'unknown']);
  return [...known, ...doubts].map((row) => `${row.map(csvField).join(',')}\r\n`).join('');
}

/** Names are hostile: a line is a row, whatever they hold, and a terminal obeys none. */
function csvField(text: string): string {
  const plain = plainText(text);
  return /[",]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

/** The list as a Mermaid flowchart. */
export function connectivityMermaid({ workloads, connections }: Connectivity): string {
  const names = endNames(workloads, connections);
  const ids = new Map(names.map((name, index) => [name, `n${index}`]));
  const boxes = names.map((name) => `  ${ids.get(name)}["${escapeLabel(name)}"]`);
  const arrows = connections.map(
    (one) => `  ${ids.get(one.from)} -->|${escapeLabel(portsOf(one))}| ${ids.get(one.to)}`,
  );
  return `${['flowchart LR', ...boxes, ...arrows].join('\n')}\n`;
}

/** The list as a Graphviz digraph. */
export function connectivityDot({ workloads, connections }: Connectivity): string {
  const nodes = endNames(workloads, connections).map((name): DotNode => {
    return { id: name, label: name, group: name.includes('/') ? (name.split('/')[0] ?? '') : '' };
  });
  const edges = connections.map((one): DotEdge => {
    return { from: one.from, to: one.to, label: portsOf(one), style: 'solid' };
  });
  return dotText(nodes, edges);
}

function endNames(workloads: readonly string[], connections: readonly Connection[]): readonly string[] {
  return [...new Set([...workloads, ...connections.flatMap(({ from, to }) => [from, to])])];
}
