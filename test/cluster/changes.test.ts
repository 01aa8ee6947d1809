// What an administrator changes while a cluster is watched: rights, and the kinds that there are.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { BadNetwork } from './badNetwork.ts';
import { ciliumPolicies, namespaceObject, ownPlane, paths, service, until } from './plane.ts';
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

/** Gives the namespace's user these rights everywhere, beside those in the own namespace. */
async function grant(name: string, rules: object): Promise<void> {
  await plane.admin.create(`${rbac}/clusterroles`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name },
    rules: [rules],
  });
  await plane.admin.create(`${rbac}/clusterrolebindings`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'shop-viewer' }],
  });
}

test('what may be listed and not watched stays, is said not to be followed, and is listed again', async () => {
  await grant('lists', { apiGroups: [''], resources: ['services', 'nodes'], verbs: ['list'] });
  const { source, changes } = follow(accessOf(plane.kubeconfigs.scoped), {}, { recheckMs: 700 });
  after(() => source.stop());
  await becomes(source, 'live');
  await until('everything is listed', () => has(source, 'Service other/far') && has(source, 'Node /'));
  const sentence = 'You may list these and not watch them; they are read again about every 0.7 s: nodes, services';
  await until('both are told', () => source.snapshot().missing.includes(sentence));
  const { missing } = source.snapshot();
  assert.ok(!missing.some((one) => /not list.*\bservices\b|only in shop:.*\bservices\b/.test(one)), missing.join('\n'));
  changes.length = 0;
  await plane.admin.create(paths('other').services, service('new'));
  await until('the new one is listed', () => has(source, 'Service other/new'));
  await plane.admin.remove(`${paths('other').services}/new`);
  await until('and gone', () => !has(source, 'Service other/new'));
  const removed = (): readonly string[] => changes.flatMap((one) => one.removed.map(({ name }) => name));
  await until('its end is told', () => removed().length > 0);
  assert.deepEqual(removed(), ['new'], 'nothing else came and went');
  assert.deepEqual([...new Set(changes.map(({ state }) => state.kind))], ['live']);
  await plane.admin.remove(`${rbac}/clusterrolebindings/lists`);
  await until(
    'what may not be listed any more is gone',
    () => !has(source, 'Service other/far') && !has(source, 'Node /'),
  );
  await until('the own namespace is read', () => has(source, 'Service shop/api'));
});

test('what may be watched and not listed is streamed', async () => {
  await grant('watches', { apiGroups: [''], resources: ['services', 'nodes'], verbs: ['watch'] });
  const network = new BadNetwork(plane);
  const { source } = follow(await network.access(accessOf(plane.kubeconfigs.scoped)));
  after(() => source.stop());
  await until('everything is seen', () => has(source, 'Service other/far') && has(source, 'Node /'));
  await becomes(source, 'live');
  const { missing } = source.snapshot();
  assert.ok(!missing.some((one) => /\bnodes\b|\bservices\b/.test(one)), missing.join('\n'));
  await plane.admin.create(paths('other').services, service('new'));
  await until('a change is seen', () => has(source, 'Service other/new'));
  network.cutAll();
  await plane.admin.remove(`${paths('other').services}/new`);
  await until('it goes on after a cut', () => !has(source, 'Service other/new') && has(source, 'Service other/far'));
  // A stream that is cut before its end is made again: there is no list to fall back to.
  network.become({ kind: 'break', at: 'k8s.io/initial-events-end' });
  const second = follow(await network.access(accessOf(plane.kubeconfigs.scoped)));
  after(() => second.source.stop());
  const refused = (): boolean => network.requests.some((one) => /^GET \/api\/v1\/services\?limit=500/.test(one));
  await until('a list was tried', refused);
  network.become({ kind: 'good' });
  network.cutAll();
  await until('everything is seen', () => has(second.source, 'Service other/far') && has(second.source, 'Node /'));
});

test('a kind whose CRD is installed while watching is read, and is no more when the CRD is gone', async () => {
  const { source } = follow(accessOf(plane.kubeconfigs.admin));
  after(() => source.stop());
  await becomes(source, 'live');
  const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const name = 'ciliumnetworkpolicies.cilium.io';
  await plane.admin.create(crds, ciliumPolicies('v2'));
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
