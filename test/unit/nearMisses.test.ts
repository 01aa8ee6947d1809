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

test('a rule of a policy that comes to several is one rule in words', () => {
  const cilium = `${pod('web', 'app: web')}apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: x}
spec:
  endpointSelector: {matchLabels: {app: web}}
  ingress:
    - fromCIDR: [198.51.100.0/24, 192.0.2.0/24]
      toPorts: [{ports: [{port: '80', protocol: TCP}]}, {ports: [{port: '443', protocol: TCP}]}]
`;
  const derived = scopeOf(cilium);
  const target = derived.snapshot.pod('x', 'web');
  assert.ok(target);
  const { ingress } = derived.decide({ kind: 'address', ip: '203.0.113.1' }, { kind: 'pod', pod: target }, 'TCP', 80);
  assert.match(ingress.reason, /its only ingress rule does not allow 203\.0\.113\.1/);
  assert.equal(ingress.considered.length, 1);
});

test('what a policy does on a node is not said of a device of a pod', () => {
  const cilium = `${pod('web', 'app: web')}apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: nodes}
spec: {nodeSelector: {}, ingress: [{fromEntities: [cluster]}]}
`;
  const scope = scopeOf(cilium, { cni: 'cilium-vxlan' });
  const steps = traced(scope, 'x/web', 'node/node-1:22').branches.flatMap(({ forward }) =>
    forward.flatMap((hop) => hop.steps),
  );
  const policies = steps.filter(({ kind }) => kind === 'ingress-policy');
  assert.deepEqual(
    policies.map(({ mechanism }) => mechanism),
    ['host endpoint'],
  );
});

test('a block that covers a pod or a node and does not mean it says so', () => {
  const closed = `${pod('web', 'app: web')}${pod('client', 'app: client')}apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: out, namespace: x}
spec:
  podSelector: {matchLabels: {app: client}}
  egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]
`;
  const scope = scopeOf(closed, { cni: 'cilium-vxlan' });
  const reason = (to: string): string => traced(scope, 'x/client', to).branches[0]?.reason ?? '';
  assert.match(reason('x/web:80'), /only for 0\.0\.0\.0\/0, which does not mean pods here\.$/);
  assert.match(reason('node/node-1:80'), /only for 0\.0\.0\.0\/0, which does not mean nodes here\.$/);
});
