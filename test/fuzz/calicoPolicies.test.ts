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

test(`${edits} cases of Calico with one rule that can not be read: no connection is allowed because of it`, () => {
  const random = seededRandom(seed + 48);
  const closed = cases.filter(({ policies }) => policies.some((one) => rulesOf(one).length > 0));
  for (let i = 0; i < edits; i++) {
    const { cluster, policies } = pick(closed, random);
    const policy = pick(
      policies.filter((one) => rulesOf(one).length > 0),
      random,
    );
    const [direction, index] = pick(rulesOf(policy), random);
    const rules = policyRules(policy, direction);
    const broken = rules.map((one, n) => (n === index ? { ...one, ...pick(oddities, random) } : one));
    const odd = { ...policy, spec: { ...(policy['spec'] as JsonObject), [direction]: broken } };
    const shown = policies.map((one) => (one === policy ? odd : one));
    // A rule that can't be read may be any rule: what is certain with it is so with the rule gone, too.
    const without = { ...policy, spec: { ...(odd.spec as JsonObject), [direction]: rules.toSpliced(index, 1) } };
    const written = policies.map((one) => (one === policy ? { ...without, spec: typed(policy, without.spec) } : one));
    const [before, after] = [written, shown].map((one) => verdicts(derivedOf([...cluster, ...one])));
    for (const [n, verdict] of (after ?? []).entries()) {
      if (verdict === 'allow') assert.notEqual(before?.[n], 'deny', JSON.stringify(shown));
    }
  }
});

const oddities: readonly JsonObject[] = [
  { colour: 'red' },
  { protocol: 'HTTP' },
  { source: { nets: '10.0.0.0/8' } },
  { destination: 'everyone' },
  { source: { selector: 'app = web' } },
  { ipVersion: 'four' },
];

function policyRules(policy: JsonObject, direction: string): readonly JsonObject[] {
  if (!String(policy['apiVersion']).includes('projectcalico.org')) return [];
  const rules = (policy['spec'] as JsonObject | undefined)?.[direction];
  return Array.isArray(rules) ? (rules as readonly JsonObject[]) : [];
}

function rulesOf(policy: JsonObject): readonly (readonly [direction: string, index: number])[] {
  return ['ingress', 'egress'].flatMap((one) => policyRules(policy, one).map((_, index) => [one, index] as const));
}

/** The spec with the types that the whole policy had: one rule less must not turn a direction off. */
function typed(policy: JsonObject, spec: JsonObject): JsonObject {
  const has = (one: string): boolean => policyRules(policy, one).length > 0;
  const types = [...(has('ingress') || !has('egress') ? ['Ingress'] : []), ...(has('egress') ? ['Egress'] : [])];
  return { types, ...spec };
}
