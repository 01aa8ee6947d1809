// How the webviews are bundled: ES modules that share chunks, and of Mermaid only what a flowchart laid out by dagre needs.
import { join } from 'node:path';
import { root } from './environment.mjs';

/** Mermaid loads these of its parts on demand and a flowchart asks for them; all its other diagrams and layouts stay out. */
const wanted = /\/(flowDiagram|dagre|sizeCapture)-[^/]*$/;

const onlyFlowcharts = {
  name: 'only-flowcharts',
  setup(build) {
    build.onResolve({ filter: /.*/ }, ({ kind, path, importer }) =>
      kind === 'dynamic-import' && importer.includes('mermaid') && importer.includes('dist') && !wanted.test(path)
        ? { path: 'part-of-mermaid', namespace: 'left-out' }
        : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({
      contents: 'throw new Error("This part of Mermaid is not bundled.");',
    }));
  },
};

/** Options for esbuild: `topology` and `trace`, each a script and a style sheet, into `outdir` (default `dist/webview`). */
export function webviewBundle(outdir = join(root, 'dist/webview')) {
  return {
    entryPoints: ['topology', 'trace'].flatMap((view) => [
      { in: join(root, `webview/${view}/main.ts`), out: view },
      { in: join(root, `webview/${view}/style.css`), out: view },
    ]),
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2024',
    minify: true,
    legalComments: 'none',
    chunkNames: 'chunks/[name]-[hash]',
    plugins: [onlyFlowcharts],
    logLevel: 'warning',
  };
}
