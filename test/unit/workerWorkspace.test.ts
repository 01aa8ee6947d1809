import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import type { Change } from '../../src/engine/index.ts';
import { mergeChanges } from '../../src/worker/mergeChanges.ts';
import { uriOf } from '../../src/worker/uris.ts';
import { Workspace } from '../../src/worker/workspace.ts';

const home = mkdtempSync(join(tmpdir(), 'podpath-unit-'));
after(() => rmSync(home, { recursive: true, force: true }));

function write(folder: string, files: Readonly<Record<string, string>>): string {
  const path = join(home, folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return path;
}

/** What a change says of each file, by its path below a folder. */
function texts(folder: string, { saved = [] }: Change): Readonly<Record<string, string | null>> {
  const from = uriOf(folder).length + 1;
  return Object.fromEntries(saved.map(({ uri, text }) => [uri.slice(from), text]));
}

function open(...paths: readonly string[]) {
  return { kind: 'folders' as const, folders: paths.map((one) => ({ uri: uriOf(one), name: one, onDisk: true })) };
}

function touched(...paths: readonly string[]) {
  return { kind: 'files' as const, files: paths.map((one) => ({ uri: uriOf(one) })) };
}

test('a folder is walked once, without packages and what is no manifest', async () => {
  const folder = write('walk', { 'a.yaml': 'a', 'b/c.json': 'c', 'node_modules/x/d.yaml': 'd', 'e.txt': 'e' });
  const workspace = new Workspace(() => undefined);
  assert.deepEqual(texts(folder, await workspace.changeOf(open(folder))), { 'a.yaml': 'a', 'b/c.json': 'c' });
  assert.deepEqual(texts(folder, await workspace.changeOf(open(folder))), {});
});

test('files that changed on the disk are read, but not those that a walk leaves out', async () => {
  const folder = write('watch', { 'a.yaml': 'a' });
  const workspace = new Workspace(() => undefined);
  await workspace.changeOf(open(folder));
  write('watch', { 'a.yaml': 'a2', 'vendor/v.yaml': 'v', 'package.json': '{}', 'notes.txt': '' });
  const all = ['a.yaml', 'vendor/v.yaml', 'package.json', 'notes.txt', 'never.yaml'].map((one) => join(folder, one));
  assert.deepEqual(texts(folder, await workspace.changeOf(touched(...all))), { 'a.yaml': 'a2' });
  const typed = { kind: 'text' as const, uri: uriOf(join(folder, 'vendor/v.yaml')), text: 'x' };
  assert.deepEqual(await workspace.changeOf(typed), {});
});

test('a folder that comes or goes takes its files with it', async () => {
  const folder = write('move', { 'a/one.yaml': '1', 'a/deep/two.yaml': '2', 'b.yaml': 'b' });
  const workspace = new Workspace(() => undefined);
  await workspace.changeOf(open(folder));
  renameSync(join(folder, 'a'), join(folder, 'moved'));
  const change = await workspace.changeOf(touched(join(folder, 'a'), join(folder, 'moved')));
  assert.deepEqual(texts(folder, change), {
    'a/one.yaml': null,
    'a/deep/two.yaml': null,
    'moved/one.yaml': '1',
    'moved/deep/two.yaml': '2',
  });
});

test('a workspace folder that is closed takes its files with it, unless another one holds them', async () => {
  const outer = write('outer', { 'a.yaml': 'a', 'inner/b.yaml': 'b' });
  const workspace = new Workspace(() => undefined);
  await workspace.changeOf(open(outer, join(outer, 'inner')));
  const closed = await workspace.changeOf(open(join(outer, 'inner')));
  assert.deepEqual(texts(outer, closed), { 'a.yaml': null });
});

test('of several changes the newest word about each file counts', () => {
  const saved = (uri: string, text: string | null) => ({ saved: [{ uri, text }] });
  const settings = { assume: {}, rules: { x: 'off' } };
  assert.deepEqual(mergeChanges([saved('a', '1'), saved('b', '2'), { settings }, saved('a', null), { unsaved: [] }]), {
    saved: [
      { uri: 'a', text: null },
      { uri: 'b', text: '2' },
    ],
    unsaved: [],
    settings,
  });
});
