import assert from 'node:assert/strict';
import { test } from 'node:test';
import { internJson, internPodSpec } from '../../src/engine/model/intern.ts';
import { type JsonObject, stringMapAt, valueAt } from '../../src/engine/model/json.ts';
import { listEdit, sortedExchange } from '../../src/engine/model/lists.ts';
import { oncePer, remembering } from '../../src/engine/model/memo.ts';
import { NameIndex, placeOf } from '../../src/engine/model/nameIndex.ts';
import type { Resource } from '../../src/engine/model/resource.ts';
import { indexResources } from '../../src/engine/model/resourceIndex.ts';

test('equal values are one object, and values that only look alike are not', () => {
  const long = 'x'.repeat(40);
  const values: readonly JsonObject[] = [
    { a: 'x', b: 'y' },
    { b: 'y', a: 'x' },
    { a: 'x', b: null },
    { a: ['x', 'y'] },
    { a: ['x', ['y']] },
    { a: 1, b: true },
    { a: '1', b: 'true' },
    JSON.parse('{"__proto__": {}, "a": "x"}') as JsonObject,
    { a: 'x', toString: 'y' },
    // The same length and the same end.
    ...Array.from({ length: 40 }, (_, i) => ({ a: `${String(i).padStart(2, '0')}${long}` })),
  ];
  const copy = (one: JsonObject): JsonObject => JSON.parse(JSON.stringify(one)) as JsonObject;
  for (const one of values) assert.deepEqual(internJson(copy(one)), one);
  for (const one of values) assert.equal(JSON.stringify(internJson(copy(one))), JSON.stringify(one));
  const first = { a: 'same', b: ['x', { c: 1 }] };
  assert.equal(internJson(first), first);
  assert.equal(internJson(copy(first)), first);
});

test('specs of pods share the containers and ports that are equal', () => {
  const ports = [{ containerPort: 80, name: 'http' }];
  const template = { containers: [{ name: 'web', image: 'web:1', ports }], serviceAccountName: 'web' };
  const copy = (one: JsonObject): JsonObject => JSON.parse(JSON.stringify(one)) as JsonObject;
  const first = internPodSpec(copy(template));
  const pod = internPodSpec({ ...copy(template), nodeName: 'node-1' });
  const other = internPodSpec({ containers: [{ name: 'api', image: 'api:1', ports: copy({ ports })['ports'] ?? [] }] });
  assert.deepEqual(first, template);
  assert.deepEqual(pod, { ...template, nodeName: 'node-1' });
  assert.equal(pod['containers'], first['containers']);
  assert.equal(valueAt(other, 'containers', 0, 'ports'), valueAt(first, 'containers', 0, 'ports'));
  const odd: JsonObject = { containers: 'none', initContainers: [null, 'x', { ports: 7 }] };
  assert.deepEqual(internPodSpec(odd), odd);
});

test('what was computed is remembered by object, and by text until there are many', () => {
  let computed = 0;
  const sizeOf = oncePer((list: readonly string[]) => {
    computed++;
    return list.length;
  });
  const list = ['a', 'b'];
  assert.deepEqual([sizeOf(list), sizeOf(list), sizeOf([]), computed], [2, 2, 0, 2]);
  const asked: string[] = [];
  const upper = remembering(2, (text) => {
    asked.push(text);
    return text.toUpperCase();
  });
  assert.deepEqual(['a', 'b', 'a', 'b', 'c', 'c', 'a'].map(upper), ['A', 'B', 'A', 'B', 'C', 'C', 'A']);
  // What is known takes no room from what is known; the third begins anew.
  assert.deepEqual(asked, ['a', 'b', 'c', 'a']);
});

test('labels have no members but their own strings', () => {
  const object = JSON.parse('{"labels": {"a": "x", "n": 1, "__proto__": "y", "constructor": "z"}}') as JsonObject;
  const labels = stringMapAt(object, 'labels');
  assert.equal(Object.getPrototypeOf(labels), null);
  assert.deepEqual(Object.entries(labels), [
    ['a', 'x'],
    ['__proto__', 'y'],
    ['constructor', 'z'],
  ]);
  assert.equal(labels['toString'], undefined);
  assert.deepEqual(Object.keys(stringMapAt(object, 'annotations')), []);
});

function resource(kind: string, namespace: string, name: string): Resource {
  return {
    ref: { group: '', kind, namespace, name },
    apiVersion: 'v1',
    object: {},
    origin: { type: 'simulated', note: '' },
  };
}

test('an object is found by its name in a list of any order, the later of two', () => {
  const names = ['b/x', 'a/y', 'a-b/x', 'a/x', 'b/x', ''];
  const list = names.map((one) => resource('Pod', one.split('/')[0] ?? '', one.split('/')[1] ?? ''));
  const index = NameIndex.of(list);
  assert.equal(index.isUnique, false);
  assert.equal(index.get('b', 'x'), list[4]);
  assert.equal(index.get('a', 'x'), list[3]);
  assert.equal(index.get('a-b', 'x'), list[2]);
  assert.equal(index.get('', ''), list[5]);
  assert.equal(index.get('a', 'z'), undefined);
  assert.equal(NameIndex.of([]).get('a', 'x'), undefined);
  assert.equal(placeOf([], { namespace: 'a', name: 'x' }), -1);
});

test('an object that gives way to another of its name is all that changes in an index', () => {
  const [first, other, last] = [resource('Pod', 'a', 'y'), resource('Service', 'a', 'x'), resource('Pod', 'a', 'x')];
  const index = indexResources([first, other, last]);
  const next = resource('Pod', 'a', 'y');
  const after = index.replacing(first, next);
  assert.equal(after?.get(first.ref), next);
  assert.equal(after?.get(last.ref), last);
  assert.deepEqual(after?.ofKind('', 'Pod'), [next, last]);
  assert.equal(index.get(first.ref), first);
  assert.equal(index.replacing(first, resource('Pod', 'a', 'z')), undefined);
  assert.equal(index.replacing(next, first), undefined);
});

test('an edit of a list is its one stretch that differs', () => {
  assert.deepEqual(listEdit([1, 2, 3, 4], [1, 5, 4]), { at: 1, gone: [2, 3], come: [5] });
  assert.deepEqual(listEdit([1, 1], [1]), { at: 1, gone: [1], come: [] });
  assert.deepEqual(listEdit([], [1, 2]), { at: 0, gone: [], come: [1, 2] });
  assert.deepEqual(listEdit([1], [1]), { at: 1, gone: [], come: [] });
});

test('what differs between two sorted lists is told by one walk over both, wherever it is', () => {
  const order = (a: number, b: number): number => Math.trunc(a) - Math.trunc(b);
  assert.deepEqual(sortedExchange([1, 2, 3, 5], [1, 2.5, 4, 5], order), { gone: [2, 3], come: [2.5, 4] });
  assert.deepEqual(sortedExchange([1, 2], [0, 1, 2, 3], order), { gone: [], come: [0, 3] });
  assert.deepEqual(sortedExchange([1, 2], [], order), { gone: [1, 2], come: [] });
  assert.deepEqual(sortedExchange([], [], order), { gone: [], come: [] });
  // Of lists that are not sorted it tells more, and still turns the one into the other.
  const { gone, come } = sortedExchange([3, 1, 2], [2, 3, 1], order);
  assert.deepEqual(
    [3, 1, 2]
      .filter((one) => !gone.includes(one))
      .concat(come)
      .toSorted(),
    [1, 2, 3],
  );
});

test('objects give way to others in their places, and an index stays one', () => {
  const [ax, ay, bx] = [resource('Pod', 'a', 'x'), resource('Pod', 'a', 'y'), resource('Pod', 'b', 'x')];
  const index = indexResources([ax, ay, bx]);
  const [newer, added] = [resource('Pod', 'a', 'y'), resource('Pod', 'a', 'z')];
  const after = index.exchanging({ gone: [ay], come: [added, newer] });
  assert.deepEqual(after?.ofKind('', 'Pod'), [ax, newer, added, bx]);
  assert.deepEqual(after.inNamespace('', 'Pod', 'a'), [ax, newer, added]);
  assert.deepEqual(after.inNamespace('', 'Pod', 'c'), []);
  assert.equal(after.get(added.ref), added);
  assert.deepEqual(after.effective, [ax, newer, added, bx]);
  assert.deepEqual(index.ofKind('', 'Pod'), [ax, ay, bx]);
  // What has to be made from scratch: two of a name, what is not there, a kind that comes or goes, and what is not sorted.
  assert.equal(index.exchanging({ gone: [], come: [newer] }), undefined);
  assert.equal(index.exchanging({ gone: [ay], come: [newer, resource('Pod', 'a', 'y')] }), undefined);
  assert.equal(index.exchanging({ gone: [newer], come: [] }), undefined);
  assert.equal(index.exchanging({ gone: [], come: [resource('Node', '', 'n')] }), undefined);
  assert.equal(index.exchanging({ gone: [ax, ay, bx], come: [] }), undefined);
  assert.equal(indexResources([bx, ax]).exchanging({ gone: [], come: [added] }), undefined);
});

test('the later of two objects counts, in the place of the first', () => {
  const [first, other, last] = [resource('Pod', 'a', 'x'), resource('Service', 'a', 'x'), resource('Pod', 'a', 'x')];
  const index = indexResources([first, other, last]);
  assert.deepEqual(
    index.effective.map((one) => [first, other, last].indexOf(one)),
    [2, 1],
  );
  assert.equal(index.get(first.ref), last);
  assert.deepEqual(index.ofKind('', 'Pod'), [last]);
  assert.equal(index.get({ ...first.ref, kind: 'Node' }), undefined);
});
