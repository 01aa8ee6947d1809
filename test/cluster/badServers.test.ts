// Servers and kubeconfigs as people have them when nothing works: each is a state with a sentence, and nothing leaks.
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readKubeconfig } from '../../src/sources/kubeconfig.ts';
import { ownPlane, until } from './plane.ts';
import { accessOf, follow } from './source.ts';

const plane = await ownPlane();

/** A kubeconfig of one context, `test`. */
function kubeconfig(cluster: object, user: object): string {
  const file = join(mkdtempSync(join(tmpdir(), 'podpath-kubeconfig-')), 'config');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'test', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'test',
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

async function listening(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Follows until the state is the one that is wanted; resolves with its reason. */
async function reasonOf(file: string, wanted: string, timing = {}): Promise<string> {
  const { source } = follow(accessOf(file), {}, timing);
  await until(`it is ${wanted}`, () => source.state.kind === wanted);
  const { state } = source;
  await source.stop();
  return 'reason' in state ? state.reason : '';
}

/** client-node speaks plain HTTP only where nobody expects certificates. */
const plain = { 'insecure-skip-tls-verify': true };
const ca = Buffer.from(plane.ca).toString('base64');

test('a name that nobody knows, a port where nobody listens, a certificate of somebody else', async () => {
  assert.match(
    await reasonOf(kubeconfig({ server: 'https://no-such-host.invalid' }, {}), 'disconnected'),
    /ENOTFOUND|EAI_AGAIN/,
  );
  assert.match(await reasonOf(kubeconfig({ server: 'https://127.0.0.1:1' }, {}), 'disconnected'), /ECONNREFUSED/);
  assert.match(await reasonOf(kubeconfig({ server: plane.server }, {}), 'disconnected'), /certificate/i);
});

test('a server that answers HTML, broken JSON, or another API is not taken for a cluster', async () => {
  for (const body of ['<html><script>alert(1)</script></html>', '{"kind":', '[]', '{"hello":"world"}']) {
    const server = await listening((_, response) => response.end(body));
    const { source } = follow(accessOf(kubeconfig({ server, ...plain }, {})));
    await until('it is told', () => source.state.kind === 'disconnected');
    assert.deepEqual(source.snapshot().resources, []);
    await source.stop();
  }
});

test('a login page in place of the API is named by its status', async () => {
  const server = await listening((_, response) => {
    response.writeHead(302, { location: 'https://login.invalid' });
    response.end('<html></html>');
  });
  assert.match(await reasonOf(kubeconfig({ server, ...plain }, {}), 'disconnected'), /HTTP 302/);
});

test('a credential plugin gives the token; one that fails or is missing is said to', async () => {
  const exec = (command: string, ...args: string[]) => ({
    exec: { apiVersion: 'client.authentication.k8s.io/v1', command, args, interactiveMode: 'Never' },
  });
  const cluster = { server: plane.server, 'certificate-authority-data': ca };
  const credential = JSON.stringify({
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token: plane.tokens.admin },
  });
  const good = follow(
    accessOf(kubeconfig(cluster, exec(process.execPath, '-e', `console.log(${JSON.stringify(credential)})`))),
  );
  assert.equal((await good.source.settled(30_000)).kind, 'live');
  await good.source.stop();
  const fails = exec(process.execPath, '-e', 'console.error("no session"); process.exit(3)');
  assert.match(await reasonOf(kubeconfig(cluster, fails), 'forbidden'), /no session|exit|failed/i);
  assert.match(
    await reasonOf(kubeconfig(cluster, exec('podpath-no-such-plugin')), 'forbidden'),
    /ENOENT|podpath-no-such-plugin/,
  );
});

test('a kubeconfig that is none is one sentence', () => {
  const folder = mkdtempSync(join(tmpdir(), 'podpath-kubeconfig-'));
  const broken = (text: string): string => {
    writeFileSync(join(folder, 'config'), text);
    const read = readKubeconfig({ kubeconfig: join(folder, 'config') });
    return 'problem' in read ? read.problem : '';
  };
  assert.match(broken('{'), /^The kubeconfig can not be read: /);
  assert.match(broken('apiVersion: v1\nkind: Config\n'), /has no current context/);
  assert.match(
    broken('contexts: [{name: a, context: {cluster: gone, user: u}}]\ncurrent-context: a\n'),
    /names a cluster that the kubeconfig does not have/,
  );
});
