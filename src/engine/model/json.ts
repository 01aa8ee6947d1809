import { passing } from './lists.ts';

/** A JSON value as a manifest or the API server gives it; nothing about its shape is trusted. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

/** A JSON object; a missing member reads as `undefined`. */
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

/** True for a JSON object (not an array, not null). */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value under `path`; `undefined` where any step is missing or of another type. Own members only. */
export function valueAt(root: JsonValue | undefined, ...path: readonly (string | number)[]): JsonValue | undefined {
  let value = root;
  for (const step of path) {
    if (typeof step === 'number') {
      value = Array.isArray(value) ? (value as readonly JsonValue[])[step] : undefined;
    } else {
      value = isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
    }
  }
  return value;
}

/** The string under `path`, or `undefined` where there is none or it has another type. */
export function stringAt(root: JsonValue | undefined, ...path: readonly (string | number)[]): string | undefined {
  const value = valueAt(root, ...path);
  return typeof value === 'string' ? value : undefined;
}

/** The number under `path`, or `undefined` where there is none or it has another type. */
export function numberAt(root: JsonValue | undefined, ...path: readonly (string | number)[]): number | undefined {
  const value = valueAt(root, ...path);
  return typeof value === 'number' ? value : undefined;
}

/** True only where `path` holds the boolean `true`. */
export function isTrueAt(root: JsonValue | undefined, ...path: readonly (string | number)[]): boolean {
  return valueAt(root, ...path) === true;
}

/** The object under `path`, or `undefined` where there is none or it has another type. */
export function objectAt(root: JsonValue | undefined, ...path: readonly (string | number)[]): JsonObject | undefined {
  const value = valueAt(root, ...path);
  return isObject(value) ? value : undefined;
}

/** The array under `path`; an empty one where it is absent or of another type. */
export function arrayAt(root: JsonValue | undefined, ...path: readonly (string | number)[]): readonly JsonValue[] {
  const value = valueAt(root, ...path);
  return Array.isArray(value) ? (value as readonly JsonValue[]) : [];
}

/** The members of the object under `path` whose values are strings, and nothing inherited; empty where there is none. */
export function stringMapAt(
  root: JsonValue | undefined,
  ...path: readonly (string | number)[]
): Readonly<Record<string, string>> {
  const result = { ...objectAt(root, ...path) };
  for (const key of Object.keys(result)) if (typeof result[key] !== 'string') delete result[key];
  // One that is made without a prototype takes several times the memory.
  return Object.setPrototypeOf(result, null) as Readonly<Record<string, string>>;
}

/** The strings of the array under `path`, in order; other elements are left out. */
export function stringsAt(root: JsonValue | undefined, ...path: readonly (string | number)[]): readonly string[] {
  return passing(arrayAt(root, ...path), (value) => typeof value === 'string');
}

/** Those of the named members that the object has. */
export function pick(from: JsonObject | undefined, names: readonly string[]): JsonObject {
  const picked: Record<string, JsonValue | undefined> = {};
  for (const name of names) if (from !== undefined && Object.hasOwn(from, name)) picked[name] = from[name];
  return picked;
}
