import type { Analysis } from '../analysis/analysis.ts';
import type { ChangeRow, ChangesAnswer } from '../analysis/answers.ts';
import type { ScopeAnalysis } from '../analysis/scopeAnalysis.ts';
import {
  type ChangedConnection,
  type ConnectivityDiff,
  diffConnectivity,
  isSameConnectivity,
} from '../connectivity/diff.ts';
import { type Evidence, type Resource, refKey, refLabel } from '../model/resource.ts';
import { diffSummary, portsChange } from '../render/diffText.ts';

const nothing: ConnectivityDiff = { added: [], removed: [], changed: [], isCut: false };

/** A difference is computed once for two states, and both live as long as the later one. */
const known = new WeakMap<ScopeAnalysis, ConnectivityDiff>();

/** What the unsaved texts change in a scope, against the saved ones. */
export function* unsavedDiff(analysis: Analysis, scope: ScopeAnalysis): Generator<undefined, ConnectivityDiff> {
  const before = analysis.saved.scopeNamed(scope.scope.name);
  if (before === undefined || before.derived === scope.derived) return nothing;
  let diff = known.get(scope);
  if (diff === undefined) {
    diff = yield* diffConnectivity(before.derived, scope.derived);
    known.set(scope, diff);
  }
  return diff;
}

/** True for an object that unsaved text has changed or added. */
export function isEdited(analysis: Analysis, scope: ScopeAnalysis, resource: Resource): boolean {
  const before = analysis.saved.scopeNamed(scope.scope.name);
  return before !== undefined && before.snapshot.get(resource.ref) !== resource;
}

/** More connections than these are not read one by one. */
const mostRows = 500;

/** The connections that the unsaved texts open, close or change, over all scopes, as many as one reads. */
export function* changes(analysis: Analysis): Generator<undefined, ChangesAnswer> {
  const rows: ChangeRow[] = [];
  const summaries: string[] = [];
  for (const scope of analysis.scopes) {
    const diff = yield* unsavedDiff(analysis, scope);
    const room = Math.max(0, mostRows - rows.length);
    const before = analysis.saved.scopeNamed(scope.scope.name);
    rows.push(...changeRows(analysis, before === undefined ? [scope] : [scope, before], diff).slice(0, room));
    if (!isSameConnectivity(diff)) summaries.push(diffSummary(diff));
  }
  return { summary: summaries.join('; '), rows };
}

/** The connections of a difference, as many as one reads. What they come from stands in the first of `states` that has it. */
export function changeRows(
  analysis: Analysis,
  states: readonly [ScopeAnalysis, ...ScopeAnalysis[]],
  diff: ConnectivityDiff,
): readonly ChangeRow[] {
  const found = [
    ...diff.added.map((one) => ['opens', one] as const),
    ...diff.removed.map((one) => ['closes', one] as const),
    ...diff.changed.map((one) => ['changes', one] as const),
  ];
  return found.slice(0, mostRows).map(([kind, one]) => row(analysis, states, kind, one));
}

function row(
  analysis: Analysis,
  states: readonly [ScopeAnalysis, ...ScopeAnalysis[]],
  kind: ChangeRow['kind'],
  one: ChangedConnection,
): ChangeRow {
  const because = new Map(
    one.because().map((evidence) => {
      const location = firstPlace(analysis, states, evidence);
      return [refKey(evidence.ref), { text: refLabel(evidence.ref), ...(location === undefined ? {} : { location }) }];
    }),
  );
  const { from, to } = one;
  const [{ scope }] = states;
  return { scope: scope.name, kind, from, to, ports: portsChange(one), because: [...because.values()] };
}

/** In the texts as they are typed, else as they are saved. */
function firstPlace(
  analysis: Analysis,
  states: readonly ScopeAnalysis[],
  evidence: Evidence,
): ReturnType<Analysis['locateEvidence']> {
  for (const { snapshot } of states) {
    const found = analysis.locateEvidence(snapshot, evidence) ?? analysis.saved.locateEvidence(snapshot, evidence);
    if (found !== undefined) return found;
  }
  return undefined;
}
