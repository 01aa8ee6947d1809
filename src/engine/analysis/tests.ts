import { type AssertionResult, checkAssertion, knowsEnds, readAssertion } from '../connectivity/assertions.ts';
import { readDocuments } from '../manifest/parse.ts';
import { arrayAt, type JsonValue, stringAt } from '../model/json.ts';
import type { FieldPath, Location } from '../model/resource.ts';
import type { Analysis } from './analysis.ts';
import { SourceFile } from './files.ts';
import type { ScopeAnalysis } from './scopeAnalysis.ts';

/** What came of one assertion in one scope. */
export interface TestResult extends AssertionResult {
  readonly uri: string;
  /** 0-based, in its file. */
  readonly index: number;
  readonly scope: string;
  readonly location?: Location;
}

/** An assertion as it stands in a file, whether it can be read or not. */
export interface WrittenAssertion {
  readonly file: SourceFile;
  readonly index: number;
  readonly document: number;
  readonly path: FieldPath;
  readonly value: JsonValue;
}

/**
 * Judges every assertion of the workspace (`tests` of podpath.yaml, ConnectivityTest objects), or those of one other
 * file. An assertion is judged in each scope that has both of its ends. Yields after each.
 */
export function* runTests(
  analysis: Analysis,
  other?: { readonly uri: string; readonly text: string },
): Generator<undefined, readonly TestResult[]> {
  const results: TestResult[] = [];
  for (const written of writtenAssertions(analysis, other)) {
    results.push(...judge(analysis, written));
    yield;
  }
  return results;
}

/** The assertions of the workspace, or of one other file, in the order of the files. */
export function writtenAssertions(
  analysis: Analysis,
  other?: { readonly uri: string; readonly text: string },
): readonly WrittenAssertion[] {
  const files = other === undefined ? analysis.files : [new SourceFile(other.uri, other.text)];
  return files.flatMap((file) => assertionsOf(file, other !== undefined));
}

/** Files without objects of ours need not be read again. */
function mayHaveTests({ manifest }: SourceFile): boolean {
  if (manifest.role === 'podpath') return true;
  return manifest.documents.some((one) => one.resources.some(({ ref }) => ref.kind === 'ConnectivityTest'));
}

/** `tests` means something only in podpath.yaml and in a file that was named for it. */
function assertionsOf(file: SourceFile, isNamed: boolean): readonly WrittenAssertion[] {
  if (!isNamed && !mayHaveTests(file)) return [];
  let index = 0;
  return readDocuments(file.text).flatMap(({ value }, document) => {
    const isTest = stringAt(value, 'kind') === 'ConnectivityTest';
    const isConfig = file.manifest.role === 'podpath' || (isNamed && stringAt(value, 'kind') === undefined);
    const path: FieldPath = isTest ? ['spec', 'assertions'] : ['tests'];
    if (!isTest && !isConfig) return [];
    return arrayAt(value, ...path).map((one, position) => {
      return { file, index: index++, document, path: [...path, position], value: one };
    });
  });
}

function judge(analysis: Analysis, { file, index, document, path, value }: WrittenAssertion): readonly TestResult[] {
  const range = file.locator.locate(document, path, 'value');
  const place = {
    uri: file.uri,
    index,
    ...(range === undefined ? {} : { location: { uri: file.uri, range: file.range(range.start, range.end) } }),
  };
  const assertion = readAssertion(value);
  const scopes = analysis.scopes.filter(({ scope }) => scope.resources.length > 0);
  if (typeof assertion === 'string' || scopes.length === 0) return [{ ...place, ...malformed(value, assertion) }];
  const knowing = scopes.filter((one) => knowsEnds(one.derived, assertion));
  return (knowing.length > 0 ? knowing : scopes.slice(0, 1)).map((one: ScopeAnalysis) => ({
    ...place,
    ...checkAssertion(one.derived, assertion),
    scope: one.scope.name,
  }));
}

function malformed(value: JsonValue, why: unknown): Omit<TestResult, 'uri' | 'index'> {
  return {
    scope: '',
    from: stringAt(value, 'from') ?? '',
    to: stringAt(value, 'to') ?? '',
    protocol: 'TCP',
    expect: stringAt(value, 'expect') ?? '',
    actual: 'unknown',
    why: typeof why === 'string' ? why : '',
    pass: false,
  };
}
