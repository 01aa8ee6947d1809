import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { pause } from '../../scripts/kubeApi.mjs';
import { BadNetwork } from './badNetwork.ts';
import { deployment, ownPlane, paths, service, until } from './plane.ts';
import { accessOf, becomes, becomesFresh, contentOf, type Followed, follow } from './source.ts';
import { storm } from './storm.ts';

const plane = await ownPlane();
const direct = accessOf(plane.kubeconfigs.admin);
await plane.admin.create(paths('shop').services, service('api'));
await plane.admin.create(paths('shop').deployments, deployment('api', 2));

async function started(followed: Followed): Promise<Followed['source']> {
  after(() => followed.source.stop());
  assert.equal((await followed.source.settled(30_000)).kind, 'live');
  return followed.source;
}

async function through(timing = {}) {
  const network = new BadNetwork(plane);
  const followed = follow(await network.access(direct), {}, timing);
  return { network, changes: followed.changes, source: await started(followed) };
}

/** What a request asks for: some ConfigMaps are asked for one by one. */
function thingOf(request: string): string {
  const [path = '', query] = request.split('?');
  const parts = new URLSearchParams(query);
  return [path, parts.get('fieldSelector'), parts.get('labelSelector')].join(' ');
}

test('a storm of changes ends as a fresh list', async () => {
  const source = await started(follow(direct));
  await storm(plane, 'shop', 300, 7);
  await becomesFresh(source, direct);
});

test('an API server that was killed: the last state stays, is told as stale, and goes on', async () => {
  const source = await started(follow(direct));
  await becomesFresh(source, direct);
  const before = contentOf(source);
  await plane.kill('kube-apiserver');
  await becomes(source, 'stale');
  const { state } = source;
  assert.ok(state.kind === 'stale' && state.since <= Date.now() && state.reason !== '');
  assert.deepEqual(contentOf(source), before);
  plane.start('kube-apiserver');
  await plane.ready();
  await storm(plane, 'shop', 60, 8);
  await becomes(source, 'live');
  await becomesFresh(source, direct);
});

test('an etcd that was killed comes back', async () => {
  const source = await started(follow(direct));
  await plane.kill('etcd');
  plane.start('etcd');
  await plane.ready();
  await storm(plane, 'shop', 60, 9);
  await becomes(source, 'live');
  await becomesFresh(source, direct);
});

test('a version that the server has forgotten is no outage: everything is listed again', async () => {
  const { network, source } = await through();
  network.become({ kind: 'refuse' });
  await becomes(source, 'stale');
  await storm(plane, 'shop', 80, 10);
  const { metadata } = await plane.admin.get('/api/v1/namespaces');
  const compaction = await fetch(`${plane.etcd}/v3/kv/compaction`, {
    method: 'POST',
    body: JSON.stringify({ revision: metadata.resourceVersion, physical: true }),
  });
  assert.equal(compaction.status, 200);
  // Its memory of recent changes goes with it.
  await plane.kill('kube-apiserver');
  plane.start('kube-apiserver');
  await plane.ready();
  await storm(plane, 'shop', 80, 11);
  network.requests.length = 0;
  network.become({ kind: 'good' });
  await becomes(source, 'live');
  await becomesFresh(source, direct);
  assert.ok(network.goneAnswers > 0, 'the server never said 410');
  assert.ok(network.requests.some((one) => /^GET \/api\/v1\/pods\?.*sendInitialEvents=true/.test(one)));
});

test('connections whose other end is gone without a word are given up', async () => {
  const { network, source } = await through({ requestMs: 500, idleMs: 1_000 });
  network.become({ kind: 'silent' });
  await becomes(source, 'stale');
  await storm(plane, 'shop', 40, 12);
  network.become({ kind: 'good' });
  await becomes(source, 'live');
  await becomesFresh(source, direct);
});

test('a slow, a cut and a damaged network end in the same state', async () => {
  const { network, source } = await through();
  for (const weather of [
    { kind: 'slow', ms: 150 },
    { kind: 'cut', afterBytes: 3_000 },
    { kind: 'damage', oneIn: 4_000 },
  ] as const) {
    network.become(weather);
    network.cutAll();
    await storm(plane, 'shop', 80, weather.kind.length);
    network.become({ kind: 'good' });
    network.cutAll();
    await becomes(source, 'live');
    await becomesFresh(source, direct);
  }
});

test('a server that asks to come back later is left alone so long', async () => {
  const { network, source } = await through();
  network.become({ kind: 'busy', seconds: 2 });
  network.cutAll();
  await becomes(source, 'stale');
  const asked = new Map<string, number>();
  await until('every kind was asked for once', () =>
    network.requests.some((one) => one.includes('pods?') && one.includes('watch=1')),
  );
  network.requests.length = 0;
  const start = Date.now();
  await until('one was asked for twice', () => {
    for (const one of network.requests.splice(0)) {
      const thing = thingOf(one);
      asked.set(thing, (asked.get(thing) ?? 0) + 1);
    }
    return [...asked.values()].some((count) => count >= 2);
  });
  // Two requests for one thing are two seconds apart, whatever the back-off of 50 ms would say; the first may have come before.
  assert.ok(Date.now() - start >= 1_900, `${Date.now() - start} ms`);
  network.become({ kind: 'good' });
  await becomes(source, 'live');
});

test('a machine that slept while its connections died asks anew as it wakes', async () => {
  const { network, source } = await through({ requestMs: 60_000, sleptMs: 1_000 });
  network.freezeAll();
  // Nothing of this thread moves, as in a sleep.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000);
  await storm(plane, 'shop', 20, 13);
  const fresh = becomesFresh(source, direct);
  await until('it is live', () => source.state.kind === 'live', 10_000);
  await fresh;
});

test('a cluster that is left while it is being connected to is asked nothing more', async () => {
  const network = new BadNetwork(plane);
  const access = await network.access(direct);
  network.become({ kind: 'slow', ms: 150 });
  for (const part of ['GET /api', '/services?', '/pods?']) {
    network.requests.length = 0;
    const { source } = follow(access);
    await until(`${part} is asked`, () => network.requests.some((one) => one.includes(part)));
    await source.stop();
    const asked = network.requests.length;
    await new Promise((done) => setTimeout(done, 600));
    assert.equal(network.requests.length, asked);
  }
});

/** Bytes that are in use, without what is garbage. */
function usedMemory(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** How much of each sort keeps this process alive. */
function resources(): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

test('two hundred lost connections leave no socket, no timer and no memory behind', async () => {
  const { network, source, changes } = await through({ backoff: { firstMs: 5, mostMs: 20 } });
  const lose = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time++) {
      network.requests.length = 0;
      network.cutAll();
      await until('the pods are watched again', () => network.requests.some((one) => one.includes('/pods?')));
    }
    await until('all is as it was', () => source.state.kind === 'live');
    network.requests.length = 0;
    changes.length = 0;
  };
  // The first ones make what is kept for ever.
  await lose(50);
  await until('it is quiet', () => network.open > 0);
  await pause(1_500);
  const before = { open: network.open, memory: usedMemory(), resources: resources() };
  await lose(200);
  await until('no more is open', () => network.open <= before.open + 2);
  const after = { resources: resources() };
  const grown = Object.entries(after.resources).filter(([name, count]) => count > (before.resources[name] ?? 0) + 4);
  assert.deepEqual(grown, [], JSON.stringify({ before, after }));
  // What the last sockets held is given back a moment after they have closed.
  await until('no more memory is used', () => usedMemory() < before.memory + 4_000_000);
});
