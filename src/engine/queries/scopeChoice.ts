import type { Analysis } from '../analysis/analysis.ts';
import type { ScopeAnalysis } from '../analysis/scopeAnalysis.ts';
import { knowsEnds } from '../connectivity/assertions.ts';

/**
 * The scope that a question is about: the one it names, else the first that knows both ends, else the first with
 * objects. `undefined` where there is nothing at all.
 */
export function scopeFor(
  analysis: Analysis,
  question: { readonly scope?: string; readonly from?: string; readonly to?: string },
): ScopeAnalysis | undefined {
  const named = question.scope === undefined ? undefined : analysis.scopeNamed(question.scope);
  if (named !== undefined) return named;
  const filled = analysis.scopes.filter(({ scope }) => scope.resources.length > 0);
  const { from, to } = question;
  const knowing =
    from === undefined || to === undefined
      ? undefined
      : filled.find(({ derived }) => knowsEnds(derived, { from, to, protocol: 'TCP', expect: 'allowed' }));
  return knowing ?? filled[0] ?? analysis.scopes[0];
}
