import * as vscode from 'vscode';

/** Folders that never hold a user's manifests; the same as sources/fileSource.ts skips on a disk. */
const skipped: ReadonlySet<string> = new Set([
  '.git',
  'node_modules',
  '.terraform',
  'vendor',
  '.idea',
  '.vscode',
  'dist',
]);

/**
 * The manifests below a folder that is not on this disk, by reading directories: file systems of other extensions need
 * not support searching. At most `most`; a directory that can't be read hides nothing else.
 */
export async function listVirtualManifests(folder: vscode.Uri, most: number): Promise<readonly vscode.Uri[]> {
  const found: vscode.Uri[] = [];
  const waiting = [folder];
  for (let next = waiting.shift(); next !== undefined && found.length < most; next = waiting.shift()) {
    const directory = next;
    const entries = await vscode.workspace.fs.readDirectory(directory).then(
      (all) => all,
      () => [],
    );
    for (const [name, type] of entries) {
      const uri = vscode.Uri.joinPath(directory, name);
      if ((type & vscode.FileType.Directory) !== 0) {
        if (!skipped.has(name)) waiting.push(uri);
      } else if (/(\.(ya?ml|json)|^Kustomization)$/i.test(name) && found.length < most) found.push(uri);
    }
  }
  return found;
}
