import * as vscode from 'vscode';
import type { ChangeRow, DriftAnswer, TreeRow } from '../engine/index.ts';
import type { ClusterStatus } from '../protocol.ts';

const icons: Readonly<Record<ClusterStatus['state'], string>> = {
  connecting: 'sync~spin',
  live: 'vm-active',
  stale: 'warning',
  forbidden: 'lock',
  disconnected: 'debug-disconnect',
  unusable: 'error',
};

/** How a cluster stands, in a few words. */
export function stateText({ state, objects, since }: ClusterStatus): string {
  const { t } = vscode.l10n;
  switch (state) {
    case 'connecting':
      return objects === 0 ? t('connecting…') : t('connecting · {0} objects so far', objects);
    case 'live':
      return t('live · {0} objects', objects);
    case 'stale':
      return t('stale since {0}', new Date(since ?? Date.now()).toLocaleTimeString());
    case 'forbidden':
      return t('forbidden');
    case 'disconnected':
      return t('not reached');
    case 'unusable':
      return t('can not be used');
    default:
      return state satisfies never;
  }
}

/** How a cluster stands and what is wrong with it, one line. */
export function clusterText(status: ClusterStatus): string {
  const { context, reason } = status;
  return `${context}: ${stateText(status)}${reason === '' ? '' : `. ${reason}`}`;
}

/** The rows of the view Sources: those of files as they are, and one for each chosen cluster with its drift. */
export function clusterRows(
  rows: readonly TreeRow[],
  statuses: readonly ClusterStatus[],
  drift: readonly DriftAnswer[],
): TreeRow[] {
  const files = rows.filter(({ kind }) => kind !== 'cluster');
  const live = statuses.map((status) => {
    const known = rows.find(({ kind, context }) => kind === 'cluster' && context === status.context);
    return clusterRow(status, known?.children ?? [], drift);
  });
  return [...files, ...live];
}

function clusterRow(status: ClusterStatus, known: readonly TreeRow[], drift: readonly DriftAnswer[]): TreeRow {
  const { context, state, reason } = status;
  const id = `cluster/${context}`;
  const reasons = reason === '' ? [] : [leaf(`${id}/reason`, reason, 'reason', 'warning')];
  const beside = drift.filter((one) => one.context === context).map((one) => driftRow(id, one));
  return {
    ...leaf(id, context, 'cluster', icons[state]),
    description: stateText(status),
    tooltip: [clusterText(status), ...status.missing].join('\n'),
    scope: context,
    context,
    children: [...reasons, ...beside, ...known],
  };
}

function leaf(id: string, label: string, kind: TreeRow['kind'], icon: string): TreeRow {
  return { id, label, kind, icon, description: '', tooltip: '', children: [] };
}

const driftIcons: Readonly<Record<DriftAnswer['rows'][number]['kind'], string>> = {
  differs: 'diff-modified',
  absent: 'diff-added',
  extra: 'diff-removed',
};
const changeIcons: Readonly<Record<ChangeRow['kind'], string>> = {
  opens: 'unlock',
  closes: 'lock',
  changes: 'arrow-swap',
};

/** What of a scope of files differs, then what applying it would do. */
function driftRow(parent: string, { scope, rows, summary, changes }: DriftAnswer): TreeRow {
  const { t } = vscode.l10n;
  const id = `${parent}/drift/${scope}`;
  const differs =
    rows.length === 0
      ? t('nothing differs')
      : rows.length === 1
        ? t('1 object differs')
        : t('{0} objects differ', rows.length);
  const objects = rows.map((one, index) => ({
    ...leaf(`${id}/${index}`, one.label, 'drift', driftIcons[one.kind]),
    description: one.text,
    ...(one.location === undefined
      ? one.live === undefined
        ? {}
        : { location: one.live }
      : { location: one.location }),
  }));
  const connections = changes.map((one, index) => {
    const place = one.because.find(({ location }) => location !== undefined)?.location;
    return {
      ...leaf(`${id}/change${index}`, `${one.from} → ${one.to}`, 'connection', changeIcons[one.kind]),
      description: `${changeText(one.kind)} ${one.ports}`,
      ...(place === undefined ? {} : { location: place }),
    };
  });
  return {
    ...leaf(id, scope, 'drift', rows.length + changes.length === 0 ? 'pass' : 'diff'),
    description: changes.length === 0 ? differs : t('applying it {0} · {1}', summary, differs),
    tooltip: t('The files of {0} beside the cluster. Applying them {1}', scope, summary),
    children: [...objects, ...connections],
  };
}

function changeText(kind: ChangeRow['kind']): string {
  const { t } = vscode.l10n;
  switch (kind) {
    case 'opens':
      return t('would open');
    case 'closes':
      return t('would close');
    case 'changes':
      return t('would change');
    default:
      return kind satisfies never;
  }
}
