// Servers and kubeconfigs as people have them when nothing works: each is a state with a sentence, and nothing leaks.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { certificate } from '../../scripts/certificates.mjs';
import { readKubeconfig } from '../../src/sources/kubeconfig.ts';
import { kubeconfig, pluginUser, printing } from './kubeconfigs.ts';
import { ownPlane, until } from './plane.ts';
import { accessOf, follow } from './source.ts';

const plane = await ownPlane();

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

test('errors of a server are told in its own words, or by their number', async () => {
  const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', message: 'etcd has no leader', code: 500 };
  const answers: readonly (readonly [number, string, RegExp])[] = [
    [500, JSON.stringify(status), /^etcd has no leader$/],
    [503, '<html><b>no backend</b></html>', /^HTTP 503$/],
    [502, '', /^HTTP 502$/],
  ];
  for (const [code, body, reason] of answers) {
    const server = await listening((_, response) => response.writeHead(code).end(body));
    assert.match(await reasonOf(kubeconfig({ server, ...plain }, {}), 'disconnected'), reason);
  }
});

test('a server that asks to come back at a date is left alone until then', async () => {
  const times: number[] = [];
  const server = await listening((_, response) => {
    times.push(Date.now());
    const date = new Date(Math.ceil(Date.now() / 1000 + 2) * 1000);
    response.writeHead(429, { 'retry-after': date.toUTCString() }).end();
  });
  const { source } = follow(accessOf(kubeconfig({ server, ...plain }, {})));
  await until('it came back', () => times.length >= 2);
  await source.stop();
  const [first = 0, second = 0] = times;
  assert.ok(second - first >= 1_900, `${second - first} ms`);
});

test('a server that takes the connection and says nothing, and one whose certificate has ended', async () => {
  const server = await listening(() => undefined);
  const silent = await reasonOf(kubeconfig({ server, ...plain }, {}), 'disconnected', { requestMs: 300 });
  assert.equal(silent, `no answer from ${server} for 0.3 s`);
  const issuer = certificate({ name: 'authority' });
  const validity = { from: Date.now() - 9e8, to: Date.now() - 1e8 };
  const ended = certificate({ name: 'server', usage: 'server', address: '127.0.0.1', issuer, ...validity });
  const old = createTlsServer({ key: ended.key, cert: ended.cert }, (_, response) => response.end('{}'));
  await new Promise<void>((done) => old.listen(0, '127.0.0.1', done));
  after(() => old.close());
  const { port } = old.address() as AddressInfo;
  const known = Buffer.from(issuer.cert).toString('base64');
  const cluster = { server: `https://127.0.0.1:${port}`, 'certificate-authority-data': known };
  assert.match(await reasonOf(kubeconfig(cluster, {}), 'disconnected'), /certificate has expired/);
});

test('a credential plugin gives the token; whatever else it does is one sentence, and never what it printed', async () => {
  const cluster = { server: plane.server, 'certificate-authority-data': ca };
  const good = follow(accessOf(kubeconfig(cluster, pluginUser(printing({ token: plane.tokens.admin })))));
  assert.equal((await good.source.settled(30_000)).kind, 'live');
  await good.source.stop();
  const sentences: readonly (readonly [object, RegExp])[] = [
    [pluginUser('console.error("no\\n\\x1b[31m session"); process.exit(3)'), /ended with 3: no \[31m session$/],
    [
      pluginUser('', { command: 'podpath-no-such-plugin' }),
      /^The credential plugin podpath-no-such-plugin can not be run: /,
    ],
    [pluginUser('', { command: 'podpath-none', installHint: 'see the manual' }), /can not be run: .*: see the manual$/],
    [pluginUser('console.log("hunter2")'), /printed no ExecCredential$/],
    [pluginUser('console.log("null")'), /printed no ExecCredential$/],
    [
      pluginUser(printing({ token: 'x' }, 'client.authentication.k8s.io/v7')),
      /of client\.\S+\/v7, not of client\.\S+\/v1$/,
    ],
    [
      pluginUser(printing({ clientCertificateData: 'hunter2' })),
      /gave neither a token nor a certificate with its key$/,
    ],
    [pluginUser('', { interactiveMode: 'Always' }), /needs a terminal: run it there once$/],
    [pluginUser('const f = () => process.stdout.write("hunter2 ".repeat(9999), f); f()'), /prints without an end$/],
  ];
  for (const [user, sentence] of sentences) {
    const reason = await reasonOf(kubeconfig(cluster, user), 'forbidden');
    assert.match(reason, sentence);
    assert.doesNotMatch(reason, /hunter2|\p{Cc}/u);
  }
});

test('a plugin that hangs is given up and killed, also when its cluster is left before that', async () => {
  const cluster = { server: plane.server, 'certificate-authority-data': ca };
  const folder = mkdtempSync(join(tmpdir(), 'podpath-plugin-'));
  const hangs = (name: string): object => {
    const file = JSON.stringify(join(folder, name));
    return pluginUser(`require('node:fs').writeFileSync(${file}, String(process.pid)); setInterval(() => 0, 1000)`);
  };
  const started = (name: string): boolean => existsSync(join(folder, name)) && pidOf(name) > 0;
  const pidOf = (name: string): number => Number(readFileSync(join(folder, name), 'utf8'));
  const reason = await reasonOf(kubeconfig(cluster, hangs('late')), 'forbidden', { pluginMs: 2_000 });
  assert.match(reason, /^The credential plugin \S+ has not answered for 2 s$/);
  await until('it was killed', () => started('late') && !runs(pidOf('late')));
  const { source } = follow(accessOf(kubeconfig(cluster, hangs('left'))), {}, { pluginMs: 60_000 });
  await until('it was started', () => started('left'));
  await source.stop();
  await until('it was killed', () => !runs(pidOf('left')), 5_000);
});

/** True while there is such a process. */
function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('a kubeconfig that is none is one sentence', () => {
  const folder = mkdtempSync(join(tmpdir(), 'podpath-kubeconfig-'));
  const broken = (text: string): string => {
    writeFileSync(join(folder, 'config'), text);
    const read = readKubeconfig({ kubeconfig: join(folder, 'config') });
    return 'problem' in read ? read.problem : '';
  };
  assert.match(broken('{'), /^The kubeconfig \S+config can not be read: /);
  assert.match(broken('apiVersion: v1\nkind: Config\n'), /has no contexts/);
  assert.match(broken(''), /has no contexts/);
  assert.match(broken('- a\n'), /is no mapping/);
  assert.match(
    broken('contexts: [{name: a, context: {cluster: c, user: u}}]\n'),
    /has no current context; choose one of: a/,
  );
  assert.match(
    broken('contexts: [{name: a, context: {cluster: gone, user: u}}]\ncurrent-context: a\n'),
    /names a cluster that the kubeconfig does not have/,
  );
});
