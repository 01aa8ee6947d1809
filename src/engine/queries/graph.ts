import type { Analysis } from '../analysis/analysis.ts';
import type {
  GraphAnswer,
  GraphChange,
  GraphEdge,
  GraphNode,
  GraphRequest,
  LocatedFinding,
} from '../analysis/answers.ts';
import { findings } from '../analysis/findings.ts';
import type { ScopeAnalysis } from '../analysis/scopeAnalysis.ts';
import type { ChangedConnection, ConnectivityDiff } from '../connectivity/diff.ts';
import { finish } from '../connectivity/matrix.ts';
import { oncePer } from '../model/memo.ts';
import { refKey } from '../model/resource.ts';
import { portsChange } from '../render/diffText.ts';
import { graphMermaid } from '../render/mermaid.ts';
import { foldToLimit, foldToNamespaces, joined, keepBoxes, neighbourhood } from '../topology/fold.ts';
import { type Box, boxId, endBoxes, outside, structure, type Topology } from '../topology/graph.ts';
import { everyArrow, joinedWith, mayConnect, type PlaceOf } from '../topology/mayConnect.ts';
import { unsavedDiff } from './changes.ts';
import { scopeFor } from './scopeChoice.ts';

/** More boxes than this are never sent to be drawn at once. */
const mostBoxes = 80;

/** A picture of more arrows is drawn by no program, and is more than a text may hold. */
export const mostArrows = 1_000_000;

/** Every box and arrow of a scope at workload level, for the CLI; `undefined` beyond {@link mostArrows}. */
export function wholeGraph(
  analysis: Analysis,
  scope: ScopeAnalysis,
): { readonly nodes: readonly GraphNode[]; readonly edges: readonly GraphEdge[] } | undefined {
  const { boxes, edges } = finish(structure(scope.derived, 'workload'));
  const all = [...edges];
  for (const one of everyArrow(scope.derived, 'workload')) {
    if (all.length === mostArrows) return undefined;
    all.push(one);
  }
  return { nodes: boxes.map((box) => placed(analysis, scope, box, new Map())), edges: all };
}

/** The part of the topology that a request asks for, folded to what fits. */
export function* graphQuery(analysis: Analysis, request: GraphRequest): Generator<undefined, GraphAnswer> {
  const scope = scopeOfRequest(analysis, request);
  if (scope === undefined)
    return { scope: '', nodes: [], edges: [], changes: [], namespaces: [], hidden: 0, mermaid: '' };
  const detail = request.level === 'pod' ? 'pod' : 'workload';
  const base = yield* structure(scope.derived, detail);
  const diff = yield* unsavedDiff(analysis, scope);
  const changed = changedBoxes(diff, scope, detail);
  const namespaces = [...new Set(base.boxes.map((one) => one.namespace))].filter((one) => one !== '').sort();
  yield;
  const chosen = yield* choose(analysis, scope, request, detail, base, changed);
  const { boxes, hidden, placeOf } = folded(chosen.boxes, request);
  const allowed = isDrawn('allows', request) ? yield* mayConnect(scope.derived, detail, placeOf) : [];
  const edges = joined([...chosen.edges, ...allowed], placeOf);
  const changes = joined(changeArrows(changed, placeOf), (box) => box);
  const problems = problemCounts(scope, yield* findings(analysis));
  const nodes = boxes.map((box) => placed(analysis, scope, box, problems));
  const mermaid = graphMermaid(nodes, edges);
  const cut = diff.isCut ? { changesAreCut: true as const } : {};
  return { scope: scope.scope.name, nodes, edges, changes, ...cut, namespaces, hidden, mermaid };
}

/** The boxes that fit, and which of them each box is drawn as. */
function folded(
  all: readonly Box[],
  { level, limit, unfolded }: GraphRequest,
): { readonly boxes: readonly Box[]; readonly hidden: number; readonly placeOf: PlaceOf } {
  const byNamespace = level === 'namespace' ? foldToNamespaces(all) : { boxes: all, target: new Map<string, string>() };
  const { boxes, target, hidden } = foldToLimit(byNamespace.boxes, Math.max(3, Math.min(limit, mostBoxes)), unfolded);
  const shown = new Set(boxes.map(({ id }) => id));
  const placeOf = (box: string): string | undefined => {
    const first = byNamespace.target.get(box) ?? box;
    const place = target.get(first) ?? first;
    return shown.has(place) ? place : undefined;
  };
  return { boxes, hidden, placeOf };
}

/** Arrows of the kinds that were asked for. */
function isDrawn(kind: GraphEdge['kind'], { edges }: GraphRequest): boolean {
  return edges.length === 0 || edges.includes(kind);
}

/** A connection that unsaved text opens or closes, as the boxes of its ends: of each to each. */
interface ChangedBoxes extends Omit<GraphChange, 'from' | 'to'> {
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** What unsaved text opens and closes; ranges of addresses are the outside. */
function changedBoxes(
  { added, removed, changed }: ConnectivityDiff,
  scope: ScopeAnalysis,
  level: 'workload' | 'pod',
): readonly ChangedBoxes[] {
  const { endsByName } = scope.derived.matrix;
  const known = new Map<string, readonly string[]>();
  const boxesOf = (name: string): readonly string[] => {
    const end = endsByName.get(name);
    const boxes = known.get(name) ?? (end === undefined ? [outside] : endBoxes(end, level));
    known.set(name, boxes);
    return boxes;
  };
  const of = (kind: GraphChange['kind'], list: readonly ChangedConnection[]): readonly ChangedBoxes[] =>
    list.map((one) => ({ from: boxesOf(one.from), to: boxesOf(one.to), kind, ports: portsChange(one) }));
  return [...of('opens', added), ...of('opens', changed), ...of('closes', removed)];
}

/** Their arrows between the boxes that are drawn, each box of an end once. */
function* changeArrows(all: readonly ChangedBoxes[], placeOf: PlaceOf): Generator<GraphChange> {
  const places = oncePer((boxes: readonly string[]) => [...new Set(boxes.flatMap((one) => placeOf(one) ?? []))]);
  for (const { from, to, kind, ports } of all) {
    for (const source of places(from)) for (const target of places(to)) yield { from: source, to: target, kind, ports };
  }
}

/** The boxes that a change joins with some of others. */
function joinedByChange(all: readonly ChangedBoxes[], others: ReadonlySet<string>): ReadonlySet<string> {
  const found = new Set<string>();
  const isIn = oncePer((boxes: readonly string[]) => boxes.some((one) => others.has(one)));
  for (const { from, to } of all) {
    if (isIn(from)) for (const one of to) found.add(one);
    if (isIn(to)) for (const one of from) found.add(one);
  }
  return found;
}

function scopeOfRequest(analysis: Analysis, { scope, around }: GraphRequest): ScopeAnalysis | undefined {
  const ofFile = around !== undefined && 'uri' in around ? analysis.scopesOfFile(around.uri)[0] : undefined;
  if (scope !== undefined) return analysis.scopeNamed(scope) ?? ofFile ?? scopeFor(analysis, {});
  return ofFile ?? scopeFor(analysis, {});
}

/** What the request is about, by namespace and neighbourhood; arrows of what may connect, and of edits, count for the latter. */
function* choose(
  analysis: Analysis,
  scope: ScopeAnalysis,
  request: GraphRequest,
  detail: 'workload' | 'pod',
  whole: Topology,
  changed: readonly ChangedBoxes[],
): Generator<undefined, Topology> {
  const { namespaces, around } = request;
  let result: Topology = { boxes: whole.boxes, edges: whole.edges.filter(({ kind }) => isDrawn(kind, request)) };
  if (namespaces.length > 0) {
    result = keepBoxes(result, (box) => box.namespace === '' || namespaces.includes(box.namespace));
    const ids = new Set(result.boxes.map(({ id }) => id));
    const joint = new Set([...result.edges.flatMap(({ from, to }) => [from, to]), ...joinedByChange(changed, ids)]);
    result = keepBoxes(result, ({ namespace, id }) => namespace !== '' || joint.has(id));
  }
  if (around === undefined) return result;
  const centre = new Set('box' in around ? [around.box] : boxesOfFile(analysis, scope, result, around.uri));
  if (centre.size === 0) return result;
  const ids = new Set(result.boxes.map(({ id }) => id));
  const isShown = (box: string): string | undefined => (ids.has(box) ? box : undefined);
  const allowed = isDrawn('allows', request) ? yield* joinedWith(scope.derived, detail, centre, isShown) : [];
  const near = new Set([...neighbourhood(result, centre), ...joinedByChange(changed, centre), ...allowed]);
  return keepBoxes(result, (box) => near.has(box.id));
}

/** The boxes of a file's objects; for policies, the boxes of the pods that they select. */
function boxesOfFile(analysis: Analysis, scope: ScopeAnalysis, { boxes }: Topology, uri: string): readonly string[] {
  const { derived, snapshot } = scope;
  const resources = analysis.file(uri)?.manifest.documents.flatMap((one) => one.resources) ?? [];
  const own = new Set(resources.map(({ ref }) => refKey(ref)));
  const selected = snapshot.workloads.filter(({ pods }) =>
    pods.some((pod) => derived.policies.selecting(pod).some((program) => own.has(refKey(program.ref)))),
  );
  const ids = new Set([...resources.map(({ ref }) => boxId(ref)), ...selected.map(({ ref }) => boxId(ref))]);
  return boxes
    .filter((box) => ids.has(box.id) || (box.parent !== undefined && ids.has(box.parent)))
    .map((box) => box.id);
}

/** Errors and warnings by box id. */
export function problemCounts(scope: ScopeAnalysis, all: readonly LocatedFinding[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { ref, severity, scope: name } of all) {
    if (ref === undefined || name !== scope.scope.name || (severity !== 'error' && severity !== 'warning')) continue;
    counts.set(boxId(ref), (counts.get(boxId(ref)) ?? 0) + 1);
  }
  return counts;
}

/** A box with its place in the text and its problems; a fold has those of all that it holds. */
export function placed(
  analysis: Analysis,
  scope: ScopeAnalysis,
  { ref, members, ...box }: Box,
  problems: ReadonlyMap<string, number>,
): GraphNode {
  const { snapshot } = scope;
  const path = ['metadata', 'name'];
  // A pod that is expected from its workload stands where the workload stands.
  const holder = ref?.kind === 'Pod' ? snapshot.pod(ref.namespace, ref.name)?.resource.ref : ref;
  const location = holder === undefined ? undefined : analysis.locate(snapshot, holder, path);
  const problemCount = (members ?? [box.id]).reduce((sum, id) => sum + (problems.get(id) ?? 0), 0);
  const end = box.id === outside ? '203.0.113.7' : box.end;
  return {
    ...box,
    problems: problemCount,
    ...(location === undefined ? {} : { location }),
    ...(end === undefined ? {} : { end }),
  };
}
