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
