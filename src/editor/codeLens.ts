import * as vscode from 'vscode';
import { manifestSelector, toRange } from './convert.ts';
import type { EngineClient } from './engineClient.ts';
import { plain, visibleLines } from './plainText.ts';
import { lensesEnabled } from './settings.ts';

/** One line above each Service, workload, NetworkPolicy and Ingress. */
export function registerCodeLens(client: EngineClient): vscode.Disposable {
  const changed = new vscode.EventEmitter<void>();
  const provider: vscode.CodeLensProvider = {
    onDidChangeCodeLenses: changed.event,
    async provideCodeLenses(document, token) {
      if (!lensesEnabled()) return [];
      const lenses = await client.query('lenses', { uri: document.uri.toString() }, { token }).catch(() => []);
      return lenses.map(({ range, title, tooltip, action }) => {
        return new vscode.CodeLens(toRange(range), {
          title: plain(title),
          tooltip: visibleLines(tooltip),
          command: action?.command ?? '',
          arguments: [...(action?.arguments ?? [])],
        });
      });
    },
  };
  return vscode.Disposable.from(
    changed,
    client.onDidChange(() => changed.fire()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('podpath.codeLens')) changed.fire();
    }),
    vscode.languages.registerCodeLensProvider(manifestSelector, provider),
  );
}
