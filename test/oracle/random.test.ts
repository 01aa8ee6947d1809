import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disagreement, families } from './random/compare.ts';

for (const [index, family] of families.entries()) {
  // More are run by `npm run oracle -- --random 10000`.
  const last = index === 0 ? 1000 : 500;
  test(`${family.name}: a literal reading of the API agrees on ${last} random clusters`, () => {
    for (let seed = 1; seed <= last; seed++) assert.equal(disagreement(family, seed), undefined);
  });
}
