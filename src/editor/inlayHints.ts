import * as vscode from 'vscode';
import { fromRange, manifestSelector } from './convert.ts';
import type { EngineClient } from './engineClient.ts';
import { visibleLines } from './plainText.ts';
import { hintsEnabled } from './settings.ts';

/** Behind each selector, how much it selects. */
export function registerInlayHints(client: EngineClient): vscode.Disposable {
  const changed = new vscode.EventEmitter<void>();
  const provider: vscode.InlayHintsProvider = {
    onDidChangeInlayHints: changed.event,
    async provideInlayHints(document, range, token) {
      if (!hintsEnabled()) return [];
      const params = { uri: document.uri.toString(), range: fromRange(range) };
      const hints = await client.query('hints', params, { token }).catch(() => []);
      return hints.map(({ position, label, tooltip }) => {
        const hint = new vscode.InlayHint(new vscode.Position(position.line, position.character), label);
        hint.paddingLeft = true;
        if (tooltip !== '') hint.tooltip = visibleLines(tooltip);
        return hint;
      });
    },
  };
  return vscode.Disposable.from(
    changed,
    client.onDidChange(() => changed.fire()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('podpath.inlayHints')) changed.fire();
    }),
    vscode.languages.registerInlayHintsProvider(manifestSelector, provider),
  );
}
