import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { buildSnapshot, Derived, type JsonObject, type PolicyEnd, parseManifest } from '../../src/engine/index.ts';
import { pick, seededRandom } from './mutate.ts';
import { withMutatedFields } from './mutateObject.ts';

const edits = Number(process.env['PODPATH_FUZZ'] ?? 500);
const seed = Number(process.env['PODPATH_SEED'] ?? 1);

interface VerdictFile {
  readonly cluster: readonly JsonObject[];
  readonly cases: readonly { readonly policies: readonly JsonObject[] }[];
}

const folder = join(import.meta.dirname, '../oracle/verdicts/calico');

/** Objects of one case with the cluster that they are for. */
const cases = readdirSync(folder).flatMap((name) => {
  const file = parse(readFileSync(join(folder, name), 'utf8'), { maxAliasCount: 1000 }) as VerdictFile;
  return file.cases.map(({ policies }) => ({ cluster: file.cluster, policies }));
});

function derivedOf(objects: readonly JsonObject[]): Derived {
  const text = objects.map((one) => JSON.stringify(one)).join('\n---\n');
  const resources = parseManifest(text, 'fuzz.yaml').documents.flatMap((document) => document.resources);
  return new Derived(buildSnapshot({ scope: 'fuzz', resources, assume: { cni: 'calico-vxlan' } }));
}

function verdicts(derived: Derived): readonly string[] {
  const { pods, nodes } = derived.snapshot;
  const ends: readonly PolicyEnd[] = [
    ...pods.map((pod) => ({ kind: 'pod' as const, pod })),
    ...nodes.map((node) => ({ kind: 'node' as const, node })),
    { kind: 'address', ip: '203.0.113.7' },
  ];
  return ends.flatMap((from) => ends.map((to) => derived.decide(from, to, 'TCP', 80).action));
}

test(`${edits} cases of Calico with one odd object: policies, tiers and network sets together`, () => {
  const random = seededRandom(seed + 47);
  let unknown = 0;
  for (let i = 0; i < edits; i++) {
    const { cluster, policies } = pick(cases, random);
    const at = Math.floor(random() * policies.length);
    const objects = policies.map((one, index) => (index === at ? withMutatedFields(one, random) : one));
    assert.doesNotThrow(() => {
      if (verdicts(derivedOf([...cluster, ...objects])).includes('unknown')) unknown++;
    }, JSON.stringify(objects));
  }
  assert.ok(unknown > edits / 4, `odd objects make verdicts unknown, and not only ${unknown} times`);
});
