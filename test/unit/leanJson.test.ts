import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineSplitter, parseLean } from '../../src/sources/leanJson.ts';
import { seededRandom } from '../fuzz/mutate.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The same value with every list of managed fields empty, as far as what begins as one. */
function withoutManaged(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutManaged);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, own]) => {
      const isManaged = key === 'managedFields' && Array.isArray(own) && typeof own[0] === 'object' && own[0] !== null;
      return [key, isManaged ? [] : withoutManaged(own)];
    }),
  );
}

const field = (text: string): Json => ({ 'f:metadata': { [`k:{"name":"${text}"}`]: {}, '.': {} } });
const entry = (text: string): Json => ({ manager: text, operation: 'Update', fieldsV1: field(text) });
const object = (managedFields: Json): Json => ({
  metadata: { annotations: { note: '"managedFields":[{"a":1}] é' }, managedFields, name: 'web' },
  spec: { template: { metadata: { managedFields: [] } }, ports: [{ port: 80 }], list: [[{}], [1, { a: 'ü}]' }]] },
});

test('managed fields are left out, and nothing else', () => {
  const lists: readonly Json[] = [[entry('kubelet')], [entry('a'), entry('b')], [], [null], [{}], 'text', [{ a: 1 }]];
  for (const list of lists) {
    const text = JSON.stringify(object(list));
    assert.deepEqual(parseLean(Buffer.from(text)), withoutManaged(object(list)), text);
  }
  const page: Json = { items: lists.map(object), metadata: { continue: 'x' } };
  assert.deepEqual(parseLean(Buffer.from(JSON.stringify(page))), withoutManaged(page));
});

test('where the end of managed fields only seems to come, all is read', () => {
  const texts = ['}]', 'x}],', 'v:"}]}', '}],"', '}]}}', '}],"a":[{', '\\}]', '"}]', '}] , "x": "'];
  for (const text of texts) {
    for (const list of [[entry(text)], [entry('a'), entry(text)], [{ list: [{ text }] }], [{ a: [{}], text }]]) {
      const own = object(list);
      const read = parseLean(Buffer.from(JSON.stringify(own)));
      assert.notEqual(read, undefined);
      assert.deepEqual(withoutManaged(read as Json), withoutManaged(own), text);
    }
  }
});

test('nothing in managed fields changes what is read beside them', () => {
  const random = seededRandom(11);
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
  const word = (): string =>
    Array.from({ length: Math.floor(random() * 6) }, () => pick([...'{}[]",:\\ fkv'])).join('');
  const value = (depth: number): Json => {
    if (depth === 0 || random() < 0.3) return pick<() => Json>([word, () => 1, () => null, () => ({}), () => []])();
    if (random() < 0.3) return Array.from({ length: 2 }, () => value(depth - 1));
    return Object.fromEntries(Array.from({ length: 2 }, () => [word(), value(depth - 1)]));
  };
  for (let round = 0; round < 5000; round++) {
    const own = object([{ [word()]: value(3), manager: word() }, { [word()]: value(2) }]);
    const read = parseLean(Buffer.from(JSON.stringify(own)));
    assert.notEqual(read, undefined);
    assert.deepEqual(withoutManaged(read as Json), withoutManaged(own));
  }
});

test('what is no JSON object is none', () => {
  for (const text of ['', ' ', '[]', '1', '{', '{"managedFields":[{', '{"managedFields":[{}]', 'null', '{"a":1}}']) {
    assert.equal(parseLean(Buffer.from(text)), undefined, text);
  }
});

test('lines are the same however a stream is cut', () => {
  const text = `{"a":"é"}\n\n{"b":"日本"}\n{"long":"${'x'.repeat(300)}"}\nrest`;
  const bytes = Buffer.from(text);
  const random = seededRandom(7);
  for (let round = 0; round < 200; round++) {
    const splitter = new LineSplitter();
    const lines: string[] = [];
    for (let from = 0; from < bytes.length; ) {
      const end = Math.min(bytes.length, from + 1 + Math.floor(random() * 40));
      for (const line of splitter.take(bytes.subarray(from, end))) lines.push(line.toString());
      from = end;
    }
    assert.deepEqual(
      lines,
      text
        .split('\n')
        .slice(0, -1)
        .filter((line) => line !== ''),
    );
    assert.equal(splitter.pending, 'rest'.length);
  }
});
