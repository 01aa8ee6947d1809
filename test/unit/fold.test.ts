import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnalysisHost, finish, query } from '../../src/engine/index.ts';
import { foldToLimit } from '../../src/engine/topology/fold.ts';
import type { Box } from '../../src/engine/topology/graph.ts';

/** So many namespaces, each with so many boxes. */
function world(namespaces: number, boxes: number): readonly Box[] {
  return Array.from({ length: namespaces }, (_, index) => `team-${index}`).flatMap((namespace) =>
    Array.from({ length: boxes }, (_, index) => ({
      id: `${namespace}/${index}`,
      kind: 'workload' as const,
      namespace,
      name: `app-${index}`,
      title: 'Deployment',
      label: `app-${index}`,
    })),
  );
}

test('where not every namespace has room, one box says how many are left and every box is counted', () => {
  const { boxes, target, hidden } = foldToLimit(world(60, 5), 40, []);
  assert.equal(boxes.length, 40);
  assert.equal(hidden, 300);
  assert.deepEqual(
    boxes.slice(0, 3).map(({ label }) => label),
    ['team-0', 'team-1', 'team-2'],
  );
  const last = boxes.at(-1);
  assert.deepEqual([last?.id, last?.title, last?.label], ['fold/*', '+21 namespaces', '105 boxes']);
  assert.deepEqual([target.get('team-38/0'), target.get('team-39/0')], ['fold/team-38', 'fold/*']);
});

test('folds stand last, by name and number; a namespace that was opened has its boxes before them', () => {
  const { boxes, hidden } = foldToLimit(world(12, 5), 20, ['fold/team-7']);
  const open = boxes.filter(({ namespace, kind }) => namespace === 'team-7' && kind === 'workload');
  assert.equal(open.length, 5);
  const folds = boxes.filter(({ kind }) => kind === 'fold').map(({ name }) => name);
  const number = (name: string) => Number(name.slice('team-'.length));
  assert.deepEqual(
    folds,
    folds.toSorted((a, b) => number(a) - number(b)),
  );
  assert.ok(folds.includes('team-2') && folds.includes('team-10'));
  assert.deepEqual(
    boxes.slice(-folds.length),
    boxes.filter(({ kind }) => kind === 'fold'),
  );
  assert.equal(hidden + boxes.length - folds.length, 60);
});

test('a namespace that is opened shows its boxes however many namespaces there are', () => {
  const { boxes, hidden } = foldToLimit(world(101, 5), 40, ['fold/team-70']);
  const open = boxes.filter(({ namespace, kind }) => namespace === 'team-70' && kind === 'workload');
  assert.deepEqual([boxes.length, open.length, hidden], [40, 5, 500]);
  assert.equal(boxes.at(-1)?.title, '+66 namespaces');
  const large = foldToLimit(world(101, 60), 40, ['fold/team-70']);
  const shown = large.boxes.filter(({ kind }) => kind === 'workload');
  assert.deepEqual([large.boxes.length, shown.length], [40, 38]);
  assert.ok(large.boxes.some(({ title, namespace }) => title === '+22 workloads' && namespace === 'team-70'));
  assert.equal(large.boxes.at(-1)?.title, '+100 namespaces');
});

test('what fits is not folded', () => {
  assert.equal(foldToLimit(world(4, 5), 40, []).hidden, 0);
});

test('a fold and a namespace have the problems of what they hold', () => {
  const service = (namespace: string, index: number) =>
    `apiVersion: v1\nkind: Service\nmetadata: {name: s${index}, namespace: ${namespace}}\nspec: {selector: {app: none}, ports: [{port: 80}]}\n`;
  const pod = (namespace: string) =>
    `apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: ${namespace}, labels: {app: other}}\nspec: {containers: [{name: c, image: c}]}\n`;
  const text = ['a', 'b']
    .flatMap((namespace) => [pod(namespace), ...[1, 2, 3].map((index) => service(namespace, index))])
    .join('---\n');
  const analysis = new AnalysisHost().apply({ folders: [{ uri: 'w', name: 'w' }], saved: [{ uri: 'w/a.yaml', text }] });
  const request = { namespaces: [], edges: [], unfolded: [] };
  const problems = (level: 'workload' | 'namespace', limit: number) =>
    finish(query(analysis, 'graph', { ...request, level, limit })).nodes.map((one) => [one.kind, one.problems]);
  assert.deepEqual(problems('namespace', 40), [
    ['namespace', 3],
    ['namespace', 3],
  ]);
  const folded = problems('workload', 3);
  assert.ok(folded.some(([kind, count]) => kind === 'fold' && Number(count) > 1));
  assert.equal(
    folded.reduce((sum, [, count]) => sum + Number(count), 0),
    6,
  );
});
