import type { Analysis } from '../analysis/analysis.ts';
import type { ChangeRow, ChangesAnswer } from '../analysis/answers.ts';
import type { ScopeAnalysis } from '../analysis/scopeAnalysis.ts';
import { type ChangedConnection, type ConnectivityDiff, diffConnectivity } from '../connectivity/diff.ts';
import { type Resource, refKey, refLabel } from '../model/resource.ts';
import { diffSummary, portsChange } from '../render/diffText.ts';

const nothing: ConnectivityDiff = { added: [], removed: [], changed: [] };

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
    const found = [
      ...diff.added.map((one) => ['opens', one] as const),
      ...diff.removed.map((one) => ['closes', one] as const),
      ...diff.changed.map((one) => ['changes', one] as const),
    ];
    const room = Math.max(0, mostRows - rows.length);
    rows.push(...found.slice(0, room).map(([kind, one]) => row(analysis, scope, kind, one)));
    if (found.length > 0) summaries.push(diffSummary(diff));
  }
  return { summary: summaries.join('; '), rows };
}

function row(analysis: Analysis, scope: ScopeAnalysis, kind: ChangeRow['kind'], one: ChangedConnection): ChangeRow {
  const before = analysis.saved.scopeNamed(scope.scope.name);
  const because = new Map(
    one.because().map((evidence) => {
      const location =
        analysis.locateEvidence(scope.snapshot, evidence) ??
        (before === undefined ? undefined : analysis.saved.locateEvidence(before.snapshot, evidence));
      return [refKey(evidence.ref), { text: refLabel(evidence.ref), ...(location === undefined ? {} : { location }) }];
    }),
  );
  const { from, to } = one;
  return { scope: scope.scope.name, kind, from, to, ports: portsChange(one), because: [...because.values()] };
}
