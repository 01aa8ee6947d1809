import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { isManifestName, isSkipped, type ReadFile } from './fileSource.ts';

/**
 * The manifests of a git revision below a folder of its working tree, with paths relative to the folder; `undefined`
 * where git or the revision is not there. Git runs without a shell and reads nothing but its own objects.
 */
export async function readRevision(folder: string, revision: string): Promise<readonly ReadFile[] | undefined> {
  // A name that looks like an option is not a revision.
  if (revision.startsWith('-')) return undefined;
  const commit = (await git(folder, ['rev-parse', '--verify', '--quiet', `${revision}^{commit}`]))?.toString().trim();
  if (commit === undefined || commit === '') return undefined;
  const listed = await git(folder, ['ls-tree', '-r', '-z', '--name-only', commit, '.']);
  const paths = (listed?.toString() ?? '').split('\0').filter((path) => isManifestName(path) && !isInSkipped(path));
  const request = paths.map((path) => `${commit}:./${path}\n`).join('');
  const output = await git(folder, ['cat-file', '--batch'], request);
  return output === undefined ? undefined : readBatch(output, paths);
}

function isInSkipped(path: string): boolean {
  for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
    if (isSkipped(folder.slice(folder.lastIndexOf('/') + 1))) return true;
  }
  return false;
}

/** What `git cat-file --batch` answers: a line `ID blob SIZE`, the bytes and a line end, object by object. */
function readBatch(output: Buffer, paths: readonly string[]): readonly ReadFile[] {
  const files: ReadFile[] = [];
  let at = 0;
  for (const path of paths) {
    const end = output.indexOf(0x0a, at);
    const size = Number(output.subarray(at, end).toString().split(' ')[2]);
    // A submodule has no text here.
    if (!Number.isInteger(size)) {
      at = end + 1;
      continue;
    }
    files.push({ path, text: output.subarray(end + 1, end + 1 + size).toString('utf8') });
    at = end + 1 + size + 1;
  }
  return files;
}

function git(folder: string, args: readonly string[], input = ''): Promise<Buffer | undefined> {
  return new Promise((done) => {
    const child = spawn('git', args, { cwd: folder, stdio: ['pipe', 'pipe', 'ignore'] });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', () => done(undefined));
    child.on('close', (code) => done(code === 0 ? Buffer.concat(chunks) : undefined));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
