// Runs inside the extension host for `npm run bench`: from a key press in a policy of a large workspace until its problems and
// its lens are there.
import { writeFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { eventually } from './wait.ts';

/** What VS Code calls. */
export async function run(): Promise<void> {
  const files = await vscode.workspace.findFiles('**/*.yaml', undefined, 40);
  const document = await firstWithPolicy(files.sort((a, b) => (a.path < b.path ? -1 : 1)));
  const editor = await vscode.window.showTextDocument(document);
  const at = document.positionAt(document.getText().indexOf('kind: NetworkPolicy'));
  const found = specBelow(document, at.line);
  await eventually(
    'lenses of the workspace',
    async () => ((await lenses(document)).length > 0 ? true : undefined),
    60_000,
  );
  const problems: number[] = [];
  const lens: number[] = [];
  for (let i = 0; i < 120; i++) {
    const start = performance.now();
    const before = vscode.languages.getDiagnostics(document.uri).length;
    const odd = new vscode.Position(found, document.lineAt(found).text.length);
    // A key that is there twice is told; taking it back takes the problem back.
    await editor.edit((edit) => {
      if (i % 2 === 0) edit.insert(odd, '\n  policyTypes: []\n  policyTypes: [Ingress]');
      else edit.delete(new vscode.Range(odd, document.lineAt(found + 2).range.end));
    });
    await otherDiagnostics(document.uri, before);
    problems.push(performance.now() - start);
    await lenses(document);
    lens.push(performance.now() - start);
  }
  writeFileSync(process.env['PODPATH_HOST_RESULT'] ?? '', JSON.stringify({ problems, lens }));
}

async function firstWithPolicy(files: readonly vscode.Uri[]): Promise<vscode.TextDocument> {
  for (const uri of files) {
    const document = await vscode.workspace.openTextDocument(uri);
    if (document.getText().includes('kind: NetworkPolicy')) return document;
  }
  throw new Error('there is no NetworkPolicy in the workspace');
}

function specBelow(document: vscode.TextDocument, from: number): number {
  for (let line = from; line < document.lineCount; line++) if (/^spec:/.test(document.lineAt(line).text)) return line;
  throw new Error(`no spec stands below line ${from}`);
}

function lenses(document: vscode.TextDocument): Thenable<vscode.CodeLens[]> {
  return vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', document.uri, 200);
}

/** VS Code gathers changes for 50 ms before it tells of them, so it is asked. */
async function otherDiagnostics(uri: vscode.Uri, before: number): Promise<void> {
  while (vscode.languages.getDiagnostics(uri).length === before) await new Promise((resume) => setTimeout(resume, 1));
}
