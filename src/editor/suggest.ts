import * as vscode from 'vscode';
import type { EngineClient } from './engineClient.ts';

/** Opens a new text with NetworkPolicies that allow what is allowed today and nothing else; nothing is saved or applied. */
export function registerSuggest(client: EngineClient): vscode.Disposable {
  return vscode.commands.registerCommand('podpath.suggestPolicies', async () => {
    const uri = vscode.window.activeTextEditor?.document.uri.toString();
    const answer = await client.query('suggest', uri === undefined ? {} : { uri });
    if (answer === null || answer.text === '') {
      const none = vscode.l10n.t('There are no workloads to suggest policies for.');
      void vscode.window.showInformationMessage(answer?.problems[0] ?? none);
      return;
    }
    const head = [
      vscode.l10n.t('What is allowed today in {0}, and nothing else.', answer.scope),
      ...answer.problems,
    ].map((line) => `# ${line.replaceAll(/[\r\n]+/g, ' ')}\n`);
    const content = head.join('') + answer.text;
    const document = await vscode.workspace.openTextDocument({ language: 'yaml', content });
    await vscode.window.showTextDocument(document, vscode.ViewColumn.Beside);
  });
}
