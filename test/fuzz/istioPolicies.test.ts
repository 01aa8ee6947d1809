import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import {
  buildSnapshot,
  Derived,
  type JsonObject,
  type JsonValue,
  type PolicyEnd,
  parseManifest,
} from '../../src/engine/index.ts';
import { pick, seededRandom } from './mutate.ts';

const edits = Number(process.env['PODPATH_FUZZ'] ?? 500);
const seed = Number(process.env['PODPATH_SEED'] ?? 1);

interface VerdictFile {
  readonly cluster: readonly JsonObject[];
  readonly cases: readonly { readonly policies: readonly JsonObject[] }[];
}

const folder = join(import.meta.dirname, '../oracle/verdicts/istio');
const files = ['authorization', 'membership', 'peerAuthentication'].map(
  (name) => parse(readFileSync(join(folder, `${name}.yaml`), 'utf8'), { maxAliasCount: 1000 }) as VerdictFile,
);

/** Values that no field expects, and some that the wrong field gets. */
const odd: readonly JsonValue[] = [
  ...[null, true, 0, -1, 65_536, 1e300, '', ' ', '*', '**', '*a*', '/', '//', 'a/b/c', 'x/ns//sa/', '80', '0', '99999'],
  ...[
    '10.0.0.0/8',
    '10.0.0.0/99',
    '::/0',
    '1.2.3.4',
    'STRICT',
    'UNSET',
    'ALLOW',
    'DENY',
    'CUSTOM',
    'source.ip',
    'request.headers[',
  ],
  ...['__proto__', 'constructor', ':mesh', 'Gateway', 'a'.repeat(400), '\u{1f600}'],
  ...[
    [],
    {},
    [null],
    [[]],
    [{}],
    ['*'],
    { matchLabels: null },
    { mode: {} },
    [{ source: {} }],
    { 80: { mode: 'STRICT' } },
  ],
];

/** A copy with one field deleted, doubled under another name, or replaced, at a random depth. */
function changed(value: JsonValue | undefined, random: () => number): JsonValue {
  const isTree = typeof value === 'object' && value !== null && Object.keys(value).length > 0;
  if (!isTree || random() < 0.1) return pick(odd, random);
  const copy = structuredClone(value) as Record<string, JsonValue> | JsonValue[];
  const key = pick(Object.keys(copy), random);
  const fields = copy as Record<string, JsonValue>;
  const choice = random();
  if (Array.isArray(copy)) {
    if (choice < 0.15) copy.splice(Number(key), 1);
    else if (choice < 0.3) copy.push(fields[key] ?? null);
    else fields[key] = changed(fields[key], random);
  } else if (choice < 0.15) delete fields[key];
  else if (choice < 0.25) fields[`${key}X`] = fields[key] ?? null;
  else fields[key] = changed(fields[key], random);
  return copy;
}

/** Names and kinds stay: what is read at all must be the policy. */
function policyLike(policy: JsonObject, random: () => number): JsonObject {
  const { metadata, spec } = policy;
  if (random() > 0.05) return { ...policy, spec: changed(spec, random) };
  const annotations = changed({ 'istio.io/dry-run': 'true' }, random);
  return { ...policy, metadata: { ...(metadata as JsonObject), annotations } };
}

/** The cluster, now and then with odd annotations or labels on a pod. */
function clusterLike(cluster: readonly JsonObject[], random: () => number): readonly JsonObject[] {
  return cluster.map((one) => {
    if (one['kind'] !== 'Pod' || random() > 0.1) return one;
    const metadata = one['metadata'] as JsonObject;
    const annotations = {
      'traffic.sidecar.istio.io/includeInboundPorts': pick(odd, random),
      'traffic.sidecar.istio.io/excludeInboundPorts': pick(odd, random),
      'sidecar.istio.io/inject': pick(odd, random),
      'inject.istio.io/templates': pick(odd, random),
    };
    return { ...one, metadata: { ...metadata, annotations } };
  });
}

function decideAll(derived: Derived): Map<string, number> {
  const { snapshot } = derived;
  const ends: readonly PolicyEnd[] = [
    ...snapshot.pods.map((pod) => ({ kind: 'pod' as const, pod })),
    ...snapshot.nodes.map((node) => ({ kind: 'node' as const, node })),
    { kind: 'address', ip: '192.0.2.7' },
  ];
  const counts = new Map<string, number>();
  for (const from of ends) {
    for (const to of ends) {
      const { action } = derived.decide(from, to, 'TCP', 8080);
      counts.set(action, (counts.get(action) ?? 0) + 1);
    }
  }
  return counts;
}

test(`${edits} odd policies of Istio: compiled and decided on, nothing throws`, () => {
  const random = seededRandom(seed + 53);
  const total = new Map<string, number>();
  for (let i = 0; i < edits; i++) {
    const { cluster, cases } = pick(files, random);
    let policies = pick(
      cases.filter((one) => one.policies.length > 0),
      random,
    ).policies;
    for (let n = 0; n <= i % 3; n++) policies = policies.map((one) => policyLike(one, random));
    const objects = [...clusterLike(cluster, random), ...policies];
    const text = objects.map((one) => JSON.stringify(one)).join('\n---\n');
    assert.doesNotThrow(() => {
      const resources = parseManifest(text, 'fuzz.yaml').documents.flatMap((document) => document.resources);
      const counts = decideAll(new Derived(buildSnapshot({ scope: 'fuzz', resources, assume: {} })));
      for (const [action, count] of counts) total.set(action, (total.get(action) ?? 0) + count);
    }, JSON.stringify(policies));
  }
  assert.ok((total.get('unknown') ?? 0) > edits, 'odd policies make verdicts unknown');
  assert.ok((total.get('deny') ?? 0) > edits, 'and some are still policies');
});
