import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Ajv } from 'ajv';
import { withShop } from '../../scripts/controlPlane.mjs';
import { podpath, root } from '../cli/run.ts';
import { namespaceObject, ownPlane, paths, until } from './plane.ts';

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
    assert.match(stderr, /^podpath: context \w+ shows nothing to this user: Unauthorized\n$/);
  }
  const { stderr, code } = await podpath(['check', '--kubeconfig', admin, '--context', 'none']);
  assert.equal(code, 2);
  assert.equal(stderr, 'podpath: There is no context none; there are: admin\n');
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
