import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { rules } from '../../src/engine/diagnostics/rules.ts';
import type { AnalysisSettings } from '../../src/engine/index.ts';
import { applyEdits, findingsIn } from './workspace.ts';

function codesIn(text: string, file: string, settings: AnalysisSettings): readonly string[] {
  // What is not modelled yet is told beside whatever is found in it.
  const found = findingsIn({ [file]: text }, settings).filter(
    ({ code }) => code !== 'kind-not-modelled' || settings.rules[code],
  );
  return found.map(({ code, message }) => `${code}: ${message}`);
}

for (const { code, example, severity } of rules) {
  const file = example.file ?? 'example.yaml';
  // A rule that is off by default is asked for.
  const shown = severity === 'off' ? 'info' : severity;
  const settings = { assume: {}, rules: severity === 'off' || code === 'kind-not-modelled' ? { [code]: shown } : {} };

  test(`${code}: the failing example has this finding and no other`, () => {
    const found = codesIn(example.failing, file, settings);
    assert.ok(found.length > 0, 'nothing was found');
    assert.deepEqual(
      found.filter((one) => !one.startsWith(`${code}:`)),
      [],
    );
    const first = findingsIn({ [file]: example.failing }, settings).find((one) => one.code === code);
    assert.equal(first?.severity, shown);
  });

  test(`${code}: the corrected example is clean`, () => {
    assert.deepEqual(codesIn(example.corrected, file, settings), []);
  });

  test(`${code}: every fix applied to the failing example mends it`, () => {
    for (const finding of findingsIn({ [file]: example.failing }, settings)) {
      for (const { title, edits } of finding.fixes) {
        const fixed = applyEdits(example.failing, edits);
        const left = findingsIn({ [file]: fixed }, settings).filter((one) => one.code === code);
        assert.deepEqual(left, [], `${title}:\n${fixed}`);
      }
    }
  });
}

test('the list of rules is sorted, unique, documented, and has every rule file', () => {
  const codes = rules.map((one) => one.code);
  assert.deepEqual(codes, [...new Set(codes)].sort());
  for (const { code, summary, description } of rules) {
    assert.match(code, /^[a-z]+(-[a-z]+)+$/);
    assert.ok(summary.endsWith('.') && description.length > summary.length, code);
  }
  const docs = readFileSync(join(import.meta.dirname, '../../docs/rules.md'), 'utf8');
  for (const code of codes) assert.ok(docs.includes(`\n## ${code}\n`), `docs/rules.md lacks ${code}: npm run docs`);
});
