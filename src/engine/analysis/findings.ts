import { t } from '@vscode/l10n';
import type { Finding, Fix, Severity } from '../diagnostics/rule.ts';
import { runRules } from '../diagnostics/run.ts';
import { suppress } from '../diagnostics/suppress.ts';
import { editsFor } from '../manifest/edit.ts';
import type { ManifestProblem } from '../manifest/manifest.ts';
import { refKey } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Analysis } from './analysis.ts';
import type { FileEdit, LocatedFinding } from './answers.ts';
import type { SourceFile } from './files.ts';
import type { ScopeAnalysis } from './scopeAnalysis.ts';
import { mayBeOn, severityOf } from './severity.ts';
import { runTests, type TestResult } from './tests.ts';

/**
 * Every finding of an analysis, in the order of files and lines: what is wrong with texts, what rules say of each
 * scope, what podpath.yaml does not mean. Yields between scopes and rules.
 */
export function* findings(analysis: Analysis): Generator<undefined, readonly LocatedFinding[]> {
  let found = computed.get(analysis);
  if (found === undefined) {
    found = yield* compute(analysis);
    computed.set(analysis, found);
  }
  return found;
}

const computed = new WeakMap<Analysis, readonly LocatedFinding[]>();

function* compute(analysis: Analysis): Generator<undefined, readonly LocatedFinding[]> {
  const all: LocatedFinding[] = analysis.files.flatMap((file) => [...textFindings(analysis, file)]);
  for (const folder of analysis.folders) all.push(...configFindings(analysis, folder));
  for (const scope of analysis.scopes) {
    if (scope.scope.isLoading) continue;
    scope.findings ??= yield* scopeFindings(analysis, scope);
    for (const one of scope.findings) all.push(one);
  }
  for (const result of yield* runTests(analysis)) all.push(...testFindings(analysis, result));
  return suppress(analysis, unique(agreed(analysis, all))).sort(byPlace);
}

/** A failed assertion, at its line. */
function testFindings(analysis: Analysis, result: TestResult): readonly LocatedFinding[] {
  const { pass, location, scope, from, to, expect, actual, why } = result;
  const code = 'connectivity-test-failed';
  if (pass || location === undefined) return [];
  const severity = severityOf(analysis, location.uri, code);
  if (severity === 'off') return [];
  const message = t('{0} to {1}: expected {2}, is {3}. {4}', from, to, expect, actual, why);
  return [{ code, severity, message, location, scope, related: [], fixes: [] }];
}

function byPlace(a: LocatedFinding, b: LocatedFinding): number {
  const start = a.location.range.start;
  const other = b.location.range.start;
  if (a.location.uri !== b.location.uri) return a.location.uri < b.location.uri ? -1 : 1;
  return start.line - other.line || start.character - other.character || (a.code < b.code ? -1 : 1);
}

/** What a finding that something is not there is about, alike in every scope that says so. */
const missingKeys = new WeakMap<LocatedFinding, string>();

/** Without what a selector holds: which of its labels is told depends on who is close. */
function missingKey(uri: string, { code, ref, path }: Finding): string {
  const cut = path.findIndex((step) => step === 'matchLabels' || step === 'selector');
  return JSON.stringify([code, uri, ref, cut < 0 ? path : path.slice(0, cut)]);
}

/** Those of them whose scope may simply not show it. */
const unsure = new WeakSet<LocatedFinding>();

/**
 * That something is missing for a file of several scopes counts in full where all of them miss it. Else it is
 * information at most, and names a scope that does not; a fix for the one would harm the other.
 */
function agreed(analysis: Analysis, all: readonly LocatedFinding[]): readonly LocatedFinding[] {
  const scopesOf = new Map<string, readonly string[]>();
  const saying = Map.groupBy(all, (one) => missingKeys.get(one));
  return all.flatMap((one) => {
    const { uri } = one.location;
    const key = missingKeys.get(one);
    if (key === undefined) return [one];
    const scopes = scopesOf.get(uri) ?? analysis.scopesOfFile(uri).map(({ scope }) => scope.name);
    scopesOf.set(uri, scopes);
    const agreeing = new Set(saying.get(key)?.map(({ scope }) => scope));
    const other = scopes.find((name) => !agreeing.has(name));
    if (other === undefined) return [one];
    // What may come from elsewhere does come from there.
    if (unsure.has(one)) return [];
    const message = `${one.message}. ${t('Not so in scope {0}', other)}`;
    const lowered: LocatedFinding = { ...one, severity: one.severity === 'hint' ? 'hint' : 'info', message, fixes: [] };
    missingKeys.set(lowered, key);
    return [lowered];
  });
}

/** A file of several scopes says one thing once: what the scope says that takes it most seriously. */
function unique(all: readonly LocatedFinding[]): LocatedFinding[] {
  const keyOf = (one: LocatedFinding): string =>
    missingKeys.get(one) ?? JSON.stringify([one.code, one.location, one.ref]);
  const told = new Map<string, LocatedFinding>();
  for (const one of all) {
    const before = told.get(keyOf(one));
    if (before === undefined || order.indexOf(one.severity) < order.indexOf(before.severity)) told.set(keyOf(one), one);
  }
  return all.filter((one) => told.get(keyOf(one))?.scope === one.scope);
}

function* textFindings(analysis: Analysis, file: SourceFile): Generator<LocatedFinding> {
  if (file.manifest.role === 'other') return;
  const scope = analysis.scopesOfFile(file.uri)[0]?.scope.name ?? analysis.folderOf(file.uri)?.name ?? '';
  for (const problem of file.manifest.problems) {
    const severity = severityOf(analysis, file.uri, problem.code);
    if (severity !== 'off') yield textFinding(file, problem, severity, scope);
  }
}

function textFinding(
  file: SourceFile,
  { code, message, start, end }: ManifestProblem,
  severity: Severity,
  scope: string,
): LocatedFinding {
  return {
    code,
    severity,
    message,
    location: { uri: file.uri, range: file.range(start, end) },
    scope,
    related: [],
    fixes: [],
  };
}

function configFindings(analysis: Analysis, folder: Parameters<Analysis['config']>[0]): readonly LocatedFinding[] {
  const { config, file } = analysis.config(folder);
  if (file === undefined) return [];
  return config.problems.flatMap(({ path, message }) => {
    // An item of a list has no key.
    const range = file.locator.locate(0, path, typeof path.at(-1) === 'number' ? 'value' : 'key');
    const code = 'podpath-config-invalid';
    const severity = severityOf(analysis, file.uri, code);
    if (range === undefined || severity === 'off') return [];
    return [
      {
        code,
        severity,
        message,
        location: { uri: file.uri, range: file.range(range.start, range.end) },
        scope: folder.name,
        related: [],
        fixes: [],
      },
    ];
  });
}

function* scopeFindings(analysis: Analysis, scope: ScopeAnalysis): Generator<undefined, readonly LocatedFinding[]> {
  const { snapshot } = scope;
  const found = yield* runRules({ snapshot, model: scope.derived }, (rule) => mayBeOn(analysis, rule));
  const known = found.map((one) => whereElse(analysis, scope, one));
  return known.flatMap((finding) => locateFinding(analysis, snapshot, scope.scope.name, finding) ?? []);
}

/** Something missing that another scope has may be applied together with it: who knows. */
function whereElse(analysis: Analysis, scope: ScopeAnalysis, finding: Finding): Finding {
  const { wanted } = finding;
  if (wanted === undefined) return finding;
  const key = refKey(wanted);
  const has = ({ scope: one }: ScopeAnalysis) => one.resources.some(({ ref }) => refKey(ref) === key);
  const other = analysis.scopes.find((one) => one !== scope && has(one));
  if (other === undefined) return finding;
  const message = `${finding.message}. ${t('Scope {0} has it: they may belong together', other.scope.name)}`;
  return { ...finding, severity: 'info', message };
}

const order: readonly Severity[] = ['error', 'warning', 'info', 'hint'];

/** A finding below the rule's own severity stays below it, whatever the settings say. */
function locateFinding(
  analysis: Analysis,
  snapshot: Snapshot,
  scope: string,
  finding: Finding,
): LocatedFinding | undefined {
  const location = analysis.locate(snapshot, finding.ref, finding.path, finding.part ?? 'value', finding.origin);
  if (location === undefined) return undefined;
  const severity = severityOf(analysis, location.uri, finding.code);
  if (severity === 'off') return undefined;
  const lowered = finding.severity;
  const located: LocatedFinding = {
    code: finding.code,
    severity: lowered !== undefined && order.indexOf(lowered) > order.indexOf(severity) ? lowered : severity,
    message: finding.message,
    location,
    scope,
    ref: finding.ref,
    related: finding.related.flatMap(({ ref, path, message }) => {
      const place = analysis.locate(snapshot, ref, path);
      return place === undefined ? [] : [{ location: place, message }];
    }),
    fixes: finding.fixes.flatMap((fix) => locateFix(analysis, snapshot, fix) ?? []),
  };
  if (finding.missing === true) {
    missingKeys.set(located, missingKey(location.uri, finding));
    if (finding.severity !== undefined) unsure.add(located);
  }
  return located;
}

const knownEdits = new WeakMap<SourceFile, Map<string, ReturnType<typeof editsFor>>>();

/** Edits are made by reading the document again, so those of a text that did not change are kept. */
function editsOf(file: SourceFile, place: Parameters<typeof editsFor>[1], fix: Fix): ReturnType<typeof editsFor> {
  const known = knownEdits.get(file) ?? new Map<string, ReturnType<typeof editsFor>>();
  knownEdits.set(file, known);
  const key = JSON.stringify([place.document, place.prefix, fix.changes]);
  if (!known.has(key)) known.set(key, editsFor(file.text, place, fix.changes));
  return known.get(key);
}

/** The edits of a fix in the text as it stands; `undefined` where they do not fit it. */
export function locateFix(
  analysis: Analysis,
  snapshot: Snapshot,
  fix: Fix,
): { readonly title: string; readonly edits: readonly FileEdit[] } | undefined {
  const origin = fix.origin ?? snapshot.get(fix.target)?.origin;
  const file = origin?.type === 'manifest' ? analysis.file(origin.uri) : undefined;
  if (file === undefined || origin?.type !== 'manifest') return undefined;
  const edits = editsOf(file, origin, fix);
  if (edits === undefined || edits.length === 0) return undefined;
  return {
    title: fix.title,
    edits: edits.map(({ start, end, newText }) => ({ uri: file.uri, range: file.range(start, end), newText })),
  };
}
