// Users whom an OpenID Connect provider vouches for, by a real provider and a real API server.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { parse } from 'yaml';
import { type IdentityProvider, type ProviderClient, startProvider } from './identityProvider.ts';
import { kubeconfig } from './kubeconfigs.ts';
import { ownPlane, paths, service, until } from './plane.ts';
import { accessOf, becomes, becomesFresh, contentOf, follow } from './source.ts';

const plane = await ownPlane();
const cluster = { server: plane.server, 'certificate-authority-data': Buffer.from(plane.ca).toString('base64') };
const open: ProviderClient = { id: 'open' };
const secret: ProviderClient = { id: 'secret', secret: 'by+the/head&=%', says: 'client_secret_basic' };
const posted: ProviderClient = { id: 'posted', secret: 'by+the/body&=%', says: 'client_secret_post' };
const clients = [open, secret, posted];
const steady = await startProvider({ clients, tokenSeconds: 600, rotates: false });
const hasty = await startProvider({ clients, tokenSeconds: 14, rotates: true });
after(() => {
  steady.stop();
  hasty.stop();
});

plane.trustIssuers(
  [steady, hasty].map(({ issuer, ca }) => ({
    issuer: {
      url: issuer,
      certificateAuthority: ca,
      audiences: clients.map(({ id }) => id),
      audienceMatchPolicy: 'MatchAny',
    },
    claimMappings: { username: { claim: 'sub', prefix: 'oidc:' } },
  })),
);
await plane.admin.create('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
  metadata: { name: 'ada' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'oidc:ada' }],
});
await plane.admin.create(paths('shop').services, service('api'));

/** A token that says nothing but when it ended. */
function ended(secondsAgo: number): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ exp: Math.floor(Date.now() / 1000) - secondsAgo })}.x`;
}

/** What `kubectl` keeps of a login, once its id token has ended. */
async function userOf({ issuer, ca, login }: IdentityProvider, client: ProviderClient, more: object = {}) {
  const config = {
    'client-id': client.id,
    ...(client.secret === undefined ? {} : { 'client-secret': client.secret }),
    'idp-issuer-url': issuer,
    'idp-certificate-authority-data': Buffer.from(ca).toString('base64'),
    'id-token': ended(60),
    'refresh-token': await login(client.id, 'ada'),
    ...more,
  };
  return { 'auth-provider': { name: 'oidc', config } };
}

/** What a one-time list comes to. */
async function once(user: object) {
  const { source } = follow(accessOf(kubeconfig(cluster, user)), { watch: false });
  const state = await source.settled(30_000);
  const count = source.snapshot().resources.length;
  await source.stop();
  return { kind: state.kind, reason: 'reason' in state ? state.reason : '', count };
}

test('the API server has learnt of the providers', async () => {
  const user = await userOf(steady, open);
  await until('a user of the provider is let in', async () => (await once(user)).kind === 'live');
});

test('an id token that has ended is renewed once for all requests, by clients with a secret and without', async () => {
  for (const client of clients) {
    const before = steady.given();
    assert.deepEqual(
      { ...(await once(await userOf(steady, client))), count: 0 },
      { kind: 'live', reason: '', count: 0 },
    );
    assert.equal(steady.given() - before, 1, client.id);
  }
});

test('an id token that ends while watching is renewed; refresh tokens for one use stay good for kubectl', async () => {
  const file = kubeconfig(cluster, await userOf(hasty, open));
  const before = hasty.given();
  const { source } = follow(accessOf(file), {}, { watchSeconds: 2 });
  after(() => source.stop());
  await becomes(source, 'live');
  await until('the token was renewed twice', () => hasty.given() - before >= 3);
  await plane.admin.create(paths('shop').services, service('later'));
  await until('the new Service is seen', () => contentOf(source).some((one) => one.includes('/later ')));
  await becomesFresh(source, accessOf(plane.kubeconfigs.admin));
  await source.stop();
  // What a program that comes later finds in the file.
  assert.equal((await once(parse(readFileSync(file, 'utf8')).users[0].user)).kind, 'live');
});

test('why an id token was not renewed is said', async () => {
  const reasonOf = async (more: object, provider = steady): Promise<string> => {
    const { kind, reason } = await once(await userOf(provider, open, more));
    assert.equal(kind, 'forbidden');
    return reason;
  };
  assert.match(await reasonOf({ 'refresh-token': undefined }), /has ended, and the kubeconfig has no refresh token/);
  assert.match(await reasonOf({ 'client-id': undefined }), /does not name its issuer and client/);
  assert.match(await reasonOf({ 'idp-issuer-url': 'nowhere' }), /does not name its issuer and client/);
  const { issuer } = steady;
  const at = `The identity provider ${issuer} did not renew the id token: `;
  assert.equal(await reasonOf({ 'refresh-token': 'spent' }), `${at}grant request is invalid`);
  assert.match(await reasonOf({ 'client-id': 'nobody' }), /: client authentication failed|: invalid_client/);
  assert.match(await reasonOf({ 'idp-certificate-authority-data': undefined }), /: (self-signed|unable to verify)/);
  const gone = await startProvider({ clients, tokenSeconds: 600, rotates: false });
  const user = await userOf(gone, open);
  gone.stop();
  assert.match((await once(user)).reason, /: .*ECONNREFUSED/);
});
