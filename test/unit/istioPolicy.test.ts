import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  buildSnapshot,
  compilePolicies,
  Derived,
  type JsonObject,
  type JsonValue,
  parseManifest,
} from '../../src/engine/index.ts';

const labels = { 'istio-injection': 'enabled' };

const cluster: readonly JsonObject[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels } },
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'street' } },
  pod('shop', 'web'),
  pod('shop', 'api'),
  pod('street', 'guest'),
];

function pod(namespace: string, name: string): JsonObject {
  const metadata = { name, namespace, labels: { app: name } };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [{ name: 'c', image: 'i' }] } };
}

function object(kind: string, spec: JsonObject[string], name = 'p'): JsonObject {
  const metadata = { name, namespace: 'shop' };
  return { apiVersion: 'security.istio.io/v1', kind, metadata, ...(spec === undefined ? {} : { spec }) };
}

function derivedOf(...objects: readonly JsonObject[]): Derived {
  const text = [...cluster, ...objects].map((one) => JSON.stringify(one)).join('\n---\n');
  const resources = parseManifest(text, 'unit.yaml').documents.flatMap((document) => document.resources);
  return new Derived(buildSnapshot({ scope: 'unit', resources, assume: {} }));
}

function doubtsOf({ snapshot }: Derived): readonly string[] {
  return compilePolicies(snapshot).flatMap(({ doubts }) => doubts.map(({ path }) => path.join('.')));
}

function decide(derived: Derived, from: string, to: string): ReturnType<Derived['decide']> {
  const find = (text: string): ReturnType<typeof derived.snapshot.pod> => {
    const [namespace = '', name = ''] = text.split('/');
    return derived.snapshot.pod(namespace, name);
  };
  const [source, destination] = [find(from), find(to)];
  assert(source && destination);
  return derived.decide({ kind: 'pod', pod: source }, { kind: 'pod', pod: destination }, 'TCP', 80);
}

function from(source: JsonValue): JsonObject {
  return { rules: [{ from: [{ source }] }] };
}

function to(operation: JsonValue): JsonObject {
  return { rules: [{ to: [{ operation }] }] };
}

function when(condition: JsonValue): JsonObject {
  return { rules: [{ when: [condition] }] };
}

/** What is malformed in an ALLOW policy, and where the doubt must stand. */
const malformed: readonly (readonly [path: string, spec: JsonObject[string]])[] = [
  ['spec', 'all'],
  ['spec', []],
  ['spec.rule', { rule: [{}] }],
  ['spec.action', { action: 'Allow', rules: [{}] }],
  ['spec.action', { action: 1 }],
  ['spec.provider', { action: 'CUSTOM', rules: [{}] }],
  ['spec.selector', { selector: 'web' }],
  ['spec.selector', { selector: { matchLabels: { app: 1 } } }],
  ['spec.selector.matchLabels', { selector: { matchLabels: 'web' } }],
  ['spec.selector.matchExpressions', { selector: { matchExpressions: [] } }],
  ['spec.targetRefs', { targetRefs: {} }],
  ['spec.targetRefs', { targetRefs: [] }],
  ['spec.targetRefs', { selector: {}, targetRefs: [{ kind: 'Service', name: 'web' }] }],
  ['spec.targetRefs.0.name', { targetRefs: [{ kind: 'Service' }] }],
  ['spec.targetRefs.0.kind', { targetRefs: [{ kind: 'Pod', name: 'web' }] }],
  ['spec.targetRef.name', { targetRef: 'web' }],
  ['spec.rules', { rules: {} }],
  ['spec.rules.0', { rules: ['all'] }],
  ['spec.rules.0', { rules: [null] }],
  ['spec.rules.0.form', { rules: [{ form: [] }] }],
  ['spec.rules.0.from', { rules: [{ from: {} }] }],
  ['spec.rules.0.from.0', { rules: [{ from: ['all'] }] }],
  ['spec.rules.0.from.0.principals', { rules: [{ from: [{ principals: ['*'] }] }] }],
  ['spec.rules.0.from.0.source', { rules: [{ from: [{}] }] }],
  ['spec.rules.0.from.0.source', from({})],
  ['spec.rules.0.from.0.source.users', from({ users: ['me'] })],
  ['spec.rules.0.from.0.source.principals', from({ principals: '*' })],
  ['spec.rules.0.from.0.source.principals.0', from({ principals: [1] })],
  ['spec.rules.0.from.0.source.principals.0', from({ principals: [''] })],
  ['spec.rules.0.from.0.source.namespaces.0', from({ namespaces: ['a*b'] })],
  ['spec.rules.0.from.0.source.serviceAccounts.0', from({ serviceAccounts: ['a/b/c'] })],
  ['spec.rules.0.from.0.source.serviceAccounts.0', from({ serviceAccounts: ['web*'] })],
  ['spec.rules.0.from.0.source', from({ serviceAccounts: ['web'], namespaces: ['shop'] })],
  ['spec.rules.0.from.0.source.ipBlocks.0', from({ ipBlocks: ['10.0.0'] })],
  ['spec.rules.0.from.0.source.notIpBlocks.0', from({ notIpBlocks: ['10.0.0.0/40'] })],
  ['spec.rules.0.from.0.source.remoteIpBlocks.0', from({ remoteIpBlocks: ['here'] })],
  ['spec.rules.0.to.0.operation', to({})],
  ['spec.rules.0.to.0.operation.port', to({ port: ['80'] })],
  ['spec.rules.0.to.0.operation.ports.0', to({ ports: [80] })],
  ['spec.rules.0.to.0.operation.ports.0', to({ ports: ['http'] })],
  ['spec.rules.0.to.0.operation.notPorts.0', to({ notPorts: ['0'] })],
  ['spec.rules.0.to.0.operation.methods', to({ methods: 'GET' })],
  ['spec.rules.0.to.0.operation.paths.1', to({ paths: ['/a', {}] })],
  ['spec.rules.0.when', { rules: [{ when: 'never' }] }],
  ['spec.rules.0.when.0.key', when({ values: ['a'] })],
  ['spec.rules.0.when.0.key', when({ key: 'source.pod', values: ['a'] })],
  ['spec.rules.0.when.0', when({ key: 'source.ip' })],
  ['spec.rules.0.when.0.values.0', when({ key: 'destination.port', values: ['http'] })],
  ['spec.rules.0.when.0.values.0', when({ key: 'source.ip', values: ['here'] })],
];

for (const [path, spec] of malformed) {
  test(`malformed AuthorizationPolicy: ${path} of ${JSON.stringify(spec)}`, () => {
    const derived = derivedOf(object('AuthorizationPolicy', spec));
    assert.ok(doubtsOf(derived).includes(path), doubtsOf(derived).join(', '));
    assert.equal(decide(derived, 'shop/api', 'shop/web').action, 'unknown');
    const egress = decide(derived, 'shop/web', 'street/guest');
    assert.equal(egress.action, 'allow', 'what comes in is in doubt, not what goes out');
  });
}

const odd: readonly (readonly [path: string, spec: JsonObject[string]])[] = [
  ['spec', 'STRICT'],
  ['spec.mtls', { mtls: 'STRICT' }],
  ['spec.mtls.mode', { mtls: { mode: 'strict' } }],
  ['spec.mtls.mode', { mtls: { mode: 3 } }],
  ['spec.selector', { selector: [] }],
  ['spec.selector.matchExpressions', { selector: { matchExpressions: [] }, mtls: { mode: 'STRICT' } }],
  ['spec.portLevelMtls', { portLevelMtls: { 80: { mode: 'STRICT' } } }],
  ['spec.portLevelMtls', { selector: { matchLabels: { app: 'web' } }, portLevelMtls: [] }],
  ['spec.portLevelMtls.http', { selector: { matchLabels: { app: 'web' } }, portLevelMtls: { http: {} } }],
  ['spec.portLevelMtls.80', { selector: { matchLabels: { app: 'web' } }, portLevelMtls: { 80: 'STRICT' } }],
  ['spec.portLevelMtls.80.mode', { selector: { matchLabels: { app: 'web' } }, portLevelMtls: { 80: { mode: 1 } } }],
];

for (const [path, spec] of odd) {
  test(`malformed PeerAuthentication: ${path} of ${JSON.stringify(spec)}`, () => {
    const derived = derivedOf(object('PeerAuthentication', spec));
    assert.ok(doubtsOf(derived).includes(path), doubtsOf(derived).join(', '));
    const { action, ingress } = decide(derived, 'shop/api', 'shop/web');
    assert.equal(action, 'unknown', ingress.reason);
  });
}

test('a policy that is well formed leaves no doubt', () => {
  const source = { principals: ['*/sa/default'], notNamespaces: ['street'], ipBlocks: ['::1', '10.0.0.0/8'] };
  const spec = { selector: { matchLabels: { app: 'web' } }, action: 'DENY', ...from(source) };
  assert.deepEqual(doubtsOf(derivedOf(object('AuthorizationPolicy', spec))), []);
});

test('what is compiled follows other objects: the same policy, another namespace label and another PeerAuthentication', () => {
  const policy = object('AuthorizationPolicy', from({ namespaces: ['shop'] }));
  assert.equal(decide(derivedOf(policy), 'shop/api', 'shop/web').action, 'allow');
  const off = object('PeerAuthentication', { mtls: { mode: 'DISABLE' } });
  assert.equal(decide(derivedOf(policy, off), 'shop/api', 'shop/web').action, 'deny');
  assert.equal(decide(derivedOf(policy), 'shop/api', 'shop/web').action, 'allow');
});

test('a denial tells the rule that comes nearest, and none that the kind implies', () => {
  const derived = derivedOf(object('AuthorizationPolicy', from({ namespaces: ['elsewhere'] })));
  const { ingress } = decide(derived, 'street/guest', 'shop/web');
  assert.deepEqual(
    ingress.considered.map(({ path }) => path.join('.')),
    ['spec.rules.0'],
  );
  assert.match(ingress.reason, /its only ingress rule does not allow/);
});

test('the reason for a plain client names the PeerAuthentication', () => {
  const derived = derivedOf(object('PeerAuthentication', { mtls: { mode: 'STRICT' } }));
  const { ingress } = decide(derived, 'street/guest', 'shop/web');
  assert.equal(ingress.decidedBy[0]?.path.join('.'), 'spec.mtls.mode');
});

test('a DestinationRule with a TLS mode of its own makes unknown what hangs on who the client is', () => {
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
  };
  const rule = (host: string, mode: string): JsonObject => ({
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata: { name: 'r', namespace: 'shop' },
    spec: { host, trafficPolicy: { tls: { mode } } },
  });
  const policy = object('AuthorizationPolicy', from({ namespaces: ['shop'] }));
  const strict = object('PeerAuthentication', { mtls: { mode: 'STRICT' } });
  const ports = object('AuthorizationPolicy', to({ ports: ['80'] }));
  const action = (...objects: readonly JsonObject[]): string => {
    return decide(derivedOf(service, ...objects), 'shop/api', 'shop/web').action;
  };
  for (const host of ['web', 'web.shop', 'web.shop.svc', 'web.shop.svc.cluster.local', '*.shop.svc.cluster.local']) {
    assert.equal(action(policy, rule(host, 'DISABLE')), 'unknown', host);
    assert.equal(action(strict, rule(host, 'SIMPLE')), 'unknown', host);
  }
  const plain = derivedOf(service, strict, rule('web', 'DISABLE'));
  assert.equal(decide(plain, 'street/guest', 'shop/web').action, 'deny');
  assert.equal(action(policy, rule('api', 'DISABLE')), 'allow');
  assert.equal(action(policy, rule('web', 'ISTIO_MUTUAL')), 'allow');
  assert.equal(action(ports, rule('web', 'DISABLE')), 'allow');
});
