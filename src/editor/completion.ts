import * as vscode from 'vscode';
import type { CompletionItemAnswer } from '../engine/index.ts';
import { manifestSelector, toPosition, toRange } from './convert.ts';
import type { EngineClient } from './engineClient.ts';

const icons: Readonly<Record<CompletionItemAnswer['kind'], vscode.CompletionItemKind>> = {
  'label-key': vscode.CompletionItemKind.Property,
  'label-value': vscode.CompletionItemKind.Value,
  service: vscode.CompletionItemKind.Reference,
  port: vscode.CompletionItemKind.Value,
  namespace: vscode.CompletionItemKind.Module,
  operator: vscode.CompletionItemKind.Keyword,
};

/** Label keys and values, names of Services, ports and namespaces where one is expected. */
export function registerCompletion(client: EngineClient): vscode.Disposable {
  const provider: vscode.CompletionItemProvider = {
    async provideCompletionItems(document, position, token) {
      // The text goes with the question: the worker is told of a key press only after a pause.
      const at = { uri: document.uri.toString(), position: toPosition(position), text: document.getText() };
      const answer = await client.query('completion', at, { token }).catch(() => null);
      if (answer === null) return [];
      const range = toRange(answer.range);
      return answer.items.map(({ label, kind, detail, insertText }, index) => {
        const item = new vscode.CompletionItem({ label, description: detail }, icons[kind]);
        item.insertText = insertText;
        item.range = range;
        item.sortText = String(index).padStart(5, '0');
        // Behind a key its values are wanted next.
        if (insertText.endsWith(': ')) {
          item.command = { title: '', command: 'editor.action.triggerSuggest' };
        }
        return item;
      });
    },
  };
  return vscode.languages.registerCompletionItemProvider(manifestSelector, provider, ' ', '"', "'", '/', '.');
}
