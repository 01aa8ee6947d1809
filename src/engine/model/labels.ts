import { arrayAt, isObject, type JsonValue, objectAt, stringAt, stringMapAt, stringsAt, valueAt } from './json.ts';

/** Labels or annotations of an object. */
export type Labels = Readonly<Record<string, string>>;

/** One requirement of a label selector: metav1.LabelSelectorRequirement, and the comparisons that Calico adds. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Contains' | 'StartsWith' | 'EndsWith';
  readonly values: readonly string[];
}

/**
 * A label selector: all requirements must hold, an empty list selects everything. Languages that have more than "and"
 * use `anyOf` (of each list at least one must hold) and `noneOf`. `invalid` says why a malformed selector can't be
 * trusted: it selects nothing and the verdicts that depend on it are unknown.
 * Source: k8s.io/apimachinery metav1.LabelSelector.
 */
export interface LabelSelector {
  readonly requirements: readonly LabelRequirement[];
  readonly anyOf?: readonly (readonly LabelSelector[])[];
  readonly noneOf?: readonly LabelSelector[];
  readonly invalid?: string;
}

/** Where a selector looks a key up; `undefined` for a key that is not there. */
export type LabelReader = (key: string) => string | undefined;

/** The selector that selects everything. */
export const everything: LabelSelector = { requirements: [] };

/** The selector that nothing meets. */
export const nothing: LabelSelector = { requirements: [], noneOf: [everything] };

const requirementFields: ReadonlySet<string> = new Set(['key', 'operator', 'values']);

const operators = new Set(['In', 'NotIn', 'Exists', 'DoesNotExist']);

/**
 * Reads a metav1.LabelSelector. `undefined` (an absent or null selector) gives `undefined`: what absence means is
 * the caller's knowledge. `{}` selects everything. `labelOf` takes away what a policy kind writes before a label's key.
 */
export function readLabelSelector(
  value: JsonValue | undefined,
  labelOf: (key: string) => string = (key) => key,
): LabelSelector | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) return { requirements: [], invalid: 'not an object' };
  const requirements: LabelRequirement[] = Object.entries(stringMapAt(value, 'matchLabels')).map(([key, text]) => ({
    key,
    operator: 'In',
    values: [text],
  }));
  const strange = oddPartOf(value);
  let invalid = requirements.map((one) => malformed(one, labelOf)).find((one) => one !== undefined);
  const matchLabels = objectAt(value, 'matchLabels') ?? {};
  const odd = Object.keys(matchLabels).find((key) => typeof matchLabels[key] !== 'string');
  if (odd !== undefined) invalid = `matchLabels.${odd} is not a string`;
  for (const expression of arrayAt(value, 'matchExpressions')) {
    const requirement = readRequirement(expression, labelOf);
    if (typeof requirement === 'string') invalid = requirement;
    else requirements.push(requirement);
  }
  if (strange !== undefined) invalid = `${strange.join('.')} has no place or shape of a selector`;
  return invalid === undefined ? { requirements } : { requirements, invalid };
}

/**
 * The path, inside a selector, of the first part that is not known there or has another shape: what is odd must not read
 * as a selector of everything. `undefined` where every part has its place; empty where the whole is no mapping.
 */
export function oddPartOf(value: JsonValue | undefined): readonly (string | number)[] | undefined {
  if (!isObject(value)) return [];
  const unknown = Object.keys(value).find((key) => key !== 'matchLabels' && key !== 'matchExpressions');
  if (unknown !== undefined) return [unknown];
  const labels = value['matchLabels'];
  if (labels !== undefined && labels !== null && !isObject(labels)) return ['matchLabels'];
  const expressions = value['matchExpressions'];
  if (expressions === undefined || expressions === null) return undefined;
  if (!Array.isArray(expressions)) return ['matchExpressions'];
  const odd = arrayAt(value, 'matchExpressions').findIndex((one) => {
    const values = valueAt(one, 'values');
    if (isObject(one) && Object.keys(one).some((key) => !requirementFields.has(key))) return true;
    if (values === undefined || values === null) return objectAt(one) === undefined;
    return !Array.isArray(values) || values.some((text) => typeof text !== 'string');
  });
  return odd < 0 ? undefined : ['matchExpressions', odd];
}

function readRequirement(value: JsonValue, labelOf: (key: string) => string): LabelRequirement | string {
  const key = stringAt(value, 'key');
  const operator = stringAt(value, 'operator');
  const values = stringsAt(value, 'values');
  if (key === undefined) return 'a matchExpressions entry has no key';
  if (operator === undefined || !operators.has(operator)) return `operator ${operator ?? '(none)'} is not known`;
  const wantsValues = operator === 'In' || operator === 'NotIn';
  if (wantsValues !== values.length > 0) return `operator ${operator} with ${values.length} values`;
  const requirement = { key, operator: operator as LabelRequirement['operator'], values };
  return malformed(requirement, labelOf) ?? requirement;
}

const name = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const dnsName = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;

/**
 * Why no label can have the key or a value: a key is a name of up to 63 characters, after a DNS name and a slash where
 * it has a prefix, and a value is a name or empty. Source: the concept page on labels, "Syntax and character set".
 */
function malformed({ key: written, values }: LabelRequirement, labelOf: (key: string) => string): string | undefined {
  const key = labelOf(written);
  const slash = key.indexOf('/');
  const isKey = name.test(key.slice(slash + 1)) && (slash < 0 || dnsName.test(key.slice(0, slash)));
  if (!isKey) return `${written} is not a label's key`;
  const bad = values.find((value) => value !== '' && !name.test(value));
  return bad === undefined ? undefined : `${bad} is not a label's value`;
}

/** A selector of equalities only, as in Service.spec.selector. */
export function selectorOfLabels(labels: Labels): LabelSelector {
  return {
    requirements: Object.entries(labels).map(([key, value]) => ({ key, operator: 'In', values: [value] })),
  };
}

/** True when the labels satisfy the selector. An invalid selector matches nothing. */
export function matchesLabels(selector: LabelSelector, labels: Labels): boolean {
  const { requirements, anyOf, noneOf, invalid } = selector;
  // Most selectors are a few equalities, asked of thousands of objects.
  if (anyOf === undefined && noneOf === undefined) {
    return invalid === undefined && requirements.every((one) => holds(one, labelIn(labels, one.key)));
  }
  return matches(selector, (key) => labelIn(labels, key));
}

function labelIn(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

/** True when what `read` finds satisfies the selector. */
export function matches(selector: LabelSelector, read: LabelReader): boolean {
  return (
    selector.invalid === undefined &&
    selector.requirements.every((one) => holds(one, read(one.key))) &&
    (selector.anyOf?.every((list) => list.some((one) => matches(one, read))) ?? true) &&
    !(selector.noneOf?.some((one) => matches(one, read)) ?? false)
  );
}

/** One requirement on one object's labels. */
export function matchesRequirement(requirement: LabelRequirement, labels: Labels): boolean {
  return holds(requirement, Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined);
}

/** NotIn and DoesNotExist hold for an absent key, as in the API. */
function holds({ operator, values }: LabelRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Contains':
      return value?.includes(values[0] ?? '') ?? false;
    case 'StartsWith':
      return value?.startsWith(values[0] ?? '') ?? false;
    case 'EndsWith':
      return value?.endsWith(values[0] ?? '') ?? false;
    default:
      return operator satisfies never;
  }
}

/** Every key that the selector reads, also within alternatives. */
export function keysOf(selector: LabelSelector): readonly string[] {
  const inner = [...(selector.anyOf?.flat() ?? []), ...(selector.noneOf ?? [])];
  return [...selector.requirements.map(({ key }) => key), ...inner.flatMap(keysOf)];
}

/** True for a selector that asks for nothing. */
export function selectsAll({ requirements, anyOf, noneOf, invalid }: LabelSelector): boolean {
  return requirements.length === 0 && anyOf === undefined && noneOf === undefined && invalid === undefined;
}

/** The selector as kubectl prints it: `app=web,tier in (a,b),!canary`; `<everything>` for an empty one. */
export function formatSelector(selector: LabelSelector): string {
  if (selectsAll(selector)) return '<everything>';
  const alternatives = (selector.anyOf ?? []).map((list) => `(${list.map(formatSelector).join(' or ')})`);
  const exceptions = (selector.noneOf ?? []).map((one) => `not (${formatSelector(one)})`);
  return [...selector.requirements.map(formatRequirement), ...alternatives, ...exceptions].join(',');
}

function formatRequirement({ key: raw, operator, values }: LabelRequirement): string {
  const key = formatKey(raw);
  switch (operator) {
    case 'In':
      return values.length === 1 ? `${key}=${values[0]}` : `${key} in (${values.join(',')})`;
    case 'NotIn':
      return `${key} notin (${values.join(',')})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    case 'Contains':
      return `${key} contains ${values[0]}`;
    case 'StartsWith':
      return `${key} starts with ${values[0]}`;
    case 'EndsWith':
      return `${key} ends with ${values[0]}`;
    default:
      return operator satisfies never;
  }
}

/**
 * Keys of what is known of a pod beside its labels. A colon can't stand in a label key, so they never meet one.
 * `namespace:team` is the label of its namespace, `serviceAccount:team` that of its service account.
 */
export const podFacts = {
  name: ':name',
  namespace: ':namespace',
  serviceAccount: ':serviceAccount',
  /** How the pod takes part in a service mesh: a `MeshMode`. */
  mesh: ':mesh',
  namespaceLabel: (key: string): string => `namespace:${key}`,
  serviceAccountLabel: (key: string): string => `serviceAccount:${key}`,
} as const;

function formatKey(key: string): string {
  const at = key.indexOf(':');
  if (at < 0) return key;
  return at === 0 ? key.slice(1) : `${key.slice(0, at)} ${key.slice(at + 1)}`;
}
