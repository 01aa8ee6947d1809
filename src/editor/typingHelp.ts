import * as vscode from 'vscode';
import type { CompletionAnswer } from '../engine/index.ts';
import { manifestSelector, toLocation, toPosition } from './convert.ts';
import type { EngineClient } from './engineClient.ts';
import { hintsEnabled } from './settings.ts';

const kinds: Readonly<Record<CompletionAnswer['kind'], vscode.CompletionItemKind>> = {
  key: vscode.CompletionItemKind.Property,
  value: vscode.CompletionItemKind.Value,
  service: vscode.CompletionItemKind.Reference,
  port: vscode.CompletionItemKind.Constant,
  namespace: vscode.CompletionItemKind.Module,
};

/** Inlay hints behind selectors, completion of what names something else, and references to what is named. */
export function registerTypingHelp(client: EngineClient): vscode.Disposable {
  const { languages } = vscode;
  const changed = new vscode.EventEmitter<void>();
  return vscode.Disposable.from(
    changed,
    client.onDidChange(() => changed.fire()),
    languages.registerInlayHintsProvider(manifestSelector, {
      onDidChangeInlayHints: changed.event,
      provideInlayHints: (document, range, token) => inlayHints(client, document, range, token),
    }),
    languages.registerCompletionItemProvider(
      manifestSelector,
      { provideCompletionItems: (document, position, token) => completionItems(client, document, position, token) },
      ' ',
      ':',
    ),
    languages.registerReferenceProvider(manifestSelector, {
      async provideReferences(document, position, _context, token) {
        const params = { uri: document.uri.toString(), position: toPosition(position) };
        const places = await client.query('references', params, { token }).catch(() => []);
        return places.map(toLocation);
      },
    }),
  );
}

async function inlayHints(
  client: EngineClient,
  document: vscode.TextDocument,
  range: vscode.Range,
  token: vscode.CancellationToken,
): Promise<vscode.InlayHint[]> {
  if (!hintsEnabled()) return [];
  const hints = await client.query('hints', { uri: document.uri.toString() }, { token }).catch(() => []);
  const inside = hints.filter(({ position: { line } }) => line >= range.start.line && line <= range.end.line);
  return inside.map(({ position, text, tooltip }) => {
    const hint = new vscode.InlayHint(new vscode.Position(position.line, position.character), text);
    hint.paddingLeft = true;
    if (tooltip !== '') hint.tooltip = tooltip;
    return hint;
  });
}

async function completionItems(
  client: EngineClient,
  document: vscode.TextDocument,
  position: vscode.Position,
  token: vscode.CancellationToken,
): Promise<vscode.CompletionItem[]> {
  const params = { uri: document.uri.toString(), position: toPosition(position) };
  const found = await client.query('completions', params, { token }).catch(() => []);
  // Labels hold dots, dashes and slashes, which are not parts of VS Code's words.
  const start = /[\w./-]*$/.exec(document.lineAt(position).text.slice(0, position.character))?.index;
  const typed = new vscode.Range(position.with({ character: start ?? position.character }), position);
  return found.map(({ label, kind, detail }, index) => {
    const item = new vscode.CompletionItem(label, kinds[kind]);
    item.detail = detail;
    item.range = typed;
    item.sortText = String(index).padStart(4, '0');
    if (kind === 'key') item.insertText = `${label}: `;
    // What a number or a truth value would be read as is written as a text.
    if (kind === 'value' && /^(?:[\d.+-]+|true|false|yes|no|on|off|null|~|)$/i.test(label))
      item.insertText = JSON.stringify(label);
    return item;
  });
}
