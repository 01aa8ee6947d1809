import { t } from '@vscode/l10n';
import type { MeshConfig } from '../mesh/config.ts';
import { parseIp } from '../model/addresses.ts';
import { isObject, type JsonValue, valueAt } from '../model/json.ts';
import type { LabelSelector } from '../model/labels.ts';
import type { FieldPath } from '../model/resource.ts';
import { accountPods, namespacePods, principalPods } from './istioPrincipal.ts';
import type { BlockPeer } from './policy.ts';
import { allPorts, common, type PortRanges, rangesOf, without } from './portRanges.ts';
import type { PolicyReader } from './reader.ts';

/** A test of who the client is in the mesh: one of these identities, or none of them. */
export interface IdentityTest {
  readonly pods: readonly LabelSelector[];
  /** Pods that may be meant beside them. */
  readonly unsure: readonly LabelSelector[];
  readonly not: boolean;
  readonly path: FieldPath;
}

/** A test of an address: in one of the blocks, or in none. */
export interface BlockTest {
  readonly blocks: readonly BlockPeer[];
  readonly not: boolean;
  readonly path: FieldPath;
  readonly text: string;
}

/** What one source, operation or list of conditions asks for, all of it together. */
export interface Demands {
  readonly identities: readonly IdentityTest[];
  readonly sources: readonly BlockTest[];
  /** Tests of the address that a request's headers give. */
  readonly remotes: readonly BlockTest[];
  readonly destinations: readonly BlockTest[];
  readonly ports: PortRanges;
  /** What only a request of HTTP has, in words. */
  readonly http: readonly string[];
  /** What the beginning of any connection has. */
  readonly tls: readonly string[];
  /** What nobody can see from outside. */
  readonly unseen: readonly string[];
}

/** Demands of nothing. */
export const noDemands: Demands = {
  identities: [],
  sources: [],
  remotes: [],
  destinations: [],
  ports: allPorts,
  http: [],
  tls: [],
  unseen: [],
};

/** The demands of both. */
export function both(a: Demands, b: Demands): Demands {
  return {
    identities: [...a.identities, ...b.identities],
    sources: [...a.sources, ...b.sources],
    remotes: [...a.remotes, ...b.remotes],
    destinations: [...a.destinations, ...b.destinations],
    ports: common(a.ports, b.ports),
    http: [...a.http, ...b.http],
    tls: [...a.tls, ...b.tls],
    unseen: [...a.unseen, ...b.unseen],
  };
}

/** One rule: any of its sources, with any of its operations, and all of its conditions. */
export interface RuleDemands {
  readonly path: FieldPath;
  readonly from: readonly Demands[];
  readonly to: readonly Demands[];
  readonly when: Demands;
}

/**
 * Reads the rules of an AuthorizationPolicy. What is malformed is a doubt, and the rule that has it is left out.
 * Source: istio.io, Authorization Policy and Authorization Policy Conditions.
 */
export function readRules(reader: PolicyReader, config: MeshConfig): readonly RuleDemands[] {
  return reader.entries(['spec', 'rules']).flatMap((path) => {
    const before = reader.doubts.length;
    if (!known(reader, path, ['from', 'to', 'when'])) return [];
    const from = inner(reader, [...path, 'from'], 'source', (one) => readSource(reader, one, config));
    const to = inner(reader, [...path, 'to'], 'operation', (one) => readOperation(reader, one));
    const conditions = reader.entries([...path, 'when']).map((one) => readCondition(reader, one, config));
    if (reader.doubts.length > before) return [];
    return [{ path, from, to, when: conditions.reduce(both, noDemands) }];
  });
}

/** True for a mapping with known fields alone; the API server does not take others. */
function known(reader: PolicyReader, path: FieldPath, fields: readonly string[]): boolean {
  const value = reader.at(path);
  if (!isObject(value)) {
    reader.doubt(path, t('{0} is not a mapping', path.join('.')));
    return false;
  }
  const odd = Object.keys(value).find((key) => !fields.includes(key));
  if (odd !== undefined) reader.gap([...path, odd], t('the field {0} is not modelled', odd));
  return odd === undefined;
}

function inner(
  reader: PolicyReader,
  path: FieldPath,
  field: string,
  read: (path: FieldPath) => Demands,
): readonly Demands[] {
  const entries = reader.entries(path);
  if (entries.length === 0) {
    // Absent means anyone; what is there and empty is refused, and must not mean the same.
    if ((reader.at(path) ?? null) !== null) reader.doubt(path, t('{0} must not be empty', String(path.at(-1))));
    return [noDemands];
  }
  return entries.map((one) => {
    const at = [...one, field];
    if (!known(reader, one, [field])) return noDemands;
    const value = valueAt(reader.at(one), field);
    const isEmpty = (list: JsonValue | undefined): boolean => Array.isArray(list) && list.length === 0;
    if (isObject(value) && !Object.values(value).every(isEmpty)) return read(at);
    reader.doubt(at, t('{0} must ask for something', field));
    return noDemands;
  });
}

const sourceFields = ['principals', 'namespaces', 'serviceAccounts', 'ipBlocks', 'remoteIpBlocks', 'requestPrincipals'];

function readSource(reader: PolicyReader, path: FieldPath, config: MeshConfig): Demands {
  if (
    !known(
      reader,
      path,
      sourceFields.flatMap((one) => [one, negated(one)]),
    )
  )
    return noDemands;
  const tests = [false, true].flatMap((not) =>
    sourceFields.map((field) => {
      const at = [...path, not ? negated(field) : field];
      return sourceTest(reader, field, texts(reader, at), not, at, config);
    }),
  );
  const accounts = ['serviceAccounts', 'notServiceAccounts'].some((one) => valueAt(reader.at(path), one) !== undefined);
  const others = ['principals', 'namespaces'].some((one) =>
    [one, negated(one)].some((name) => valueAt(reader.at(path), name) !== undefined),
  );
  if (accounts && others) reader.doubt(path, t('serviceAccounts can not go with principals or namespaces'));
  return tests.reduce(both, noDemands);
}

function negated(field: string): string {
  return `not${field.charAt(0).toUpperCase()}${field.slice(1)}`;
}

/** The texts of a list; an absent one has none, and asks for nothing. */
function texts(reader: PolicyReader, path: FieldPath): readonly string[] {
  return (reader.list(path) ?? []).flatMap((one: JsonValue, index) => {
    if (typeof one === 'string' && one !== '') return [one];
    reader.doubt([...path, index], t('{0} is no text', JSON.stringify(one)));
    return [];
  });
}

function sourceTest(
  reader: PolicyReader,
  field: string,
  values: readonly string[],
  not: boolean,
  path: FieldPath,
  config: MeshConfig,
): Demands {
  if (values.length === 0) return noDemands;
  switch (field) {
    case 'ipBlocks':
      return { ...noDemands, sources: [blockTest(reader, values, not, path, t('source address'))] };
    case 'remoteIpBlocks':
      return { ...noDemands, remotes: [blockTest(reader, values, not, path, t('remote address'))] };
    case 'requestPrincipals':
      return { ...noDemands, http: [words(t('token of'), values, not)] };
    default:
      return { ...noDemands, identities: [identityTest(reader, field, values, not, path, config)] };
  }
}

function identityTest(
  reader: PolicyReader,
  field: string,
  values: readonly string[],
  not: boolean,
  path: FieldPath,
  config: MeshConfig,
): IdentityTest {
  const pods: LabelSelector[] = [];
  const unsure: LabelSelector[] = [];
  for (const [index, value] of values.entries()) {
    if (field === 'principals') {
      const found = principalPods(value, config);
      if (found !== undefined) (found.unsure ? unsure : pods).push(found.pods);
      continue;
    }
    const { namespace } = reader.resource.ref;
    const found = field === 'namespaces' ? namespacePods(value) : accountPods(value, namespace);
    if (found === undefined) reader.doubt([...path, index], t('{0} can not be read here', value));
    else pods.push(found);
  }
  return { pods, unsure, not, path };
}

function blockTest(
  reader: PolicyReader,
  values: readonly string[],
  not: boolean,
  path: FieldPath,
  what: string,
): BlockTest {
  const blocks = values.map((value, index): BlockPeer => {
    const at = [...path, index];
    const ip = parseIp(value);
    if (ip === undefined) return { ...reader.block(at), ofPods: 'always' };
    return {
      kind: 'block',
      cidr: `${value}/${value.includes(':') ? 128 : 32}`,
      except: [],
      path: at,
      ofPods: 'always',
    };
  });
  return { blocks, not, path, text: words(what, values, not) };
}

function words(what: string, values: readonly string[], not: boolean): string {
  const list = values.join(t(' or '));
  return not ? t('{0} other than {1}', what, list) : `${what} ${list}`;
}

const operationFields = ['hosts', 'ports', 'methods', 'paths'];

function readOperation(reader: PolicyReader, path: FieldPath): Demands {
  if (
    !known(
      reader,
      path,
      operationFields.flatMap((one) => [one, negated(one)]),
    )
  )
    return noDemands;
  const of = (field: string): readonly string[] => texts(reader, [...path, field]);
  const ports = portDemand(reader, [...path, 'ports'], [...path, 'notPorts']);
  const [methods, paths, hosts] = [of('methods'), of('paths'), of('hosts')];
  const request = [methods.join('|'), paths.join('|')].filter((one) => one !== '').join(' ');
  const parts = [
    request,
    hosts.length > 0 ? words(t('host'), hosts, false) : '',
    ...(['methods', 'paths', 'hosts'] as const).map((field) => {
      const values = of(negated(field));
      const name = { methods: t('method'), paths: t('path'), hosts: t('host') }[field];
      return values.length > 0 ? words(name, values, true) : '';
    }),
  ];
  return { ...noDemands, ports, http: parts.filter((one) => one !== '') };
}

function portDemand(reader: PolicyReader, yes: FieldPath, no: FieldPath): PortRanges {
  const read = (path: FieldPath): readonly number[] =>
    (reader.list(path) ?? []).flatMap((one, index) => {
      const port = typeof one === 'string' && /^\d{1,5}$/.test(one) ? Number(one) : 0;
      if (port >= 1 && port <= 65_535) return [port];
      reader.doubt([...path, index], t('{0} is no port number in quotes', JSON.stringify(one)));
      return [];
    });
  const [in_, out] = [read(yes), read(no)];
  return without(in_.length > 0 ? rangesOf(in_) : allPorts, rangesOf(out));
}

function readCondition(reader: PolicyReader, path: FieldPath, config: MeshConfig): Demands {
  if (!known(reader, path, ['key', 'values', 'notValues'])) return noDemands;
  const key = valueAt(reader.at(path), 'key');
  const [yes, no] = [
    [...path, 'values'],
    [...path, 'notValues'],
  ] as const;
  if (typeof key !== 'string' || key === '') {
    reader.doubt([...path, 'key'], t('a condition needs a key'));
    return noDemands;
  }
  const tests = [yes, no].map((at) => ({ at, values: texts(reader, at), not: at === no }));
  if (tests.every(({ values }) => values.length === 0)) {
    reader.doubt(path, t('a condition needs values or notValues'));
  }
  if (key === 'destination.port') return { ...noDemands, ports: portDemand(reader, yes, no) };
  return tests
    .filter(({ values }) => values.length > 0)
    .map(({ at, values, not }) => conditionTest(reader, key, values, not, at, config))
    .reduce(both, noDemands);
}

/** Keys of conditions that a source's field has too. */
const asSource: Readonly<Record<string, string>> = {
  'source.ip': 'ipBlocks',
  'remote.ip': 'remoteIpBlocks',
  'source.namespace': 'namespaces',
  'source.principal': 'principals',
};

function conditionTest(
  reader: PolicyReader,
  key: string,
  values: readonly string[],
  not: boolean,
  path: FieldPath,
  config: MeshConfig,
): Demands {
  const field = Object.hasOwn(asSource, key) ? asSource[key] : undefined;
  if (field !== undefined) return sourceTest(reader, field, values, not, path, config);
  const text = words(key, values, not);
  if (key === 'destination.ip') return { ...noDemands, destinations: [blockTest(reader, values, not, path, text)] };
  if (key === 'connection.sni') return { ...noDemands, tls: [text] };
  if (/^request\.(headers\[.+\]|auth\.(principal|audiences|presenter|claims\[.+\]))$/.test(key)) {
    return { ...noDemands, http: [text] };
  }
  if (key.startsWith('experimental.')) return { ...noDemands, unseen: [text] };
  reader.doubt([...path.slice(0, -1), 'key'], t('the key {0} is not known', key));
  return noDemands;
}
