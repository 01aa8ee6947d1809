import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import {
  type Analysis,
  AnalysisHost,
  type Change,
  connectivity,
  finish,
  type Queries,
  query,
} from '../../src/engine/index.ts';
import { peerFiles } from '../judge/peerFiles.ts';
import { mutate, pick, seededRandom } from './mutate.ts';

const edits = Number(process.env['PODPATH_FUZZ'] ?? 10_000);
const seed = Number(process.env['PODPATH_SEED'] ?? 1);

/** Every state that is this many edits after another is compared with one built from scratch. */
const compared = 100;

const folder = { uri: 'file:///repository', name: 'repository' };

const wholeText = { start: { line: 0, character: 0 }, end: { line: 100_000, character: 0 } };

interface Workspace {
  readonly files: Map<string, string>;
  readonly host: AnalysisHost;
}

/** Files of real repositories, a few at a time: some that belong together, some that do not. */
function workspaceOf(texts: readonly string[], random: () => number): Workspace {
  const files = new Map<string, string>();
  const start = Math.floor(random() * texts.length);
  for (let i = 0; i < 6; i++)
    files.set(`${folder.uri}/part${i % 2}/file${i}.yaml`, texts[(start + i) % texts.length] ?? '');
  const host = new AnalysisHost();
  host.apply({ folders: [folder], saved: asTexts(files) });
  return { files, host };
}

function asTexts(files: ReadonlyMap<string, string>): NonNullable<Change['saved']> {
  return [...files].map(([uri, text]) => ({ uri, text }));
}

function ask<N extends keyof Queries>(analysis: Analysis, name: N, params: Queries[N]['params']): Queries[N]['result'] {
  return finish(query(analysis, name, params));
}

/** Whatever an editor shows of a workspace. */
function everything(analysis: Analysis, uris: readonly string[]): unknown {
  return {
    findings: ask(analysis, 'findings', {}),
    lenses: uris.map((uri) => ask(analysis, 'lenses', { uri })),
    hints: uris.map((uri) => ask(analysis, 'hints', { uri, range: wholeText })),
    trees: (['services', 'policies', 'scopes'] as const).map((view) => ask(analysis, 'tree', { view })),
    connectivity: analysis.scopes.map(({ derived }) => finish(connectivity(derived.matrix))),
    graph: ask(analysis, 'graph', { namespaces: [], level: 'workload', edges: [], limit: 40, unfolded: [] }),
    ends: ask(analysis, 'ends', { side: 'to' }),
  };
}

/** What typing one key asks for. */
function typed(analysis: Analysis, uri: string, random: () => number): void {
  const lines = (analysis.file(uri)?.text ?? '').split('\n');
  const line = Math.floor(random() * lines.length);
  const position = { line, character: Math.floor(random() * ((lines[line]?.length ?? 0) + 1)) };
  ask(analysis, 'findings', {});
  ask(analysis, 'hover', { uri, position });
  ask(analysis, 'definition', { uri, position });
  ask(analysis, 'endAt', { uri, position });
  ask(analysis, 'completion', { uri, position, text: lines.join('\n') });
  ask(analysis, 'references', { uri, position, declaration: true });
  ask(analysis, 'hints', { uri, range: wholeText });
}

test(`${edits} edits of workspaces: no throw, no hang, and every ${compared}th state is as if built from scratch`, () => {
  const random = seededRandom(seed + 7);
  const texts = peerFiles()
    .filter((file) => file.includes('manifests') && statSync(file).size < 6000)
    .map((file) => readFileSync(file, 'utf8'))
    .filter((text) => /^kind: /m.test(text));
  assert.ok(texts.length > 150, `only ${texts.length} files`);
  let workspace = workspaceOf(texts, random);
  for (let i = 1; i <= edits; i++) {
    const { files, host } = workspace;
    const uri = pick([...files.keys()], random);
    // Small steps most of the time, and now and then another file, so that a workspace does not turn into noise.
    const text = i % 7 === 0 ? pick(texts, random) : mutate(files.get(uri) ?? '', random);
    files.set(uri, text);
    const started = performance.now();
    try {
      typed(host.apply({ unsaved: [{ uri, text }] }), uri, random);
      if (i % compared === 0) {
        const uris = [...files.keys()];
        const fresh = new AnalysisHost().apply({ folders: [folder], saved: asTexts(files) });
        const saved = host.apply({ saved: asTexts(files), unsaved: uris.map((one) => ({ uri: one, text: null })) });
        assert.deepEqual(everything(saved, uris), everything(fresh, uris));
      }
    } catch (error) {
      throw new Error(`seed ${seed}, edit ${i}: ${JSON.stringify([...files])}`, { cause: error });
    }
    const took = performance.now() - started;
    assert.ok(took < 5000, `seed ${seed}, edit ${i} took ${took} ms`);
    if (i % 250 === 0) workspace = workspaceOf(texts, random);
  }
});
