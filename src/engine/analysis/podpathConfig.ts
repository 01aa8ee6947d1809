import { t } from '@vscode/l10n';
import { rules as knownRules } from '../diagnostics/rules.ts';
import { misfits, type Shape } from '../diagnostics/shapes.ts';
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
  /** Where the entry stands in podpath.yaml. */
  readonly at: FieldPath;
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
const assertionKeys = ['from', 'to', 'port', 'protocol', 'expect'] as const;
const helmKeys = ['chart', 'values'] as const;
const ignoreKeys = ['code', 'kind', 'namespace', 'name', 'path', 'reason', 'expires'] as const;

const text: Shape = { is: 'text' };
const texts: Shape = { is: 'list', of: text };
const anObject: Shape = { is: 'object', fields: {} };
const day: Shape = { is: 'text', fits: isDay, what: 'a day, as 2027-12-31' };

/** What its keys hold (CONTRACT.md). Items without what they need are told in words of their own. */
const shape: Shape = {
  is: 'object',
  fields: {
    scopes: {
      is: 'list',
      of: {
        is: 'object',
        fields: {
          paths: texts,
          kustomize: text,
          helm: { is: 'object', fields: { chart: text, values: texts } },
          context: text,
          assume: anObject,
        },
      },
    },
    assume: anObject,
    rules: anObject,
    ignores: {
      is: 'list',
      of: { is: 'object', fields: { kind: text, namespace: text, name: text, path: text, expires: day } },
    },
    include: texts,
    exclude: texts,
    tests: { is: 'list', of: anObject },
  },
};

/** A day of the calendar; what stands behind it, as where YAML read a point in time, does not matter. */
function isDay(written: string): boolean {
  const start = written.slice(0, 10);
  return /^\d{4}-\d{2}-\d{2}(T|$)/.test(written) && !Number.isNaN(Date.parse(start));
}

/** Reads podpath.yaml. Unknown keys and values are problems; the rest counts. */
export function readPodpathConfig(value: JsonValue | undefined): PodpathConfig {
  if (value === undefined || value === null) return emptyConfig;
  if (!isObject(value)) {
    return { ...emptyConfig, problems: [{ path: [], message: t('podpath.yaml must be a mapping of keys to values') }] };
  }
  const problems: ConfigProblem[] = unknownKeys(value, knownKeys, []);
  const assume = readAssumptions(objectAt(value, 'assume'), ['assume']);
  problems.push(...assume.problems);
  const rules = readRules(objectAt(value, 'rules') ?? {}, problems);
  const scopes = arrayAt(value, 'scopes').flatMap((one, index) => readScope(one, index, problems));
  problems.push(...sameNames(scopes));
  for (const [index, one] of arrayAt(value, 'tests').entries()) {
    if (isObject(one)) problems.push(...unknownKeys(one, assertionKeys, ['tests', index]));
  }
  const ignores = arrayAt(value, 'ignores').flatMap((one, index) => readIgnore(one, index, problems));
  const told = new Set(problems.map(({ path }) => path.join('/')));
  problems.push(...[...misfits(shape, value, [])].filter(({ path }) => !told.has(path.join('/'))));
  return {
    scopes,
    assume: assume.settings,
    rules,
    ignores,
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
  problems.push(...unknownKeys(objectAt(value, 'helm') ?? {}, helmKeys, [...path, 'helm']));
  const assume = readAssumptions(objectAt(value, 'assume'), [...path, 'assume']);
  problems.push(...assume.problems);
  const context = stringAt(value, 'context');
  const rendered = stringAt(value, 'kustomize') ?? stringAt(value, 'helm', 'chart');
  return [
    {
      name,
      at: path,
      paths: stringsAt(value, 'paths'),
      assume: assume.settings,
      ...(rendered === undefined ? {} : { renderedPath: rendered }),
      ...(context === undefined ? {} : { context }),
    },
  ];
}

/** Scopes are chosen by name, so one name means one of them. */
function sameNames(scopes: readonly ConfiguredScope[]): readonly ConfigProblem[] {
  return scopes.flatMap(({ name, at }, index) =>
    scopes.slice(0, index).some((one) => one.name === name)
      ? [{ path: [...at, 'name'], message: t('Two scopes have the name {0}: give each a name of its own', name) }]
      : [],
  );
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
