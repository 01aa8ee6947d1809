import { t } from '@vscode/l10n';
import { arrayAt, isObject, type JsonObject, type JsonValue, stringAt } from '../model/json.ts';
import { isClusterScoped } from '../model/kinds.ts';
import type { FieldPath, Resource } from '../model/resource.ts';
import { type DocumentSlice, readDocument, splitDocuments, type TextProblem } from './documents.ts';
import type { FileRole, ManifestDocument, ManifestFile, ManifestProblem } from './manifest.ts';

/** One document of a file as {@link readDocuments} gives it. */
export interface ReadDocument extends DocumentSlice {
  /** Absent where kubectl would refuse the text. */
  readonly value?: JsonValue;
  readonly problems: readonly TextProblem[];
}

/** Reads the documents of a YAML or JSON file to values, as kubectl does. Never throws. */
export function readDocuments(text: string): readonly ReadDocument[] {
  return readJsonStream(text) ?? splitDocuments(text).map((slice) => ({ ...slice, ...readDocument(text, slice) }));
}

/** kubectl takes a text that begins with `{` for JSON values, one after the other; else, or if that fails, for YAML. */
function readJsonStream(text: string): readonly ReadDocument[] | undefined {
  const start = text.search(/[^\s\uFEFF]/);
  if (start < 0 || text[start] !== '{') return undefined;
  try {
    return [{ start, end: text.length, value: JSON.parse(text.slice(start)) as JsonValue, problems: [] }];
  } catch {
    return splitJson(text, start);
  }
}

function splitJson(text: string, from: number): readonly ReadDocument[] | undefined {
  const documents: ReadDocument[] = [];
  for (let start = from; start < text.length; ) {
    const end = endOfJson(text, start);
    if (end === undefined) return undefined;
    try {
      documents.push({ start, end, value: JSON.parse(text.slice(start, end)) as JsonValue, problems: [] });
    } catch {
      return undefined;
    }
    const next = text.slice(end).search(/\S/);
    start = next < 0 ? text.length : end + next;
  }
  return documents;
}

/** Where the object that starts at `start` ends, by its braces outside strings. */
function endOfJson(text: string, start: number): number | undefined {
  let depth = 0;
  for (let i = start; i < text.length; i++) {
    const char = text[i];
    if (char === '"') {
      i++;
      while (i < text.length && text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
    } else if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') {
      depth--;
      if (depth === 0) return i + 1;
    }
  }
  return undefined;
}

const templateDirective = /\{\{[-\s]*(?:[.$"(]|if|else|end|range|with|include|define|template|block|toYaml|tpl|\/\*|-)/;

/**
 * Reads one file: its objects and what is wrong with its text. Template text is recognised and said once, never
 * reported as broken YAML; one bad document hides nothing else. Never throws.
 */
export function parseManifest(text: string, uri: string): ManifestFile {
  const named = roleOfName(uri);
  if (named === 'helm-template' || (templateDirective.test(text) && isTemplate(text))) {
    return { uri, role: 'helm-template', documents: [], problems: [notRendered(text)] };
  }
  const read = readDocuments(text);
  const documents = read.map((one, index): ManifestDocument => {
    const resources = named === 'manifest' ? readResources(one.value, uri, index) : [];
    return { index, start: one.start, end: one.end, resources };
  });
  const problems = read.flatMap((one): readonly ManifestProblem[] => one.problems);
  return { uri, role: roleOf(named, read, documents, text), documents, problems };
}

/** A directive inside a quoted or block scalar (an alert's annotation, a ConfigMap) leaves the YAML whole. */
function isTemplate(text: string): boolean {
  if (/^\s*\{\{/m.test(text) && readDocuments(text).some((one) => one.value === undefined)) return true;
  return readDocuments(text).some(
    (one) => one.value === undefined && templateDirective.test(text.slice(one.start, one.end)),
  );
}

function notRendered(text: string): ManifestProblem {
  const start = Math.max(0, text.indexOf('{{'));
  const newline = text.indexOf('\n', start);
  return {
    code: 'manifest-not-rendered',
    message: t('Template text is not read: render it first, for example with helm template'),
    start,
    end: newline < 0 ? text.length : newline,
  };
}

function roleOfName(uri: string): FileRole {
  const path = uri.replaceAll('\\', '/');
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (/^kustomization(\.ya?ml)?$/i.test(name)) return 'kustomization';
  if (/^podpath\.ya?ml$/.test(name)) return 'podpath';
  if (name === 'Chart.yaml' || name === 'Chart.yml' || name === 'Chart.lock') return 'helm-chart';
  if (/^values[-.\w]*\.ya?ml$/.test(name)) return 'helm-values';
  return 'manifest';
}

/** Values files and kustomizations are told by their content too; a file without any object is somebody else's YAML. */
function roleOf(
  named: FileRole,
  read: readonly ReadDocument[],
  documents: readonly ManifestDocument[],
  text: string,
): FileRole {
  if (named !== 'manifest') return named;
  const kustomization = read.some((one) =>
    (stringAt(one.value, 'apiVersion') ?? '').startsWith('kustomize.config.k8s.io/'),
  );
  if (kustomization) return 'kustomization';
  if (documents.some((one) => one.resources.length > 0)) return 'manifest';
  // A text that can't be read is a manifest where it looks like one.
  const broken = read.some((one) => one.value === undefined);
  return broken && /^\s*"?(?:apiVersion|kind)"?\s*:/m.test(text) ? 'manifest' : 'other';
}

function readResources(value: JsonValue | undefined, uri: string, document: number): readonly Resource[] {
  return isObject(value) ? expand(value, { uri, document, prefix: [] }, 0) : [];
}

interface Place {
  readonly uri: string;
  readonly document: number;
  readonly prefix: FieldPath;
}

/** An object, or the objects of a `List`, of a typed list, nested as deep as people write them. */
function expand(object: JsonObject, place: Place, depth: number): readonly Resource[] {
  const apiVersion = stringAt(object, 'apiVersion');
  const kind = stringAt(object, 'kind');
  if (apiVersion === undefined || kind === undefined) return [];
  if (!kind.endsWith('List') || !Array.isArray(object['items'])) return asResource(object, apiVersion, kind, place);
  if (depth > 3) return [];
  return arrayAt(object, 'items').flatMap((item, index) => {
    if (!isObject(item)) return [];
    const inner = { ...place, prefix: [...place.prefix, 'items', index] };
    // Items of a typed list, as `kubectl get -o json` of an old API prints them, leave their type to the list.
    const typed = kind === 'List' || stringAt(item, 'kind') !== undefined;
    return expand(typed ? item : { apiVersion, kind: kind.slice(0, -4), ...item }, inner, depth + 1);
  });
}

/** Kinds of configuration files that carry no name. */
const nameless: ReadonlySet<string> = new Set(['Cluster', 'ClusterConfiguration', 'Simple', 'KubeProxyConfiguration']);

function asResource(object: JsonObject, apiVersion: string, kind: string, place: Place): readonly Resource[] {
  const name = stringAt(object, 'metadata', 'name') ?? stringAt(object, 'metadata', 'generateName') ?? '';
  if (name === '' && !nameless.has(kind)) return [];
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const written = stringAt(object, 'metadata', 'namespace');
  const namespace = isClusterScoped(group, kind) ? '' : written || 'default';
  const ref = { group, kind, namespace, name };
  return [{ ref, apiVersion, object, origin: { type: 'manifest', ...place } }];
}
