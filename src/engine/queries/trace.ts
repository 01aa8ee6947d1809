import { t } from '@vscode/l10n';
import type { Analysis } from '../analysis/analysis.ts';
import type { LocatedFinding, TraceAnswer, TraceProblem, TraceRequest } from '../analysis/answers.ts';
import { loadingText } from '../analysis/clusters.ts';
import { findings } from '../analysis/findings.ts';
import type { ScopeAnalysis } from '../analysis/scopeAnalysis.ts';
import { refKey } from '../model/resource.ts';
import { traceAnswer } from '../render/traceAnswer.ts';
import { isProblem, parseEnd } from '../trace/ends.ts';
import type { FlowProblem, Trace } from '../trace/flow.ts';
import { trace } from '../trace/trace.ts';
import { scopeFor } from './scopeChoice.ts';

/** Traces a request in one scope, with all its words. */
export function traceFlow(
  analysis: Analysis,
  scope: ScopeAnalysis,
  request: TraceRequest,
  fixes: TraceAnswer['fixes'] = [],
): TraceAnswer | FlowProblem {
  const { derived, snapshot } = scope;
  if (snapshot.isLoading) return { code: 'no-such-end', message: loadingText(scope.scope.name), choices: [] };
  const from = parseEnd(snapshot, request.from, 'from');
  if (isProblem(from)) return from;
  const to = parseEnd(snapshot, request.to, 'to');
  if (isProblem(to)) return to;
  const answer = trace(derived, {
    source: from.end,
    destination: to.end,
    protocol: request.protocol,
    ...(to.port === undefined ? {} : { port: to.port }),
    ...(request.node === undefined ? {} : { node: request.node }),
  });
  if (isProblem(answer)) return answer;
  return traceAnswer(answer, {
    from: request.from,
    to: request.to,
    locate: (evidence) => analysis.locateEvidence(snapshot, evidence),
    fixes,
  });
}

/** The panel's trace: a problem to choose from, or the answer with the fixes of the objects that stopped it. */
export function* traceQuery(
  analysis: Analysis,
  request: TraceRequest,
): Generator<undefined, TraceAnswer | TraceProblem> {
  const scope = scopeFor(analysis, request);
  if (scope === undefined) {
    const problem = t('There are no Kubernetes manifests to trace in');
    return { problem, code: 'no-such-end', choices: [] };
  }
  const traced = traceFlow(analysis, scope, request);
  if (isProblem(traced)) return { problem: traced.message, code: traced.code, choices: traced.choices };
  const { context, files } = scope.scope;
  const answer = context === undefined || files.length > 0 ? traced : { ...traced, context };
  if (answer.verdict === 'delivered') return answer;
  return { ...answer, fixes: fixesFor(answer.trace, yield* findings(analysis)) };
}

/** Fixes of findings about the very objects that the trace names as its reason. */
function fixesFor(answer: Trace, all: readonly LocatedFinding[]): TraceAnswer['fixes'] {
  const blamed = new Set(
    answer.branches.flatMap(({ decidedBy, considered }) => [...decidedBy, ...considered].map(({ ref }) => refKey(ref))),
  );
  return all
    .filter(({ ref, scope }) => ref !== undefined && scope === answer.scope && blamed.has(refKey(ref)))
    .flatMap(({ fixes }) => fixes)
    .slice(0, 3);
}
