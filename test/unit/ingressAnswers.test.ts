import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scopeOf, traced } from '../golden/scope.ts';

const pod = (name: string, app: string, labels = ''): string => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: x, labels: {app: ${app}${labels}}}
spec: {containers: [{name: c, image: web, ports: [{containerPort: 8080}]}]}
---
`;

const backend = `apiVersion: v1
kind: Service
metadata: {name: web, namespace: x}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: x}
spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
---
`;

const isolated = (labels: string): string => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: none, namespace: x}
spec: {podSelector: {matchLabels: {${labels}}}, policyTypes: [Ingress]}
---
`;

const controller = (image: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ingress, namespace: x}
spec:
  selector: {matchLabels: {app: ingress}}
  template:
    metadata: {labels: {app: ingress}}
    spec: {containers: [{name: c, image: ${image}, ports: [{name: http, containerPort: 8000}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: ingress, namespace: x}
spec: {type: LoadBalancer, selector: {app: ingress}, ports: [{port: 80, targetPort: http}]}
---
`;

/** How each branch of a request ends, and whether what the client sees rests on defaults. */
function answers(text: string): readonly string[] {
  const { branches, assumptions } = traced(scopeOf(text), '203.0.113.7', 'http://shop.example/');
  const codes = new Set(assumptions.map(({ code }) => code));
  const isNumber = branches.some(({ clientSees }) => /^http-5/.test(clientSees));
  assert.equal(codes.has('ingress-defaults'), isNumber);
  return branches.map(({ disposition, clientSees }) => `${disposition} ${clientSees}`);
}

const one = pod('web-1', 'web', ', no: "1"');
const both = one + pod('web-2', 'web');
const nginx = 'registry.k8s.io/ingress-nginx/controller:v1.12.0';

test('ingress-nginx answers 503 where there is no endpoint, and 504 where all are silent', () => {
  for (const ingress of ['', controller(nginx)]) {
    assert.deepEqual(answers(backend + ingress), ['no-endpoints http-503']);
    assert.deepEqual(answers(backend + both + isolated('app: web') + ingress), [
      'denied-ingress http-504',
      'denied-ingress http-504',
    ]);
  }
});

test('where another endpoint may answer in place of one that is denied, nobody knows what the client sees', () => {
  assert.deepEqual(answers(backend + both + isolated('no: "1"')), ['denied-ingress unknown', 'delivered connected']);
});

test('nothing is promised of the answers of other controllers', () => {
  const traefik = controller('docker.io/traefik:v3.1');
  assert.deepEqual(answers(backend + traefik), ['no-endpoints unknown']);
  assert.deepEqual(answers(backend + one + isolated('app: web') + traefik), ['denied-ingress unknown']);
  assert.deepEqual(answers(backend + one + traefik), ['delivered connected']);
});

test('a backend that an unreadable policy may close is not a time-out', () => {
  const strange = isolated('app: web').replace('policyTypes: [Ingress]', 'policyTypes: [Inbound]');
  const [answer = ''] = answers(backend + one + strange);
  assert.match(answer, /unknown$/);
});
