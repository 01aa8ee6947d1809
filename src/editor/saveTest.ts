import * as vscode from 'vscode';
import type { Queries, TraceRequest } from '../engine/index.ts';
import { toRange } from './convert.ts';
import type { EngineClient } from './engineClient.ts';
import { plain } from './plainText.ts';

type Answer = Extract<Queries['testEdit']['result'], { readonly uri: string }>;

/** Writes a traced connection as an assertion into podpath.yaml, and shows it there; saving it is left to the user. */
export function registerSaveTest(client: EngineClient): vscode.Disposable {
  return vscode.commands.registerCommand('podpath.saveTraceAsTest', async (request: TraceRequest) => {
    const answer = await client.query('testEdit', request).catch(() => undefined);
    if (answer === undefined) return;
    if ('problem' in answer) {
      void vscode.window.showWarningMessage(plain(answer.problem));
      return;
    }
    const chosen = await pick(answer, request);
    if (chosen !== undefined) await write(answer, chosen);
  });
}

/** What is to hold, as it is now first; asked for, since a denial may be what one wants or what one wants gone. */
async function pick(
  { choices, actual }: Answer,
  { from, to }: TraceRequest,
): Promise<Answer['choices'][number] | undefined> {
  const { t } = vscode.l10n;
  const items = choices.map((choice) => ({
    label: choice.expect === 'allowed' ? t('It must be allowed') : t('It must be denied'),
    description: choice.expect === actual ? t('as it is now') : t('now it is {0}', actual),
    choice,
  }));
  items.sort((a, b) => Number(b.choice.expect === actual) - Number(a.choice.expect === actual));
  const title = t('Podpath: what must hold for {0} → {1}?', plain(from), plain(to));
  return (await vscode.window.showQuickPick(items, { title }))?.choice;
}

async function write({ uri: target, isNew }: Answer, { edits }: Answer['choices'][number]): Promise<void> {
  const uri = vscode.Uri.parse(target);
  const all = new vscode.WorkspaceEdit();
  if (isNew) all.createFile(uri, { ignoreIfExists: true });
  for (const { range, newText } of edits) all.insert(uri, toRange(range).start, newText);
  if (!(await vscode.workspace.applyEdit(all))) return;
  const editor = await vscode.window.showTextDocument(uri, { viewColumn: vscode.ViewColumn.One });
  const end = editor.document.lineAt(editor.document.lineCount - 1).range.end;
  editor.selection = new vscode.Selection(end, end);
  editor.revealRange(editor.selection);
}
