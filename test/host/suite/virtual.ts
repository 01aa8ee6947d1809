// Runs inside the extension host on a workspace whose only folder is in memory.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { MemoryFiles } from './memoryFiles.ts';
import { eventually } from './wait.ts';

const service = `apiVersion: v1
kind: Service
metadata: {name: backend, namespace: shop}
spec: {selector: {app: backend}, ports: [{port: 80, targetPort: 8080}]}
`;

const pod = `apiVersion: v1
kind: Pod
metadata: {name: backend, namespace: shop, labels: {app: backend}}
spec: {containers: [{name: api, image: api, ports: [{containerPort: 8080}]}]}
`;

async function check(): Promise<void> {
  const files = new MemoryFiles({ '/shop/service.yaml': service, '/shop/pods/backend.yaml': pod });
  vscode.workspace.registerFileSystemProvider('memory', files, { isReadonly: true });
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse('memory:/shop/service.yaml'));
  await vscode.window.showTextDocument(document);
  const position = document.positionAt(document.getText().indexOf('backend') + 1);
  const text = await eventually('a hover that knows the other file', async () => {
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      position,
    );
    const texts = hovers.flatMap(({ contents }) => contents.map((one) => (typeof one === 'string' ? one : one.value)));
    return texts.find((one) => one.includes('→ 8080 on 1 of 1 pods'));
  });
  assert.match(text, /Service shop\/backend/);
}

/** What VS Code calls. */
export async function run(): Promise<void> {
  const name = 'a Service in memory has the pod of another file in memory';
  const outcome = await check().then(
    () => ({ name }),
    (error: unknown) => ({ name, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
  writeFileSync(process.env['PODPATH_HOST_RESULT'] ?? '', JSON.stringify([outcome]));
}
