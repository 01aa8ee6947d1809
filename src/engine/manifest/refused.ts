import { t } from '@vscode/l10n';
import { isObject, type JsonObject, type JsonValue, stringAt, valueAt } from '../model/json.ts';
import type { ManifestProblem } from './manifest.ts';
import type { DocumentSlice } from './splitDocuments.ts';

/** Groups all of whose kinds are objects with a name. The core group holds configuration files too, so its kinds are listed. */
const groups: ReadonlySet<string> = new Set(['apps', 'batch', 'discovery.k8s.io', 'networking.k8s.io']);
const coreKinds: ReadonlySet<string> = new Set([
  'ConfigMap',
  'Endpoints',
  'Namespace',
  'Pod',
  'ReplicationController',
  'Secret',
  'Service',
  'ServiceAccount',
]);

/**
 * Objects that are YAML or JSON and that kubectl refuses all the same before it asks a server: one without a name, and an
 * item of a List that is no object. One such item keeps kubectl from the whole List.
 */
export function refused(text: string, slice: DocumentSlice, value: JsonValue | undefined): readonly ManifestProblem[] {
  if (!isObject(value)) return [];
  const kind = stringAt(value, 'kind') ?? '';
  const items = value['items'];
  if (!kind.endsWith('List') || !Array.isArray(items)) return isObjectKind(value) ? ofNames(text, slice, value) : [];
  return items.flatMap((item: JsonValue, index: number) => {
    const untyped =
      kind === 'List' && (stringAt(item, 'kind') === undefined || stringAt(item, 'apiVersion') === undefined);
    if (isObject(item) && !untyped) return [];
    const message = t(
      'Item {0} of this {1} is no object with apiVersion and kind: kubectl refuses the whole',
      index,
      kind,
    );
    return [at(text, slice, 'items', message)];
  });
}

/** A name like `y` or `007` is no text in YAML 1.1, and a name or namespace must be one. */
function ofNames(text: string, slice: DocumentSlice, object: JsonObject): readonly ManifestProblem[] {
  const odd = ['name', 'namespace'].flatMap((key) => {
    const value = valueAt(object, 'metadata', key);
    if (value === undefined || value === null || typeof value === 'string') return [];
    return [at(text, slice, key, t('metadata.{0} is {1}, and must be a text: quote it', key, JSON.stringify(value)))];
  });
  const isNamed = stringAt(object, 'metadata', 'name') || stringAt(object, 'metadata', 'generateName');
  if (odd.length > 0 || isNamed) return odd;
  const kind = stringAt(object, 'kind') ?? '';
  return [at(text, slice, 'kind', t('This {0} has no metadata.name: kubectl refuses it', kind))];
}

function isObjectKind(object: JsonObject): boolean {
  const [group = '', version] = (stringAt(object, 'apiVersion') ?? '').split('/');
  const kind = stringAt(object, 'kind') ?? '';
  return version === undefined ? group === 'v1' && coreKinds.has(kind) : groups.has(group) && kind !== '';
}

/** At the first place in the document where the key is written, else at its start. */
function at(text: string, { start, end }: DocumentSlice, key: string, message: string): ManifestProblem {
  const found = new RegExp(`(?<![\\w-])${key}(?=["']?\\s*:)`).exec(text.slice(start, end));
  const from = start + (found?.index ?? 0);
  return { code: 'manifest-syntax', message, start: from, end: from + (found === null ? 1 : key.length) };
}
