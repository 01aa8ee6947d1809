import { t } from '@vscode/l10n';
import type { ChangedConnection, ConnectivityDiff } from '../connectivity/diff.ts';
import { formatPortRanges, type PortRange } from '../model/ports.ts';
import { type Evidence, refLabel } from '../model/resource.ts';
import { escapeMarkdown } from './markdown.ts';
import { escapeLabel } from './mermaid.ts';

/** Where a piece of evidence stands, `policies.yaml:14`; '' for what no file holds. */
export type Place = (evidence: Evidence) => string;

/** Rows of a Mermaid graph beyond which a reader sees nothing. */
const mostArrows = 60;

/** Rows of a comment's table: hosts of repositories take 65,000 characters. */
const mostComment = 200;

/** `opens 2, closes 12, changes 1`, with `and maybe more` where it was cut; the words of a lens, of a summary and of a title. */
export function diffSummary({ added, removed, changed, isCut }: ConnectivityDiff): string {
  const parts = [
    added.length > 0 ? t('opens {0}', added.length) : '',
    removed.length > 0 ? t('closes {0}', removed.length) : '',
    changed.length > 0 ? t('changes {0}', changed.length) : '',
    isCut ? t('and maybe more') : '',
  ].filter((one) => one !== '');
  return parts.length === 0 ? t('changes no connection') : parts.join(', ');
}

/** Ports in words, `none` where there are none. */
function portsText(ports: readonly PortRange[]): string {
  return ports.length === 0 ? t('none') : formatPortRanges(ports, t('all ports'));
}

/** What happened to the ports of one connection. */
export function portsChange({ before, after }: ChangedConnection): string {
  if (before.length === 0) return portsText(after);
  return after.length === 0 ? portsText(before) : `${portsText(before)} → ${portsText(after)}`;
}

/** The objects that a change comes from, each once, with their places. */
export function causes({ because }: ChangedConnection, place: Place): readonly string[] {
  const texts = because().map((one) => {
    const where = place(one);
    return `${refLabel(one.ref)}${where === '' ? '' : ` (${where})`}`;
  });
  return [...new Set(texts)];
}

/** A line a connection, `+`, `-` or `~`, and below it what it comes from. */
export function diffText(diff: ConnectivityDiff, place: Place): string {
  const lines = (sign: string, list: readonly ChangedConnection[]): string[] =>
    list.flatMap((one) => {
      const because = causes(one, place).join(', ');
      return [
        `${sign} ${one.from} → ${one.to}  ${portsChange(one)}`,
        ...(because === '' ? [] : [`    ${t('because of {0}', because)}`]),
      ];
    });
  const { added, removed, changed } = diff;
  const all = [...lines('+', added), ...lines('-', removed), ...lines('~', changed), diffSummary(diff)];
  return `${all.join('\n')}\n`;
}

/** The changes as a Mermaid flowchart: opened thick, closed dashed with a cross, changed plain. */
export function diffMermaid({ added, removed, changed }: ConnectivityDiff): string {
  const rows = [
    ...added.map((one) => ({ one, arrow: '==>', word: t('opens') })),
    ...removed.map((one) => ({ one, arrow: '-.-x', word: t('closes') })),
    ...changed.map((one) => ({ one, arrow: '-->', word: t('changes') })),
  ];
  const shown = rows.slice(0, mostArrows);
  const names = [...new Set(shown.flatMap(({ one }) => [one.from, one.to]))];
  const ids = new Map(names.map((name, index) => [name, `n${index}`]));
  const boxes = names.map((name) => `  ${ids.get(name)}["${escapeLabel(name)}"]`);
  const arrows = shown.map(({ one, arrow, word }) => {
    const label = escapeLabel(`${word} ${portsChange(one)}`);
    return `  ${ids.get(one.from)} ${arrow}|${label}| ${ids.get(one.to)}`;
  });
  const rest = rows.length - shown.length;
  const more = rest > 0 ? [`  more["${escapeLabel(t('and {0} more', rest))}"]`] : [];
  return `${['flowchart LR', ...boxes, ...arrows, ...more].join('\n')}\n`;
}

/** A comment for a pull request: a summary, a table, and the graph folded below. */
export function diffMarkdown(diff: ConnectivityDiff, place: Place): string {
  const { added, removed, changed } = diff;
  const head = `### ${t('Connectivity: this change {0}', diffSummary(diff))}\n`;
  const rows = [
    ...added.map((one) => ['➕', one] as const),
    ...removed.map((one) => ['➖', one] as const),
    ...changed.map((one) => ['✏️', one] as const),
  ];
  if (rows.length === 0) return head;
  const cells = rows.slice(0, mostComment).map(([sign, one]) => {
    const because = causes(one, place).map(escapeMarkdown).join('<br>');
    return `| ${sign} | ${escapeMarkdown(one.from)} | ${escapeMarkdown(one.to)} | ${escapeMarkdown(portsChange(one))} | ${because} |`;
  });
  const table = [
    `| | ${t('From')} | ${t('To')} | ${t('Ports')} | ${t('Because of')} |`,
    '|---|---|---|---|---|',
    ...cells,
    ...(rows.length > mostComment ? ['', t('and {0} more', rows.length - mostComment)] : []),
  ];
  const graph = [
    '<details>',
    `<summary>${t('Graph')}</summary>`,
    '',
    '```mermaid',
    diffMermaid(diff).trimEnd(),
    '```',
    '',
    '</details>',
  ];
  return `${[head, ...table, '', ...graph].join('\n')}\n`;
}
