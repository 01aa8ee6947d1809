import { AnalysisHost, type AnalysisSettings, findings, finish, type LocatedFinding } from '../../src/engine/index.ts';

const folder = 'file:///workspace';

/** What is found in a workspace of these files, in the order of files and lines. */
export function findingsIn(
  files: Readonly<Record<string, string>>,
  settings: AnalysisSettings = { assume: {}, rules: {} },
): readonly LocatedFinding[] {
  const saved = Object.entries(files).map(([name, text]) => ({ uri: `${folder}/${name}`, text }));
  const analysis = new AnalysisHost().apply({ folders: [{ uri: folder, name: 'workspace' }], saved, settings });
  return finish(findings(analysis));
}

interface Edit {
  readonly range: { readonly start: Position; readonly end: Position };
  readonly newText: string;
}

interface Position {
  readonly line: number;
  readonly character: number;
}

/** A text after edits, which are given by ranges of it. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  const offset = ({ line, character }: Position): number => (starts[line] ?? text.length) + character;
  return [...edits]
    .sort((a, b) => offset(b.range.start) - offset(a.range.start))
    .reduce(
      (now, { range, newText }) => now.slice(0, offset(range.start)) + newText + now.slice(offset(range.end)),
      text,
    );
}
