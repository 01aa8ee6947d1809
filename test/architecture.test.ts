import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';

const root = resolve(import.meta.dirname, '..');

/** What each layer may import beside itself (DESIGN: one engine, one door). `type:` allows types alone. */
const layers: readonly {
  readonly folder: string;
  readonly own: readonly string[];
  readonly packages: readonly string[];
}[] = [
  { folder: 'src/engine', own: [], packages: ['yaml', '@noble/hashes', '@vscode/l10n'] },
  {
    folder: 'src/sources',
    own: ['src/engine/index.ts'],
    packages: ['node:', '@kubernetes/client-node', '@vscode/l10n', 'openid-client', 'yaml'],
  },
  { folder: 'src/protocol.ts', own: ['type:src/engine/index.ts'], packages: [] },
  {
    folder: 'src/worker',
    own: ['src/engine/index.ts', 'src/sources', 'src/protocol.ts'],
    packages: ['node:', '@vscode/l10n'],
  },
  {
    folder: 'src/editor',
    own: ['type:src/engine/index.ts', 'type:src/protocol.ts'],
    packages: ['vscode', 'node:crypto'],
  },
  { folder: 'src/cli', own: ['src/engine/index.ts', 'src/sources'], packages: ['node:', '@vscode/l10n', 'sarif'] },
  {
    folder: 'webview',
    own: ['type:src/engine/index.ts', 'type:src/protocol.ts'],
    packages: ['mermaid', '@vscode/l10n'],
  },
];

/** Beyond what its layer may import: the one place that starts the worker. */
const exceptions: Readonly<Record<string, readonly string[]>> = {
  'src/editor/engineClient.ts': ['node:worker_threads'],
};

interface Import {
  readonly file: string;
  readonly target: string;
  readonly typeOnly: boolean;
}

function filesBelow(folder: string): readonly string[] {
  if (folder.endsWith('.ts')) return [folder];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

/** Static imports and re-exports; a statement all of whose names are types counts as one of types alone. */
function importsOf(file: string): readonly Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const statements = text.matchAll(/^(?:import|export)\s+([^'";=]*?)\s+from\s+'([^']+)';/gms);
  return [...statements].map(([, names = '', target = '']) => {
    const list = /\{([^}]*)\}/.exec(names)?.[1];
    const allTypes = list?.split(',').every((one) => one.trim() === '' || one.trim().startsWith('type ')) ?? false;
    const typeOnly = names.startsWith('type ') || (allTypes && /^\{/.test(names));
    return {
      file,
      target: target.startsWith('.') ? relative(root, resolve(root, dirname(file), target)) : target,
      typeOnly,
    };
  });
}

const files = layers.flatMap(({ folder }) => filesBelow(folder));
const imports = files.flatMap(importsOf);

test('every file is in a layer, and imports only what its layer may', () => {
  const all = [...filesBelow('src'), ...filesBelow('webview')];
  assert.deepEqual(
    all.filter((file) => !files.includes(file)),
    [],
  );
  const wrong = layers.flatMap(({ folder, own, packages }) =>
    imports
      .filter(({ file }) => file.startsWith(folder))
      .filter(({ file, target, typeOnly }) => {
        if (target.startsWith(folder)) return false;
        const may = [...own, ...packages, ...(exceptions[file] ?? [])];
        return !may.some((one) =>
          one.startsWith('type:') ? typeOnly && target.startsWith(one.slice(5)) : target.startsWith(one),
        );
      })
      .map(({ file, target }) => `${file} imports ${target}`),
  );
  assert.deepEqual(wrong, []);
});

test('the two commands of a fresh clone load nothing that has to be installed first', () => {
  const seen = new Set<string>();
  const wrong: string[] = [];
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { target } of importsOf(file)) {
      if (target.endsWith('.mjs')) visit(target);
      else if (!target.startsWith('node:')) wrong.push(`${file} imports ${target}`);
    }
  };
  for (const file of ['scripts/start.mjs', 'scripts/test.mjs']) visit(file);
  assert.ok(seen.has('scripts/environment.mjs'));
  assert.deepEqual(wrong, []);
});

test('no two files need each other to run', () => {
  const graph = new Map(files.map((file): [string, string[]] => [file, []]));
  for (const { file, target, typeOnly } of imports) if (!typeOnly && graph.has(target)) graph.get(file)?.push(target);
  const state = new Map<string, 'open' | 'done'>();
  const visit = (file: string, path: readonly string[]): void => {
    if (state.get(file) === 'open') assert.fail(`a cycle: ${[...path.slice(path.indexOf(file)), file].join(' → ')}`);
    if (state.has(file)) return;
    state.set(file, 'open');
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    state.set(file, 'done');
  };
  for (const file of files) visit(file, []);
});

test('files have at most 400 lines and functions at most 60', () => {
  const tooLong: string[] = [];
  for (const file of files) {
    const lines = readFileSync(join(root, file), 'utf8').split('\n');
    if (lines.length > 401) tooLong.push(`${file}: ${lines.length} lines`);
    for (const { name, length } of functionsOf(lines)) if (length > 60) tooLong.push(`${file}: ${name} has ${length}`);
  }
  assert.deepEqual(tooLong, []);
});

/** Functions and methods by their formatted layout: a head at some indent, and the brace that closes it there. */
function* functionsOf(lines: readonly string[]): Generator<{ readonly name: string; readonly length: number }> {
  const head =
    /^(\s*)(?:export )?(?:async )?(?:function\*? (\w+)|(?:static |async |get |set |\*)*#?(\w+)(?:<[^>]*>)?\([^;]*$)/;
  for (const [start, line] of lines.entries()) {
    const match = head.exec(line);
    if (match === null || /^\s*(?:if|for|while|switch|return|await|yield|catch|assert)\b/.test(line)) continue;
    const indent = match[1] ?? '';
    const end = lines.findIndex(
      (one, index) => index > start && one.startsWith(`${indent}}`) && !one.startsWith(`${indent}} `),
    );
    if (end > 0 && line.trimEnd().endsWith('{')) yield { name: match[2] ?? match[3] ?? '', length: end - start + 1 };
  }
}

test('sorted lists have a line for each file of their folder', () => {
  const rules = readdirSync(join(root, 'src/engine/diagnostics/rules')).map((name) => name.replace('.ts', ''));
  const list = readFileSync(join(root, 'src/engine/diagnostics/rules.ts'), 'utf8');
  for (const code of rules) assert.ok(list.includes(`'./rules/${code}.ts'`), `rules.ts lacks ${code}`);
  const profiles = readFileSync(join(root, 'src/engine/cni/profiles.ts'), 'utf8');
  for (const name of readdirSync(join(root, 'src/engine/cni'))) {
    const text = readFileSync(join(root, 'src/engine/cni', name), 'utf8');
    const isProfile = /export const \w+: CniProfile/.test(text);
    if (isProfile) assert.ok(profiles.includes(`'./${name}'`), `profiles.ts lacks ${name}`);
  }
});

test('every exported name has a doc comment', () => {
  const bare = files.flatMap((file) => {
    const lines = readFileSync(join(root, file), 'utf8').split('\n');
    return lines.flatMap((line, index) => {
      const name = /^export (?:async )?(?:abstract )?(?:function\*?|const|class|interface|type) (\w+)/.exec(line)?.[1];
      if (name === undefined || file.endsWith('src/engine/index.ts')) return [];
      return lines[index - 1]?.trimEnd().endsWith('*/') ? [] : [`${file}: ${name}`];
    });
  });
  assert.deepEqual(bare, []);
});
