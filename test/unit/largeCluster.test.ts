import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AnalysisHost,
  finish,
  type JsonObject,
  liveResource,
  query,
  type Resource,
  type Service,
  wholeGraph,
} from '../../src/engine/index.ts';

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

test('an event of one pod leaves everything that it does not touch as it is', () => {
  const pod = (namespace: string, name: string, podIP: string): JsonObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { app: 'web' }, ownerReferences: [owner('web')] },
    status: { phase: 'Running', podIP },
  });
  const named = (kind: string, name: string, namespace = ''): JsonObject => ({
    apiVersion: 'v1',
    kind,
    metadata: namespace === '' ? { name } : { name, namespace },
    spec: { clusterIP: '10.96.0.9', selector: { app: 'web' }, ports: [{ port: 80 }] },
  });
  const around = [named('Namespace', 'a'), named('Namespace', 'b'), named('Node', 'n')].flatMap(
    (one) => live(one) ?? [],
  );
  const services = [named('Service', 'web', 'a'), named('Service', 'web', 'b')].flatMap((one) => live(one) ?? []);
  const pods = [pod('a', 'web-1', '10.0.0.1'), pod('a', 'web-2', '10.0.0.2'), pod('b', 'web-1', '10.0.0.3')];
  const [first, ...others] = pods.flatMap((one) => live(one) ?? []);
  const host = new AnalysisHost();
  const scopeWith = (own: Resource | undefined) => {
    const resources = [...around, ...(own === undefined ? [] : [own]), ...others, ...services];
    const [scope] = host.apply({ clusters: [{ context: 'test', resources, missing: [], unread: [] }] }).scopes;
    assert.ok(scope !== undefined);
    const { snapshot, derived } = scope;
    return {
      snapshot,
      derived,
      ends: derived.matrix.ends,
      reached: derived.endpointsOf(snapshot.services[1] as Service),
    };
  };
  const before = scopeWith(first);
  assert.deepEqual(before.snapshot.ownersOf('10.0.0.1').pods, [before.snapshot.podsIn('a')[0]]);
  const after = scopeWith(live(pod('a', 'web-1', '10.0.0.7')));
  assert.deepEqual(
    after.snapshot.podsIn('a').map(({ ips }) => ips),
    [['10.0.0.7'], ['10.0.0.2']],
  );
  assert.deepEqual(after.snapshot.ownersOf('10.0.0.1').pods, []);
  assert.notEqual(after.snapshot.pods, before.snapshot.pods);
  assert.equal(after.snapshot.podsIn('b'), before.snapshot.podsIn('b'));
  assert.equal(after.snapshot.podsIn('a')[1], before.snapshot.podsIn('a')[1]);
  assert.equal(after.snapshot.workloadsIn('b')[0], before.snapshot.workloadsIn('b')[0]);
  assert.equal(after.snapshot.services, before.snapshot.services);
  assert.equal(after.reached, before.reached);
  assert.equal(after.derived.matrix.classes, before.derived.matrix.classes);
  assert.equal(after.ends[1], before.ends[1]);
  // The last pod of its namespace makes another class, so the matrix is made anew.
  const ended = pod('b', 'web-1', '10.0.0.3');
  const [, web2] = others;
  others.splice(others.indexOf(web2 as Resource), 1, live({ ...ended, status: { phase: 'Succeeded' } }) as Resource);
  const last = scopeWith(first);
  assert.notEqual(last.derived.matrix.classes, after.derived.matrix.classes);
});

/** Pods that policies can't tell apart, each open to all others because a policy says so. */
function crowd(count: number): AnalysisHost {
  const pods = Array.from({ length: count }, (_, n): JsonObject => {
    return { apiVersion: 'v1', kind: 'Pod', metadata: { name: `web-${n}`, namespace: 'shop' } };
  });
  const policy = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'within', namespace: 'shop' },
    spec: { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] },
  };
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [...pods, policy] });
  const host = new AnalysisHost();
  host.apply({ folders: [{ uri: 'w', name: 'w' }], saved: [{ uri: 'w/crowd.json', text }] });
  return host;
}

test('a picture of more than a million arrows is not made', () => {
  const arrows = (count: number): number | undefined => {
    const { analysis } = crowd(count);
    const [scope] = analysis.scopes;
    return scope && wholeGraph(analysis, scope)?.edges.filter(({ kind }) => kind === 'allows').length;
  };
  assert.equal(arrows(50), 50 * 49);
  assert.equal(arrows(1001), undefined);
});

test('of what is exposed as many rows are told as one reads, and how many more there are', () => {
  const exposed = (count: number) => finish(query(crowd(count).analysis, 'exposure', {}));
  const { rows, more } = exposed(10);
  assert.equal(more, 0);
  const many = exposed(600);
  assert.equal(many.rows.length, 1000);
  assert.equal(many.rows.length + many.more, (rows.length / 10) * 600);
  assert.ok(many.rows.every(({ location }) => location?.uri === 'w/crowd.json'));
});
