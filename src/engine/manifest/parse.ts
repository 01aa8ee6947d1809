import { arrayAt, isObject, type JsonObject, type JsonValue, stringAt, valueAt } from '../model/json.ts';
import { isClusterScoped, isPolicyKind } from '../model/kinds.ts';
import type { FieldPath, Resource } from '../model/resource.ts';
import { notRendered, readDocument } from './documents.ts';
import { readJsonText } from './jsonText.ts';
import type { FileRole, ManifestDocument, ManifestFile, ManifestProblem } from './manifest.ts';
import { recordingOf } from './recording.ts';
import { refused } from './refused.ts';
import { type DocumentSlice, splitDocuments } from './splitDocuments.ts';
import { hasDirective, isChartTemplate } from './template.ts';

/** One document of a file as {@link readDocuments} gives it. */
export interface ReadDocument extends DocumentSlice {
  /** Absent where kubectl would refuse the text. */
  readonly value?: JsonValue;
  readonly problems: readonly ManifestProblem[];
}

/** Reads the documents of a YAML or JSON file to values, as kubectl does. Never throws. */
export function readDocuments(text: string): readonly ReadDocument[] {
  return readJsonText(text) ?? splitDocuments(text).map((slice) => ({ ...slice, ...readDocument(text, slice) }));
}

/** Where the documents of a text stand, in the order and with the indexes of {@link readDocuments}. */
export function documentSlices(text: string): readonly DocumentSlice[] {
  return readJsonText(text) ?? splitDocuments(text);
}

/**
 * Reads one file: its objects and what is wrong with its text. Template text is recognised and said once, never
 * reported as broken YAML; one bad document hides nothing else. Never throws.
 */
export function parseManifest(text: string, uri: string): ManifestFile {
  const named = roleOfName(uri);
  const read = readDocuments(text)
    .map((one) => withoutTemplate(text, one))
    .map((one) => (named === 'manifest' ? withRefused(text, one) : one));
  const templates = read.flatMap((one) => one.problems.filter(({ code }) => code === 'manifest-not-rendered'));
  if (isChart(text, uri, templates.length > 0)) {
    const whole = { start: 0, end: text.length };
    return { uri, role: 'helm-template', documents: [], problems: [templates[0] ?? notRendered(text, whole)] };
  }
  const documents = read.map((one, index): ManifestDocument => {
    const resources = named === 'manifest' ? readResources(one.value, uri, index) : [];
    return { index, start: one.start, end: one.end, resources };
  });
  const role = roleOf(
    named,
    read,
    documents,
    templates.length > 0,
    read.some((one) => isBrokenObject(text, one)),
  );
  const mistakes = read.flatMap((one) => one.problems.filter(({ code }) => code !== 'manifest-not-rendered'));
  // JSON that is no object of Kubernetes is often JSON with comments, of some other tool.
  const foreign = role === 'other' && uri.endsWith('.json') && !mentionsObject.test(text);
  const recorded = read.flatMap(({ value }) => recordingOf(value) ?? [])[0];
  return {
    uri,
    role,
    documents,
    problems: [...templates.slice(0, 1), ...(foreign ? [] : mistakes)],
    ...(recorded === undefined ? {} : { recorded }),
  };
}

const mentionsObject = /["']?\b(?:apiVersion|kind)["']?\s*:/;

/** A document that can be read but whose object has no name before it is rendered. */
function withoutTemplate(text: string, document: ReadDocument): ReadDocument {
  const names = [stringAt(document.value, 'metadata', 'name'), stringAt(document.value, 'metadata', 'namespace')];
  if (!names.some((name) => name !== undefined && hasDirective(name))) return document;
  return { start: document.start, end: document.end, problems: [notRendered(text, document)] };
}

function withRefused(text: string, document: ReadDocument): ReadDocument {
  const more = refused(text, document, document.value);
  return more.length === 0 ? document : { ...document, problems: [...document.problems, ...more] };
}

/** A file of a chart is a template as a whole, whichever of its documents happen to be YAML. */
function isChart(text: string, uri: string, hasTemplates: boolean): boolean {
  if (!hasTemplates && !/[\\/]templates[\\/]/.test(uri)) return false;
  return isChartTemplate(text);
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

/** Text that can't be read, but that says of itself that it is an object. */
function isBrokenObject(text: string, { start, end, problems }: ReadDocument): boolean {
  return (
    problems.some(({ code }) => code === 'manifest-syntax') &&
    /(?:^|[\n{,])[ \t]*["']?apiVersion["']?[ \t]*:/.test(text.slice(start, end))
  );
}

/** Kustomizations are told by their content too; a file without any object is somebody else's YAML. */
function roleOf(
  named: FileRole,
  read: readonly ReadDocument[],
  documents: readonly ManifestDocument[],
  hasTemplates: boolean,
  hasBroken: boolean,
): FileRole {
  if (named !== 'manifest') return named;
  const isKustomization = (one: ReadDocument): boolean =>
    (stringAt(one.value, 'apiVersion') ?? '').startsWith('kustomize.config.k8s.io/');
  if (read.some(isKustomization)) return 'kustomization';
  if (hasBroken || documents.some((one) => one.resources.length > 0)) return 'manifest';
  if (hasTemplates) return 'helm-template';
  return 'other';
}

function readResources(value: JsonValue | undefined, uri: string, document: number): readonly Resource[] {
  if (!isObject(value)) return [];
  const live = recordingOf(value) === undefined ? {} : ({ live: true } as const);
  return expand(value, { uri, document, prefix: [], ...live }, 0);
}

interface Place {
  readonly uri: string;
  readonly document: number;
  readonly prefix: FieldPath;
  readonly live?: true;
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
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const written = nameAt(object, 'name') || nameAt(object, 'generateName') || '';
  // A policy counts without a name too: left out it would open what it closes. No name of an object has parentheses.
  const name =
    written === '' && isPolicyKind(group, kind) ? `(${[place.document + 1, ...place.prefix].join('.')})` : written;
  if (name === '' && !nameless.has(kind)) return [];
  const namespace = isClusterScoped(group, kind) ? '' : nameAt(object, 'namespace') || 'default';
  const ref = { group, kind, namespace, name };
  return [{ ref, apiVersion, object, origin: { type: 'manifest', ...place } }];
}

/** A name that reads as a number or as `true` is refused by kubectl, and a rule says so; the object is meant all the same. */
function nameAt(object: JsonObject, field: string): string | undefined {
  const value = valueAt(object, 'metadata', field);
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : stringAt(value);
}
