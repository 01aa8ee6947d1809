import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerDns, sliceLabels } from '../../src/engine/index.ts';
import { scopeOf } from '../golden/scope.ts';

const slice = (name: string, ip: string, manager?: string): string => `---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: ${name}
  namespace: x
  labels:
    kubernetes.io/service-name: web
${manager === undefined ? '' : `    endpointslice.kubernetes.io/managed-by: ${manager}\n`}addressType: IPv4
ports: [{name: "", port: 8080, protocol: TCP}]
endpoints: [{addresses: [${ip}]}]
`;

const text = `apiVersion: v1
kind: Pod
metadata: {name: web, namespace: x, labels: {app: web}}
spec: {containers: [{name: c, ports: [{containerPort: 8080}]}]}
status: {phase: Running, podIP: 10.244.1.5, conditions: [{type: Ready, status: "True"}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: x}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
`;

test("slices of others add to the controller's own; old copies of those do not", () => {
  const scope = scopeOf(
    text +
      slice('by-hand', '203.0.113.5') +
      slice('by-tool', '203.0.113.6', 'mesh.example.com') +
      slice('web-x7k', '10.244.9.9', 'endpointslice-controller.k8s.io') +
      slice('twice', '10.244.1.5'),
  );
  const service = scope.snapshot.service('x', 'web');
  assert(service);
  assert.deepEqual(
    scope.endpointsOf(service).endpoints.map(({ ip }) => ip),
    ['10.244.1.5', '203.0.113.5', '203.0.113.6'],
  );
});

test("the label for headless Services is the controller's own", () => {
  const labels = { app: 'web', 'service.kubernetes.io/headless': '' };
  const of = (clusterIP: string) => sliceLabels({ metadata: { name: 'web', labels }, spec: { clusterIP } });
  assert.equal('service.kubernetes.io/headless' in of('10.96.7.7'), false);
  assert.equal(of('None')['service.kubernetes.io/headless'], '');
  assert.equal(of('10.96.7.7')['app'], 'web');
});

test('DNS tells the version of its schema', () => {
  const ask = (type: string) => answerDns(scopeOf(text).dns, 'dns-version.cluster.local.', type);
  assert.deepEqual(ask('TXT').answer, [{ name: 'dns-version.cluster.local.', type: 'TXT', rdata: '"1.1.0"' }]);
  assert.deepEqual([ask('A').rcode, ask('A').answer], ['NOERROR', []]);
});

test("a StatefulSet's pods are counted from where it says", () => {
  const scope = scopeOf(`apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  replicas: 2
  ordinals: {start: 5}
  serviceName: db
  selector: {matchLabels: {app: db}}
  template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c}]}}
`);
  const pods = scope.snapshot.pods.filter(({ ref }) => ref.name.startsWith('db-'));
  assert.deepEqual(
    pods.map(({ ref, template }) => [ref.name, template.hostname, template.labels['apps.kubernetes.io/pod-index']]),
    [
      ['db-5', 'db-5', '5'],
      ['db-6', 'db-6', '6'],
    ],
  );
});
