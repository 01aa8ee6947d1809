import type { JsonObject } from './json.ts';

/** Names one object. `group` is '' for the core group, `namespace` is '' for a cluster-scoped kind. */
export interface ResourceRef {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** Steps from an object's root to a field: member names and array indexes. Empty means the object itself. */
export type FieldPath = readonly (string | number)[];

/** Where an object was read. */
export type Origin =
  | {
      readonly type: 'manifest';
      /** The file's URI, or a path relative to the working directory for the CLI. */
      readonly uri: string;
      /** 0-based index of the YAML document in the file. */
      readonly document: number;
      /** Path of the object inside its document: empty, or for example `['items', 3]` in a List. */
      readonly prefix: FieldPath;
      /** The file is a recording of a running cluster (`podpath snapshot`). */
      readonly live?: true;
    }
  | { readonly type: 'cluster'; readonly context: string }
  /** Invented by Podpath because the files need it to exist; always listed as an assumption. */
  | { readonly type: 'simulated'; readonly note: string };

/** One Kubernetes object as it was read. `ref.namespace` is already `default` where the manifest names none. */
export interface Resource {
  readonly ref: ResourceRef;
  readonly apiVersion: string;
  readonly object: JsonObject;
  readonly origin: Origin;
}

/** True for an object of a running cluster, read now or recorded: what it does not show is not there. */
export function isLive({ origin }: Resource): boolean {
  return origin.type === 'cluster' || (origin.type === 'manifest' && origin.live === true);
}

/** Points at the field of an object that made an answer what it is; `note` is one short sentence, may be ''. */
export interface Evidence {
  readonly ref: ResourceRef;
  readonly path: FieldPath;
  readonly note: string;
}

/** A zero-based position; `character` counts UTF-16 code units, as VS Code does. */
export interface TextPosition {
  readonly line: number;
  readonly character: number;
}

/** A half-open range of text. */
export interface TextRange {
  readonly start: TextPosition;
  readonly end: TextPosition;
}

/** A range in a file. */
export interface Location {
  readonly uri: string;
  readonly range: TextRange;
}

/** One string for one object, equal exactly when the refs are equal. */
export function refKey(ref: ResourceRef): string {
  return `${ref.group}/${ref.kind}/${ref.namespace}/${ref.name}`;
}

/** How people write an object: `NetworkPolicy shop/allow-frontend`, `Namespace shop`. */
export function refLabel(ref: ResourceRef): string {
  return ref.namespace === '' ? `${ref.kind} ${ref.name}` : `${ref.kind} ${ref.namespace}/${ref.name}`;
}
