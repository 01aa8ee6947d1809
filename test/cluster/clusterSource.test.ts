import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BadNetwork } from './badNetwork.ts';
import { deployment, namespaceObject, ownPlane, paths, service, until } from './plane.ts';
import { accessOf, becomesFresh, contentOf, follow } from './source.ts';

const plane = await ownPlane();
await plane.admin.create('/api/v1/namespaces', namespaceObject('other'));

const names = (kind: string, content: readonly string[]): readonly string[] =>
  content.filter((line) => line.startsWith(`${kind} `)).map((line) => line.split(' ')[1] ?? '');

test('everything is streamed, or listed in pages, then watched; no secret and no environment value is kept', async () => {
  const shop = paths('shop');
  const access = accessOf(plane.kubeconfigs.admin);
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'token' }, stringData: { key: 'hunter2' } };
  await plane.admin.create(shop.secrets, secret);
  const map = (name: string) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name },
    data: { key: 'hunter2', config: 'mode: ipvs' },
  });
  await plane.admin.create(shop.configMaps, map('settings'));
  await plane.admin.create(shop.configMaps, map('kube-proxy'));
  await plane.admin.create(shop.deployments, deployment('api', 2));
  // More than one page of 500.
  for (let n = 0; n < 26; n++) {
    const made = Array.from({ length: 20 }, (_, m) => service(`s-${n}-${m}`, { clusterIP: 'None' }));
    await Promise.all(made.map((one) => plane.admin.create(paths('other').services, one)));
  }
  const network = new BadNetwork(plane);
  const { source, changes } = follow(await network.access(access));
  assert.deepEqual(await source.settled(30_000), { kind: 'live' });
  const place = (part: string): number => network.requests.findIndex((one) => one.includes(part));
  assert.ok(place('/endpointslices?') >= 0 && place('/pods?') > place('/endpointslices?'));
  const services = network.requests.filter((one) => one.includes('/services?'));
  assert.match(services.join(' '), /^GET \S+sendInitialEvents=true&resourceVersionMatch=NotOlderThan\S+$/);
  assert.equal(names('Service', contentOf(source)).filter((one) => one.startsWith('other/')).length, 520);
  await plane.admin.create(shop.services, service('api'));
  await until('the Service was told', () =>
    changes.some(({ changed }) => changed.some(({ ref }) => ref.name === 'api' && ref.kind === 'Service')),
  );
  await plane.admin.remove(`${shop.services}/api`);
  await until('its end was told', () => changes.some(({ removed }) => removed.some(({ name }) => name === 'api')));
  await becomesFresh(source, access);
  const text = contentOf(source).join('\n');
  assert.doesNotMatch(text, /hunter2|managedFields|Secret /);
  assert.deepEqual(names('ConfigMap', contentOf(source)), ['shop/kube-proxy']);
  assert.match(text, /mode: ipvs/);
  assert.deepEqual(source.snapshot().missing, []);
  const listed = follow(await network.access(access), { watch: false });
  await listed.source.settled(30_000);
  assert.deepEqual(contentOf(listed.source), contentOf(source));
  const pages = network.requests.filter((one) => one.includes('/services?limit=500'));
  assert.equal(pages.length, 2);
  await source.stop();
  await listed.source.stop();
});

test('a stream that is cut before its end is followed by a list in pages', async () => {
  const access = accessOf(plane.kubeconfigs.admin);
  const network = new BadNetwork(plane);
  const through = await network.access(access);
  network.become({ kind: 'cut', afterBytes: 100_000 });
  const { source } = follow(through);
  const cut = (): boolean => network.requests.some((one) => /\/services\?limit=500/.test(one));
  await until('the Services were asked for in pages', cut);
  network.become({ kind: 'good' });
  assert.deepEqual(await source.settled(30_000), { kind: 'live' });
  await becomesFresh(source, access);
  await source.stop();
});
