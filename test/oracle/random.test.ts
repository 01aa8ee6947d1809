import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disagreement } from './random/compare.ts';

test('NetworkPolicy: a literal reading of the API agrees on 1,000 random clusters', () => {
  for (let seed = 1; seed <= 1000; seed++) assert.equal(disagreement(seed), undefined);
});
