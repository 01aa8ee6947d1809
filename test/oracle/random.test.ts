import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disagreement, families } from './random/compare.ts';

for (const family of families) {
  test(`${family.name}: a literal reading of the API agrees on 1,000 random clusters`, () => {
    for (let seed = 1; seed <= 1000; seed++) assert.equal(disagreement(family, seed), undefined);
  });
}
