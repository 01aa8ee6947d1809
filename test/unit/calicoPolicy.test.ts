import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSnapshot, compilePolicies, Derived, type JsonObject, parseManifest } from '../../src/engine/index.ts';

function pod(name: string): JsonObject {
  const metadata = { name, namespace: 'shop', labels: { app: name } };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [{ name: 'c', image: 'c' }] } };
}

function policy(spec: JsonObject, kind = 'NetworkPolicy'): JsonObject {
  const metadata = kind === 'NetworkPolicy' ? { name: 'p', namespace: 'shop' } : { name: 'p' };
  return { apiVersion: 'projectcalico.org/v3', kind, metadata, spec };
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

/** What is malformed, and where the doubt must stand. */
const malformed: readonly (readonly [path: string, spec: JsonObject])[] = [
  ['spec.selector', { selector: 'app = 1' }],
  ['spec.selector', { selector: "app == 'a" }],
  ['spec.selector', { selector: "app in {'a' 'b'}" }],
  ['spec.selector', { selector: "(app == 'a'" }],
  ['spec.selector', { selector: 'has(app' }],
  ['spec.selector', { selector: "app == 'a' app" }],
  ['spec.selector', { selector: "&& app == 'a'" }],
  ['spec.selector', { selector: 7 }],
  ['spec.serviceAccountSelector', { serviceAccountSelector: '==' }],
  ['spec.order', { order: 'first' }],
  ['spec.tier', { tier: 'ghost' }],
  ['spec.ingress', { types: ['Ingress'], ingress: {} }],
  ['spec.ingress.0.action', rule({ action: 'Reject' })],
  ['spec.ingress.0.source', rule({ source: 'web' })],
  ['spec.ingress.0.source.selector', rule({ source: { selector: 'app ~ x' } })],
  ['spec.ingress.0.source.namespaceSelector', rule({ source: { namespaceSelector: 'x' } })],
  ['spec.ingress.0.source.nets.0', rule({ source: { nets: ['10.0.0.0/40'] } })],
  ['spec.ingress.0.destination', rule({ destination: { ports: [80] } })],
  ['spec.ingress.0.destination.ports.0', rule({ protocol: 'TCP', destination: { ports: ['90:80'] } })],
  ['spec.ingress.0.destination.ports.0', rule({ protocol: 'TCP', destination: { ports: [70_000] } })],
  ['spec.ingress.0.ipVersion', rule({ ipVersion: 5 })],
];

for (const [path, spec] of malformed) {
  test(`malformed: ${path} of ${JSON.stringify(spec)} is a doubt, and the verdict is not known`, () => {
    const derived = derivedOf(policy(spec));
    const doubts = compilePolicies(derived.snapshot).flatMap(({ doubts: all }) => all.map((one) => one.path.join('.')));
    assert.deepEqual(doubts, [path]);
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
