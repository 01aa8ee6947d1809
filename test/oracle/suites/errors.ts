import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { AnalysisHost, connectivity, findings, finish } from '../../../src/engine/index.ts';
import type { CaseResult } from '../suite.ts';
import { assumptionsOf, type CorpusCase } from './corpus.ts';

/**
 * Fatal to the peer is to us an error finding about what verdicts are made of (manifests, policies, networks: not a
 * workload that the API server would refuse, whose verdicts both of us give), a verdict that is unknown, or nothing to
 * read at all.
 */
export function runErrors(suite: string, one: CorpusCase): CaseResult {
  const manifests = join(one.folder, 'manifests');
  const folders = existsSync(join(manifests, 'ref1'))
    ? ['ref1', 'ref2'].map((ref) => join(manifests, ref))
    : [manifests];
  const reasons = folders.flatMap((folder) => fatalReasons(suite, folder));
  const fatal = reasons.length > 0;
  const outcome = fatal === (one.expected.fatal ?? false) ? 'agree' : 'disagree';
  const why = fatal ? `fatal: ${reasons[0]}` : 'nothing fatal';
  return { case: one.id, outcome, why, answer: { fatal, reasons } };
}

function fatalReasons(suite: string, folder: string): readonly string[] {
  const files = existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && /\.(ya?ml|json)$/.test(entry.name))
        .map((entry) => join(entry.parentPath, entry.name))
        .sort()
    : [];
  if (files.length === 0) return ['there is nothing to read'];
  const saved = files.map((path) => ({ uri: `case/${relative(folder, path)}`, text: readFileSync(path, 'utf8') }));
  const settings = { assume: assumptionsOf(suite), rules: {}, allAsOne: true };
  const analysis = new AnalysisHost().apply({ folders: [{ uri: 'case', name: 'case' }], saved, settings });
  const errors = finish(findings(analysis)).filter(
    ({ code, severity }) => severity === 'error' && /^(manifest|namespace|policy|user-defined-network)-/.test(code),
  );
  const unknown = analysis.scopes.flatMap(({ derived }) => finish(connectivity(derived.matrix)).unknown);
  return [
    ...errors.map(({ code, message }) => `${code}: ${message}`),
    ...unknown.map(({ from, to }) => `unknown: ${from} to ${to}`),
  ];
}
