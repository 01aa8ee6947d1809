import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');

/** The bundled program, as it is shipped; PODPATH_CLI names another build. */
const program = process.env['PODPATH_CLI'] ?? join(root, 'dist/cli.mjs');

export interface Result {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
}

/** Runs the program as a user would, in the repository's root or another folder. */
export function podpath(args: readonly string[], input = '', cwd = root): Promise<Result> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [program, ...args], { cwd });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('error', failed);
    child.on('close', (code) => done({ stdout, stderr, code }));
    child.stdin.end(input);
  });
}

/** A folder with these files, below the system's temporary folder. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'podpath-cli-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}
