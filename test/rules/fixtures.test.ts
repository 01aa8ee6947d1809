import assert from 'node:assert/strict';
import { test } from 'node:test';
import { described, readFixtures } from './fixtures.ts';
import { findingsIn } from './workspace.ts';

for (const { name, files, expected } of readFixtures()) {
  test(`${name}: exactly what the marks say is found`, () => {
    const found = findingsIn(files);
    assert.deepEqual(
      found.map((one) => described(one, files)),
      expected,
      found.map(({ code, message }) => `${code}: ${message}`).join('\n'),
    );
  });
}
