import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { buildSnapshot, Derived, type JsonObject, type JsonValue, parseManifest } from '../../src/engine/index.ts';
import { pick, seededRandom } from './mutate.ts';

const edits = Number(process.env['PODPATH_FUZZ'] ?? 500);
const seed = Number(process.env['PODPATH_SEED'] ?? 1);

interface VerdictFile {
  readonly cluster: readonly JsonObject[];
  readonly cases: readonly { readonly policies: readonly JsonObject[] }[];
}

const folder = join(import.meta.dirname, '../oracle/verdicts/cilium');
const files = ['clusterwide', 'deny', 'endpoints', 'peers', 'ports'].map(
  (name) => parse(readFileSync(join(folder, `${name}.yaml`), 'utf8')) as VerdictFile,
);
const cluster = files[0]?.cluster ?? [];
const policies = files.flatMap(({ cases }) => cases.flatMap((one) => one.policies));

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

function decideAll(derived: Derived): number {
  const { snapshot } = derived;
  const ends = [
    ...snapshot.pods.map((pod) => ({ kind: 'pod' as const, pod })),
    ...snapshot.nodes.map((node) => ({ kind: 'node' as const, node })),
    { kind: 'address' as const, ip: '203.0.113.9' },
    { kind: 'address' as const, ip: '198.51.100.3', name: 'api.example.com' },
  ];
  let unknown = 0;
  for (const from of ends) {
    for (const to of ends) {
      if (derived.decide(from, to, 'TCP', 8080).action === 'unknown') unknown++;
    }
  }
  return unknown;
}

test(`${edits} odd Cilium policies: compiled and decided on, nothing throws`, () => {
  const random = seededRandom(seed + 31);
  let unknown = 0;
  for (let i = 0; i < edits; i++) {
    const policy = pick(policies, random);
    let spec: JsonValue | undefined = policy;
    for (let n = 0; n <= i % 3; n++) {
      const { spec: one, specs } = spec as JsonObject;
      spec = {
        ...policy,
        spec: mutated(one ?? pick(scraps, random), random),
        ...(specs ? { specs: mutated(specs, random) } : {}),
      };
    }
    const text = [...cluster, spec].map((one) => JSON.stringify(one)).join('\n---\n');
    const resources = parseManifest(text, 'fuzz.yaml').documents.flatMap((document) => document.resources);
    const derived = new Derived(buildSnapshot({ scope: 'fuzz', resources, assume: { cni: 'cilium-vxlan' } }));
    assert.doesNotThrow(() => {
      unknown += decideAll(derived);
    }, JSON.stringify(spec));
  }
  assert.ok(unknown > edits, 'odd policies make verdicts unknown');
});
