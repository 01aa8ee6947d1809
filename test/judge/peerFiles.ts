import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The folder of the peers' material: beside the repository, or where PODPATH_SHARED says. */
export function sharedFolder(): string {
  return resolve(process.env['PODPATH_SHARED'] ?? join(import.meta.dirname, '../../../shared'));
}

/** Every YAML and JSON file of the peers' manifests and corpus. */
export function peerFiles(): readonly string[] {
  return ['manifests', 'corpus'].flatMap((name) => {
    const folder = join(sharedFolder(), name);
    if (!existsSync(folder)) return [];
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ya?ml|json)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  });
}
