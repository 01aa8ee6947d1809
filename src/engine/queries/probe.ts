import { t } from '@vscode/l10n';
import type { Analysis } from '../analysis/analysis.ts';
import type { TraceRequest } from '../analysis/answers.ts';
import { isProblem } from '../trace/ends.ts';
import { type ProbePlan, type ProbeProblem, probePlan } from '../verify/plan.ts';
import { scopeFor } from './scopeChoice.ts';
import { traceFlow } from './trace.ts';

/** What would be run to verify the trace of a request, in the scope that the request is traced in. */
export function probe(analysis: Analysis, request: TraceRequest): ProbePlan | ProbeProblem {
  const scope = scopeFor(analysis, request);
  if (scope === undefined) return { problem: t('There is nothing to trace in') };
  const answer = traceFlow(analysis, scope, request);
  return isProblem(answer) ? { problem: answer.message } : probePlan(scope, answer.trace);
}
