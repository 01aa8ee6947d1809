// What an administrator changes while a cluster is watched: rights, and the kinds that there are.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { namespaceObject, ownPlane, paths, service, until } from './plane.ts';
import { accessOf, becomes, contentOf, follow } from './source.ts';

const plane = await ownPlane();
const rbac = '/apis/rbac.authorization.k8s.io/v1';
await plane.admin.create('/api/v1/namespaces', namespaceObject('other'));
await plane.admin.create(paths('shop').services, service('api'));
await plane.admin.create(paths('other').services, service('far'));

const has = (source: ReturnType<typeof follow>['source'], line: string): boolean =>
  contentOf(source).some((one) => one.startsWith(line));

test('rights that come and go while watching are followed, and what is missing is told', async () => {
  const { source } = follow(accessOf(plane.kubeconfigs.scoped));
  after(() => source.stop());
  await becomes(source, 'live');
  // The server takes a moment to know the rights that were just given.
  await until('the own namespace is seen', () => has(source, 'Service shop/api') && has(source, 'Namespace /shop'));
  assert.ok(!has(source, 'Service other/far'));
  assert.ok(source.snapshot().missing.some((one) => one.startsWith('You may list these only in shop: ')));
  const subject = { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'shop-viewer' };
  await plane.admin.create(`${rbac}/clusterrolebindings`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'sees-all' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [subject],
  });
  await until('everything is seen', () => has(source, 'Service other/far') && source.snapshot().unread.length === 0);
  assert.deepEqual(source.snapshot().missing, []);
  await plane.admin.remove(`${rbac}/clusterrolebindings/sees-all`);
  // Watches that are open go on: rights are asked for when one is opened again, which a new server makes all do.
  await plane.kill('kube-apiserver');
  plane.start('kube-apiserver');
  await plane.ready();
  await until('the rest is gone again', () => !has(source, 'Service other/far') && has(source, 'Service shop/api'));
  assert.ok(source.snapshot().unread.some(({ kind }) => kind === 'Pod'));
});

test('a kind whose CRD is installed while watching is read, and is no more when the CRD is gone', async () => {
  const { source } = follow(accessOf(plane.kubeconfigs.admin));
  after(() => source.stop());
  await becomes(source, 'live');
  const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const name = 'ciliumnetworkpolicies.cilium.io';
  await plane.admin.create(crds, {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name },
    spec: {
      group: 'cilium.io',
      names: { kind: 'CiliumNetworkPolicy', plural: 'ciliumnetworkpolicies', singular: 'ciliumnetworkpolicy' },
      scope: 'Namespaced',
      versions: [
        {
          name: 'v2',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  });
  const policies = '/apis/cilium.io/v2/namespaces/shop/ciliumnetworkpolicies';
  await plane.admin.waitFor(policies, ({ items }) => Array.isArray(items));
  await plane.admin.create(policies, {
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumNetworkPolicy',
    metadata: { name: 'locked' },
    spec: { endpointSelector: {}, ingress: [{}] },
  });
  await until('the policy is read', () => has(source, 'CiliumNetworkPolicy shop/locked'));
  await plane.admin.patch(`${policies}/locked`, { spec: { ingress: [] } });
  await until(
    'its change is read',
    () => has(source, 'CiliumNetworkPolicy shop/locked') && contentOf(source).join().includes('"ingress":[]'),
  );
  await plane.admin.remove(`${crds}/${name}`);
  await until('the policy is gone', () => !has(source, 'CiliumNetworkPolicy'));
  assert.deepEqual(source.snapshot().missing, []);
});
