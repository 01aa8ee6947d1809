import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { readDocuments } from '../../src/engine/manifest/parse.ts';
import { peerFiles } from './peerFiles.ts';

interface Judged {
  readonly file: string;
  readonly documents: readonly { readonly value?: unknown; readonly error?: string }[];
}

const judge = process.env['PODPATH_JUDGE'] ?? '';

/** Go and JavaScript agree on numbers once both are doubles without a sign of zero. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null)) as unknown;
}

test('every document of the peers has the value that kubectl reads', () => {
  const files = peerFiles();
  assert.ok(files.length > 500, `only ${files.length} files`);
  const output = execFileSync(judge, { input: files.join('\n'), maxBuffer: 1 << 30, encoding: 'utf8' });
  const failures: string[] = [];
  for (const line of output.trimEnd().split('\n')) {
    const { file, documents } = JSON.parse(line) as Judged;
    const ours = readDocuments(readFileSync(file, 'utf8'));
    if (ours.length !== documents.length) failures.push(`${file}: ${ours.length} documents, not ${documents.length}`);
    for (const [index, theirs] of documents.entries()) {
      const mine = ours[index];
      const place = `${file}#${index}`;
      if (theirs.error !== undefined && mine?.value !== undefined)
        failures.push(`${place}: accepted, judge: ${theirs.error}`);
      if (theirs.error === undefined && mine?.value === undefined)
        failures.push(`${place}: refused: ${mine?.problems[0]?.message}`);
      if (
        theirs.error === undefined &&
        mine?.value !== undefined &&
        !isDeepStrictEqual(plain(mine.value), plain(theirs.value))
      )
        failures.push(`${place}: another value`);
    }
  }
  assert.deepEqual(failures, []);
});
