import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { CaseResult, Suite } from './suite.ts';
import { readGroups } from './suites/groups.ts';
import { ingressSuite } from './suites/ingress.ts';
import { istioSuite } from './suites/istio.ts';
import { policySuite } from './suites/policy.ts';
import { dnsResolverSuite, dnsSpecSuite } from './suites/serviceDns.ts';
import { endpointsSuite } from './suites/serviceEndpoints.ts';
import { categorizeSuite, chainsSuite, proxySuite } from './suites/serviceProxy.ts';

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
    .map((folder) => summarise(basename(folder), suiteOf(folder).run(folder, { features })));
}

const groupSuites: readonly Suite[] = [
  categorizeSuite,
  chainsSuite,
  dnsResolverSuite,
  dnsSpecSuite,
  endpointsSuite,
  ingressSuite,
  istioSuite,
  proxySuite,
];

/** Group files name their suite by folder; a suite of groups that nobody runs yet is all not modelled. */
function suiteOf(folder: string): Suite {
  if (isCaseFolder(folder)) return policySuite;
  const name = basename(folder);
  return groupSuites.find((one) => one.name === name) ?? notModelled(name);
}

function notModelled(name: string): Suite {
  const run: Suite['run'] = (folder) =>
    readGroups(folder).flatMap((group) =>
      group.cases.map((one) => ({
        case: one.id,
        outcome: 'not-modelled' as const,
        why: `suite ${name}`,
        answer: null,
      })),
    );
  return { name, run };
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
  return isCaseFolder(folder) || isGroupFolder(folder);
}

/** Group files stand in `SUITE/`, below them nothing. */
function isGroupFolder(folder: string): boolean {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json') && name !== 'index.json');
  return names.length > 0 && readFileSync(join(folder, names[0] ?? ''), 'utf8').includes('"cases"');
}

function isCaseFolder(folder: string): boolean {
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
