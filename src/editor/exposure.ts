import * as vscode from 'vscode';
import type { ExposureRow } from '../engine/index.ts';
import type { EngineClient } from './engineClient.ts';
import { openLocation } from './panel.ts';
import { plain } from './plainText.ts';

interface ExposureItem extends vscode.QuickPickItem {
  readonly row: ExposureRow;
}

/** Lists what the workloads are open to that is not in the files; choosing a row goes to its workload. */
export function registerExposure(client: EngineClient): vscode.Disposable {
  return vscode.commands.registerCommand('podpath.showExposure', async () => {
    const { rows, more } = await client.query('exposure', {});
    if (rows.length === 0) {
      void vscode.window.showInformationMessage(vscode.l10n.t('Nothing is open to what is not in the files.'));
      return;
    }
    const items = rows.map((row): ExposureItem => {
      return { row, label: plain(`${row.workload} ${row.arrow} ${row.ports}`), detail: plain(row.peer) };
    });
    const title = vscode.l10n.t('Podpath: what is open to pods and addresses that are not in the files');
    const chosen = await vscode.window.showQuickPick(items, {
      title: more === 0 ? title : `${title} · ${vscode.l10n.t('{0} more are not shown', more)}`,
      matchOnDetail: true,
      placeHolder: vscode.l10n.t('Choose a workload to go to it'),
    });
    if (chosen?.row.location !== undefined) await openLocation(chosen.row.location);
  });
}
