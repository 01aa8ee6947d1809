// Credentials that end, come late, are renewed or were never valid, against a real API server.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { kubeconfig, pluginUser, printing } from './kubeconfigs.ts';
import { ownPlane, paths, service, until } from './plane.ts';
import { accessOf, becomes, becomesFresh, contentOf, follow } from './source.ts';

const plane = await ownPlane();
await plane.admin.create(paths('shop').services, service('api'));
const cluster = { server: plane.server, 'certificate-authority-data': Buffer.from(plane.ca).toString('base64') };
const day = 24 * 3600 * 1000;
const scratch = mkdtempSync(join(tmpdir(), 'podpath-credentials-'));

function certificateUser(valid: { readonly from?: number; readonly to?: number }): object {
  const made = plane.clientCertificate({ name: 'grace', groups: ['system:masters'], ...valid });
  const base64 = (pem: string): string => Buffer.from(pem).toString('base64');
  return { 'client-certificate-data': base64(made.cert), 'client-key-data': base64(made.key) };
}

/** What a one-time list of a user comes to. */
async function once(user: object, through: object = cluster) {
  const { source } = follow(accessOf(kubeconfig(through, user)), { watch: false });
  const state = await source.settled(30_000);
  const { missing, resources } = source.snapshot();
  await source.stop();
  return { kind: state.kind, reason: 'reason' in state ? state.reason : '', missing, count: resources.length };
}

test('a client certificate lets its user in; one that ended, or has not begun by this clock, is said to', async () => {
  const valid = await once(certificateUser({}));
  assert.deepEqual([valid.kind, valid.missing], ['live', []]);
  const ended = await once(certificateUser({ from: Date.now() - 9 * day, to: Date.now() - 2 * day }));
  assert.equal(ended.kind, 'forbidden');
  assert.match(ended.reason, /^Unauthorized: the client certificate ended on 20\d\d-/);
  const early = await once(certificateUser({ from: Date.now() + day, to: Date.now() + 2 * day }));
  assert.equal(early.kind, 'forbidden');
  assert.match(early.reason, /^Unauthorized: the client certificate begins on 20\d\d-.*: is the clock right\?$/);
});

test('a credential plugin may give a certificate', async () => {
  const { cert, key } = plane.clientCertificate({ name: 'grace', groups: ['system:masters'] });
  const user = pluginUser(printing({ clientCertificateData: cert, clientKeyData: key }));
  assert.equal((await once(user)).kind, 'live');
});

test('a token that ends while watching is renewed by its plugin; without a new one the last state stays', async () => {
  const file = join(scratch, 'plugin-token');
  const runs = join(scratch, 'plugin-runs');
  writeFileSync(file, 'first-token');
  writeFileSync(runs, '');
  const script = `
    const { appendFileSync, readFileSync } = require('node:fs');
    appendFileSync(${JSON.stringify(runs)}, 'x');
    const status = { token: readFileSync(${JSON.stringify(file)}, 'utf8') };
    console.log(JSON.stringify({ ...JSON.parse(process.env.KUBERNETES_EXEC_INFO), spec: undefined, status }));`;
  await plane.replaceTokens({ temporary: 'first-token' });
  const { source } = follow(accessOf(kubeconfig(cluster, pluginUser(script))));
  after(() => source.stop());
  await becomes(source, 'live');
  assert.equal(readFileSync(runs, 'utf8'), 'x');
  writeFileSync(file, 'second-token');
  await plane.replaceTokens({ temporary: 'second-token' });
  await becomes(source, 'live');
  await until('the new token is used', () => readFileSync(runs, 'utf8').length >= 2 && source.state.kind === 'live');
  await plane.admin.create(paths('shop').services, service('later'));
  await becomesFresh(source, accessOf(plane.kubeconfigs.admin));
  // A refusal of what was replaced meanwhile runs nothing: one run for one token.
  assert.equal(readFileSync(runs, 'utf8'), 'xx');
  const before = contentOf(source);
  await plane.replaceTokens({ temporary: 'third-token' });
  await becomes(source, 'forbidden');
  assert.deepEqual(contentOf(source), before);
  assert.match(JSON.stringify(source.state), /Unauthorized/);
  writeFileSync(file, 'third-token');
  await becomes(source, 'live');
});

test('a token file that is written anew is read anew', async () => {
  const file = join(scratch, 'token');
  writeFileSync(file, 'file-token-1\n');
  await plane.replaceTokens({ temporary: 'file-token-1' });
  const { source } = follow(accessOf(kubeconfig(cluster, { tokenFile: file })));
  after(() => source.stop());
  await becomes(source, 'live');
  writeFileSync(file, 'file-token-2\n');
  await plane.replaceTokens({ temporary: 'file-token-2' });
  await plane.admin.create(paths('shop').services, service('after-rotation'));
  await until('the new Service is seen', () => contentOf(source).some((one) => one.includes('/after-rotation ')));
  await becomes(source, 'live');
  const missing = await once({ tokenFile: join(scratch, 'none') });
  assert.match(missing.reason, /^The token file \S+none can not be read: ENOENT/);
});

test('whoever acts as another has the rights of the groups that the kubeconfig names', async () => {
  const act = { token: plane.tokens.admin, as: 'somebody' };
  assert.equal((await once(act)).count, 0);
  assert.equal((await once({ ...act, 'as-groups': ['system:masters'] })).kind, 'live');
});

test('everything goes by way of the proxy that the kubeconfig names; one that is gone is said to', async () => {
  let tunnels = 0;
  const proxy = createServer();
  proxy.on('connect', (request, client, head) => {
    tunnels++;
    const { hostname, port } = new URL(`http://${request.url}`);
    const server = connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      server.write(head);
      server.pipe(client).pipe(server);
    });
    for (const socket of [server, client]) socket.on('error', () => undefined);
  });
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
  after(() => proxy.close());
  const { port } = proxy.address() as AddressInfo;
  const admin = { token: plane.tokens.admin };
  const { source } = follow(accessOf(kubeconfig({ ...cluster, 'proxy-url': `http://127.0.0.1:${port}` }, admin)));
  await becomes(source, 'live');
  await becomesFresh(source, accessOf(plane.kubeconfigs.admin));
  await source.stop();
  assert.ok(tunnels > 0);
  const gone = follow(accessOf(kubeconfig({ ...cluster, 'proxy-url': 'http://127.0.0.1:1' }, admin)));
  await becomes(gone.source, 'disconnected');
  assert.match(JSON.stringify(gone.source.state), /ECONNREFUSED/);
  await gone.source.stop();
});
