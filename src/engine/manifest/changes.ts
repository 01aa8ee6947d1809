import type { FixChange } from '../diagnostics/rule.ts';
import { isObject, type JsonObject, type JsonValue, valueAt } from '../model/json.ts';
import type { FieldPath } from '../model/resource.ts';

/** The value after a change of the object at `prefix`; `undefined` where the change does not fit the value. */
export function changeValue(root: JsonValue, prefix: FieldPath, change: FixChange): JsonValue | undefined {
  switch (change.kind) {
    case 'set':
      return replaceAt(root, [...prefix, ...change.path], () => change.value);
    case 'member':
      return replaceAt(root, [...prefix, ...change.path, change.key], () => change.value as JsonValue);
    case 'rename-key':
      return renameKey(root, [...prefix, ...change.path], change.key);
    case 'append':
      return replaceAt(root, [...prefix, ...change.path], (old) => appended(old, change.item as JsonValue));
    case 'join':
      return joinItems(root, [...prefix, ...change.path]);
    case 'remove':
      return removeItem(root, [...prefix, ...change.path]);
    case 'document':
      return root;
    default:
      return change satisfies never;
  }
}

function appended(old: JsonValue | undefined, item: JsonValue): JsonValue | undefined {
  if (old === undefined || old === null) return [item];
  return Array.isArray(old) ? [...(old as readonly JsonValue[]), item] : undefined;
}

/** Replaces the value at a path; mappings that lack on the way are made. */
function replaceAt(
  root: JsonValue | undefined,
  path: FieldPath,
  replace: (old: JsonValue | undefined) => JsonValue | undefined,
): JsonValue | undefined {
  const [step, ...rest] = path;
  if (step === undefined) return replace(root);
  const old = valueAt(root, step);
  const inner = replaceAt(old, rest, replace);
  if (inner === undefined) return undefined;
  if (typeof step === 'number') {
    if (!Array.isArray(root) || old === undefined) return undefined;
    return (root as readonly JsonValue[]).with(step, inner);
  }
  if (root !== undefined && root !== null && !isObject(root)) return undefined;
  return { ...(root as JsonObject | undefined), [step]: inner };
}

function renameKey(root: JsonValue, path: FieldPath, key: string): JsonValue | undefined {
  const last = path.at(-1);
  return replaceAt(root, path.slice(0, -1), (old) => {
    if (!isObject(old) || typeof last !== 'string' || !(last in old) || key in old) return undefined;
    return Object.fromEntries(Object.entries(old).map(([name, value]) => [name === last ? key : name, value]));
  });
}

function removeItem(root: JsonValue, path: FieldPath): JsonValue | undefined {
  const index = path.at(-1);
  return replaceAt(root, path.slice(0, -1), (old) => {
    if (!Array.isArray(old) || typeof index !== 'number' || old.length < 2 || index >= old.length) return undefined;
    return (old as readonly JsonValue[]).toSpliced(index, 1);
  });
}

function joinItems(root: JsonValue, path: FieldPath): JsonValue | undefined {
  const index = path.at(-1);
  return replaceAt(root, path.slice(0, -1), (old) => {
    if (!Array.isArray(old) || typeof index !== 'number') return undefined;
    const items = old as readonly JsonValue[];
    const [first, second] = [items[index], items[index + 1]];
    if (!isObject(first) || !isObject(second)) return undefined;
    if (Object.keys(first).some((key) => key in second)) return undefined;
    return [...items.slice(0, index), { ...first, ...second }, ...items.slice(index + 2)];
  });
}
