import { arrayAt, isObject, type JsonValue, objectAt, stringAt, stringMapAt, stringsAt } from './json.ts';

/** Labels or annotations of an object. */
export type Labels = Readonly<Record<string, string>>;

/** One requirement of a label selector, as metav1.LabelSelectorRequirement. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values: readonly string[];
}

/**
 * A label selector: all requirements must hold, an empty list selects everything. `invalid` says why a malformed
 * selector can't be trusted: it selects nothing and the verdicts that depend on it are unknown.
 * Source: k8s.io/apimachinery metav1.LabelSelector.
 */
export interface LabelSelector {
  readonly requirements: readonly LabelRequirement[];
  readonly invalid?: string;
}

/** The selector that selects everything. */
export const everything: LabelSelector = { requirements: [] };

const operators = new Set(['In', 'NotIn', 'Exists', 'DoesNotExist']);

/**
 * Reads a metav1.LabelSelector. `undefined` (an absent or null selector) gives `undefined`: what absence means is
 * the caller's knowledge. `{}` selects everything.
 */
export function readLabelSelector(value: JsonValue | undefined): LabelSelector | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) return { requirements: [], invalid: 'not an object' };
  const requirements: LabelRequirement[] = Object.entries(stringMapAt(value, 'matchLabels')).map(([key, text]) => ({
    key,
    operator: 'In',
    values: [text],
  }));
  let invalid: string | undefined;
  const matchLabels = objectAt(value, 'matchLabels') ?? {};
  const odd = Object.keys(matchLabels).find((key) => typeof matchLabels[key] !== 'string');
  if (odd !== undefined) invalid = `matchLabels.${odd} is not a string`;
  for (const expression of arrayAt(value, 'matchExpressions')) {
    const requirement = readRequirement(expression);
    if (typeof requirement === 'string') invalid = requirement;
    else requirements.push(requirement);
  }
  return invalid === undefined ? { requirements } : { requirements, invalid };
}

function readRequirement(value: JsonValue): LabelRequirement | string {
  const key = stringAt(value, 'key');
  const operator = stringAt(value, 'operator');
  const values = stringsAt(value, 'values');
  if (key === undefined) return 'a matchExpressions entry has no key';
  if (operator === undefined || !operators.has(operator)) return `operator ${operator ?? '(none)'} is not known`;
  const wantsValues = operator === 'In' || operator === 'NotIn';
  if (wantsValues !== values.length > 0) return `operator ${operator} with ${values.length} values`;
  return { key, operator: operator as LabelRequirement['operator'], values };
}

/** A selector of equalities only, as in Service.spec.selector. */
export function selectorOfLabels(labels: Labels): LabelSelector {
  return {
    requirements: Object.entries(labels).map(([key, value]) => ({ key, operator: 'In', values: [value] })),
  };
}

/** True when the labels satisfy every requirement. An invalid selector matches nothing. */
export function matchesLabels(selector: LabelSelector, labels: Labels): boolean {
  return selector.invalid === undefined && selector.requirements.every((one) => matchesRequirement(one, labels));
}

/** NotIn and DoesNotExist hold for an absent key, as in the API. */
export function matchesRequirement(requirement: LabelRequirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && requirement.values.includes(value);
    case 'NotIn':
      return value === undefined || !requirement.values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return requirement.operator satisfies never;
  }
}

/** The selector as kubectl prints it: `app=web,tier in (a,b),!canary`; `<everything>` for an empty one. */
export function formatSelector(selector: LabelSelector): string {
  if (selector.requirements.length === 0) return '<everything>';
  return selector.requirements.map(formatRequirement).join(',');
}

function formatRequirement({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case 'In':
      return values.length === 1 ? `${key}=${values[0]}` : `${key} in (${values.join(',')})`;
    case 'NotIn':
      return `${key} notin (${values.join(',')})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      return operator satisfies never;
  }
}
