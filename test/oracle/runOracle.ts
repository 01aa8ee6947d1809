import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { CaseResult } from './suite.ts';
import { policySuite } from './suites/policy.ts';

/** What came of one suite. */
export interface SuiteResult {
  readonly suite: string;
  readonly cases: number;
  readonly agree: number;
  readonly disagree: number;
  readonly notModelled: number;
  readonly failures: readonly { readonly case: string; readonly why: string }[];
  readonly results: readonly CaseResult[];
}

/** Filters of a run. */
export interface OracleFilter {
  readonly only?: string | undefined;
  readonly features?: string | undefined;
}

/** Runs every suite below the folders: a folder of case folders, or of group files, is a suite. */
export function runOracle(folders: readonly string[], { only, features }: OracleFilter): readonly SuiteResult[] {
  return folders
    .flatMap(suiteFolders)
    .filter((folder) => only === undefined || basename(folder) === only)
    .map((folder) => summarise(basename(folder), policySuite.run(folder, { features })));
}

function suiteFolders(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  if (isSuite(folder)) return [folder];
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isDirectory())
    .flatMap((path) => (isSuite(path) ? [path] : suiteFolders(path)));
}

function isSuite(folder: string): boolean {
  return readdirSync(folder, { withFileTypes: true }).some(
    (entry) => entry.isDirectory() && existsSync(join(folder, entry.name, 'expected.json')),
  );
}

function summarise(suite: string, results: readonly CaseResult[]): SuiteResult {
  const of = (outcome: CaseResult['outcome']): number => results.filter((one) => one.outcome === outcome).length;
  const failures = results.filter((one) => one.outcome !== 'agree').map((one) => ({ case: one.case, why: one.why }));
  return {
    suite,
    cases: results.length,
    agree: of('agree'),
    disagree: of('disagree'),
    notModelled: of('not-modelled'),
    failures,
    results,
  };
}
