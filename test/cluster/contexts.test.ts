// Several clusters at once, of which only one is well: the others take nothing from it.
import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { KubeApi } from '../../scripts/kubeApi.mjs';
import type { ClusterObjects } from '../../src/engine/index.ts';
import type { ClusterStatus } from '../../src/protocol.ts';
import { Clusters } from '../../src/worker/clusters.ts';
import { pluginUser, writeKubeconfig } from './kubeconfigs.ts';
import { ownPlane, paths, service, until } from './plane.ts';

const plane = await ownPlane();
const cluster = { server: plane.server, 'certificate-authority-data': Buffer.from(plane.ca).toString('base64') };

// The server takes a moment to know the rights that were just given; Podpath asks again only after a minute.
const viewer = new KubeApi({ server: plane.server, token: plane.tokens.scoped, ca: plane.ca });
await viewer.waitFor(paths('shop').services, ({ items }) => Array.isArray(items));
viewer.close();

/** Takes connections, and never says a word. */
async function silentServer(): Promise<string> {
  const sockets = new Set<{ destroy: () => void }>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a context that is well is live and followed beside some that are dead, silent, hang or are none', async () => {
  const kubeconfig = join(mkdtempSync(join(tmpdir(), 'podpath-contexts-')), 'config');
  const admin = { token: plane.tokens.admin };
  writeKubeconfig(kubeconfig, {
    well: { cluster, user: admin },
    scoped: { cluster, user: { token: plane.tokens.scoped } },
    dead: { cluster: { server: 'https://127.0.0.1:1' }, user: admin },
    silent: { cluster: { server: await silentServer() }, user: admin },
    hangs: { cluster, user: pluginUser('setInterval(() => 0, 1000)') },
    fails: { cluster, user: pluginUser('process.exit(1)') },
  });
  let statuses: readonly ClusterStatus[] = [];
  let told: readonly ClusterObjects[] = [];
  const clusters = new Clusters({
    objects: (all) => {
      told = all;
    },
    statuses: (all) => {
      statuses = all;
    },
  });
  after(() => clusters.stop());
  const chosen = (name: string) => ({ context: name, kubeconfig, namespaces: name === 'scoped' ? ['shop'] : [] });
  clusters.choose(['dead', 'silent', 'hangs', 'fails', 'gone', 'scoped', 'well'].map(chosen));
  const state = (name: string): string => statuses.find(({ context }) => context === name)?.state ?? '';
  const seen = (name: string, kind: string): number =>
    told.find(({ context }) => context === name)?.resources.filter(({ ref }) => ref.kind === kind).length ?? 0;
  await until('the one is live', () => state('well') === 'live' && state('scoped') === 'live', 20_000);
  await until('each other one is told', () => state('dead') === 'disconnected' && state('fails') === 'forbidden');
  assert.deepEqual([state('silent'), state('hangs'), state('gone')], ['connecting', 'connecting', 'unusable']);
  const before = seen('well', 'Service');
  await plane.admin.create(paths('shop').services, service('api'));
  await until('both see it', () => seen('well', 'Service') === before + 1 && seen('scoped', 'Service') === 1, 5_000);
  assert.deepEqual(told.map(({ context }) => context).sort(), ['scoped', 'well']);
  // Leaving what hangs waits for nobody, and the others go on.
  clusters.choose(['scoped', 'well'].map(chosen));
  await plane.admin.remove(`${paths('shop').services}/api`);
  await until('its end is seen', () => seen('well', 'Service') === before && seen('scoped', 'Service') === 0, 5_000);
  assert.deepEqual(
    statuses.map(({ context }) => context),
    ['scoped', 'well'],
  );
});
