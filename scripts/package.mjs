// `npm run package`: builds and packs the extension as dist/podpath.vsix, and refuses one that is too large.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { installDependencies, node, root, run } from './environment.mjs';

/** What a user still downloads without thinking about it. */
const largest = 5 * 1024 * 1024;

/** Builds the package; answers with its path. */
export async function packageExtension() {
  const target = join(root, 'dist/podpath.vsix');
  await run('Building', node, ['esbuild.mjs']);
  const vsce = join(root, 'node_modules/@vscode/vsce/vsce');
  // Links of the README stay as written while there is no public repository that they could be rewritten to.
  const options = ['--no-dependencies', '--allow-missing-repository', '--no-rewrite-relative-links'];
  await run('Packing', node, [vsce, 'package', ...options, '--out', target]);
  const { size } = statSync(target);
  if (size > largest) throw new Error(`${target} is ${size} bytes, more than ${largest}`);
  return { target, size };
}

if (process.argv[1] === import.meta.filename) {
  await installDependencies();
  const { target, size } = await packageExtension();
  console.log(`${target}: ${(size / 1024 / 1024).toFixed(2)} MiB`);
}
