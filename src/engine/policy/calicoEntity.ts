import { t } from '@vscode/l10n';
import { parseCidr } from '../model/addresses.ts';
import { arrayAt, isObject, stringAt, stringMapAt, stringsAt, valueAt } from '../model/json.ts';
import { everything, type LabelSelector, nothing, podFacts, selectorOfLabels } from '../model/labels.ts';
import type { FieldPath, Resource } from '../model/resource.ts';
import { readProtocol } from '../model/template.ts';
import { allOf, readCalicoSelector, SelectorError, type Vocabulary } from './calicoSelector.ts';
import { addressesOf } from './calicoServices.ts';
import { asCidr, setBlocks } from './calicoSets.ts';
import type { Peer, PortMatch } from './policy.ts';
import type { PolicyReader } from './reader.ts';

/** What an entity of a rule comes to; `unseen` says what it depends on that is not here. */
export interface Entity {
  /** All of these must cover the end; none for anyone. */
  readonly peers: readonly Peer[];
  /** The ports that a Service leads to; absent where no Service is named. */
  readonly ports?: readonly PortMatch[];
  readonly unseen?: string;
}

const inNamespace: LabelSelector = { requirements: [{ key: podFacts.namespace, operator: 'Exists', values: [] }] };
const inNone: LabelSelector = { requirements: [{ key: podFacts.namespace, operator: 'DoesNotExist', values: [] }] };

/** A selector of endpoints reads their labels, and what Calico adds to them. */
export const endpointWords: Vocabulary = {
  all: everything,
  keyOf: (key) => {
    if (key === 'projectcalico.org/namespace') return podFacts.namespace;
    if (key === 'projectcalico.org/serviceaccount') return podFacts.serviceAccount;
    if (key === 'projectcalico.org/orchestrator') return { constant: 'k8s' };
    if (key === 'pcns.projectcalico.org/name') return podFacts.namespace;
    if (key.startsWith('pcns.')) return podFacts.namespaceLabel(key.slice('pcns.'.length));
    return key.startsWith('pcsa.') ? podFacts.serviceAccountLabel(key.slice('pcsa.'.length)) : key;
  },
};

/**
 * A selector of namespaces, asked of what is in them: `all()` is whatever is in one. What is in none has no labels of
 * one, so `a != 'b'` holds for it.
 */
export const namespaceWords: Vocabulary = {
  all: inNamespace,
  keyOf: (key) => (key === 'projectcalico.org/name' ? podFacts.namespace : podFacts.namespaceLabel(key)),
};

const ruleNamespaceWords: Vocabulary = { ...namespaceWords, global: inNone };

/** A selector of service accounts, asked of their pods. */
export const accountWords: Vocabulary = {
  all: everything,
  keyOf: (key) => (key === 'projectcalico.org/name' ? podFacts.serviceAccount : podFacts.serviceAccountLabel(key)),
};

/** A selector at a field; absent text is `undefined`, text that is no selector a doubt and a selector of nothing. */
export function selectorAt(reader: PolicyReader, path: FieldPath, words: Vocabulary): LabelSelector | undefined {
  const value = reader.at(path);
  if (value === undefined || value === null || value === '') return undefined;
  try {
    if (typeof value !== 'string') throw new SelectorError(t('it is not a text'));
    return readCalicoSelector(value, words);
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    reader.doubt(path, t('the selector is malformed: {0}', error.message));
    return nothing;
  }
}

const fields = [
  ...['nets', 'notNets', 'selector', 'notSelector', 'namespaceSelector', 'serviceAccounts'],
  ...['services', 'ports', 'notPorts'],
];

/**
 * The source or destination of a rule. A selector means pods, network sets and host endpoints: of the policy's own
 * namespace where the policy has one and no namespaceSelector is given; `nets` and `notNets` are about the packet's
 * address, whoever has it.
 * Source: projectcalico/calico libcalico-go/lib/backend/syncersv1/updateprocessors/rules.go; docs, NetworkPolicy, "EntityRule".
 */
export function readEntity(reader: PolicyReader, path: FieldPath, related: readonly Resource[]): Entity {
  if (!reader.isMapping(path)) return { peers: [] };
  reader.known(path, fields);
  const chosen = chosenBy(reader, path, related);
  const notAt = [...path, 'notSelector'];
  const not = selectorAt(reader, notAt, endpointWords);
  const service = serviceOf(reader, path, related);
  return {
    peers: [
      ...addresses(reader, [...path, 'nets'], 'any-of'),
      ...addresses(reader, [...path, 'notNets'], 'none-of'),
      ...(chosen === undefined ? [] : [chosen]),
      ...(not === undefined
        ? []
        : [{ kind: 'none-of' as const, peers: endpoints(reader, not, undefined, related, notAt), path: notAt }]),
      ...(service?.peers ?? []),
    ],
    ...(service?.ports === undefined ? {} : { ports: service.ports }),
    ...(service?.unseen === undefined ? {} : { unseen: service.unseen }),
  };
}

function addresses(reader: PolicyReader, path: FieldPath, kind: 'any-of' | 'none-of'): readonly Peer[] {
  const blocks = reader.entries(path).map((one) => blockAt(reader, one));
  if (blocks.length === 0) return [];
  return [kind === 'any-of' ? anyOf(blocks, path) : { kind, peers: blocks, path }];
}

/** A CIDR, or an address alone. */
function blockAt(reader: PolicyReader, path: FieldPath): Peer {
  const text = reader.at(path);
  const cidr = typeof text === 'string' ? asCidr(text) : '';
  return parseCidr(cidr) === undefined
    ? reader.block(path)
    : { kind: 'block', cidr, except: [], path, ofPods: 'always' };
}

function anyOf(peers: readonly Peer[], path: FieldPath): Peer {
  const [only] = peers;
  return peers.length === 1 && only !== undefined ? only : { kind: 'any-of', peers, path };
}

/** What selector, namespaceSelector and serviceAccounts choose together; `undefined` where none is given. */
function chosenBy(reader: PolicyReader, path: FieldPath, related: readonly Resource[]): Peer | undefined {
  const selector = selectorAt(reader, [...path, 'selector'], endpointWords);
  const namespaces = selectorAt(reader, [...path, 'namespaceSelector'], ruleNamespaceWords);
  const accounts = accountsAt(reader, [...path, 'serviceAccounts']);
  const own = reader.resource.ref.namespace;
  // In a namespaced policy any selector, notSelector too, limits the rule to the namespace.
  const isLimited = own !== '' && (stringAt(reader.at(path), 'notSelector') ?? '') !== '';
  if (selector === undefined && namespaces === undefined && accounts === undefined && !isLimited) return undefined;
  const parts = [selector, namespaces, accounts].flatMap((one) => one ?? []);
  const within = namespaces === undefined && own !== '' ? own : undefined;
  const field =
    selector !== undefined ? 'selector' : namespaces !== undefined ? 'namespaceSelector' : 'serviceAccounts';
  const at = [...path, field];
  return anyOf(endpoints(reader, allOf(parts), within, related, at), at);
}

/** Service accounts by name, by label, or by both; `undefined` where neither is given. */
function accountsAt(reader: PolicyReader, path: FieldPath): LabelSelector | undefined {
  if (!reader.isMapping(path)) return undefined;
  reader.known(path, ['names', 'selector']);
  const selector = selectorAt(reader, [...path, 'selector'], accountWords);
  const entries = reader.entries([...path, 'names']);
  for (const one of entries.filter((at) => typeof reader.at(at) !== 'string')) {
    reader.doubt(one, t('{0} is no name', JSON.stringify(reader.at(one))));
  }
  if (entries.length === 0) return selector;
  const values = stringsAt(reader.at(path), 'names');
  const named: LabelSelector = { requirements: [{ key: podFacts.serviceAccount, operator: 'In', values }] };
  return selector === undefined ? named : allOf([selector, named]);
}

/** Pods, network sets and host endpoints that a selector chooses, within one namespace where one is given. */
function endpoints(
  reader: PolicyReader,
  labels: LabelSelector,
  within: string | undefined,
  related: readonly Resource[],
  path: FieldPath,
): readonly Peer[] {
  const pods: Peer = {
    kind: 'pods',
    pods: { ...(within === undefined ? {} : { inNamespace: within }), pods: labels },
    path,
  };
  return [pods, ...setBlocks(reader, labels, within, related, path)];
}

/** The pods and addresses behind a Service, and the ports that it leads to there. Nothing else can stand beside it. */
function serviceOf(reader: PolicyReader, entity: FieldPath, related: readonly Resource[]): Entity | undefined {
  const path = [...entity, 'services'];
  if (!reader.isMapping(path)) return undefined;
  reader.known(path, ['name', 'namespace']);
  const given = reader.at(entity);
  const isSource = entity.at(-1) === 'source';
  const mayStand = ['services', ...(isSource ? ['ports', 'notPorts'] : [])];
  for (const key of fields.filter((one) => !mayStand.includes(one) && isObject(given) && Object.hasOwn(given, one))) {
    reader.doubt([...entity, key], t('{0} can not go with services', key));
  }
  if (isSource !== entity.includes('ingress')) reader.doubt(path, t('services are of the other end only'));
  const name = stringAt(reader.at(path), 'name') ?? '';
  const namespace = stringAt(reader.at(path), 'namespace') ?? reader.resource.ref.namespace;
  if (name === '' || namespace === '') reader.doubt(path, t('a Service needs its name and its namespace'));
  const service = related.find(({ ref }) => ref.kind === 'Service' && ref.name === name && ref.namespace === namespace);
  const selector = stringMapAt(service?.object, 'spec', 'selector');
  const isManual = Object.keys(selector).length === 0;
  const beside = service === undefined ? { peers: [], ports: [] } : addressesOf(related, service, path);
  if (service === undefined || (isManual && beside.peers.length === 0)) {
    return { peers: [], unseen: t('it depends on the endpoints of Service {0}/{1}', namespace, name) };
  }
  if (isManual) return { peers: [anyOf(beside.peers, path)], ports: beside.ports };
  const peer: Peer = { kind: 'pods', pods: { inNamespace: namespace, pods: selectorOfLabels(selector) }, path };
  return { peers: [anyOf([peer, ...beside.peers], path)], ports: portsOf(service, path) };
}

function portsOf(service: Resource, path: FieldPath): readonly PortMatch[] {
  return arrayAt(service.object, 'spec', 'ports').flatMap((one): PortMatch[] => {
    const protocol = readProtocol(valueAt(one, 'protocol'));
    const target = valueAt(one, 'targetPort') ?? valueAt(one, 'port');
    if (protocol === undefined) return [];
    if (typeof target === 'string') return [{ kind: 'named', protocol, name: target, path }];
    return typeof target === 'number' ? [{ kind: 'range', protocol, from: target, to: target, path }] : [];
  });
}

/** The Services that the rules of a policy name. */
export function namedServices(resource: Resource): readonly { readonly namespace: string; readonly name: string }[] {
  const rules = ['ingress', 'egress'].flatMap((direction) => arrayAt(resource.object, 'spec', direction));
  return rules.flatMap((rule) =>
    ['source', 'destination'].flatMap((side) => {
      const services = isObject(rule) && isObject(rule[side]) ? rule[side]['services'] : undefined;
      const name = stringAt(services, 'name');
      if (name === undefined) return [];
      return [{ name, namespace: stringAt(services, 'namespace') ?? resource.ref.namespace }];
    }),
  );
}
