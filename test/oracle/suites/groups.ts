import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type JsonObject, parseManifest, type Resource } from '../../../src/engine/index.ts';
import type { CaseResult } from '../suite.ts';

/** One group file of `cases/README.md`. */
export interface Group {
  readonly suite: string;
  readonly config?: JsonObject;
  readonly objects?: readonly JsonObject[];
  readonly cases: readonly GroupCase[];
}

/** One case of a group: a question and what the peer answers. */
export interface GroupCase {
  readonly id: string;
  readonly name: string;
  readonly objects?: readonly JsonObject[];
  readonly query: JsonObject;
  readonly expect: JsonObject;
}

/** The group files of a suite's folder. */
export function readGroups(folder: string): readonly Group[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Group);
}

/** The objects of a case as resources, read by the product's own reader. */
export function caseResources(group: Group, one: GroupCase): readonly Resource[] {
  const items = one.objects ?? group.objects ?? [];
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  return parseManifest(text, 'case.json').documents.flatMap((document) => document.resources);
}

/** Agreement of a whole answer, with lists as sets where the case file says nothing else. */
export function compare(one: GroupCase, answer: unknown, asSets = true): CaseResult {
  const same = isDeepStrictEqual(normal(answer, asSets), normal(one.expect, asSets));
  const why = same ? '' : `ours ${JSON.stringify(answer)}, not ${JSON.stringify(one.expect)}`;
  return { case: one.id, outcome: same ? 'agree' : 'disagree', why: why.slice(0, 600), answer };
}

function normal(value: unknown, asSets: boolean): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => normal(item, asSets));
    return asSets ? items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, normal(member, asSets)]),
  );
}
