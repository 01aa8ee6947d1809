import type { ContainerPort } from './cluster.ts';
import { isObject, type JsonObject, type JsonValue } from './json.ts';
import type { Labels } from './labels.ts';
import { sameJson } from './sameJson.ts';

/** Values kept at once; a cluster of 150,000 pods has about 20,000 sets of labels. */
const most = 100_000;
/** Values of one hash that are told apart; somebody who makes more of them on purpose gains nothing. */
const nearby = 16;

/**
 * The same object for equal values, so that what depends on them alone is computed once for all pods that have them.
 * Never needed for being right: beyond a size the pool starts anew. Values are found by a number, as their texts would
 * take more memory than they do.
 */
function interned<T extends object>(): (value: T) => T {
  const pool = new Map<number, T>();
  return (value) => {
    const first = hashOf(value as unknown as JsonValue);
    let place = first;
    for (; place < first + nearby; place++) {
      const known = pool.get(place);
      if (known === undefined) break;
      if (sameJson(known as unknown as JsonValue, value as unknown as JsonValue)) return known;
    }
    if (pool.size >= most) pool.clear();
    pool.set(place, value);
    return value;
  };
}

/** A number of 31 bits for a JSON value, by its members in their order. */
function hashOf(value: JsonValue): number {
  return mixed(value, 0x811c9dc5) >>> 1;
}

function mixed(value: JsonValue | undefined, seed: number): number {
  if (typeof value === 'string') return mixedText(value, seed);
  if (typeof value === 'number') return Math.imul(seed ^ value, 0x01000193) ^ 1;
  let hash = Math.imul(seed ^ (value === true ? 2 : 3), 0x01000193);
  if (Array.isArray(value)) {
    for (const one of value as readonly JsonValue[]) hash = mixed(one, hash);
  } else if (isObject(value)) {
    for (const key of Object.keys(value)) hash = mixed(value[key], mixedText(key, hash));
  }
  return hash;
}

/** Texts of Kubernetes differ in their length or towards their ends. */
const mixedCharacters = 20;

function mixedText(text: string, seed: number): number {
  let hash = seed ^ text.length;
  for (let i = Math.max(0, text.length - mixedCharacters); i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash;
}

/** The same object for equal labels. */
export const internLabels: (labels: Labels) => Labels = interned();

/** The same list for equal container ports. */
export const internPorts: (ports: readonly ContainerPort[]) => readonly ContainerPort[] = interned();

/** The same value for equal JSON: parts that most objects of a cluster share. */
export const internJson: <T extends JsonObject | readonly JsonValue[]>(value: T) => T = interned<
  JsonObject | readonly JsonValue[]
>() as <T extends JsonObject | readonly JsonValue[]>(value: T) => T;

const names = new Map<string, string>();

/** The same string for equal ones: names of namespaces and nodes come with every pod. */
export function internName(name: string): string {
  const known = names.get(name);
  if (known !== undefined) return known;
  if (names.size >= most) names.clear();
  names.set(name, name);
  return name;
}
