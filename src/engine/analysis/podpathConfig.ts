import { t } from '@vscode/l10n';
import { rules as knownRules } from '../diagnostics/rules.ts';
import type { AssumptionSettings } from '../model/assumptions.ts';
import { arrayAt, isObject, type JsonObject, type JsonValue, objectAt, stringAt, stringsAt } from '../model/json.ts';
import type { FieldPath } from '../model/resource.ts';
import { readAssumptions } from './assumptions.ts';

/**
 * A scope that podpath.yaml lists. `renderedPath` is its Kustomize root or chart, which is not rendered yet; `context` the
 * running cluster that it is laid over.
 */
export interface ConfiguredScope {
  readonly name: string;
  readonly paths: readonly string[];
  readonly renderedPath?: string;
  readonly context?: string;
  readonly assume: AssumptionSettings;
}

/** An entry of `ignores`; absent members match everything. `expires` is a date, `YYYY-MM-DD`. */
export interface IgnoreEntry {
  readonly code: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly path?: string;
  readonly reason: string;
  readonly expires?: string;
  /** Where the entry stands in podpath.yaml. */
  readonly at: FieldPath;
}

/** Something in podpath.yaml that means nothing. */
export interface ConfigProblem {
  readonly path: FieldPath;
  readonly message: string;
}

/** podpath.yaml (CONTRACT.md). Absent members are empty. */
export interface PodpathConfig {
  readonly scopes: readonly ConfiguredScope[];
  readonly assume: AssumptionSettings;
  readonly rules: Readonly<Record<string, string>>;
  readonly ignores: readonly IgnoreEntry[];
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Raw assertions; connectivity/assertions.ts reads them. */
  readonly tests: readonly JsonValue[];
  readonly problems: readonly ConfigProblem[];
}

/** What holds where there is no podpath.yaml. */
export const emptyConfig: PodpathConfig = {
  scopes: [],
  assume: {},
  rules: {},
  ignores: [],
  include: [],
  exclude: [],
  tests: [],
  problems: [],
};

const knownKeys = ['scopes', 'assume', 'rules', 'ignores', 'include', 'exclude', 'tests'] as const;
const scopeKeys = ['name', 'paths', 'kustomize', 'helm', 'context', 'assume'] as const;
const ignoreKeys = ['code', 'kind', 'namespace', 'name', 'path', 'reason', 'expires'] as const;

/** Reads podpath.yaml. Unknown keys and values are problems; the rest counts. */
export function readPodpathConfig(value: JsonValue | undefined): PodpathConfig {
  if (!isObject(value)) return emptyConfig;
  const problems: ConfigProblem[] = unknownKeys(value, knownKeys, []);
  const assume = readAssumptions(objectAt(value, 'assume'), ['assume']);
  problems.push(...assume.problems);
  const rules = readRules(objectAt(value, 'rules') ?? {}, problems);
  return {
    scopes: arrayAt(value, 'scopes').flatMap((one, index) => readScope(one, index, problems)),
    assume: assume.settings,
    rules,
    ignores: arrayAt(value, 'ignores').flatMap((one, index) => readIgnore(one, index, problems)),
    include: stringsAt(value, 'include'),
    exclude: stringsAt(value, 'exclude'),
    tests: arrayAt(value, 'tests'),
    problems,
  };
}

const severities: readonly string[] = ['off', 'hint', 'info', 'warning', 'error'];

/** `off` is a boolean in YAML 1.1, and means the severity here. */
function readRules(object: JsonObject, problems: ConfigProblem[]): Readonly<Record<string, string>> {
  const rules: Record<string, string> = {};
  for (const [code, value] of Object.entries(object)) {
    const severity = value === false ? 'off' : String(value);
    const path = ['rules', code];
    if (!knownRules.some((one) => one.code === code)) {
      problems.push({ path, message: t('{0} is not a rule of Podpath', code) });
    } else if (!severities.includes(severity)) {
      problems.push({ path, message: t('{0} is not a severity; known are {1}', severity, severities.join(', ')) });
    } else rules[code] = severity;
  }
  return rules;
}

function unknownKeys(object: JsonObject, known: readonly string[], path: FieldPath): ConfigProblem[] {
  return Object.keys(object)
    .filter((key) => !known.includes(key))
    .map((key) => ({
      path: [...path, key],
      message: t('{0} is not a key of podpath.yaml here; known are {1}', key, known.join(', ')),
    }));
}

function readScope(value: JsonValue, index: number, problems: ConfigProblem[]): ConfiguredScope[] {
  const path: FieldPath = ['scopes', index];
  const name = stringAt(value, 'name');
  if (!isObject(value) || name === undefined) {
    problems.push({ path, message: t('A scope needs a name') });
    return [];
  }
  problems.push(...unknownKeys(value, scopeKeys, path));
  const assume = readAssumptions(objectAt(value, 'assume'), [...path, 'assume']);
  problems.push(...assume.problems);
  const context = stringAt(value, 'context');
  const rendered = stringAt(value, 'kustomize') ?? stringAt(value, 'helm', 'chart');
  return [
    {
      name,
      paths: stringsAt(value, 'paths'),
      assume: assume.settings,
      ...(rendered === undefined ? {} : { renderedPath: rendered }),
      ...(context === undefined ? {} : { context }),
    },
  ];
}

function readIgnore(value: JsonValue, index: number, problems: ConfigProblem[]): IgnoreEntry[] {
  const path: FieldPath = ['ignores', index];
  const code = stringAt(value, 'code');
  const reason = stringAt(value, 'reason');
  if (!isObject(value) || code === undefined || reason === undefined) {
    problems.push({ path, message: t('An entry of ignores needs a code and a reason') });
    return [];
  }
  problems.push(...unknownKeys(value, ignoreKeys, path));
  const optional = Object.fromEntries(
    (['kind', 'namespace', 'name', 'path', 'expires'] as const).flatMap((key) => {
      const text = stringAt(value, key);
      return text === undefined ? [] : [[key, text]];
    }),
  ) as Partial<IgnoreEntry>;
  return [{ ...optional, code, reason, at: path }];
}
