import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSnapshot, compilePolicies, Derived, type JsonObject, parseManifest } from '../../src/engine/index.ts';

const cluster: readonly JsonObject[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
  { apiVersion: 'v1', kind: 'Node', metadata: { name: 'one' } },
  pod('web'),
  pod('api'),
];

function pod(name: string): JsonObject {
  const metadata = { name, namespace: 'shop', labels: { app: name } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: { nodeName: 'one', containers: [{ name: 'c', image: 'i' }] },
  };
}

function policy(body: JsonObject, kind = 'CiliumNetworkPolicy'): JsonObject {
  const metadata = { name: 'p', ...(kind === 'CiliumNetworkPolicy' ? { namespace: 'shop' } : {}) };
  return { apiVersion: 'cilium.io/v2', kind, metadata, ...body };
}

function derivedOf(...objects: readonly JsonObject[]): Derived {
  const text = [...cluster, ...objects].map((one) => JSON.stringify(one)).join('\n---\n');
  const resources = parseManifest(text, 'unit.yaml').documents.flatMap((document) => document.resources);
  return new Derived(buildSnapshot({ scope: 'unit', resources, assume: { cni: 'cilium-vxlan' } }));
}

function doubtsOf(derived: Derived): readonly string[] {
  return compilePolicies(derived.snapshot).flatMap(({ doubts }) => doubts.map(({ path }) => path.join('.')));
}

function verdict(derived: Derived, from: string, to: string): string {
  const [source, destination] = [derived.snapshot.pod('shop', from), derived.snapshot.pod('shop', to)];
  assert(source && destination);
  return derived.decide({ kind: 'pod', pod: source }, { kind: 'pod', pod: destination }, 'TCP', 80).action;
}

const own = { endpointSelector: {} };
const web = [{ matchLabels: { app: 'job' } }];

function rule(fields: JsonObject): JsonObject {
  return { spec: { ...own, ingress: [fields] } };
}

function ports(entry: JsonObject): JsonObject {
  return rule({ toPorts: [{ ports: [{ port: '8080', protocol: 'TCP' }], ...entry }] });
}

function egress(fields: JsonObject): JsonObject {
  return { spec: { ...own, egress: [fields] } };
}

/** What is malformed, and where the doubt must stand. */
const malformed: readonly (readonly [path: string, body: JsonObject])[] = [
  ['spec', {}],
  ['spec', { spec: 'all' }],
  ['specs', { specs: 'all' }],
  ['specs.0', { specs: ['all'] }],
  ['spec.endpointSelector', { spec: { ingress: [{}] } }],
  ['spec.endpointSelector.app', { spec: { endpointSelector: { app: 'web' }, ingress: [{}] } }],
  ['spec.endpointSelector.matchLabels', { spec: { endpointSelector: { matchLabels: 'web' }, ingress: [{}] } }],
  ['spec.endpointSelector', { spec: { endpointSelector: { matchLabels: { app: 1 } }, ingress: [{}] } }],
  ['spec.endpointSelector', { spec: { endpointSelector: { matchLabels: { 'cidr:10.0.0.0/8': '' } }, ingress: [{}] } }],
  [
    'spec.endpointSelector',
    { spec: { endpointSelector: { matchLabels: { 'io.cilium.k8s.policy.cluster': 'a' } }, ingress: [{}] } },
  ],
  [
    'spec.endpointSelector.matchExpressions.0',
    { spec: { endpointSelector: { matchExpressions: [{ key: 'a', operator: 'In', values: [1] }] }, ingress: [{}] } },
  ],
  ['spec.nodeSelector', { spec: { nodeSelector: {}, ingress: [{}] } }],
  ['spec.ingress.0.toPorts.0.ports.0.port', rule({ toPorts: [{ ports: [{ port: '080', protocol: 'TCP' }] }] })],
  ['spec.ingres', { spec: { ...own, ingres: [], ingress: [{}] } }],
  ['spec.enableDefaultDeny', { spec: { ...own, enableDefaultDeny: true, ingress: [{}] } }],
  ['spec.enableDefaultDeny.ingress', { spec: { ...own, enableDefaultDeny: { ingress: 'no' }, ingress: [{}] } }],
  ['spec.enableDefaultDeny.ingress', { spec: { ...own, enableDefaultDeny: { ingress: true } } }],
  ['spec.ingress', { spec: { ...own, ingress: {} } }],
  ['spec.ingress.0', { spec: { ...own, ingress: ['all'] } }],
  ['spec.ingress.0.from', rule({ from: [] })],
  ['spec.ingress.0.toEndpoints', rule({ toEndpoints: [{}] })],
  ['spec.ingress.0.fromRequires', rule({ fromEndpoints: [{}], fromRequires: web })],
  ['spec.ingress.0', rule({ fromEndpoints: web, fromEntities: ['world'] })],
  ['spec.ingress.0.fromEndpoints', rule({ fromEndpoints: {} })],
  ['spec.ingress.0.fromEndpoints.0', rule({ fromEndpoints: ['web'] })],
  ['spec.ingress.0.fromEndpoints.0.app', rule({ fromEndpoints: [{ app: 'web' }] })],
  ['spec.ingress.0.fromEndpoints.0', rule({ fromEndpoints: [{ matchLabels: { 'reserved:host': '', app: 'web' } }] })],
  [
    'spec.ingress.0.fromEndpoints.0',
    rule({ fromEndpoints: [{ matchExpressions: [{ key: 'reserved:host', operator: 'DoesNotExist' }] }] }),
  ],
  ['spec.ingress.0.fromEntities.0', rule({ fromEntities: ['everyone'] })],
  ['spec.ingress.0.fromEntities.0', rule({ fromEntities: [{}] })],
  ['spec.ingress.0.fromCIDR.0', rule({ fromCIDR: ['10.0.0.1'] })],
  ['spec.ingress.0.fromCIDR.0', rule({ fromCIDR: [10] })],
  ['spec.ingress.0.fromCIDRSet.0', rule({ fromCIDRSet: [{}] })],
  ['spec.ingress.0.fromCIDRSet.0', rule({ fromCIDRSet: [{ cidr: '10.0.0.0/8', cidrGroupRef: 'a' }] })],
  ['spec.ingress.0.fromCIDRSet.0', rule({ fromCIDRSet: [{ cidr: '10.0.0.0/8', except: ['11.0.0.0/8'] }] })],
  ['spec.ingress.0.fromCIDRSet.0.except', rule({ fromCIDRSet: [{ cidr: '10.0.0.0/8', except: '10.1.0.0/16' }] })],
  ['spec.ingress.0.fromCIDRSet.0.except.0', rule({ fromCIDRSet: [{ cidr: '10.0.0.0/8', except: [10] }] })],
  ['spec.ingress.0.fromCIDRSet.0.cidrGroupRef', rule({ fromCIDRSet: [{ cidrGroupRef: 7 }] })],
  ['spec.ingress.0.fromNodes.0', rule({ fromNodes: ['one'] })],
  ['spec.egress.0.toServices.0.k8sService', egress({ toServices: [{ k8sService: { namespace: 'shop' } }] })],
  ['spec.egress.0.toFQDNs.0', egress({ toFQDNs: [{}] })],
  ['spec.egress.0.toFQDNs.0.matchName', egress({ toFQDNs: [{ matchName: '*.example.com' }] })],
  ['spec.egress.0.toFQDNs.0.matchPattern', egress({ toFQDNs: [{ matchPattern: '[a-z].example.com' }] })],
  ['spec.ingress.0.toPorts', rule({ toPorts: {} })],
  ['spec.ingress.0.toPorts.0', rule({ toPorts: ['80'] })],
  ['spec.ingress.0.toPorts.0.ports', rule({ toPorts: [{}] })],
  ['spec.ingress.0.toPorts.0.port', rule({ toPorts: [{ port: '80' }] })],
  ['spec.ingress.0.toPorts.0.ports.0.port', rule({ toPorts: [{ ports: [{ port: 80 }] }] })],
  ['spec.ingress.0.toPorts.0.ports.0.port', rule({ toPorts: [{ ports: [{ protocol: 'TCP' }] }] })],
  ['spec.ingress.0.toPorts.0.ports.0.port', rule({ toPorts: [{ ports: [{ port: '70000' }] }] })],
  ['spec.ingress.0.toPorts.0.ports.0.port', rule({ toPorts: [{ ports: [{ port: '80-90' }] }] })],
  ['spec.ingress.0.toPorts.0.ports.0.protocol', rule({ toPorts: [{ ports: [{ port: '80', protocol: 'tcp' }] }] })],
  ['spec.ingress.0.toPorts.0.ports.0.endPort', rule({ toPorts: [{ ports: [{ port: '80', endPort: 70 }] }] })],
  ['spec.ingress.0.icmps', rule({ icmps: {} })],
  ['spec.ingress.0', rule({ icmps: [{}], toPorts: [{ ports: [{ port: '80' }] }] })],
  ['spec.ingress.0.toPorts.0.rules', ports({ rules: 'GET' })],
  ['spec.ingress.0.toPorts.0.rules', ports({ rules: { grpc: [] } })],
  ['spec.ingress.0.toPorts.0.rules', ports({ rules: { http: [{}], kafka: [{}] } })],
  ['spec.ingress.0.toPorts.0.rules', ports({ rules: { dns: [{ matchPattern: '*' }] } })],
  ['spec.ingress.0.toPorts.0.rules', ports({ ports: [{ port: '80' }], rules: { http: [{}] } })],
  ['spec.ingress.0.toPorts.0.rules', ports({ ports: [{ port: '0', protocol: 'TCP' }], rules: { http: [{}] } })],
  ['spec.ingress.0.toPorts.0.rules.http', ports({ rules: { http: {} } })],
  ['spec.ingress.0.toPorts.0.rules.http.0', ports({ rules: { http: ['GET'] } })],
  ['spec.ingress.0.toPorts.0.rules.http.0', ports({ rules: { http: [{ method: 7 }] } })],
  ['spec.ingress.0.toPorts.0.rules.http.0', ports({ rules: { http: [{ verb: 'GET' }] } })],
  ['spec.ingress.0.toPorts.0.listener', ports({ listener: { name: 'x' } })],
  ['spec.ingress.0.toPorts.0.serverNames.0', ports({ serverNames: [''] })],
  ['spec.ingress.0.toPorts.0.serverNames', ports({ serverNames: ['a'], rules: { http: [{}] } })],
  ['spec.ingress.0.authentication', rule({ fromEndpoints: web, authentication: 'required' })],
  ['spec.ingress.0.authentication.mode', rule({ fromEndpoints: web, authentication: { mode: 'maybe' } })],
  ['spec.ingressDeny.0.authentication', { spec: { ...own, ingressDeny: [{ authentication: {} }] } }],
  ['spec.egressDeny.0.toFQDNs', { spec: { ...own, egressDeny: [{ toFQDNs: [{ matchName: 'a.b' }] }] } }],
  [
    'spec.ingressDeny.0.toPorts.0.rules',
    { spec: { ...own, ingressDeny: [{ toPorts: [{ ports: [{ port: '80' }], rules: {} }] }] } },
  ],
];

for (const [path, body] of malformed) {
  test(`a doubt at ${path}: ${JSON.stringify(body)}`, () => {
    const derived = derivedOf(policy(body));
    assert.ok(doubtsOf(derived).includes(path), doubtsOf(derived).join(' '));
    assert.equal(verdict(derived, 'web', 'api'), 'unknown');
  });
}

test('what is malformed in a denial makes unknown what another policy allows', () => {
  const allow = {
    ...policy({ spec: { ...own, ingress: [{ fromEndpoints: [{}] }] } }),
    metadata: { name: 'a', namespace: 'shop' },
  };
  assert.equal(verdict(derivedOf(allow), 'web', 'api'), 'allow');
  const allowMore = policy({ spec: { ...own, ingress: [{ fromEntities: ['everyone'] }] } });
  assert.equal(verdict(derivedOf(allow, allowMore), 'web', 'api'), 'allow');
  const deny = policy({ spec: { ...own, ingressDeny: [{ fromEntities: ['everyone'] }] } });
  assert.equal(verdict(derivedOf(allow, deny), 'web', 'api'), 'unknown');
});

test('a malformed selector of nodes makes nodes unknown', () => {
  const derived = derivedOf(policy({ spec: { nodeSelector: [], ingress: [{}] } }, 'CiliumClusterwideNetworkPolicy'));
  const [node] = derived.snapshot.nodes;
  assert(node);
  const decision = derived.decide({ kind: 'address', ip: '203.0.113.9' }, { kind: 'node', node }, 'TCP', 22);
  assert.equal(decision.action, 'unknown');
});

test('a policy of nodes has no rules of requests', () => {
  const rules = { toPorts: [{ ports: [{ port: '80', protocol: 'TCP' }], rules: { http: [{}] } }] };
  const derived = derivedOf(policy({ spec: { nodeSelector: {}, ingress: [rules] } }, 'CiliumClusterwideNetworkPolicy'));
  assert.deepEqual(doubtsOf(derived), ['spec.ingress.0.toPorts.0.rules']);
});

test('a policy is compiled again when a Service that it means changes, and only then', () => {
  const service = (selector: JsonObject): JsonObject => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 's', namespace: 'shop' },
    spec: { selector, ports: [{ port: 80 }] },
  });
  const means = policy({ spec: { ...own, egress: [{ toServices: [{ k8sService: { serviceName: 's' } }] }] } });
  const other = {
    ...policy({ spec: { ...own, ingress: [{ fromEntities: ['all'] }] } }),
    metadata: { name: 'q', namespace: 'shop' },
  };
  const before = derivedOf(means, other, service({ app: 'api' }));
  assert.equal(verdict(before, 'web', 'api'), 'allow');
  const again = compilePolicies(before.snapshot);
  for (const [index, one] of compilePolicies(before.snapshot).entries()) assert.equal(one, again[index]);
  const resources = before.snapshot.resources.filter(({ ref }) => ref.kind !== 'Service');
  const without = buildSnapshot({ scope: 'unit', resources, assume: before.snapshot.assume });
  const compiled = compilePolicies(without);
  const named = (name: string) => (one: { readonly ref: { readonly name: string } }) => one.ref.name === name;
  assert.notEqual(compiled.find(named('p')), again.find(named('p')));
  assert.equal(compiled.find(named('q')), again.find(named('q')));
  assert.equal(verdict(new Derived(without), 'web', 'api'), 'unknown');
});

test('a denial that depends on what is not here leaves the allow unknown', () => {
  const spec = {
    ...own,
    ingress: [{ fromEntities: ['all'] }],
    ingressDeny: [{ fromCIDRSet: [{ cidrGroupRef: 'x' }] }],
  };
  const derived = derivedOf(policy({ spec }));
  const api = derived.snapshot.pod('shop', 'api');
  assert(api);
  const decision = derived.decide({ kind: 'address', ip: '203.0.113.9' }, { kind: 'pod', pod: api }, 'TCP', 80);
  assert.equal(decision.action, 'unknown');
  assert.equal(verdict(derived, 'web', 'api'), 'allow');
});

/** What the agents are told, and whether policies then have any effect. */
const agents: readonly (readonly [data: JsonObject, action: string])[] = [
  [{ 'enable-policy': 'default' }, 'deny'],
  [{ 'enable-policy': 'never' }, 'allow'],
  [{ 'policy-audit-mode': 'true' }, 'allow'],
  [{ 'policy-audit-mode': 'false' }, 'deny'],
];

for (const [data, action] of agents) {
  test(`agents with ${JSON.stringify(data)}: what policies deny is ${action === 'deny' ? '' : 'not '}enforced`, () => {
    const config = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'cilium-config', namespace: 'kube-system' },
      data,
    };
    const agent = {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'cilium', namespace: 'kube-system' },
      spec: { template: { spec: { containers: [{ name: 'agent', image: 'quay.io/cilium/cilium:v1.18.0' }] } } },
    };
    const closed = { podSelector: {}, policyTypes: ['Ingress'] };
    const metadata = { name: 'closed', namespace: 'shop' };
    const plain = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec: closed };
    for (const one of [plain, policy({ spec: { endpointSelector: {}, ingress: [{}] } })]) {
      const derived = derivedOf(config, agent, one);
      const [source, destination] = [derived.snapshot.pod('shop', 'web'), derived.snapshot.pod('shop', 'api')];
      assert(source && destination);
      const enforced = derived.enforce({ kind: 'pod', pod: source }, { kind: 'pod', pod: destination }, 'TCP', 80);
      assert.equal(enforced.action, action);
      assert.equal(enforced.ingress.action, action === 'deny' ? 'deny' : 'not-enforced');
    }
  });
}
