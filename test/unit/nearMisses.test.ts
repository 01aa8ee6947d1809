import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scopeOf, traced } from '../golden/scope.ts';

const pod = (name: string, labels: string): string => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: x, labels: {${labels}}}
spec: {containers: [{name: c, ports: [{containerPort: 80}]}]}
---
`;

const text = `${pod('web', 'app: web')}${pod('client', 'app: client, tier: front, track: beta')}apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: x}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
    - from: [{podSelector: {matchLabels: {team: other}}}]
    - from: [{podSelector: {matchLabels: {app: client, tier: front, track: stable}}}]
    - from: [{ipBlock: {cidr: 198.51.100.0/24}}]
    - from: [{ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.128/25]}}]
      ports: [{port: 80}]
    - from: [{ipBlock: {cidr: 192.0.2.0/24}}]
      ports: [{port: 443}]
`;

test('of the rules that do not allow, the one that comes closest is told', () => {
  const scope = scopeOf(text);
  const reason = (from: string): string => traced(scope, from, 'x/web:80').branches[0]?.reason ?? '';
  assert.match(reason('x/client'), /only for pods app=client,tier=front,track=stable in x\.$/);
  assert.match(reason('203.0.113.200'), /only for 203\.0\.113\.0\/24 except 203\.0\.113\.128\/25\.$/);
  assert.match(reason('192.0.2.1'), /allows 192\.0\.2\.1 only on 443\/TCP\.$/);
});
