import type { Labels } from './labels.ts';

const pool = new Map<string, Labels>();

/** Sets kept at once; a cluster of 150,000 pods has about 20,000. */
const mostSets = 100_000;

/**
 * The same object for equal labels, so that what depends on labels alone is computed once for all pods that have them.
 * Never needed for being right: beyond a size the pool starts anew.
 */
export function internLabels(labels: Labels): Labels {
  const key = JSON.stringify(labels);
  const known = pool.get(key);
  if (known !== undefined) return known;
  if (pool.size >= mostSets) pool.clear();
  pool.set(key, labels);
  return labels;
}
