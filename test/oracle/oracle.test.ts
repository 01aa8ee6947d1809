import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedFolder } from '../judge/peerFiles.ts';
import { runOracle } from './runOracle.ts';

/** Suites that must agree, as shares of all their cases. */
const goals: readonly (readonly [suite: string, features: string | undefined, share: number])[] = [
  ['k8s-e2e-netpol', undefined, 1],
  ['cyclonus-analyze', undefined, 1],
  ['npapi-anp-conformance', undefined, 1],
  ['npapi-cnp-conformance', undefined, 1],
  ['npapi-policy-assistant', undefined, 1],
  ['npguard-eval', undefined, 1],
  ['npguard-list', 'np', 1],
  ['npguard-list', undefined, 0.9],
  ['npguard-diff', undefined, 0.95],
  ['npguard-explain', undefined, 0.95],
  ['npguard-errors', undefined, 0.95],
  ['npguard-exposure', undefined, 0.85],
  ['endpoints', undefined, 1],
  ['dns-spec', undefined, 1],
  ['dns-resolver', undefined, 1],
  ['proxy-categorize', undefined, 1],
  ['proxy-iptables', undefined, 0.95],
  ['proxy-chains', undefined, 1],
  ['ingress', undefined, 1],
  ['istio', undefined, 0.9],
];

for (const [suite, features, share] of goals) {
  test(`${suite}${features === undefined ? '' : ` (${features})`} agrees with its peer`, () => {
    const [result] = runOracle([`${sharedFolder()}/corpus/dev`, `${sharedFolder()}/cases/dev`], {
      only: suite,
      features,
    });
    assert.ok(result !== undefined && result.cases > 0, 'no cases');
    assert.ok(result.agree >= share * result.cases, JSON.stringify(result.failures.slice(0, 5), null, 1));
  });
}
