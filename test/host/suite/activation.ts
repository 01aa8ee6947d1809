// Runs inside the extension host for `npm run bench`: how long activating the packaged extension took.
import { writeFileSync } from 'node:fs';
import * as vscode from 'vscode';

/** What VS Code calls. */
export async function run(): Promise<void> {
  const extension = vscode.extensions.getExtension<{ readonly activationMs: number }>('podpath.podpath');
  const activated = await extension?.activate();
  writeFileSync(process.env['PODPATH_HOST_RESULT'] ?? '', JSON.stringify({ activationMs: activated?.activationMs }));
}
