import { t } from '@vscode/l10n';
import { isObject, type JsonObject, type JsonValue, stringAt, stringMapAt, stringsAt, valueAt } from '../model/json.ts';
import type { FieldPath } from '../model/resource.ts';
import type { Direction, PortMatch } from './policy.ts';
import type { PolicyReader } from './reader.ts';

/** Where layer 7 rules stand, which decides what they may be. */
export interface L7Context {
  readonly direction: Direction;
  readonly denies: boolean;
  /** True in a policy of nodes. */
  readonly host: boolean;
}

/** One protocol of layer 7 rules: what one of its rules asks for in words, '' for nothing; `undefined` where it can't be read. */
type Words = (rule: JsonObject) => string | undefined;

const languages: Readonly<Record<string, Words>> = { http, kafka, dns };

/**
 * What the toPorts entry at `path` asks of requests: one of the texts must hold, an empty list asks for nothing.
 * Malformed rules, and those that Cilium refuses, are doubts and give `undefined`.
 * Source: cilium Documentation/security/policy/layer7, pkg/policy/api/rule_validation.go (PortRule, L7Rules).
 */
export function requestsOf(
  reader: PolicyReader,
  path: FieldPath,
  ports: readonly PortMatch[],
  context: L7Context,
): readonly string[] | undefined {
  const rules = reader.at([...path, 'rules']);
  const refuse = (field: string, reason: string): undefined => {
    reader.doubt([...path, field], reason);
    return undefined;
  };
  if (isGiven(rules) && !isObject(rules)) return refuse('rules', t('{0} is not a mapping', 'rules'));
  const given = Object.keys(isObject(rules) ? rules : {}).filter((key) => isGiven(valueAt(rules, key)));
  const unknown = given.find((key) => key !== 'l7proto' && key !== 'l7' && languages[key] === undefined);
  if (unknown !== undefined) return refuse('rules', t('the field {0} is not known here', unknown));
  const listener = isGiven(reader.at([...path, 'listener']));
  if (listener && (context.direction === 'ingress' || given.length > 0)) {
    return refuse('listener', t('a listener can stand on egress only, and without rules'));
  }
  const names = serverNames(reader, [...path, 'serverNames']);
  if (names === undefined) return undefined;
  if (given.length === 0) return names.map((name) => t('TLS for {0}', name));
  if (names.length > 0 && !isGiven(reader.at([...path, 'terminatingTLS']))) {
    return refuse('serverNames', t('serverNames and rules together need terminatingTLS'));
  }
  const reason = refusalOf(given, ports, context);
  return reason === undefined ? rulesOf(reader, [...path, 'rules'], given) : refuse('rules', reason);
}

function isGiven(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null;
}

function serverNames(reader: PolicyReader, path: FieldPath): readonly string[] | undefined {
  const list = reader.list(path) ?? [];
  const odd = list.findIndex((one) => typeof one !== 'string' || one === '');
  if (odd >= 0) reader.doubt([...path, odd], t('the name of the server is missing'));
  return odd >= 0 || reader.isBroken(path) ? undefined : list.map(String);
}

/** Layer 7 rules are for TCP and a port, those of DNS for egress; nodes have DNS alone. One protocol an entry. */
function refusalOf(
  given: readonly string[],
  ports: readonly PortMatch[],
  { direction, host }: L7Context,
): string | undefined {
  if (given.filter((key) => key !== 'l7').length !== 1) return t('rules are of exactly one protocol');
  const isDns = given[0] === 'dns';
  if (isDns && direction === 'ingress') return t('rules of DNS can stand on egress only');
  if (host && !isDns) return t('a policy of nodes can have rules of DNS only');
  const all = ports.some((one) => one.kind === 'range' && one.from === 1 && one.to === 65_535);
  const other = ports.some((one) => one.kind !== 'invalid' && one.protocol !== 'TCP');
  if (all) return t('rules of requests need a port');
  return !isDns && other ? t('rules of requests are for TCP only') : undefined;
}

function rulesOf(reader: PolicyReader, path: FieldPath, given: readonly string[]): readonly string[] | undefined {
  const proto = reader.at([...path, 'l7proto']);
  const field = given.find((key) => key !== 'l7proto') ?? 'l7';
  const words = languages[field] ?? ((rule) => custom(String(proto), rule));
  const list = reader.list([...path, field]) ?? [];
  const texts = list.map((rule) => (isObject(rule) ? words(rule) : undefined));
  const odd = texts.indexOf(undefined);
  if (odd >= 0) reader.doubt([...path, field, odd], t('the rule of requests is malformed'));
  if (isGiven(proto) && typeof proto !== 'string') reader.doubt([...path, 'l7proto'], t('l7proto is not a name'));
  if (odd >= 0 || reader.isBroken([...path, field]) || (isGiven(proto) && typeof proto !== 'string')) return undefined;
  // One rule that asks for nothing lets every request through, and so does a list without rules.
  const asked = texts.filter((text) => text !== undefined);
  return asked.includes('') ? [] : asked;
}

/** The texts under some keys, '' where absent; `undefined` where one is of another type. */
function texts(rule: JsonObject, ...keys: readonly string[]): readonly string[] | undefined {
  const found = keys.map((key) => (isGiven(rule[key]) ? stringAt(rule, key) : ''));
  return found.some((one) => one === undefined) ? undefined : found.map((one) => one ?? '');
}

function http(rule: JsonObject): string | undefined {
  const [method, path, host] = texts(rule, 'method', 'path', 'host') ?? [];
  const known = Object.keys(rule).every((key) => ['method', 'path', 'host', 'headers', 'headerMatches'].includes(key));
  const headers = valueAt(rule, 'headers') ?? [];
  const matches = valueAt(rule, 'headerMatches') ?? [];
  if (method === undefined || !known || !Array.isArray(headers) || !Array.isArray(matches)) return undefined;
  if (!matches.every(isHeaderMatch)) return undefined;
  const wanted = [...stringsAt(rule, 'headers'), ...matches.flatMap(headerOf)];
  if (wanted.length < headers.length) return undefined;
  const head = [method, path].filter(Boolean).join(' ');
  const rest = [host ? t('to {0}', host) : '', ...wanted.map((one) => t('with header {0}', one))].filter(Boolean);
  return [head, ...rest].filter(Boolean).join(' ');
}

function isHeaderMatch(value: JsonValue): boolean {
  const known = ['mismatch', 'name', 'secret', 'value'];
  return isObject(value) && Object.keys(value).every((key) => known.includes(key));
}

/** A header that only changes the request where it does not match is not asked for. */
function headerOf(value: JsonValue): readonly string[] {
  const name = stringAt(value, 'name');
  return name === undefined || isGiven(valueAt(value, 'mismatch')) ? [] : [name];
}

function kafka(rule: JsonObject): string | undefined {
  const fields = ['role', 'apiKey', 'apiVersion', 'clientID', 'topic'];
  const found = texts(rule, ...fields);
  if (found === undefined || Object.keys(rule).some((key) => !fields.includes(key))) return undefined;
  const text = found.filter(Boolean).join(' ');
  return text === '' ? '' : t('Kafka {0}', text);
}

function dns(rule: JsonObject): string | undefined {
  const found = texts(rule, 'matchName', 'matchPattern');
  const name = found?.find(Boolean);
  const known = Object.keys(rule).every((key) => key === 'matchName' || key === 'matchPattern');
  if (name === undefined || !known) return undefined;
  return /^\*+\.?$/.test(name) ? '' : t('DNS queries for {0}', name);
}

function custom(proto: string, rule: JsonObject): string | undefined {
  const pairs = Object.entries(stringMapAt(rule)).map(([key, value]) => `${key}=${value}`);
  if (pairs.length < Object.keys(rule).length) return undefined;
  return pairs.length === 0 ? '' : `${proto} ${pairs.join(' ')}`;
}
