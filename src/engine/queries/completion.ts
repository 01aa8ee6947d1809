import type { Analysis } from '../analysis/analysis.ts';
import type { CompletionAnswer } from '../analysis/answers.ts';
import type { ScopeAnalysis } from '../analysis/scopeAnalysis.ts';
import { type HalfTyped, halfTypedAt } from '../manifest/halfTyped.ts';
import { LineIndex } from '../manifest/lineIndex.ts';
import { scalarText } from '../manifest/yamlText.ts';
import { isObject, type JsonValue, stringAt, valueAt } from '../model/json.ts';
import { isClusterScoped } from '../model/kinds.ts';
import type { FieldPath, TextPosition } from '../model/resource.ts';
import { type Candidate, namespaceNames } from './candidates.ts';
import { labelCandidates } from './labelCandidates.ts';
import { portCandidates, serviceCandidates } from './serviceCandidates.ts';

/** A field that is typed, of an object that need not be readable yet. Numbers in `object` are text. */
export interface TypedField {
  readonly scope: ScopeAnalysis;
  readonly group: string;
  readonly kind: string;
  /** '' for a cluster-scoped kind. */
  readonly namespace: string;
  readonly object: JsonValue;
  /** From the object's root; the last step of a key has no meaning. */
  readonly path: FieldPath;
  readonly part: 'key' | 'value';
}

/**
 * What may be written at a position: label keys and values in selectors, names of Services, ports and namespaces.
 * `text` is the file's text now, which the analysis may not have yet; it need not be YAML. Null where none of these is
 * expected, or where the scope has none.
 */
export function completion(
  analysis: Analysis,
  uri: string,
  position: TextPosition,
  text: string,
): CompletionAnswer | null {
  const lines = new LineIndex(text);
  const typed = halfTypedAt(text, lines.offset(position));
  if (typed === undefined) return null;
  const found = candidatesIn(scopesNear(analysis, uri), typed);
  if (found.length === 0) return null;
  const { start, end } = typed.range;
  return {
    range: lines.range(start, end),
    items: found.map((one) => ({
      label: String(one.value),
      kind: one.kind,
      detail: one.detail,
      insertText: insertText(one, typed),
    })),
  };
}

/** The scope of a file, then the running clusters. */
function scopesNear(analysis: Analysis, uri: string): readonly ScopeAnalysis[] {
  const near = scopeNear(analysis, uri);
  const live = analysis.clusters.flatMap(({ context }) => analysis.scopeNamed(context) ?? []);
  return [...new Set([...(near === undefined ? [] : [near]), ...live])];
}

/** What a cluster has besides the files says so. */
function candidatesIn(scopes: readonly ScopeAnalysis[], typed: HalfTyped): readonly Candidate[] {
  const found = new Map<Candidate['value'], Candidate>();
  for (const scope of scopes) {
    const field = fieldOf(scope, typed);
    const isLive = scope.scope.files.length === 0;
    for (const one of field === undefined ? [] : candidatesFor(field)) {
      const detail = isLive ? `${one.detail} · ${scope.scope.name}` : one.detail;
      if (!found.has(one.value)) found.set(one.value, { ...one, detail });
    }
  }
  return [...found.values()];
}

/** The scope of a file; of a file that has no object yet, that of its neighbours in the folder. */
function scopeNear(analysis: Analysis, uri: string): ScopeAnalysis | undefined {
  const own = analysis.scopesOfFile(uri)[0];
  if (own !== undefined) return own;
  const folder = uri.slice(0, uri.lastIndexOf('/') + 1);
  return analysis.scopes.find(({ scope }) =>
    scope.files.some((one) => one.uri.startsWith(folder) && !one.uri.slice(folder.length).includes('/')),
  );
}

/** The object that a field is in: the document's, or one of a List's. */
function fieldOf(scope: ScopeAnalysis, { object: root, path: whole, part }: HalfTyped): TypedField | undefined {
  let [object, path] = [root, whole];
  while (path[0] === 'items' && typeof path[1] === 'number') {
    object = valueAt(object, 'items', path[1]) ?? null;
    path = path.slice(2);
  }
  const apiVersion = stringAt(object, 'apiVersion') ?? '';
  const kind = stringAt(object, 'kind');
  if (!isObject(object) || kind === undefined) return undefined;
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const namespace = isClusterScoped(group, kind) ? '' : stringAt(object, 'metadata', 'namespace') || 'default';
  return { scope, group, kind, namespace, object, path, part };
}

const sources = [namespaceCandidates, labelCandidates, serviceCandidates, portCandidates] as const;

/** A field is of one of these sorts at most. */
function candidatesFor(field: TypedField): readonly Candidate[] {
  for (const source of sources) {
    const found = source(field);
    if (found !== undefined) return found;
  }
  return [];
}

/** True where the name of a namespace stands: an object's own, that of a route's backend, those of a mesh policy's source. */
function namesNamespace({ path, part, namespace, group }: TypedField): boolean {
  if (part !== 'value') return false;
  if (path.join('.') === 'metadata.namespace') return namespace !== '';
  const [last, above] = [path.at(-1), path.at(-2)];
  if (group === 'gateway.networking.k8s.io') return last === 'namespace' && path[0] === 'spec';
  const isList = above === 'namespaces' || above === 'notNamespaces';
  return group === 'security.istio.io' && isList && path.at(-3) === 'source';
}

/** A namespace that only this object is in may be one by being typed, and is left out. */
function namespaceCandidates(field: TypedField): readonly Candidate[] | undefined {
  const { scope, kind, object } = field;
  if (!namesNamespace(field)) return undefined;
  const { snapshot } = scope;
  const name = stringAt(object, 'metadata', 'name');
  const others = snapshot.resources.filter(({ ref }) => ref.kind !== kind || ref.name !== name);
  const used = new Set(others.map(({ ref }) => ref.namespace));
  const known = [...snapshot.namespaces.values()].filter((one) => one.resource !== undefined || used.has(one.name));
  return namespaceNames(known, (one) => snapshot.podsIn(one));
}

/** A key comes with its colon. */
function insertText({ value }: Candidate, { isQuoted, hasColon, part }: HalfTyped): string {
  if (isQuoted) return String(value);
  return part === 'key' && !hasColon ? `${scalarText(value)}: ` : scalarText(value);
}
