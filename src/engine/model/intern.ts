import type { ContainerPort } from './cluster.ts';
import type { JsonObject, JsonValue } from './json.ts';
import type { Labels } from './labels.ts';

/** Values kept at once; a cluster of 150,000 pods has about 20,000 sets of labels. */
const most = 100_000;

/**
 * The same object for equal values, so that what depends on them alone is computed once for all pods that have them.
 * Never needed for being right: beyond a size the pool starts anew.
 */
function interned<T extends object>(): (value: T) => T {
  const pool = new Map<string, T>();
  return (value) => {
    const key = JSON.stringify(value);
    const known = pool.get(key);
    if (known !== undefined) return known;
    if (pool.size >= most) pool.clear();
    pool.set(key, value);
    return value;
  };
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
