import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSnapshot, compilePolicies, Derived, type JsonObject, parseManifest } from '../../src/engine/index.ts';

function pod(name: string): JsonObject {
  const metadata = { name, namespace: 'shop', labels: { app: name } };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [{ name: 'c', image: 'c' }] } };
}

function policy(spec: JsonObject, kind = 'NetworkPolicy'): JsonObject {
  const metadata = kind === 'NetworkPolicy' ? { name: 'p', namespace: 'shop' } : { name: 'p' };
  // Of api alone, so that a doubt about it is all that can make its ingress unknown.
  return { apiVersion: 'projectcalico.org/v3', kind, metadata, spec: { selector: "app == 'api'", ...spec } };
}

function derivedOf(...objects: readonly JsonObject[]): Derived {
  const text = [pod('web'), pod('api'), ...objects].map((one) => JSON.stringify(one)).join('\n---\n');
  const resources = parseManifest(text, 'unit.yaml').documents.flatMap((document) => document.resources);
  return new Derived(buildSnapshot({ scope: 'unit', resources, assume: { cni: 'calico-vxlan' } }));
}

function verdict(derived: Derived): string {
  const [source, destination] = [derived.snapshot.pod('shop', 'web'), derived.snapshot.pod('shop', 'api')];
  assert(source && destination);
  return derived.decide({ kind: 'pod', pod: source }, { kind: 'pod', pod: destination }, 'TCP', 80).action;
}

const rule = (fields: JsonObject): JsonObject => ({ types: ['Ingress'], ingress: [{ action: 'Allow', ...fields }] });

/** A denial that can't be read, before a rule that allows everyone. */
const denied = (fields: JsonObject): JsonObject => ({
  types: ['Ingress'],
  ingress: [{ action: 'Deny', ...fields }, { action: 'Allow' }],
});

const services = { name: 'api', namespace: 'shop' };

/** What is malformed, and where the doubt must stand. */
const malformed: readonly (readonly [path: string, spec: JsonObject])[] = [
  ['spec.selector', { selector: 'app = 1' }],
  ['spec.selector', { selector: "app == 'a" }],
  ['spec.selector', { selector: "app in {'a' 'b'}" }],
  ['spec.selector', { selector: "(app == 'a'" }],
  ['spec.selector', { selector: 'has(app' }],
  ['spec.selector', { selector: 'has (app)' }],
  ['spec.selector', { selector: "app == 'a' app" }],
  ['spec.selector', { selector: "app == 'a' &&\nhas(b)" }],
  ['spec.selector', { selector: "&& app == 'a'" }],
  ['spec.selector', { selector: 'global()' }],
  ['spec.selector', { selector: `${'('.repeat(9000)}all()${')'.repeat(9000)}` }],
  ['spec.selector', { selector: 7 }],
  ['spec.serviceAccountSelector', { serviceAccountSelector: '==' }],
  ['spec.namespaceSelector', { namespaceSelector: 'all()' }],
  ['spec.order', { order: 'first' }],
  ['spec.tier', { tier: 'ghost' }],
  ['spec.tier', { tier: 3 }],
  ['spec.types', { types: 'Ingress' }],
  ['spec.types.0', { types: ['ingress'] }],
  ['spec.colour', { colour: 'red' }],
  ['spec.ingress', { types: ['Ingress'], ingress: {} }],
  ['spec.ingress', { ingress: 'all' }],
  ['spec.ingress.0', { types: ['Ingress'], ingress: ['Allow', { action: 'Allow' }] }],
  ['spec.ingress.0.action', denied({ action: 'Reject' })],
  ['spec.ingress.0.action', denied({ action: 'allow' })],
  ['spec.ingress.0.colour', rule({ colour: 'red' })],
  ['spec.ingress.0.source', rule({ source: 'web' })],
  ['spec.ingress.0.source.domains', rule({ source: { domains: ['example.com'] } })],
  ['spec.ingress.0.source.selector', denied({ source: { selector: 'app ~ x' } })],
  ['spec.ingress.0.source.notSelector', rule({ source: { notSelector: 'app ~ x' } })],
  ['spec.ingress.0.source.namespaceSelector', denied({ source: { namespaceSelector: 'x' } })],
  ['spec.ingress.0.source.namespaceSelector', rule({ source: { namespaceSelector: 'global() || has(a)' } })],
  ['spec.ingress.0.source.nets', rule({ source: { nets: '10.0.0.0/8' } })],
  ['spec.ingress.0.source.nets.0', denied({ source: { nets: ['10.0.0.0/40'] } })],
  ['spec.ingress.0.source.notNets.0', rule({ source: { notNets: [7] } })],
  ['spec.ingress.0.source.serviceAccounts', rule({ source: { serviceAccounts: ['web'] } })],
  ['spec.ingress.0.source.serviceAccounts.names', rule({ source: { serviceAccounts: { names: 'web' } } })],
  ['spec.ingress.0.source.serviceAccounts.names.0', rule({ source: { serviceAccounts: { names: [1] } } })],
  ['spec.ingress.0.source.serviceAccounts.name', rule({ source: { serviceAccounts: { name: 'web' } } })],
  ['spec.ingress.0.source.services', rule({ source: { services: { namespace: 'shop' } } })],
  ['spec.ingress.0.source.nets', denied({ source: { services, nets: ['10.0.0.0/8'] } })],
  ['spec.ingress.0.source.ports', denied({ protocol: 'TCP', source: { ports: '80' } })],
  ['spec.ingress.0.destination.services', rule({ destination: { services } })],
  ['spec.ingress.0.destination', rule({ destination: { ports: [80] } })],
  ['spec.ingress.0.destination', denied({ protocol: 'ICMP', destination: { ports: [80] } })],
  ['spec.ingress.0.destination.ports', rule({ protocol: 'TCP', destination: { ports: 80 } })],
  ['spec.ingress.0.destination.ports.0', denied({ protocol: 'TCP', destination: { ports: ['90:80'] } })],
  ['spec.ingress.0.destination.ports.0', rule({ protocol: 'TCP', destination: { ports: [70_000] } })],
  ['spec.ingress.0.protocol', denied({ protocol: 'HTTP' })],
  ['spec.ingress.0.protocol', denied({ protocol: 256 })],
  ['spec.ingress.0.notProtocol', rule({ notProtocol: {} })],
  ['spec.ingress.0.icmp', rule({ icmp: { type: 8 } })],
  ['spec.ingress.0.notICMP', rule({ notICMP: { type: 8 } })],
  ['spec.ingress.0.ipVersion', rule({ ipVersion: 5 })],
  ['spec.ingress.0.http', rule({ http: 'GET' })],
  ['spec.ingress.0.http', denied({ http: { methods: ['GET'] } })],
  ['spec.ingress.0.http.methods.0', rule({ http: { methods: [1] } })],
  ['spec.ingress.0.http.paths.0.regex', rule({ http: { paths: [{ regex: '/v1' }] } })],
  ['spec.ingress.0.http.headers', rule({ http: { methods: ['GET'], headers: [] } })],
  ['spec.ingress.0.protocol', rule({ protocol: 'UDP', http: { methods: ['GET'] } })],
];

for (const [path, spec] of malformed) {
  test(`malformed: ${path} of ${JSON.stringify(spec).slice(0, 120)} is a doubt, and the verdict is not known`, () => {
    const derived = derivedOf(policy(spec));
    const doubts = compilePolicies(derived.snapshot).flatMap(({ doubts: all }) => all.map((one) => one.path.join('.')));
    assert.deepEqual([...new Set(doubts)], [path]);
    assert.equal(verdict(derived), 'unknown');
  });
}

test('a policy on host endpoints leaves pods as they are, and the node not known', () => {
  const host = {
    apiVersion: 'projectcalico.org/v3',
    kind: 'HostEndpoint',
    metadata: { name: 'h' },
    spec: { node: 'node-1', interfaceName: '*' },
  };
  const derived = derivedOf(
    host,
    policy({ selector: 'all()', types: ['Ingress'], preDNAT: true }, 'GlobalNetworkPolicy'),
  );
  assert.equal(verdict(derived), 'allow');
  const [node] = derived.snapshot.nodes;
  const source = derived.snapshot.pod('shop', 'web');
  assert(node && source);
  assert.equal(derived.decide({ kind: 'pod', pod: source }, { kind: 'node', node }, 'TCP', 22).action, 'unknown');
});

/** Objects that a policy hangs on, each with one field that can't be read, and a policy in whose way they stand. */
const related: readonly (readonly [what: string, object: JsonObject, spec: JsonObject])[] = [
  ['an order', { kind: 'Tier', metadata: { name: 'first' }, spec: { order: '1' } }, { tier: 'first' }],
  [
    'a default action',
    { kind: 'Tier', metadata: { name: 'first' }, spec: { defaultAction: 'pass' } },
    { tier: 'first' },
  ],
  ['a net', networkSet({ nets: ['10.0.0.0/8', 'everywhere'] }), rule({ source: { selector: "set == 'a'" } })],
  ['nets', networkSet({ nets: '10.0.0.0/8' }), denied({ source: { selector: "set == 'a'" } })],
  ['names', networkSet({ allowedEgressDomains: ['a.example.com'] }), rule({ source: { selector: "set == 'a'" } })],
];

function networkSet(spec: JsonObject): JsonObject {
  return { kind: 'NetworkSet', metadata: { name: 's', namespace: 'shop', labels: { set: 'a' } }, spec };
}

for (const [what, object, spec] of related) {
  test(`malformed: ${what} of a ${object['kind']} makes unknown what it could change`, () => {
    const derived = derivedOf({ apiVersion: 'projectcalico.org/v3', ...object }, policy(spec));
    assert.equal(verdict(derived), 'unknown');
  });
}

test('a policy whose tier or order is not known is not passed over by one that is', () => {
  const open = {
    ...policy({ types: ['Ingress'], ingress: [{ action: 'Allow' }] }),
    metadata: { name: 'a', namespace: 'shop' },
  };
  assert.equal(verdict(derivedOf(open)), 'allow');
  for (const spec of [{ tier: 'ghost', order: 9 }, { order: 'last' }]) {
    assert.equal(verdict(derivedOf(open, policy({ types: ['Ingress'], ...spec }))), 'unknown');
  }
});

test('what comes before a rule that can not be read stands', () => {
  const rules = [
    { action: 'Allow', source: { selector: "app == 'web'" } },
    { action: 'Deny', source: { nets: ['x'] } },
  ];
  assert.equal(verdict(derivedOf(policy({ types: ['Ingress'], ingress: rules }))), 'allow');
});

test('a doubt about one direction leaves the other as it is where the policy acts on one only', () => {
  const derived = derivedOf(policy({ selector: "app == 'web'", types: ['Ingress'], ingress: [{ action: 'Reject' }] }));
  assert.equal(verdict(derived), 'allow');
});

test('a host endpoint closes its node, unless its profile allows what no policy decides', () => {
  for (const [profiles, expected] of [
    [[], 'unknown'],
    [['projectcalico-default-allow'], 'allow'],
  ] as const) {
    const spec = { node: 'node-1', interfaceName: 'eth0', profiles };
    const host = { apiVersion: 'projectcalico.org/v3', kind: 'HostEndpoint', metadata: { name: 'h' }, spec };
    const derived = derivedOf(host, policy({}, 'GlobalNetworkPolicy'));
    const [node] = derived.snapshot.nodes;
    const source = derived.snapshot.pod('shop', 'web');
    assert(node && source);
    assert.equal(derived.decide({ kind: 'pod', pod: source }, { kind: 'node', node }, 'TCP', 8080).action, expected);
  }
});
