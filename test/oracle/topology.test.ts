import assert from 'node:assert/strict';
import { test } from 'node:test';
import { finish, type GraphEdge } from '../../src/engine/index.ts';
import { mayConnect } from '../../src/engine/topology/mayConnect.ts';
import { adminCluster } from './random/adminClusters.ts';
import { randomCluster } from './random/clusters.ts';
import { derivedOf } from './random/compare.ts';

const arrows = (edges: readonly GraphEdge[]): readonly string[] =>
  [...new Set(edges.filter(({ from, to }) => from !== to).map(({ from, to }) => `${from} → ${to}`))].sort();

test('arrows between many workloads, taken together by rows, are those of every pair', () => {
  let told = 0;
  for (let seed = 1; seed <= 150; seed++) {
    const derived = derivedOf(seed % 2 === 0 ? randomCluster(seed) : adminCluster(seed));
    for (const placeOf of [
      (box: string) => box,
      (box: string) => box.split('/')[1] ?? '',
      (box: string) => box.at(-1),
    ]) {
      const byRows = arrows(finish(mayConnect(derived, 'workload', placeOf, 0)));
      assert.deepEqual(byRows, arrows(finish(mayConnect(derived, 'workload', placeOf, 10_000))), `seed ${seed}`);
      told += byRows.length;
    }
  }
  assert.ok(told > 1000, `${told} arrows`);
});
