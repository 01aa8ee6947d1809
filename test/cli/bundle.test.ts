// What the built programs load before they know what they are asked for.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';

const dist = resolve(import.meta.dirname, '../../dist');

/** A file of the build and all that it imports before it runs. */
function loadedBy(file: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  for (const [, path = ''] of text.matchAll(/\b(?:from|import)\s*"(\.[^"]+)"/g))
    loadedBy(join(dirname(file), path), seen);
  return seen;
}

test('what only a running cluster needs is loaded when one is read', () => {
  for (const program of ['cli.mjs', 'worker.mjs']) {
    const files = [...loadedBy(join(dist, program))];
    assert.ok(files.length > 1, program);
    const large = files.filter((file) => /undici|openid-client|KubeConfig\b/.test(readFileSync(file, 'utf8')));
    assert.deepEqual(large, [], program);
  }
  // The words are those of what is meant.
  const lazy =
    readFileSync(join(dist, 'cli.mjs'), 'utf8') +
    [...loadedBy(join(dist, 'cli.mjs'))].map((one) => readFileSync(one, 'utf8')).join('');
  const [, part = ''] = /import\("\.\/(?:parts\/)?(kubeconfig-[^"]+)"\)/.exec(lazy) ?? [];
  const later = [...loadedBy(join(dist, 'parts', part))].map((one) => readFileSync(one, 'utf8')).join('');
  for (const word of ['undici', 'openid-client', 'KubeConfig']) assert.ok(later.includes(word), word);
  // Nor is what client-node has beside that: a class for every kind of the API.
  assert.ok(!later.includes('V1PodSpec'), 'the classes of the API');
});
