import type { Analysis } from '../analysis/analysis.ts';
import type {
  ChangesAnswer,
  CompletionAnswer,
  DriftAnswer,
  EndChoice,
  ExposureAnswer,
  GraphAnswer,
  GraphRequest,
  HintAnswer,
  HoverAnswer,
  InspectAnswer,
  LensAnswer,
  LocatedFinding,
  ScopeSummary,
  SuggestAnswer,
  TestEditAnswer,
  TraceAnswer,
  TraceProblem,
  TraceRequest,
  TreePart,
  TreeRow,
} from '../analysis/answers.ts';
import { findings } from '../analysis/findings.ts';
import { runTests, type TestResult } from '../analysis/tests.ts';
import type { Location, TextPosition, TextRange } from '../model/resource.ts';
import { endpointsTable } from '../render/table.ts';
import type { ProbePlan, ProbeProblem } from '../verify/plan.ts';
import { changes } from './changes.ts';
import { completion } from './completion.ts';
import { definition, endAt } from './definition.ts';
import { drift } from './drift.ts';
import { type EndsRequest, ends } from './ends.ts';
import { exposureQuery } from './exposure.ts';
import { graphQuery } from './graph.ts';
import { hints } from './hints.ts';
import { hover } from './hover.ts';
import { inspectQuery } from './inspect.ts';
import { lenses } from './lenses.ts';
import { probe } from './probe.ts';
import { references } from './references.ts';
import { scopeFor } from './scopeChoice.ts';
import { suggest } from './suggest.ts';
import { testEdit } from './testEdit.ts';
import { traceQuery } from './trace.ts';
import { scopeSummaries, tree } from './tree.ts';

/** A place that a person points at. */
interface At {
  readonly uri: string;
  readonly position: TextPosition;
}

/** Every question that an editor asks: the parameters and the answer of each. */
export interface Queries {
  /** Findings of all files, or of the one named. Files without findings are absent. */
  readonly findings: { readonly params: { readonly uri?: string }; readonly result: readonly LocatedFinding[] };
  readonly hover: { readonly params: At; readonly result: HoverAnswer | null };
  readonly lenses: { readonly params: { readonly uri: string }; readonly result: readonly LensAnswer[] };
  /** What the selectors in a part of a file select. */
  readonly hints: {
    readonly params: { readonly uri: string; readonly range: TextRange };
    readonly result: readonly HintAnswer[];
  };
  /** What the texts that are not saved change. */
  readonly changes: { readonly params: Record<never, never>; readonly result: ChangesAnswer };
  /** A live object as a text; '' where it is not there, or no longer. */
  readonly liveText: { readonly params: { readonly uri: string }; readonly result: string };
  /** Files beside running clusters, of all scopes or one. */
  readonly drift: { readonly params: { readonly scope?: string }; readonly result: readonly DriftAnswer[] };
  /** What may be written at a position; `text` is the file's text now. */
  readonly completion: { readonly params: At & { readonly text: string }; readonly result: CompletionAnswer | null };
  readonly definition: { readonly params: At; readonly result: readonly Location[] };
  /** Who uses what stands at a position; `declaration` adds where that is defined. */
  readonly references: {
    readonly params: At & { readonly declaration: boolean };
    readonly result: readonly Location[];
  };
  /** What a trace could start from at this position, as an end; null where nothing is there. */
  readonly endAt: { readonly params: At; readonly result: string | null };
  readonly ends: {
    readonly params: EndsRequest;
    readonly result: readonly EndChoice[];
  };
  readonly trace: { readonly params: TraceRequest; readonly result: TraceAnswer | TraceProblem };
  /** A traced connection as a test of the workspace. */
  readonly testEdit: {
    readonly params: TraceRequest;
    readonly result: TestEditAnswer | { readonly problem: string };
  };
  /** What would be run where to verify a trace; it runs nothing. */
  readonly probe: { readonly params: TraceRequest; readonly result: ProbePlan | ProbeProblem };
  readonly graph: { readonly params: GraphRequest; readonly result: GraphAnswer };
  readonly inspect: {
    readonly params: { readonly scope?: string; readonly box: string };
    readonly result: InspectAnswer | null;
  };
  readonly tree: {
    readonly params: { readonly view: 'services' | 'policies' | 'scopes'; readonly part?: TreePart };
    readonly result: readonly TreeRow[];
  };
  /** What workloads are open to that is not in the files. */
  readonly exposure: { readonly params: Record<never, never>; readonly result: ExposureAnswer };
  /** NetworkPolicies for what is allowed today, in the scope of a file. */
  readonly suggest: { readonly params: { readonly uri?: string }; readonly result: SuggestAnswer | null };
  /** Every connectivity assertion of the workspace, judged. */
  readonly tests: { readonly params: Record<never, never>; readonly result: readonly TestResult[] };
  readonly scopes: { readonly params: Record<never, never>; readonly result: readonly ScopeSummary[] };
  /** `kubectl get endpoints` of one Service, `ns/name`; '' where there is no such Service. */
  readonly endpointsText: {
    readonly params: { readonly service: string; readonly scope?: string };
    readonly result: string;
  };
}

type Answers = {
  readonly [N in keyof Queries]: (
    analysis: Analysis,
    params: Queries[N]['params'],
  ) => Generator<undefined, Queries[N]['result']>;
};

/** An answer that is quick enough to be one step. */
// biome-ignore lint/correctness/useYield: it has one step.
function* atOnce<T>(answer: T): Generator<undefined, T> {
  return answer;
}

const answers: Answers = {
  *findings(analysis, { uri }) {
    const all = yield* findings(analysis);
    return uri === undefined ? all : all.filter(({ location }) => location.uri === uri);
  },
  hover: (analysis, { uri, position }) => atOnce(hover(analysis, uri, position)),
  lenses: (analysis, { uri }) => lenses(analysis, uri),
  hints: (analysis, { uri, range }) => hints(analysis, uri, range),
  changes,
  liveText: (analysis, { uri }) => atOnce(analysis.file(uri)?.text ?? ''),
  drift: (analysis, { scope }) => drift(analysis, scope),
  completion: (analysis, { uri, position, text }) => atOnce(completion(analysis, uri, position, text)),
  definition: (analysis, { uri, position }) => atOnce(definition(analysis, uri, position)),
  references: (analysis, { uri, position, declaration }) => atOnce(references(analysis, uri, position, declaration)),
  endAt: (analysis, { uri, position }) => atOnce(endAt(analysis, uri, position)),
  ends: (analysis, params) => atOnce(ends(analysis, params)),
  trace: traceQuery,
  testEdit: (analysis, request) => atOnce(testEdit(analysis, request)),
  probe: (analysis, request) => atOnce(probe(analysis, request)),
  graph: graphQuery,
  inspect: inspectQuery,
  tree: (analysis, { view, part }) => atOnce(tree(analysis, view, part)),
  exposure: exposureQuery,
  suggest: (analysis, { uri }) => suggest(analysis, uri),
  tests: (analysis) => runTests(analysis),
  scopes: (analysis) => atOnce(scopeSummaries(analysis)),
  endpointsText: (analysis, { service, scope }) => atOnce(endpointsText(analysis, service, scope)),
};

/** Answers a question about an analysis; a long one yields, so that a caller can stop driving it. */
export function query<N extends keyof Queries>(
  analysis: Analysis,
  name: N,
  params: Queries[N]['params'],
): Generator<undefined, Queries[N]['result']> {
  return answers[name](analysis, params);
}

function endpointsText(analysis: Analysis, name: string, scopeName: string | undefined): string {
  const scope = scopeFor(analysis, scopeName === undefined ? {} : { scope: scopeName });
  const service = scope?.snapshot.services.find(({ ref }) => `${ref.namespace}/${ref.name}` === name);
  return scope === undefined || service === undefined ? '' : endpointsTable([scope.derived.endpointsOf(service)]);
}
