import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LocatedFinding } from '../../src/engine/index.ts';

const folder = join(import.meta.dirname, 'fixtures');

/** YAML files of one workspace, and what has to be found in them. */
export interface Fixture {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  /** As {@link described}, in the order of files and lines. */
  readonly expected: readonly string[];
}

/**
 * Reads the fixtures. A line `# file: NAME` begins a file (a fixture without one is example.yaml). A comment line under
 * a line of text points at what must be found there: `#   ^^^^ code`, or `#<<< code` from the first column on. `...`
 * after the carets says that the range goes on in later lines; the severity follows the code. Lines are counted without the marks.
 */
export function readFixtures(): readonly Fixture[] {
  return readdirSync(folder)
    .sort()
    .map((file) => readFixture(file.replace(/\.yaml$/, ''), readFileSync(join(folder, file), 'utf8')));
}

function readFixture(name: string, text: string): Fixture {
  const parts = text.split(/^# file: (.+)\n/m);
  const [first = ''] = parts;
  assert.ok(first === '' || parts.length === 1, `${name}: a fixture with several files begins with a file line`);
  const pairs = parts.length === 1 ? [['example.yaml', first] as const] : pairsOf(parts.slice(1));
  return {
    name,
    files: Object.fromEntries(pairs.map(([file, one]) => [file, withoutMarks(one)])),
    expected: [...pairs].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([file, one]) => marksOf(file, one)),
  };
}

function pairsOf(parts: readonly string[]): readonly (readonly [string, string])[] {
  return parts.flatMap((part, index) => (index % 2 === 0 ? [[part, parts[index + 1] ?? ''] as const] : []));
}

const mark =
  /^(?<indent> *#(?: *(?=\^)|(?=<)))(?<carets>\^+|<+)(?<more>\.\.\.)? (?<what>[a-z-]+ (?:error|warning|info|hint))$/;

/** Marks are no part of the text: inside a broken one they would be read as more of it. */
function withoutMarks(text: string): string {
  return text
    .split('\n')
    .filter((line) => !mark.test(line))
    .join('\n');
}

function marksOf(file: string, text: string): readonly string[] {
  let target = 0;
  return text.split('\n').flatMap((line, index) => {
    const { indent = '', carets = '', more = '', what = '' } = mark.exec(line)?.groups ?? {};
    if (carets === '') {
      assert.doesNotMatch(line, /^ *#.*(\^\^|<<)/, `${file}:${index + 1} is no mark: ${line}`);
      target++;
      return [];
    }
    const start = carets.startsWith('<') ? 0 : indent.length;
    return [`${file}:${target}:${start + 1}-${indent.length + carets.length + 1}${more} ${what}`];
  });
}

/** A finding as `file:line:from-to code severity`, from 1, the end exclusive; to the end of its first line and `...` where it is longer. */
export function described(
  { location: { uri, range }, code, severity }: LocatedFinding,
  files: Readonly<Record<string, string>>,
): string {
  const file = uri.slice(uri.lastIndexOf('/') + 1);
  const { start, end } = range;
  const line = files[file]?.split('\n')[start.line] ?? '';
  const last = end.line === start.line ? `${end.character + 1}` : `${line.length + 1}...`;
  return `${file}:${start.line + 1}:${start.character + 1}-${last} ${code} ${severity}`;
}
