// Builds the four bundles into dist/: the extension, its worker, the CLI and the webviews.
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './scripts/environment.mjs';
import { webviewBundle } from './scripts/webviewBundle.mjs';

const dist = join(root, 'dist');

/** What all bundles for Node share. The oldest Node that runs them is that of VS Code 1.101 (Electron 35): 22. */
const forNode = {
  bundle: true,
  platform: 'node',
  target: 'node22',
  minifySyntax: true,
  minifyWhitespace: true,
  sourcemap: process.argv.includes('--sourcemap') ? 'linked' : false,
  legalComments: 'none',
  logLevel: 'warning',
  alias: {
    // The browser build of l10n reads no files: languages are handed over.
    '@vscode/l10n': join(root, 'node_modules/@vscode/l10n/dist/browser.js'),
    // The same code as an ES module, which can be bundled as one.
    yaml: join(root, 'node_modules/yaml/browser/index.js'),
  },
};

/**
 * client-node does not say that its modules do nothing but define things, so that all of them would be kept: a class for
 * every kind of the API, of which only the reader of kubeconfigs is wanted.
 */
const withoutUnused = {
  name: 'client-node, as far as it is used',
  setup({ onResolve, resolve }) {
    const isOwn = (path) => /[/\\]@kubernetes[/\\]client-node[/\\]/.test(path);
    onResolve({ filter: /^\.|^@kubernetes\/client-node$/ }, async ({ path, pluginData, ...from }) => {
      if (pluginData === withoutUnused || (path.startsWith('.') && !isOwn(from.importer))) return undefined;
      const found = await resolve(path, { ...from, pluginData: withoutUnused });
      return { ...found, sideEffects: !isOwn(found.path) };
    });
  },
};

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
await Promise.all([
  build({
    ...forNode,
    entryPoints: [join(root, 'src/editor/extension.ts')],
    outfile: join(dist, 'extension.cjs'),
    format: 'cjs',
    external: ['vscode'],
  }),
  build({
    ...forNode,
    entryPoints: { worker: join(root, 'src/worker/main.ts'), cli: join(root, 'src/cli/main.ts') },
    outdir: dist,
    outExtension: { '.js': '.mjs' },
    format: 'esm',
    // What only a running cluster needs is a file of its own, loaded when one is read.
    splitting: true,
    chunkNames: 'parts/[name]-[hash]',
    plugins: [withoutUnused],
    // client-node's bundle asks for built-in modules by require.
    banner: {
      js: "import { createRequire as podpathRequire } from 'node:module'; const require = podpathRequire(import.meta.url);",
    },
  }),
  build(webviewBundle()),
]);
chmodSync(join(dist, 'cli.mjs'), 0o755);
