import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Derived } from '../../src/engine/analysis/derived.ts';
import { parseManifest } from '../../src/engine/manifest/parse.ts';
import { buildSnapshot } from '../../src/engine/model/build.ts';
import type { Resource } from '../../src/engine/model/resource.ts';
import type { Snapshot } from '../../src/engine/model/snapshot.ts';
import { traced } from '../golden/scope.ts';
import { asLive, inClusterOrder } from '../live.ts';

const pod = (name: string, on: string, ip: string): string => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: x, labels: {app: ${name.replace(/-.*/, '')}}}
spec: {nodeName: ${on}, containers: [{name: c, ports: [{containerPort: 8080}]}]}
status: {phase: Running, podIP: ${ip}, podIPs: [{ip: ${ip}}], conditions: [{type: Ready, status: "True"}]}
---
`;

const node = (name: string, ip: string): string => `apiVersion: v1
kind: Node
metadata: {name: ${name}}
status: {addresses: [{type: InternalIP, address: ${ip}}]}
---
`;

const service = (name: string, ip: string, fields = ''): string => `apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: x}
spec: {clusterIP: ${ip}, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]${fields}}
---
`;

const pods = pod('client', 'n1', '10.244.1.5') + pod('web-1', 'n1', '10.244.1.6') + pod('web-2', 'n2', '10.244.2.6');
const text =
  node('n1', '192.168.0.11') +
  pods +
  service('web', '10.96.7.7') +
  service('all', '10.96.7.8', ', publishNotReadyAddresses: true');

function objects(yaml: string): readonly Resource[] {
  return parseManifest(yaml, 'test.yaml').documents.flatMap((one) => one.resources);
}

function live(yaml: string): readonly Resource[] {
  return inClusterOrder(objects(yaml).flatMap(({ object }) => asLive(object) ?? []));
}

function derivedOf(resources: readonly Resource[], isLoading = false): Derived {
  return new Derived(buildSnapshot({ scope: 'test', resources, assume: { cni: 'calico-bgp' }, isLoading }));
}

function endpoints(derived: Derived, name = 'web'): readonly string[] {
  const found = derived.snapshot.service('x', name);
  assert(found);
  return derived.endpointsOf(found).endpoints.map(({ ip }) => ip);
}

test('a ready pod whose node is gone is no endpoint, unless all addresses are published', () => {
  const derived = derivedOf(live(text));
  assert.deepEqual(endpoints(derived), ['10.244.1.6']);
  assert.deepEqual(endpoints(derived, 'all'), ['10.244.1.6', '10.244.2.6']);
  const web = derived.snapshot.service('x', 'web');
  assert.match((web && derived.endpointsOf(web).reasons[0]?.text) ?? '', /web-2 is on node n2/);
  assert.deepEqual(
    traced(derived, 'x/client', 'x/svc/web').branches.map(({ destination }) => destination.pod?.name),
    ['web-1'],
  );
});

test('nobody knows how packets come to a pod whose node is gone, or from it', () => {
  const derived = derivedOf(live(text));
  for (const [from, to] of [
    ['x/client', 'x/web-2:8080'],
    ['x/client', '10.244.2.6:8080'],
    ['203.0.113.7', 'x/web-2:8080'],
    ['x/web-2', 'x/client:8080'],
    ['x/web-2', '203.0.113.7:443'],
  ] as const) {
    const { disposition, branches, assumptions } = traced(derived, from, to);
    assert.equal(disposition, 'insufficient-information', `${from} ${to}`);
    assert.match(branches[0]?.reason ?? '', /on node n2/);
    assert.deepEqual(branches[0]?.decidedBy[0]?.path, ['spec', 'nodeName']);
    const steps = branches[0]?.forward.flatMap((hop) => hop.steps) ?? [];
    assert.equal(steps.at(-1)?.action, 'unknown');
    assert(!steps.some(({ kind }) => kind === 'deliver'));
    assert(!assumptions.some(({ code }) => code === 'node-not-read'));
  }
  const shared = traced(derived, 'x/client', 'x/svc/all');
  assert.deepEqual(
    shared.branches.map(({ disposition }) => disposition),
    ['delivered', 'insufficient-information'],
  );
});

test("what the client's own node denies is denied, whatever became of the other one", () => {
  const policy = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: out, namespace: x}
spec: {podSelector: {matchLabels: {app: client}}, policyTypes: [Egress]}
`;
  assert.equal(traced(derivedOf(live(text + policy)), 'x/client', 'x/web-2:8080').disposition, 'denied-egress');
});

test('a node that goes takes its pods out of the endpoints, and one that comes brings them', () => {
  const [with2, without] = [live(`${node('n2', '192.168.0.12')}${text}`), live(text)];
  const next = (resources: readonly Resource[], old: Derived): Derived => {
    const snapshot: Snapshot = buildSnapshot({ scope: 'test', resources, assume: old.snapshot.assume }, old.snapshot);
    return new Derived(snapshot, old);
  };
  const first = derivedOf(with2);
  assert.deepEqual(endpoints(first), ['10.244.1.6', '10.244.2.6']);
  const second = next(without, first);
  assert.deepEqual(endpoints(second), ['10.244.1.6']);
  assert.deepEqual(endpoints(next(with2, second)), ['10.244.1.6', '10.244.2.6']);
});

test('a node is not gone where nodes are not read, or not yet, or only files speak of it', () => {
  const unread = derivedOf(live(text).filter(({ ref }) => ref.kind !== 'Node'));
  assert.deepEqual(endpoints(unread), ['10.244.1.6', '10.244.2.6']);
  assert.equal(traced(derivedOf(live(text), true), 'x/client', 'x/web-2:8080').disposition, 'delivered');
  const files = derivedOf(objects(text));
  assert.deepEqual(endpoints(files), ['10.244.1.6', '10.244.2.6']);
  const trace = traced(files, 'x/client', 'x/web-2:8080');
  assert.equal(trace.disposition, 'delivered');
  assert(trace.assumptions.some(({ code }) => code === 'node-not-read'));
  assert(!traced(files, 'x/client', 'x/web-1:8080').assumptions.some(({ code }) => code === 'node-not-read'));
});
