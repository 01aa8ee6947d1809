import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { readTree } from '../../src/engine/manifest/documents.ts';
import { FieldLocator } from '../../src/engine/manifest/locate.ts';
import { parseManifest, readDocuments } from '../../src/engine/manifest/parse.ts';
import { readPlainYaml } from '../../src/engine/manifest/plainYaml.ts';
import type { FieldPath } from '../../src/engine/model/resource.ts';
import { peerFiles } from '../judge/peerFiles.ts';
import { mutate, pick, seededRandom } from './mutate.ts';

const edits = Number(process.env['PODPATH_FUZZ'] ?? 10_000);
const seed = Number(process.env['PODPATH_SEED'] ?? 1);

/** A path that the value has, chosen at random. */
function randomPath(value: unknown, random: () => number): FieldPath {
  const path: (string | number)[] = [];
  let here = value;
  while (typeof here === 'object' && here !== null && random() < 0.9) {
    const keys = Object.keys(here);
    if (keys.length === 0) break;
    const key = pick(keys, random);
    path.push(Array.isArray(here) ? Number(key) : key);
    here = (here as Record<string, unknown>)[key];
  }
  return path;
}

function check(text: string, random: () => number): void {
  const file = parseManifest(text, 'a.yaml');
  for (const { start, end } of file.problems) {
    assert.ok(0 <= start && start <= end && end <= text.length, `a problem at ${start}-${end} of ${text.length}`);
  }
  const locator = new FieldLocator(text);
  locator.fieldAt(Math.floor(random() * (text.length + 1)));
  for (const [index, document] of readDocuments(text).entries()) {
    const path = randomPath(document.value, random);
    const range = locator.locate(index, path, random() < 0.5 ? 'key' : 'value');
    if (path.length > 0) assert.ok(range !== undefined && range.start <= range.end, `no place for ${path.join('.')}`);
  }
}

test(`${edits} edits of real manifests: no throw, no hang, every field has a place`, () => {
  const random = seededRandom(seed);
  const texts = peerFiles()
    .filter((file) => file.includes('manifests') && statSync(file).size < 6000)
    .map((file) => readFileSync(file, 'utf8'));
  assert.ok(texts.length > 300, `only ${texts.length} files`);
  let text = '';
  for (let i = 0; i < edits; i++) {
    // Ten edits, each on the text that the last one left: what typing does to a file.
    text = mutate(i % 10 === 0 ? pick(texts, random) : text, random);
    const started = performance.now();
    try {
      check(text, random);
    } catch (error) {
      throw new Error(`seed ${seed}, edit ${i}: ${JSON.stringify(text)}`, { cause: error });
    }
    const took = performance.now() - started;
    assert.ok(took < 1000, `seed ${seed}, edit ${i} took ${took} ms: ${JSON.stringify(text)}`);
  }
});

test('the fast reader never says what the full one does not', () => {
  const random = seededRandom(seed + 1);
  const texts = peerFiles()
    .filter((file) => file.endsWith('.yaml') && statSync(file).size < 3000)
    .map((file) => readFileSync(file, 'utf8'));
  let answered = 0;
  for (let i = 0; i < edits / 5; i++) {
    const text = mutate(mutate(pick(texts, random), random), random);
    for (const slice of readDocuments(text)) {
      const plain = readPlainYaml(text.slice(slice.start, slice.end));
      if (plain === undefined) continue;
      answered++;
      if (isDeepStrictEqual(plain, readTree(text, slice).value)) continue;
      assert.fail(`seed ${seed}, edit ${i}: ${JSON.stringify(text.slice(slice.start, slice.end))}`);
    }
  }
  assert.ok(answered > edits / 20, `it answered ${answered} times`);
});
