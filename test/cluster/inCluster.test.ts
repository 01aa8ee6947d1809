// A program that runs in a pod: the account of the pod is all that it has.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { withShop } from '../../scripts/controlPlane.mjs';
import { inOwnMounts, noOwnMounts } from '../../scripts/ownMounts.mjs';
import { podpath, root } from '../cli/run.ts';
import { ownPlane } from './plane.ts';

const plane = await ownPlane();
await withShop(plane);
const accounts = '/api/v1/namespaces/shop/serviceaccounts';

/** The files that a kubelet puts into each container of a pod with this account. */
async function accountFolder(name: string): Promise<string> {
  await plane.admin.create(accounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } });
  const asked = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 600 } };
  const { status } = (await plane.admin.create(`${accounts}/${name}/token`, asked)) as { status: { token: string } };
  const folder = mkdtempSync(join(tmpdir(), 'podpath-account-'));
  writeFileSync(join(folder, 'token'), status.token);
  writeFileSync(join(folder, 'ca.crt'), plane.ca);
  writeFileSync(join(folder, 'namespace'), 'shop');
  return folder;
}

/** Runs the program as a container of such a pod would. */
async function podpathIn(folder: string, command: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const place = '/var/run/secrets/kubernetes.io/serviceaccount';
  const prepare = `"$mount" -t tmpfs podpath /var/run && mkdir -p ${place} && cp "$given"/* ${place}`;
  const line = inOwnMounts(prepare, folder, [process.execPath, join(root, 'dist/cli.mjs'), ...command]);
  const { KUBECONFIG: _, ...env } = process.env;
  const { hostname, port } = new URL(plane.server);
  return promisify(execFile)(line.program, line.args, {
    cwd: root,
    env: { ...env, HOME: folder, KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port },
  });
}

test('the account of a pod reads what it may of the cluster that the pod is in', { skip: noOwnMounts() }, async () => {
  const roles = '/apis/rbac.authorization.k8s.io/v1';
  const subjects = [{ kind: 'ServiceAccount', name: 'reader', namespace: 'shop' }];
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' };
  await plane.admin.create(`${roles}/clusterrolebindings`, { metadata: { name: 'reader' }, roleRef, subjects });
  const folder = await accountFolder('reader');
  const own = await podpathIn(folder, ['endpoints', '--context', 'inClusterContext']);
  const { stdout } = await podpath(['endpoints', '--kubeconfig', plane.kubeconfigs.admin]);
  assert.match(own.stdout, /backend/);
  assert.equal(own.stdout, stdout);
});

test('an account that may look into its namespace alone sees that, and is told the rest', {
  skip: noOwnMounts(),
}, async () => {
  const roles = '/apis/rbac.authorization.k8s.io/v1/namespaces/shop';
  const subjects = [{ kind: 'ServiceAccount', name: 'viewer', namespace: 'shop' }];
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' };
  await plane.admin.create(`${roles}/rolebindings`, { metadata: { name: 'viewer' }, roleRef, subjects });
  const { stdout, stderr } = await podpathIn(await accountFolder('viewer'), [
    'endpoints',
    '--context',
    'inClusterContext',
  ]);
  assert.match(stdout, /backend/);
  assert.match(stderr, /You may list these only in shop: .*\bpods\b/);
});
