import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Derived,
  diffConnectivity,
  finish,
  isSameConnectivity,
  presentConnections,
  suggestPolicies,
} from '../../src/engine/index.ts';
import { type RandomCluster, randomCluster } from './random/clusters.ts';
import { derivedOf } from './random/compare.ts';

/** A random cluster whose pods each have a label of their own, so that policies can tell them apart. */
function tellable(seed: number): RandomCluster {
  const cluster = randomCluster(seed);
  const pods = cluster.pods.map((pod) => {
    const metadata = pod['metadata'] as { name: string; labels?: Record<string, string> };
    return { ...pod, metadata: { ...metadata, labels: { ...metadata.labels, instance: metadata.name } } };
  });
  return { ...cluster, pods, blocksMatchPods: false };
}

function suggested(before: Derived, cluster: RandomCluster): Derived {
  const suggestion = finish(suggestPolicies(before, presentConnections(before)));
  assert.ok(suggestion !== undefined);
  assert.deepEqual(suggestion.problems, []);
  return derivedOf({ ...cluster, policies: suggestion.policies });
}

test('the suggested policies allow exactly what was allowed, on 300 random clusters', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const cluster = tellable(seed);
    const before = derivedOf(cluster);
    const diff = finish(diffConnectivity(before, suggested(before, cluster)));
    assert.ok(isSameConnectivity(diff), `seed ${seed}: ${JSON.stringify(diff).slice(0, 600)}`);
  }
});
