// Files by patterns of the two forms that the tiers use: a path, and `folder/**/*ending`. Node 20 has no fs.glob.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './environment.mjs';

/** The files that match any of the patterns, sorted, relative to the repository's root. */
export function globSync(patterns) {
  return [...new Set(patterns.flatMap(expand))].sort();
}

function expand(pattern) {
  const [folder, ending] = pattern.split('/**/*');
  if (ending === undefined) return existsSync(join(root, pattern)) ? [pattern] : [];
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true })
    .filter((name) => name.endsWith(ending) && !name.includes('node_modules'))
    .map((name) => join(folder, name));
}
