import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
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
import { families } from '../oracle/random/compare.ts';
import { pick, seededRandom } from './mutate.ts';

const edits = Number(process.env['PODPATH_FUZZ'] ?? 300);
const seed = Number(process.env['PODPATH_SEED'] ?? 1);

/** Policies that are right, with the cluster that they are for. */
interface Case {
  readonly cluster: readonly JsonObject[];
  readonly policies: readonly JsonObject[];
}

interface VerdictFile {
  readonly cluster: readonly JsonObject[];
  readonly cases: readonly { readonly policies: readonly JsonObject[] }[];
}

const folder = join(import.meta.dirname, '../oracle/verdicts');

const stated = readdirSync(folder).map((name) => ({
  name: `the verdict cases of ${name}`,
  cases: readdirSync(join(folder, name)).flatMap((file): readonly Case[] => {
    const read = parse(readFileSync(join(folder, name, file), 'utf8'), { maxAliasCount: 1000 }) as VerdictFile;
    return read.cases.map(({ policies }) => ({ cluster: read.cluster, policies }));
  }),
}));

const random = families.map(({ name, cluster }) => ({
  name: `random clusters of ${name}`,
  cases: Array.from({ length: 60 }, (_, index): Case => {
    const { namespaces, pods, policies } = cluster(index + 1);
    return {
      cluster: [...namespaces, ...pods] as readonly JsonObject[],
      policies: policies as readonly JsonObject[],
    };
  }),
}));

function verdicts(objects: readonly JsonObject[]): readonly string[] {
  const text = objects.map((one) => JSON.stringify(one)).join('\n---\n');
  const resources = parseManifest(text, 'fuzz.yaml').documents.flatMap((document) => document.resources);
  const derived = new Derived(buildSnapshot({ scope: 'fuzz', resources }));
  const { pods, nodes } = derived.snapshot;
  const ends: readonly PolicyEnd[] = [
    ...pods.map((pod) => ({ kind: 'pod' as const, pod })),
    ...nodes.map((node) => ({ kind: 'node' as const, node })),
    { kind: 'address', ip: '203.0.113.7' },
  ];
  return ends.flatMap((from) => ends.map((to) => derived.decide(from, to, 'TCP', 80).action));
}

const lists = ['ingress', 'egress', 'ingressDeny', 'egressDeny', 'rules'];

function listOf(policy: JsonObject, name: string): readonly JsonValue[] {
  const list = (policy['spec'] as JsonObject | undefined)?.[name];
  return Array.isArray(list) ? (list as readonly JsonValue[]) : [];
}

/** Where a policy has rules that are mappings. */
function rulesOf(policy: JsonObject): readonly (readonly [list: string, index: number])[] {
  return lists.flatMap((name) =>
    listOf(policy, name).flatMap((rule, index) => (typeof rule === 'object' && rule !== null ? [[name, index]] : [])),
  ) as readonly (readonly [string, number])[];
}

/** The rule with something in it, at any depth, that nobody can read; what is left of it may be what was meant. */
function unreadable(rule: JsonObject, chance: () => number): JsonObject {
  const keys = Object.keys(rule).filter((key) => typeof rule[key] === 'object' && rule[key] !== null);
  if (keys.length === 0 || chance() < 0.3) return { ...rule, colour: 'red' };
  const key = pick(keys, chance);
  const value = rule[key];
  if (chance() < 0.3 || key === 'matchLabels') return { ...rule, [key]: 'everyone' };
  const list = Array.isArray(value) ? (value as readonly JsonValue[]) : [value ?? null];
  const at = list.findIndex((one) => typeof one === 'object' && one !== null && !Array.isArray(one));
  if (at < 0) return { ...rule, [key]: 'everyone' };
  const odd = unreadable(list[at] as JsonObject, chance);
  return { ...rule, [key]: Array.isArray(value) ? list.with(at, odd) : odd };
}

/** A rule of the same kind that means no one. */
function idle(kind: JsonValue | undefined, list: string, rule: JsonObject): JsonObject {
  const nobody = { matchLabels: { nobody: 'nobody' } };
  const side = list === 'ingress' ? 'from' : 'to';
  switch (kind) {
    case 'AuthorizationPolicy':
      return { from: [{ source: { ipBlocks: ['192.0.2.77/32'] } }] };
    case 'NetworkPolicy':
    case 'GlobalNetworkPolicy':
      if (rule['action'] === undefined) return { [side]: [{ podSelector: nobody }] };
      return { action: rule['action'], source: { nets: ['192.0.2.77/32'] }, destination: { nets: ['192.0.2.77/32'] } };
    case 'CiliumNetworkPolicy':
    case 'CiliumClusterwideNetworkPolicy':
      return {};
    default:
      return { action: rule['action'], [side]: [{ namespaces: nobody }] };
  }
}

function withRule(policy: JsonObject, name: string, index: number, rule: JsonObject): JsonObject {
  const list = listOf(policy, name).with(index, rule);
  return { ...policy, spec: { ...(policy['spec'] as JsonObject), [name]: list } };
}

for (const { name, cases } of [...stated, ...random]) {
  test(`${edits} rules that can not be read, in ${name}: nothing is allowed that either reading of one denies`, () => {
    const chance = seededRandom(seed + 61);
    const usable = cases.filter(({ policies }) => policies.some((one) => rulesOf(one).length > 0));
    let unknown = 0;
    for (let i = 0; i < edits; i++) {
      const { cluster, policies } = pick(usable, chance);
      const policy = pick(
        policies.filter((one) => rulesOf(one).length > 0),
        chance,
      );
      const [list, index] = pick(rulesOf(policy), chance);
      const rule = listOf(policy, list)[index] as JsonObject;
      const odd = withRule(policy, list, index, unreadable(rule, chance));
      const shown = policies.map((one) => (one === policy ? odd : one));
      const none = withRule(policy, list, index, idle(policy['kind'], list, rule));
      const without = policies.map((one) => (one === policy ? none : one));
      const [meant, gone, after] = [policies, without, shown].map((one) => verdicts([...cluster, ...one]));
      for (const [n, verdict] of (after ?? []).entries()) {
        if (verdict === 'unknown') unknown++;
        if (verdict !== 'allow') continue;
        assert.notEqual(meant?.[n], 'deny', `as it was meant: ${JSON.stringify([odd, policies], undefined, 1)}`);
        assert.notEqual(gone?.[n], 'deny', `without it: ${JSON.stringify([odd, policies], undefined, 1)}`);
      }
    }
    assert.ok(unknown > edits, `rules that can not be read make verdicts unknown, and not only ${unknown}`);
  });
}
