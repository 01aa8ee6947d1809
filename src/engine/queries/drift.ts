import { t } from '@vscode/l10n';
import type { Analysis } from '../analysis/analysis.ts';
import type { DriftAnswer } from '../analysis/answers.ts';
import { ScopeAnalysis } from '../analysis/scopeAnalysis.ts';
import { type ConnectivityDiff, diffConnectivity } from '../connectivity/diff.ts';
import { type Drift, findDrift } from '../drift/drift.ts';
import { layered } from '../model/layer.ts';
import { type FieldPath, refLabel } from '../model/resource.ts';
import { diffSummary } from '../render/diffText.ts';
import { fieldText } from '../render/fieldText.ts';
import { changeRows } from './changes.ts';

interface Applied {
  readonly files: ScopeAnalysis;
  readonly live: ScopeAnalysis;
  /** The cluster once the files were applied to it. */
  readonly after: ScopeAnalysis;
  diff?: ConnectivityDiff;
}

/** By the name of the scope of files and of the context: the last one is what the next is made from. */
const known = new WeakMap<ScopeAnalysis, Map<string, Applied>>();
const last = new Map<string, WeakRef<Applied>>();

/** The cluster as it would be once the objects of a scope of files were applied to it. */
export function applied(files: ScopeAnalysis, live: ScopeAnalysis): ScopeAnalysis {
  return pair(files, live).after;
}

function pair(files: ScopeAnalysis, live: ScopeAnalysis): Applied {
  const ofFiles = known.get(files) ?? new Map<string, Applied>();
  known.set(files, ofFiles);
  const before = ofFiles.get(live.scope.name);
  if (before?.live === live) return before;
  const key = JSON.stringify([files.scope.name, live.scope.name]);
  const resources = layered(live.scope.resources, files.scope.resources);
  const incomplete = [...files.scope.incomplete, ...live.scope.incomplete];
  const scope = { ...live.scope, name: `${files.scope.name} → ${live.scope.name}`, resources, incomplete };
  const previous = last.get(key)?.deref()?.after;
  const after = previous?.next(scope, live.assume) ?? new ScopeAnalysis(scope, live.assume);
  const made: Applied = { files, live, after };
  ofFiles.set(live.scope.name, made);
  last.set(key, new WeakRef(made));
  return made;
}

/** What applying the files would open and close in the cluster. */
export function* appliedDiff(files: ScopeAnalysis, live: ScopeAnalysis): Generator<undefined, ConnectivityDiff> {
  const both = pair(files, live);
  both.diff ??= yield* diffConnectivity(live.derived, both.after.derived);
  return both.diff;
}

/**
 * Each scope of files beside each running cluster: how its objects differ from the live ones in what the network sees,
 * and what applying them would open and close. Scopes of which the cluster has nothing at all are left out where other
 * scopes are there. `scope` narrows to one.
 */
export function* drift(analysis: Analysis, only: string | undefined): Generator<undefined, readonly DriftAnswer[]> {
  const answers: DriftAnswer[] = [];
  const files = analysis.scopes.filter(({ scope }) => scope.files.length > 0 && scope.resources.length > 0);
  const wanted = files.filter(({ scope }) => only === undefined || scope.name === only);
  for (const { context } of analysis.clusters) {
    const live = analysis.scopeNamed(context);
    if (live === undefined || live.scope.isLoading) continue;
    for (const one of wanted) {
      answers.push(yield* driftOf(analysis, one, live));
      yield;
    }
  }
  return answers;
}

function* driftOf(analysis: Analysis, files: ScopeAnalysis, live: ScopeAnalysis): Generator<undefined, DriftAnswer> {
  const plain = analysis.plainScope(files);
  const rows = findDrift(plain.derived, live.derived);
  const diff = yield* appliedDiff(plain, live);
  return {
    scope: files.scope.name,
    context: live.scope.name,
    objects: plain.scope.resources.length,
    rows: rows.map((row) => driftRow(analysis, plain, live, row)),
    summary: diffSummary(diff),
    changes: changeRows(analysis, [applied(plain, live), live], diff),
    unseen: live.scope.incomplete,
  };
}

function driftRow(
  analysis: Analysis,
  files: ScopeAnalysis,
  live: ScopeAnalysis,
  { kind, ref, paths }: Drift,
): DriftAnswer['rows'][number] {
  const [first] = paths;
  const place = analysis.locate(files.snapshot, ref, first ?? ['metadata', 'name']);
  const other = analysis.locate(live.snapshot, ref, ['metadata', 'name']);
  return {
    kind,
    label: refLabel(ref),
    text: driftText(kind, paths, live),
    fields: paths.map(fieldText),
    ...(place === undefined ? {} : { location: place }),
    ...(other === undefined ? {} : { live: other }),
  };
}

function driftText(kind: Drift['kind'], paths: readonly FieldPath[], live: ScopeAnalysis): string {
  switch (kind) {
    case 'absent':
      return live.scope.incomplete.length === 0 ? t('is not in the cluster') : t('is not seen in the cluster');
    case 'extra':
      return t('is in the cluster and not in the files');
    case 'differs':
      return paths.length === 0
        ? t('the cluster has more than the files')
        : t('differs in {0}', paths.map(fieldText).join(', '));
    default:
      return kind satisfies never;
  }
}
