import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSnapshot, Derived, exposure, finish, type JsonObject, parseManifest } from '../../src/engine/index.ts';
import { exposureLines } from '../../src/engine/render/exposureText.ts';

function pod(name: string, labels: JsonObject): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', labels },
    spec: { containers: [{ name: 'c', image: 'c' }] },
  };
}

/** What comes into pod `web` and goes out of it, as lines. */
function linesFor(spec: JsonObject, ...others: readonly JsonObject[]): readonly string[] {
  const policy = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'p', namespace: 'shop' },
    spec: { podSelector: { matchLabels: { app: 'web' } }, ...spec },
  };
  const text = [pod('web', { app: 'web' }), policy, ...others].map((one) => JSON.stringify(one)).join('\n---\n');
  const resources = parseManifest(text, 'a.yaml').documents.flatMap((one) => one.resources);
  const all = finish(exposure(new Derived(buildSnapshot({ scope: 'a', resources }))));
  return all
    .filter(({ workload }) => workload === 'shop/web[Pod]')
    .flatMap(exposureLines)
    .map(({ direction, peer, ports }) => `${direction}: ${peer}: ${ports}`)
    .filter((line) => !line.includes('-255.255.255.255'));
}

const ports = [{ port: 80 }];

test('pods that a rule means and that are not there are named as the rule names them', () => {
  const api = { podSelector: { matchLabels: { app: 'api' } } };
  assert.deepEqual(linesFor({ policyTypes: ['Ingress', 'Egress'], ingress: [{ from: [api], ports }] }), [
    'ingress: pods with app=api in namespace shop: TCP 80',
  ]);
});

test('a pod that is there stands for those like it', () => {
  const api = { podSelector: { matchLabels: { app: 'api' } } };
  const spec = { policyTypes: ['Ingress', 'Egress'], ingress: [{ from: [api], ports }] };
  assert.deepEqual(linesFor(spec, pod('api', { app: 'api' })), []);
});

test('but not for those of other namespaces, where the rule means these too', () => {
  const api = { namespaceSelector: {}, podSelector: { matchLabels: { app: 'api' } } };
  const spec = { policyTypes: ['Ingress', 'Egress'], ingress: [{ from: [api], ports }] };
  assert.deepEqual(linesFor(spec, pod('api', { app: 'api' })), ['ingress: pods with app=api: TCP 80']);
});

test('a peer that only excludes does not mean any pod', () => {
  const spec = {
    policyTypes: ['Ingress', 'Egress'],
    ingress: [
      { from: [{ podSelector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['db'] }] } }], ports },
    ],
  };
  assert.deepEqual(linesFor(spec), ['ingress: pods with app notin (db) in namespace shop: TCP 80']);
});

test('a rule for all namespaces means any pod, and swallows the narrower ones that say the same', () => {
  const spec = {
    policyTypes: ['Ingress', 'Egress'],
    ingress: [
      { from: [{ namespaceSelector: {} }], ports },
      { from: [{ podSelector: { matchLabels: { app: 'api' } } }], ports },
    ],
  };
  assert.deepEqual(linesFor(spec), ['ingress: any pod: TCP 80']);
});

test('what an admin policy closes to some pods alone is told beside what is open to any', () => {
  const admin = {
    apiVersion: 'policy.networking.k8s.io/v1alpha1',
    kind: 'AdminNetworkPolicy',
    metadata: { name: 'a' },
    spec: {
      priority: 1,
      subject: { namespaces: {} },
      ingress: [{ action: 'Deny', from: [{ namespaces: { matchLabels: { team: 'red' } } }] }],
    },
  };
  const spec = { policyTypes: ['Ingress', 'Egress'], ingress: [{ ports }] };
  assert.deepEqual(linesFor(spec, admin), [
    'ingress: any pod: TCP 80',
    'ingress: any pod in namespaces with team=red: closed',
  ]);
});

test('without a policy everything is open, and that is said', () => {
  assert.deepEqual(linesFor({ podSelector: { matchLabels: { app: 'nobody' } } }), [
    'ingress: any pod (no policy): all ports',
    'egress: any pod (no policy): all ports',
  ]);
});

test('what is open to a peer is what is open to every pod that it means', () => {
  const from = (operator: string, ...values: readonly string[]): JsonObject[] => [
    { podSelector: { matchExpressions: [{ key: 'role', operator, values }] } },
  ];
  const spec = {
    policyTypes: ['Ingress', 'Egress'],
    ingress: [
      { from: from('NotIn', 'x', 'y'), ports: [{ port: 90 }] },
      { from: from('In', 'w', 'x'), ports },
    ],
  };
  assert.deepEqual(linesFor(spec), [
    'ingress: pods with role notin (x,y) in namespace shop: TCP 90',
    'ingress: pods with role in (w,x) in namespace shop: TCP 80',
  ]);
  const wider = {
    ...spec,
    ingress: [
      { from: from('NotIn', 'x', 'y'), ports: [{ port: 90 }] },
      { from: from('NotIn', 'w', 'x', 'y'), ports },
    ],
  };
  // Whoever is none of three is none of two of them.
  assert.deepEqual(linesFor(wider), [
    'ingress: pods with role notin (x,y) in namespace shop: TCP 90',
    'ingress: pods with role notin (w,x,y) in namespace shop: TCP 80,90',
  ]);
});

test('a port that a rule names is open by that name, whatever its number', () => {
  const to = [{ podSelector: { matchLabels: { app: 'api' } } }];
  const named = { to, ports: [{ port: 'http' }, { port: 'dns', protocol: 'UDP' }, { port: 443 }] };
  const spec = { policyTypes: ['Ingress', 'Egress'], egress: [named] };
  assert.deepEqual(linesFor(spec), ['egress: pods with app=api in namespace shop: TCP 443; TCP http; UDP dns']);
  const all = { to, ports: [{ port: 1, endPort: 65_535 }, { port: 'http' }] };
  assert.deepEqual(linesFor({ ...spec, egress: [all] }), ['egress: pods with app=api in namespace shop: TCP 1-65535']);
});
