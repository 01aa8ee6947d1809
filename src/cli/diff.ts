import { existsSync } from 'node:fs';
import {
  type Analysis,
  AnalysisHost,
  type ChangedConnection,
  type ConnectivityDiff,
  diffConnectivity,
  diffMarkdown,
  diffMermaid,
  diffText,
  type Evidence,
  finish,
  isSameConnectivity,
  type ScopeAnalysis,
} from '../engine/index.ts';
import { readRevision } from '../sources/gitSource.ts';
import { type Options, UsageError } from './arguments.ts';
import { type Command, jsonOutput } from './command.ts';
import { fileName, load, oneScope, uriOf } from './load.ts';

/** What policies allow in NEW and not in OLD, and the other way round. */
export const diff: Command = async (options) => {
  const [old = '', now = ''] = options.operands;
  const [before, after] = [await readSide(old, options), await readSide(now, options)];
  const scopes = { before: oneScope(before, options.scope), after: oneScope(after, options.scope) };
  const found = finish(diffConnectivity(scopes.before.derived, scopes.after.derived));
  const place = (evidence: Evidence): string =>
    placeIn(after, scopes.after, evidence) || placeIn(before, scopes.before, evidence);
  return { output: print(found, options.output, place), exitCode: isSameConnectivity(found) ? 0 : 1 };
};

/** A folder or file, else a git revision of the working directory. */
async function readSide(text: string, options: Options): Promise<Analysis> {
  if (existsSync(text)) return load([text], options);
  const root = process.cwd();
  const files = await readRevision(root, text);
  if (files === undefined) throw new UsageError(`${text} is no file, no folder and no git revision here`);
  const saved = files.map(({ path, text: content = '' }) => ({ uri: `${uriOf(root)}/${path}`, text: content }));
  const { assume, allAsOne } = options;
  const settings = { assume, rules: {}, allAsOne };
  return new AnalysisHost().apply({ folders: [{ uri: uriOf(root), name: 'root' }], saved, settings });
}

function placeIn(analysis: Analysis, scope: ScopeAnalysis, evidence: Evidence): string {
  const location = analysis.locateEvidence(scope.snapshot, evidence);
  return location === undefined ? '' : `${fileName(location.uri)}:${location.range.start.line + 1}`;
}

function print(found: ConnectivityDiff, output: string, place: (evidence: Evidence) => string): string {
  switch (output) {
    case 'json': {
      const { added, removed, changed, isCut } = found;
      return jsonOutput({
        added: added.map((one) => row(one, one.after)),
        removed: removed.map((one) => row(one, one.before)),
        changed: changed.map((one) => ({ ...row(one, one.after), before: one.before })),
        ...(isCut ? { isCut } : {}),
      });
    }
    case 'mermaid':
      return diffMermaid(found);
    case 'markdown':
      return diffMarkdown(found, place);
    default:
      return diffText(found, place);
  }
}

function row({ from, to, because }: ChangedConnection, ports: ChangedConnection['after']): object {
  return { from, to, ports, because: because() };
}
