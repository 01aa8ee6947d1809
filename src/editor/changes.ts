import * as vscode from 'vscode';
import type { ChangeRow } from '../engine/index.ts';
import type { EngineClient } from './engineClient.ts';
import { openLocation } from './panel.ts';
import { plain } from './plainText.ts';

const icons = { opens: '$(add)', closes: '$(remove)', changes: '$(edit)' } as const;

interface ChangeItem extends vscode.QuickPickItem {
  readonly row: ChangeRow;
}

/** The list behind “this edit opens 1, closes 12”; choosing a connection goes to what changed it. */
export function registerChanges(client: EngineClient): vscode.Disposable {
  return vscode.commands.registerCommand('podpath.showChanges', async () => {
    const { rows, summary } = await client.query('changes', {});
    if (rows.length === 0) {
      void vscode.window.showInformationMessage(vscode.l10n.t('No unsaved edit changes who may connect.'));
      return;
    }
    const picture = { label: `$(type-hierarchy) ${vscode.l10n.t('Show them in the topology')}` };
    const chosen = await vscode.window.showQuickPick<vscode.QuickPickItem | ChangeItem>([picture, ...rows.map(item)], {
      title: vscode.l10n.t('Podpath: unsaved edits: {0}', summary),
      matchOnDescription: true,
      matchOnDetail: true,
      placeHolder: vscode.l10n.t('Choose a connection to see what changes it'),
    });
    if (chosen === undefined) return;
    if (!('row' in chosen)) {
      await vscode.commands.executeCommand('podpath.showTopology', { scope: rows[0]?.scope, changes: true });
      return;
    }
    const location = chosen.row.because.find((one) => one.location !== undefined)?.location;
    if (location !== undefined) await openLocation(location);
  });
}

function item(row: ChangeRow): ChangeItem {
  return {
    row,
    label: `${icons[row.kind]} ${plain(`${row.from} → ${row.to}`)}`,
    description: plain(row.ports),
    detail: plain(row.because.map(({ text }) => text).join(', ')),
  };
}
