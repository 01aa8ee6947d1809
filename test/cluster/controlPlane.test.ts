import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { deployment, ownPlane, paths, service, until } from './plane.ts';

const root = resolve(import.meta.dirname, '../..');

test('the real controllers make pods and endpoints, and the users may do what they may', async () => {
  const plane = await ownPlane();
  const shop = paths('shop');
  await plane.admin.create(shop.services, service('api'));
  await plane.admin.create(shop.deployments, deployment('api', 2));
  const slices = `${shop.slices}?labelSelector=kubernetes.io/service-name%3Dapi`;
  const { items } = await plane.admin.waitFor(
    slices,
    ({ items: [slice] }) =>
      slice?.endpoints?.length === 2 &&
      slice.endpoints.every((one: { conditions: { ready: boolean } }) => one.conditions.ready),
  );
  assert.deepEqual(items[0].ports, [{ name: 'http', port: 8080, protocol: 'TCP' }]);
  assert.match(items[0].endpoints[0].addresses[0], /^10\.244\.[012]\.\d+$/);
  assert.match(plane.kubeconfigs.scoped, /scoped\.kubeconfig$/);
});

test('nothing is left of a control plane whose starter was killed', async () => {
  const script = join(root, 'scripts/controlPlane.mjs');
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'ignore'] });
  const kubeconfig = await new Promise<string>((done, failed) => {
    child.stdout.once('data', (text: Buffer) => done(text.toString().trim()));
    child.once('exit', () => failed(new Error('it did not start')));
  });
  const folder = dirname(kubeconfig);
  assert.ok(existsSync(join(folder, 'etcd')));
  child.kill('SIGKILL');
  await until('the folder is gone', () => !existsSync(folder));
});
