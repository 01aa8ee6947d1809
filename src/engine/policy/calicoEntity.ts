import { t } from '@vscode/l10n';
import { parseCidr } from '../model/addresses.ts';
import { arrayAt, isObject, stringAt, stringMapAt, stringsAt, valueAt } from '../model/json.ts';
import { type LabelReader, type Labels, matches, podFacts, selectorOfLabels } from '../model/labels.ts';
import type { FieldPath, Resource } from '../model/resource.ts';
import { readProtocol } from '../model/template.ts';
import {
  allOf,
  type CalicoSelector,
  type KeyOf,
  nothing,
  readCalicoSelector,
  SelectorError,
} from './calicoSelector.ts';
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

/** The keys of a selector of endpoints: labels, and what Calico adds to them. */
export const endpointKey: KeyOf = (key) => {
  if (key === 'projectcalico.org/namespace') return podFacts.namespace;
  if (key === 'projectcalico.org/serviceaccount') return podFacts.serviceAccount;
  if (key === 'projectcalico.org/orchestrator') return { constant: 'k8s' };
  if (key === 'pcns.projectcalico.org/name') return podFacts.namespace;
  if (key.startsWith('pcns.')) return podFacts.namespaceLabel(key.slice('pcns.'.length));
  return key.startsWith('pcsa.') ? podFacts.serviceAccountLabel(key.slice('pcsa.'.length)) : key;
};

/** The keys of a selector of namespaces, asked of a pod. */
export const namespaceKey: KeyOf = (key) =>
  key === 'projectcalico.org/name' ? podFacts.namespace : podFacts.namespaceLabel(key);

/** The keys of a selector of service accounts, asked of a pod. */
export const accountKey: KeyOf = (key) =>
  key === 'projectcalico.org/name' ? podFacts.serviceAccount : podFacts.serviceAccountLabel(key);

/** A selector at a field; absent text is `undefined`, text that is no selector a doubt and a selector of nothing. */
export function selectorAt(reader: PolicyReader, path: FieldPath, keyOf: KeyOf): CalicoSelector | undefined {
  const value = reader.at(path);
  if (value === undefined || value === null || value === '') return undefined;
  try {
    if (typeof value !== 'string') throw new SelectorError(t('it is not a text'));
    return readCalicoSelector(value, keyOf);
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    reader.doubt(path, t('the selector is malformed: {0}', error.message));
    return { labels: nothing, isGlobal: false };
  }
}

/**
 * The source or destination of a rule. A selector means pods and network sets: of the policy's own namespace where the
 * policy has one and no namespaceSelector is given; `nets` and `notNets` are about the packet's address, whoever has it.
 * Source: projectcalico/calico libcalico-go/lib/backend/syncersv1/updateprocessors/rules.go; docs, NetworkPolicy, "EntityRule".
 */
export function readEntity(reader: PolicyReader, path: FieldPath, related: readonly Resource[]): Entity {
  if (!reader.isMapping(path)) return { peers: [] };
  const nets = reader.entries([...path, 'nets']);
  const notNets = reader.entries([...path, 'notNets']);
  const chosen = chosenBy(reader, path, related);
  const not = selectorAt(reader, [...path, 'notSelector'], endpointKey);
  const service = serviceOf(reader, [...path, 'services'], related);
  const at = [...path, 'notSelector'];
  return {
    peers: [
      ...(nets.length > 0
        ? [
            anyOf(
              nets.map((one) => blockAt(reader, one)),
              [...path, 'nets'],
            ),
          ]
        : []),
      ...(notNets.length > 0
        ? [
            noneOf(
              notNets.map((one) => blockAt(reader, one)),
              [...path, 'notNets'],
            ),
          ]
        : []),
      ...(chosen === undefined ? [] : [chosen]),
      ...(not === undefined ? [] : [noneOf(endpoints(not, undefined, related, at), at)]),
      ...(service?.peers ?? []),
    ],
    ...(service?.ports === undefined ? {} : { ports: service.ports }),
    ...(service?.unseen === undefined ? {} : { unseen: service.unseen }),
  };
}

/** A CIDR, or an address alone. */
function blockAt(reader: PolicyReader, path: FieldPath): Peer {
  const text = reader.at(path);
  const cidr = typeof text === 'string' ? asCidr(text) : '';
  return parseCidr(cidr) === undefined ? reader.block(path) : { kind: 'block', cidr, except: [], path, ofPods: true };
}

function asCidr(text: string): string {
  if (text.includes('/')) return text;
  return `${text}/${text.includes(':') ? 128 : 32}`;
}

function anyOf(peers: readonly Peer[], path: FieldPath): Peer {
  const [only] = peers;
  return peers.length === 1 && only !== undefined ? only : { kind: 'any-of', peers, path };
}

function noneOf(peers: readonly Peer[], path: FieldPath): Peer {
  return { kind: 'none-of', peers, path };
}

/** What selector, namespaceSelector and serviceAccounts choose together; `undefined` where none is given. */
function chosenBy(reader: PolicyReader, path: FieldPath, related: readonly Resource[]): Peer | undefined {
  const selector = selectorAt(reader, [...path, 'selector'], endpointKey);
  const namespaces = selectorAt(reader, [...path, 'namespaceSelector'], namespaceKey);
  const accountsAt = [...path, 'serviceAccounts'];
  const hasAccounts = reader.isMapping(accountsAt);
  const own = reader.resource.ref.namespace;
  // In a namespaced policy any selector, notSelector too, limits the rule to the namespace.
  const isLimited = own !== '' && typeof reader.at([...path, 'notSelector']) === 'string';
  if (selector === undefined && namespaces === undefined && !hasAccounts && !isLimited) return undefined;
  const names = stringsAt(reader.at(accountsAt), 'names');
  const accounts = selectorAt(reader, [...accountsAt, 'selector'], accountKey);
  const labels = allOf([
    ...(selector === undefined ? [] : [selector.labels]),
    ...(namespaces === undefined ? [] : [namespaces.labels]),
    ...(accounts === undefined ? [] : [accounts.labels]),
    ...(names.length === 0
      ? []
      : [{ requirements: [{ key: podFacts.serviceAccount, operator: 'In' as const, values: names }] }]),
  ]);
  const within = namespaces === undefined && own !== '' ? own : undefined;
  const isGlobal = namespaces?.isGlobal ?? false;
  const field =
    selector === undefined ? (namespaces === undefined ? 'serviceAccounts' : 'namespaceSelector') : 'selector';
  const at = [...path, field];
  // A service account is had by pods alone.
  const sets = hasAccounts ? [] : related;
  return anyOf(endpoints({ labels, isGlobal }, within, sets, at, namespaces !== undefined), at);
}

/** Pods and network sets that a selector chooses, within one namespace where one is given. */
function endpoints(
  { labels, isGlobal }: CalicoSelector,
  within: string | undefined,
  related: readonly Resource[],
  path: FieldPath,
  byNamespace = false,
): readonly Peer[] {
  const pods: Peer = {
    kind: 'pods',
    pods: { ...(within === undefined ? {} : { inNamespace: within }), pods: labels },
    path,
  };
  const sets = related.filter(({ ref, object }) => {
    if (!/NetworkSet$/.test(ref.kind)) return false;
    if (isGlobal ? ref.namespace !== '' : within !== undefined && ref.namespace !== within) return false;
    if (byNamespace && !isGlobal && ref.namespace === '') return false;
    return matches(labels, setReader(ref.namespace, stringMapAt(object, 'metadata', 'labels'), related));
  });
  const blocks = sets.flatMap(({ object }) =>
    stringsAt(object, 'spec', 'nets').map(
      (text): Peer => ({ kind: 'block', cidr: asCidr(text), except: [], path, ofPods: true }),
    ),
  );
  return [...(isGlobal ? [] : [pods]), ...blocks];
}

/** What a selector reads of a network set: its labels, and those of its namespace. */
function setReader(namespace: string, labels: Labels, related: readonly Resource[]): LabelReader {
  const home = related.find(({ ref }) => ref.kind === 'Namespace' && ref.name === namespace);
  const prefix = podFacts.namespaceLabel('');
  return (key) => {
    if (key === podFacts.namespace) return namespace === '' ? undefined : namespace;
    if (key.startsWith(prefix)) return stringMapAt(home?.object, 'metadata', 'labels')[key.slice(prefix.length)];
    return labels[key];
  };
}

function serviceOf(reader: PolicyReader, path: FieldPath, related: readonly Resource[]): Entity | undefined {
  if (!reader.isMapping(path)) return undefined;
  const name = stringAt(reader.at(path), 'name') ?? '';
  const namespace = stringAt(reader.at(path), 'namespace') ?? reader.resource.ref.namespace;
  const service = related.find(({ ref }) => ref.kind === 'Service' && ref.name === name && ref.namespace === namespace);
  const selector = stringMapAt(service?.object, 'spec', 'selector');
  if (service === undefined || Object.keys(selector).length === 0) {
    return { peers: [], unseen: t('it depends on the endpoints of Service {0}/{1}', namespace, name) };
  }
  const peer: Peer = { kind: 'pods', pods: { inNamespace: namespace, pods: selectorOfLabels(selector) }, path };
  const ports = arrayAt(service.object, 'spec', 'ports').flatMap((one): PortMatch[] => {
    const protocol = readProtocol(valueAt(one, 'protocol'));
    const target = valueAt(one, 'targetPort') ?? valueAt(one, 'port');
    if (protocol === undefined) return [];
    if (typeof target === 'string') return [{ kind: 'named', protocol, name: target, path }];
    return typeof target === 'number' ? [{ kind: 'range', protocol, from: target, to: target, path }] : [];
  });
  return { peers: [peer], ports };
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
