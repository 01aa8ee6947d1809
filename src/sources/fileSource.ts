import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** Folders that never hold a user's manifests. */
const skipped: ReadonlySet<string> = new Set([
  '.git',
  'node_modules',
  '.terraform',
  'vendor',
  '.idea',
  '.vscode',
  'dist',
]);

/** A larger file is not read; the engine refuses such documents anyway. */
const largestFile = 16_000_000;

/** Files read at once: enough to keep a disk busy, few enough for any limit on open files. */
const atOnce = 64;

/** One file as read; `text` is absent where it could not be. */
export interface ReadFile {
  readonly path: string;
  readonly text?: string;
  readonly error?: string;
}

/** The manifests below a folder, or the one file, as absolute paths in a fixed order. Rejects where the path can't be read. */
export async function listManifests(path: string): Promise<readonly string[]> {
  const info = await stat(path);
  if (info.isFile()) return [path];
  const found: string[] = [];
  await walk(path, found, await realpath(path));
  return found.sort();
}

async function walk(folder: string, found: string[], root: string): Promise<void> {
  // A folder that vanished or is forbidden hides nothing else.
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const below: Promise<void>[] = [];
  for (const entry of entries) {
    if (entry.isDirectory() && !skipped.has(entry.name)) below.push(walk(join(folder, entry.name), found, root));
    else if (!isManifestName(entry.name)) continue;
    else if (entry.isFile()) found.push(join(folder, entry.name));
    else if (entry.isSymbolicLink()) below.push(follow(join(folder, entry.name), found, root));
  }
  await Promise.all(below);
}

/** A link to a file counts, as for kubectl; one to a file below the same folder would make everything in it a duplicate. */
async function follow(link: string, found: string[], root: string): Promise<void> {
  const target = await realpath(link).catch(() => undefined);
  if (target === undefined || target.startsWith(root + sep)) return;
  if ((await stat(target)).isFile()) found.push(link);
}

/** True for the name of a folder that is never read. */
export function isSkipped(folder: string): boolean {
  return skipped.has(folder);
}

/** True for a name, or a path, that a manifest may have; a kustomization is one of the few without an ending. */
export function isManifestName(name: string): boolean {
  return (
    /(\.(ya?ml|json)|(^|[\\/])Kustomization)$/i.test(name) &&
    !/(^|[\\/])(package(-lock)?|tsconfig[^\\/]*|composer|angular)\.json$/.test(name)
  );
}

/** Reads files, many at once; `progress` is told how many are done. */
export async function readFiles(
  paths: readonly string[],
  progress: (done: number) => void = () => undefined,
): Promise<readonly ReadFile[]> {
  const results: ReadFile[] = [];
  for (let start = 0; start < paths.length; start += atOnce) {
    results.push(...(await Promise.all(paths.slice(start, start + atOnce).map(readOne))));
    progress(results.length);
  }
  return results;
}

async function readOne(path: string): Promise<ReadFile> {
  try {
    const { size } = await stat(path);
    if (size > largestFile) return { path, error: `${size} bytes is more than ${largestFile}` };
    return { path, text: await readFile(path, 'utf8') };
  } catch (error) {
    return { path, error: error instanceof Error ? error.message : String(error) };
  }
}
