import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnalysisHost, finish, type JsonObject, liveResource, query, type Resource } from '../../src/engine/index.ts';

function live(object: JsonObject): Resource | undefined {
  return liveResource(object, { group: '', version: 'v1', kind: String(object['kind']) }, 'test');
}

function owner(name: string): JsonObject {
  return { apiVersion: 'apps/v1', kind: 'Deployment', name, controller: true };
}

test('many Services are one row a namespace, whose rows are asked for by it', () => {
  const service = (n: number): JsonObject => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `s-${n}`, namespace: n % 2 === 0 ? 'even' : 'odd' },
    spec: { ports: [{ port: 80 }] },
  });
  const resources = Array.from({ length: 201 }, (_, n) => service(n)).flatMap((one) => live(one) ?? []);
  const clusters = [{ context: 'test', resources, missing: [], unread: [] }];
  const analysis = new AnalysisHost().apply({ clusters });
  const rows = finish(query(analysis, 'tree', { view: 'services' }));
  assert.deepEqual(
    rows.map(({ label, description, children }) => `${label} ${description} ${children.length}`),
    ['even 101 0', 'odd 100 0'],
  );
  const [, odd] = rows;
  assert.ok(odd?.part !== undefined);
  const inside = finish(query(analysis, 'tree', { view: 'services', part: odd.part }));
  assert.equal(inside.length, 100);
  assert.match(inside[0]?.location?.uri ?? '', /^podpath-cluster:\/s-1\.Service\.yaml/);
});

test('ends of a large cluster are found by words of their names and by addresses', () => {
  const pod = (n: number): JsonObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `web-${n}`, namespace: n % 2 === 0 ? 'even' : 'odd', ownerReferences: [owner('web')] },
    status: { phase: 'Running', podIP: `10.0.${n >> 8}.${n & 255}` },
  });
  const resources = Array.from({ length: 3000 }, (_, n) => pod(n)).flatMap((one) => live(one) ?? []);
  const clusters = [{ context: 'test', resources, missing: [], unread: [] }];
  const analysis = new AnalysisHost().apply({ clusters });
  const texts = (filter: string): readonly string[] =>
    finish(query(analysis, 'ends', { side: 'to', filter, limit: 50 }))
      .filter(({ group }) => group === 'pod' || group === 'workload')
      .map(({ text }) => text);
  assert.equal(texts('').length, 50);
  assert.deepEqual(texts('odd/web-2999'), ['odd/web-2999']);
  assert.deepEqual(
    texts('WEB-299 even').toSorted(),
    [298, 2990, 2992, 2994, 2996, 2998].slice(1).map((n) => `even/web-${n}`),
  );
  assert.deepEqual(texts('10.0.11.183'), ['odd/web-2999']);
});
