import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Ajv } from 'ajv';
import { withShop } from '../../scripts/controlPlane.mjs';
import { podpath, root } from '../cli/run.ts';
import { kubeconfig, pluginUser } from './kubeconfigs.ts';
import { ciliumPolicies, namespaceObject, ownPlane, paths, service, until } from './plane.ts';

const plane = await ownPlane();
await withShop(plane);
const { admin, scoped, invalid, expired } = plane.kubeconfigs;
const shop = paths('shop');
const withoutRollout = (text: string): string => text.replaceAll(/-[0-9a-f]{8,10}-\w{5}/g, '');

test('a cluster that runs the manifests gives the answers that the manifests give', async () => {
  const live = await podpath(['connectivity', '--kubeconfig', admin]);
  const files = await podpath(['connectivity', 'examples/shop']);
  assert.equal(live.stdout, files.stdout);
  assert.equal(live.code, 0);
  const traced = await podpath(['trace', 'shop/Deployment/frontend', 'shop/svc/backend:8080', '--kubeconfig', admin]);
  assert.equal(traced.code, 0);
  assert.match(withoutRollout(traced.stdout), /^✓ Delivered/);
  const checked = await podpath(['check', '--kubeconfig', admin]);
  assert.deepEqual([checked.stdout, checked.code], ['no findings\n', 0]);
});

test('endpoints are those of the EndpointSlices', async () => {
  const { stdout } = await podpath(['endpoints', '--kubeconfig', admin, '-o', 'json']);
  const { services } = JSON.parse(stdout) as {
    services: { namespace: string; name: string; endpoints: { ip: string; port: number; ready: boolean }[] }[];
  };
  for (const { namespace, name, endpoints } of services) {
    const slices = `${paths(namespace).slices}?labelSelector=kubernetes.io/service-name%3D${name}`;
    const { items } = (await plane.admin.get(slices)) as {
      items: { ports: { port: number }[]; endpoints: { addresses: string[]; conditions: { ready: boolean } }[] }[];
    };
    const real = items.flatMap((slice) =>
      slice.endpoints.flatMap(({ addresses, conditions }) =>
        slice.ports.map(({ port }) => `${addresses[0]}:${port} ${conditions.ready}`),
      ),
    );
    assert.deepEqual(endpoints.map(({ ip, port, ready }) => `${ip}:${port} ${ready}`).sort(), real.sort(), name);
    assert.ok(real.length > 0, name);
  }
});

test('a user of one namespace sees that namespace, and is told what is missing', async () => {
  const { stdout, stderr, code } = await podpath(['connectivity', '--kubeconfig', scoped]);
  assert.equal(code, 0);
  assert.equal(stdout, (await podpath(['connectivity', '--kubeconfig', admin])).stdout);
  assert.match(stderr, /You may not list nodes, configmaps, ingressclasses.networking.k8s.io: they are not known\n/);
  assert.match(stderr, /You may list these only in shop: .*\bpods\b.*networkpolicies.networking.k8s.io/);
  assert.equal(stderr.trim().split('\n').length, 3, stderr);
});

test('whoever is nobody to the server, and a context that is none, get one sentence', async () => {
  for (const kubeconfig of [invalid, expired]) {
    const { stdout, stderr, code } = await podpath(['connectivity', '--kubeconfig', kubeconfig]);
    assert.deepEqual([stdout, code], ['', 2]);
    const reason = kubeconfig === expired ? 'Unauthorized: the token ended on \\S+' : 'Unauthorized';
    assert.match(stderr, new RegExp(`^podpath: context \\w+ shows nothing to this user: ${reason}\n$`));
  }
  const { stderr, code } = await podpath(['check', '--kubeconfig', admin, '--context', 'none']);
  assert.equal(code, 2);
  assert.equal(stderr, 'podpath: There is no context none; there are: admin\n');
});

test('a command line that can not be meant is one sentence', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'podpath-odd-'));
  const broken = join(folder, 'broken');
  writeFileSync(broken, '{"clusters": [');
  const sentences: readonly (readonly [readonly string[], RegExp])[] = [
    [['--kubeconfig', join(folder, 'none')], /^There is no kubeconfig: \S+none does not exist$/],
    [['--kubeconfig', folder], /^The kubeconfig \S+ can not be read: EISDIR/],
    [['--kubeconfig', broken], /^The kubeconfig \S+broken can not be read: /],
    [['--kubeconfig', ''], /^--kubeconfig names nothing$/],
    [['--kubeconfig', admin, '--kubeconfig', scoped], /^--kubeconfig is given twice: a command reads one cluster$/],
    [['--kubeconfig', admin, '--context', 'a', '--context', 'b'], /^--context is given twice: a command reads one/],
    [['--kubeconfig', scoped, '-n', 'kube-system'], /^context shop-viewer shows nothing to this user: .* forbidden/],
    [['--kubeconfig', scoped, '-n', '../../../x'], /^context shop-viewer shows nothing to this user: .* forbidden/],
  ];
  for (const command of ['connectivity', 'watch', 'snapshot', 'drift']) {
    const paths = command === 'drift' ? ['examples/shop'] : [];
    for (const [args, sentence] of sentences) {
      const { stdout, stderr, code } = await podpath([command, ...paths, ...args]);
      assert.deepEqual([stdout, code], ['', 2], `${command} ${args}: ${stderr}`);
      assert.match(stderr.replace(/^podpath: /, '').trimEnd(), sentence);
    }
  }
  const without = await podpath(['check', 'examples/shop', '-n', 'shop']);
  assert.deepEqual([without.code, without.stderr], [2, 'podpath: --namespace needs --context or --kubeconfig\n']);
});

test('policies that may not be read leave what they could change unknown', async () => {
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  const rule = {
    apiGroups: ['', 'apps'],
    resources: ['namespaces', 'nodes', 'pods', 'services', 'deployments', 'replicasets', 'statefulsets'],
    verbs: ['list', 'get', 'watch'],
  };
  const role = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'no-policies' },
    rules: [rule],
  };
  const subject = { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'shop-viewer' };
  await plane.admin.create(`${rbac}/clusterroles`, role);
  await plane.admin.create(`${rbac}/clusterrolebindings`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'no-policies' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'no-policies' },
    subjects: [subject],
  });
  await plane.admin.remove(`${rbac}/namespaces/shop/rolebindings/view`);
  const seen = async () => podpath(['trace', 'shop/Deployment/frontend', 'shop/svc/db:5432', '--kubeconfig', scoped]);
  await until('the server took the roles in', async () => /may not list.*networkpolicies/.test((await seen()).stderr));
  const { stdout, code } = await seen();
  assert.equal(code, 3, stdout);
  assert.match(stdout, /You may not list networkpolicies in shop: what they would change is not known/);
});

test('a snapshot has no secrets, and gives the answers of the cluster', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'podpath-snapshot-')), 'cluster.json');
  const { stdout, stderr, code } = await podpath(['snapshot', '--kubeconfig', admin, '-o', file]);
  assert.deepEqual([stdout, code], ['', 0], stderr);
  assert.doesNotMatch(readFileSync(file, 'utf8'), /"env"|POSTGRES|managedFields|"kind":"Secret"/);
  for (const command of ['connectivity', 'endpoints', 'graph', 'check']) {
    const [live, replayed] = await Promise.all([podpath([command, '--kubeconfig', admin]), podpath([command, file])]);
    assert.equal(replayed.stdout, live.stdout, command);
  }
});

test('drift tells what differs, and what applying the files would open', async () => {
  const same = await podpath(['drift', 'examples/shop', '--kubeconfig', admin]);
  assert.equal(same.stdout, 'shop beside context admin: nothing differs\napplying it changes no connection\n');
  assert.equal(same.code, 0);
  await plane.admin.patch(`${shop.policies}/allow-frontend`, { spec: { ingress: [] } });
  const { stdout, code } = await podpath(['drift', 'examples/shop', '--kubeconfig', admin]);
  assert.equal(code, 1);
  assert.match(
    stdout,
    /NetworkPolicy shop\/allow-frontend differs in spec\.ingress {2}examples\/shop\/policies\.yaml:\d+\n/,
  );
  assert.match(
    stdout,
    /applying it opens 1\n {2}\+ shop\/frontend\[Deployment\] → shop\/backend\[Deployment\] {2}TCP 9376\n/,
  );
  const json = JSON.parse(
    (await podpath(['drift', 'examples/shop', '--kubeconfig', admin, '-o', 'json'])).stdout,
  ) as object;
  const ajv = new Ajv();
  const schema = JSON.parse(readFileSync(join(root, 'docs/schema/drift.json'), 'utf8')) as object;
  assert.ok(ajv.validate(schema, json), JSON.stringify(ajv.errors));
  const layered = await podpath(['connectivity', 'examples/shop', '--kubeconfig', admin]);
  assert.equal(layered.stdout, (await podpath(['connectivity', 'examples/shop'])).stdout);
});

test('watch prints a line for each change, and ends when it is interrupted', async () => {
  const program = join(root, 'dist/cli.mjs');
  const child = spawn(process.execPath, [program, 'watch', '--kubeconfig', admin], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  after(() => child.kill('SIGKILL'));
  let [told, said] = ['', ''];
  child.stdout.on('data', (chunk) => {
    told += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  await until('it watches', () => /context admin is live/.test(said));
  await plane.admin.applyFolder(join(root, 'examples/shop'));
  await until('it told what opened', () =>
    /\+ shop\/frontend\[Deployment\] → shop\/backend\[Deployment\] {2}TCP 9376\n/.test(told),
  );
  await plane.admin.create('/api/v1/namespaces', namespaceObject('quiet'));
  await plane.admin.remove(`${shop.policies}/allow-frontend`);
  await until('it told what closed', () => told.split('\n').length > 3);
  const lines = told
    .trim()
    .split('\n')
    .map((line) => line.slice(line.indexOf(' ') + 1));
  assert.deepEqual(lines, [
    '+ shop/frontend[Deployment] → shop/backend[Deployment]  TCP 9376',
    '- shop/backend[Deployment] → shop/db[StatefulSet]  TCP 5432',
    '- shop/frontend[Deployment] → shop/backend[Deployment]  TCP 9376',
  ]);
  const ended = new Promise((done) => child.once('exit', done));
  child.kill('SIGINT');
  assert.equal(await ended, 0);
});

test('Ctrl+C ends watch, also while the server or a credential plugin does not answer', async () => {
  const silent = createServer(() => undefined);
  await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
  after(() => {
    silent.closeAllConnections();
    silent.close();
  });
  const server = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const started = join(mkdtempSync(join(tmpdir(), 'podpath-plugin-')), 'started');
  const cluster = { server, 'insecure-skip-tls-verify': true };
  const script = `require('node:fs').writeFileSync(${JSON.stringify(started)}, ''); setInterval(() => 0, 1000)`;
  let asked = false;
  silent.on('request', () => {
    asked = true;
  });
  for (const [user, isThere] of [
    [{}, () => asked],
    [pluginUser(script), () => existsSync(started)],
  ] as const) {
    const args = [join(root, 'dist/cli.mjs'), 'watch', '--kubeconfig', kubeconfig(cluster, user)];
    const child = spawn(process.execPath, args, { stdio: 'ignore' });
    after(() => child.kill('SIGKILL'));
    await until('it waits', isThere);
    const ended = new Promise((done) => child.once('exit', done));
    const since = Date.now();
    child.kill('SIGINT');
    assert.equal(await ended, 0);
    assert.ok(Date.now() - since < 10_000);
  }
});

const hostile = '<img src=x onerror=alert(1)>"];end %%{init:{}}%% \u001b[31m\u202egnp\u0007';

/** Objects whose free texts are what an attacker would write. */
async function createHostile(): Promise<void> {
  const at = paths('hostile');
  const annotations = { note: hostile, 'podpath.dev/ignore': hostile, long: '<b>&'.repeat(60_000) };
  const marked = { name: 'hostile', annotations };
  await plane.admin.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: marked });
  await plane.admin.create(at.services, { ...service('api'), metadata: { ...marked, name: 'api' } });
  await plane.admin.create(at.policies, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { ...marked, name: 'locked' },
    spec: { podSelector: {}, ingress: [] },
  });
  const backend = { service: { name: 'api', port: { number: 80 } } };
  await plane.admin.create('/apis/networking.k8s.io/v1/namespaces/hostile/ingresses', {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { ...marked, name: 'web' },
    spec: { rules: [{ http: { paths: [{ path: `/${hostile}`, pathType: 'ImplementationSpecific', backend }] } }] },
  });
  const container = { name: 'app', image: hostile.trim(), ports: [{ containerPort: 8080 }] };
  await plane.admin.create(at.pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...marked, name: 'api', labels: { app: 'api' } },
    spec: { containers: [container] },
  });
  const involvedObject = { apiVersion: 'v1', kind: 'Pod', namespace: 'hostile', name: 'api' };
  await plane.admin.create('/api/v1/namespaces/hostile/events', {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'api.1', namespace: 'hostile' },
    type: 'Warning',
    reason: 'FailedCreatePodSandBox',
    message: `network: ${hostile}`,
    involvedObject,
  });
  await createUnknownVersion();
}

/** A policy kind in a version that nobody knows yet, with any text in it. */
async function createUnknownVersion(): Promise<void> {
  await plane.admin.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', ciliumPolicies('v9'));
  const policies = '/apis/cilium.io/v9/namespaces/hostile/ciliumnetworkpolicies';
  await plane.admin.waitFor(policies, ({ items }) => Array.isArray(items));
  await plane.admin.create(policies, {
    apiVersion: 'cilium.io/v9',
    kind: 'CiliumNetworkPolicy',
    metadata: { name: 'odd' },
    spec: { endpointSelector: { matchLabels: { [hostile]: hostile } }, ingress: hostile, description: hostile },
  });
}

test('hostile texts of objects are shown as text by every command, and nothing is decided by a version unknown', async () => {
  await createHostile();
  await plane.admin.waitFor(paths('hostile').pods, ({ items }) => items[0]?.status?.phase === 'Running');
  const printed = async (...args: string[]): Promise<string> => {
    const { stdout, stderr, code } = await podpath([...args, '--kubeconfig', admin]);
    assert.ok(code === 0 || code === 1 || code === 3, `${args}: ${code} ${stderr}`);
    assert.doesNotMatch(stdout + stderr, /(?!\n)\p{Cc}/u, args.join(' '));
    if (!args.includes('-o')) assert.doesNotMatch(stdout + stderr, /\p{Bidi_Control}/u, args.join(' '));
    return stdout;
  };
  for (const output of ['mermaid', 'dot', 'json']) await printed('graph', '-o', output);
  for (const output of ['text', 'mermaid', 'dot', 'json']) await printed('connectivity', '-o', output);
  for (const command of ['check', 'endpoints', 'exposure']) {
    await printed(command);
    JSON.parse(await printed(command, '-o', 'json'));
  }
  await printed('explain', 'shop/Deployment/frontend', 'hostile/api');
  await printed('suggest');
  const traced = await printed('trace', 'shop/Deployment/frontend', 'hostile/svc/api:80');
  assert.doesNotMatch(traced, /^✓/, 'a policy of an unknown version may deny');
  const drawn = await printed('trace', 'shop/Deployment/frontend', 'hostile/svc/api:80', '-o', 'mermaid');
  assert.doesNotMatch((await printed('graph', '-o', 'mermaid')) + drawn, /<img/);
  const file = join(mkdtempSync(join(tmpdir(), 'podpath-hostile-')), 'cluster.json');
  assert.equal((await podpath(['snapshot', '--kubeconfig', admin, '-o', file])).code, 0);
  assert.equal((await podpath(['connectivity', file])).stdout, await printed('connectivity'));
});

test('what a server says is text: its escape sequences are not obeyed', async () => {
  const server = createServer((_, response) => {
    response.writeHead(403).end(JSON.stringify({ kind: 'Status', message: `no: ${hostile}` }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  after(() => server.close());
  const cluster = {
    server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    'insecure-skip-tls-verify': true,
  };
  const { stderr, code } = await podpath(['check', '--kubeconfig', kubeconfig(cluster, {})]);
  assert.equal(code, 2);
  assert.match(stderr, /onerror=alert.*\uFFFD\[31m\uFFFDgnp\uFFFD/);
  assert.doesNotMatch(stderr, /(?!\n)[\p{Cc}\p{Bidi_Control}]/u);
});
