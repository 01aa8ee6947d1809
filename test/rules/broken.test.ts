import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AssumptionSettings } from '../../src/engine/index.ts';
import { branchTo, scopeOf, traced } from '../golden/scope.ts';
import { findingsIn } from './workspace.ts';

const broken = join(import.meta.dirname, '../../examples/broken');

function textOf(problem: string): string {
  return readFileSync(join(broken, problem, 'store.yaml'), 'utf8');
}

/** What `podpath check` says of each folder; the two about datapaths are told by traces. */
const expected: Readonly<Record<string, readonly string[]>> = {
  'and-or-trap': ['policy-peer-split'],
  'cross-node-unreachable': [],
  'dns-blocked': ['policy-egress-blocks-dns'],
  'latency-by-overlay': [],
  'service-port-in-policy': ['policy-port-is-service-port'],
  'service-selector-typo': ['service-selects-no-pods'],
  'wrong-target-port': ['service-target-port-missing', 'service-target-port-undeclared'],
};

test('every broken example has its finding and no other, and a page of its own', () => {
  assert.deepEqual(readdirSync(broken).sort(), Object.keys(expected));
  for (const [problem, codes] of Object.entries(expected)) {
    const found = findingsIn({ 'store.yaml': textOf(problem) });
    assert.deepEqual(
      found.map((one) => one.code),
      codes,
      problem,
    );
    assert.ok(
      found.every((one) => one.fixes.length > 0 || one.severity === 'info'),
      problem,
    );
    assert.match(readFileSync(join(broken, problem, 'README.md'), 'utf8'), /^# .+\n\n\*\*Symptom:\*\*/);
  }
});

function disposition(problem: string, from: string, to: string, assume: AssumptionSettings = {}): string {
  return traced(scopeOf(textOf(problem), assume), from, to).disposition;
}

test('the traces that the pages name end as they say', () => {
  assert.equal(disposition('service-selector-typo', 'store/Deployment/web', 'store/svc/cart:80'), 'no-endpoints');
  assert.equal(disposition('dns-blocked', 'store/Deployment/web', 'cart:80'), 'denied-egress');
  assert.equal(disposition('dns-blocked', 'store/Deployment/web', 'store/svc/cart:80'), 'delivered');
  assert.equal(disposition('service-port-in-policy', 'store/Deployment/web', 'store/svc/cart:8080'), 'denied-ingress');
  assert.equal(disposition('cross-node-unreachable', 'store/web-a', 'store/svc/cache:6379'), 'delivered');
  assert.equal(disposition('cross-node-unreachable', 'store/web-b', 'store/svc/cache:6379'), 'no-local-endpoints');
});

test('an overlay costs fifty bytes of every packet, and host-gw does not', () => {
  const flow = ['store/Deployment/web', 'store/svc/cart:80'] as const;
  const text = textOf('latency-by-overlay');
  const overlay = branchTo(traced(scopeOf(text), ...flow), 'cart-1');
  assert.equal(overlay.pathMtu, 1450);
  const wrapped = overlay.forward.flatMap((hop) => hop.steps).find((step) => step.kind === 'tunnel-out');
  assert.deepEqual([wrapped?.after.encapsulation?.type, wrapped?.after.encapsulation?.port], ['vxlan', 8472]);
  assert.equal(branchTo(traced(scopeOf(text, { cni: 'flannel-host-gw' }), ...flow), 'cart-1').pathMtu, 1500);
});
