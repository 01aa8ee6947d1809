// What helps while manifests are typed, by the calls that VS Code itself makes. Runs inside the extension host.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { eventually } from './wait.ts';

async function open(name: string): Promise<vscode.TextDocument> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  if (folder === undefined) throw new Error('no folder is open');
  return (await vscode.window.showTextDocument(vscode.Uri.joinPath(folder, name))).document;
}

/** Behind each selector stands how many pods it chooses. */
export async function inlayHints(): Promise<void> {
  const document = await open('policies.yaml');
  const whole = new vscode.Range(0, 0, document.lineCount, 0);
  const texts = await eventually('hints', async () => {
    const found = await vscode.commands.executeCommand<vscode.InlayHint[]>(
      'vscode.executeInlayHintProvider',
      document.uri,
      whole,
    );
    return found.length > 3 ? found.map(({ label }) => String(label)) : undefined;
  });
  assert.equal(texts[0], '→ 7 pods');
  assert.ok(texts.includes('→ 3 pods'), texts.join());
}

/** In a text that is not finished the labels of the workspace are offered. */
export async function completion(): Promise<void> {
  const content = 'apiVersion: v1\nkind: Service\nmetadata:\n  name: x\n  namespace: shop\nspec:\n  selector:\n    ';
  const document = await vscode.workspace.openTextDocument({ language: 'yaml', content });
  await vscode.window.showTextDocument(document);
  const position = document.positionAt(content.length);
  const labels = await eventually('labels', async () => {
    const list = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      document.uri,
      position,
    );
    const own = list.items.filter(({ detail }) => detail?.startsWith('on ') === true).map(({ label }) => String(label));
    return own.length > 0 ? own : undefined;
  });
  assert.ok(labels.includes('app'), labels.join());
  await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
}

/** A Service is used by its Ingress. */
export async function references(): Promise<void> {
  const document = await open('backend.yaml');
  const service = document.getText().indexOf('kind: Service');
  const position = document.positionAt(document.getText().indexOf('name: backend', service) + 8);
  const files = await eventually('references', async () => {
    const found = await vscode.commands.executeCommand<vscode.Location[]>(
      'vscode.executeReferenceProvider',
      document.uri,
      position,
    );
    return found.length > 0 ? found.map(({ uri }) => uri.path.slice(uri.path.lastIndexOf('/') + 1)) : undefined;
  });
  assert.ok(files.includes('frontend.yaml'), files.join());
}
