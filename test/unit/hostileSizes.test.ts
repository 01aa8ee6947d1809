import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnalysisHost, findings, finish } from '../../src/engine/index.ts';
import { scopeOf } from '../golden/scope.ts';

function codesOf(text: string): readonly string[] {
  const folder = { uri: 'file:///w', name: 'w' };
  const analysis = new AnalysisHost().apply({ folders: [folder], saved: [{ uri: `${folder.uri}/a.yaml`, text }] });
  return finish(findings(analysis)).map(({ code }) => code);
}

test('a slip in replicas makes many pods and no error', { timeout: 60_000 }, () => {
  const text = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2000000000
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c}]}}
`;
  assert(scopeOf(text).snapshot.pods.length >= 150_000);
});

test('a policy of thousands of rules is judged in time, and its double rule found', { timeout: 20_000 }, () => {
  const rule = (i: number): string =>
    `    - from: [{ipBlock: {cidr: 10.${i >> 8}.${i & 255}.0/24}}]\n      ports: [{port: ${i + 1}}]\n`;
  const text = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: many}
spec:
  podSelector: {}
  ingress:
${Array.from({ length: 4000 }, (_, i) => rule(i)).join('')}${rule(7)}---
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: c}]}
`;
  assert.deepEqual(codesOf(text), ['policy-rule-shadowed']);
});
