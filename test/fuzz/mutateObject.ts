import type { JsonObject, JsonValue } from '../../src/engine/index.ts';
import { pick } from './mutate.ts';

const scraps: readonly JsonValue[] = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    1.5,
    65_536,
    1e300,
    '',
    ' ',
    '0',
    '80',
    '99999',
    'http',
    '*',
    '**.',
    '10.0.0.0/8',
    '::/0',
  ],
  ...['__proto__', 'constructor', 'k8s:', ':', 'reserved:', 'cluster', 'kube-apiserver', 'a'.repeat(300), '\u{1f600}'],
  ...[[], {}, [null], [[]], [{}], ['a'], { matchLabels: null }, { name: {} }, [{ port: 80 }], { __proto__: null }],
];

/** The value with one field, somewhere in it, gone, doubled or odd. */
function mutated(value: JsonValue | undefined, random: () => number): JsonValue | undefined {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  if (keys.length === 0 || random() < 0.12) return pick(scraps, random);
  const key = pick(keys, random);
  if (Array.isArray(value)) {
    const list = [...(value as readonly JsonValue[])];
    const index = Number(key);
    const chance = random();
    if (chance < 0.1) list.splice(index, 1);
    else if (chance < 0.2) list.splice(index, 0, list[index] ?? null);
    else list[index] = mutated(list[index], random) ?? null;
    return list;
  }
  const object: Record<string, JsonValue | undefined> = { ...(value as JsonObject) };
  const chance = random();
  if (chance < 0.1) delete object[key];
  else if (chance < 0.2) object[pick(keys, random)] = object[key];
  else if (chance < 0.25) object[`${key}x`] = object[key];
  else object[key] = mutated(object[key], random);
  return object;
}

/** The policy with its fields, all but those that name it, changed somewhere. */
export function withMutatedFields(policy: JsonObject, random: () => number): JsonObject {
  const { apiVersion, kind, metadata, ...fields } = policy;
  const next: Record<string, JsonValue | undefined> = { apiVersion, kind, metadata };
  for (const [key, value] of Object.entries(fields)) next[key] = mutated(value, random);
  return next;
}
