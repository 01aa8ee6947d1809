import type { ContainerPort, ServicePort } from './cluster.ts';
import { isObject, type JsonObject, type JsonValue } from './json.ts';
import type { LabelSelector, Labels } from './labels.ts';
import { remembering } from './memo.ts';
import type { FieldPath } from './resource.ts';

/** Values kept at once; a cluster of 150,000 pods has about 20,000 sets of labels. */
const most = 100_000;
/** Values of one hash that are told apart; somebody who makes more of them on purpose gains nothing. */
const nearby = 16;

/**
 * The same object for equal values, so that what depends on them alone is computed once for all pods that have them.
 * Never needed for being right: beyond a size the pool starts anew. Values are found by a number, as their texts would
 * take more memory than they do. `kept` makes an equal value of smaller parts of one that is new.
 */
function interned<T extends object>(kept: (value: T) => T = (value) => value): (value: T) => T {
  const pool = new Map<number, T>();
  let last: T | undefined;
  const found = (value: T): T => {
    const first = hashOf(value);
    let place = first;
    for (; place < first + nearby; place++) {
      const known = pool.get(place);
      if (known === undefined) break;
      if (isAlike(known, value)) return known;
    }
    if (pool.size >= most) pool.clear();
    const made = kept(value);
    pool.set(place, made);
    return made;
  };
  // Objects come sorted by their names, and the pods of one controller one after the other.
  return (value) => {
    if (last === undefined || !isAlike(last, value)) last = found(value);
    return last;
  };
}

/** True for equal values with their members in one order. */
function isAlike(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    if (one.length !== other.length) return false;
    for (let i = 0; i < one.length; i++) if (!isAlike(one[i], other[i])) return false;
    return true;
  }
  if (!isRecord(one) || !isRecord(other)) return false;
  const keys = Object.keys(one);
  const others = Object.keys(other);
  if (keys.length !== others.length) return false;
  let at = 0;
  for (const key of keys) {
    if (key !== others[at] || !isAlike(one[key], other[key])) return false;
    at++;
  }
  return true;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A number of 31 bits for a JSON value, by its members in their order. */
function hashOf(value: unknown): number {
  return mixed(value, 0x811c9dc5) >>> 1;
}

function mixed(value: unknown, seed: number): number {
  if (typeof value === 'string') return mixedText(value, seed);
  if (typeof value === 'number') return Math.imul(seed ^ value, 0x01000193) ^ 1;
  let hash = Math.imul(seed ^ (value === true ? 2 : 3), 0x01000193);
  if (Array.isArray(value)) {
    for (const one of value) hash = mixed(one, hash);
  } else if (isRecord(value)) {
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

/** The same list for equal ports of Services. */
export const internServicePorts: (ports: readonly ServicePort[]) => readonly ServicePort[] = interned();

/** The same selector for equal ones. */
export const internSelector: (selector: LabelSelector) => LabelSelector = interned();

/** The same path for equal steps. */
export const internPath: (path: FieldPath) => FieldPath = interned();

/** A pool of JSON of its own, for parts that most objects of a cluster share. */
export function jsonPool(): <T extends JsonObject | readonly JsonValue[]>(value: T) => T {
  return interned<JsonObject | readonly JsonValue[]>() as <T extends JsonObject | readonly JsonValue[]>(value: T) => T;
}

/** The same value for equal JSON. */
export const internJson = jsonPool();

const internContainers = interned<readonly JsonValue[]>((list) =>
  list.map((one) => (isObject(one) ? sharing(one, 'ports', internJson) : one)),
);

/**
 * The same object for equal specs of pods. A template and its pods seldom have equal ones, as the API server adds to those
 * of pods, but they have the same containers; and most containers have the ports of some other.
 */
export const internPodSpec = interned<JsonObject>((spec) =>
  ['containers', 'initContainers'].reduce((one, field) => sharing(one, field, internContainers), spec),
);

/** The object with the pool's list in one of its fields. */
function sharing(value: JsonObject, field: string, pool: (list: readonly JsonValue[]) => JsonValue): JsonObject {
  const list = value[field];
  return Array.isArray(list) ? { ...value, [field]: pool(list) } : value;
}

/** A pool of strings: names of namespaces and nodes come with every pod. */
function namePool(): (name: string) => string {
  const known = remembering(most, (name) => name);
  let last = '';
  return (name) => {
    if (name !== last) last = known(name);
    return last;
  };
}

/** The same string for equal names and addresses of nodes. */
export const internName = namePool();

/** The same string for equal names of namespaces. */
export const internNamespace = namePool();
