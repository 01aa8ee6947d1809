import { t } from '@vscode/l10n';
import { blocksMeanNodes } from '../cni/configured.ts';
import { cidrCovers, parseCidr } from '../model/addresses.ts';
import { isObject, type JsonValue, stringAt, stringsAt, valueAt } from '../model/json.ts';
import { everything, type LabelSelector, selectorOfLabels } from '../model/labels.ts';
import type { FieldPath, Resource } from '../model/resource.ts';
import { addressBlocks, configIn, groupBlocks, selectorOf, servicesNamed } from './ciliumRelated.ts';
import { readCiliumSelector, readNodeSelector } from './ciliumSelector.ts';
import { anyButPods, anyNode } from './peers.ts';
import type { BlockPeer, Direction, Peer } from './policy.ts';
import type { PolicyReader } from './reader.ts';

/** Some peers of a rule, and what it depends on whether they are meant; absent: nothing that can't be seen. */
export interface Reach {
  /** Absent: everyone. */
  readonly peers?: readonly Peer[];
  readonly unseen?: string;
}

/** What peers are read with: whose policy it is, and the objects that it means. */
export interface PeerContext {
  readonly reader: PolicyReader;
  /** Absent in a policy of the whole cluster. */
  readonly namespace?: string;
  readonly related: readonly Resource[];
}

type ReadPeer = (context: PeerContext, path: FieldPath) => readonly Reach[];

const fields: Readonly<Record<Direction, Readonly<Record<string, ReadPeer>>>> = {
  ingress: {
    fromEndpoints: endpoints,
    fromEntities: entities,
    fromCIDR: cidr,
    fromCIDRSet: cidrSet,
    fromNodes: nodes,
    fromGroups: groups,
  },
  egress: {
    toEndpoints: endpoints,
    toEntities: entities,
    toCIDR: cidr,
    toCIDRSet: cidrSet,
    toNodes: nodes,
    toGroups: groups,
    toServices: services,
    toFQDNs: names,
  },
};

/** The fields of a rule that name its peers. */
export function peerFields(direction: Direction): readonly string[] {
  return Object.keys(fields[direction]);
}

/**
 * The peers of the rule at `path`; `undefined` where it names none. A field that is there and empty means no one, which
 * is not the same as an absent one, and only one of the fields may be there.
 * Source: cilium pkg/policy/utils (RulesToPolicyEntries), pkg/policy/api/rule_validation.go.
 */
export function ciliumPeers(context: PeerContext, direction: Direction, path: FieldPath): readonly Reach[] | undefined {
  const { reader } = context;
  const given = Object.entries(fields[direction]).filter(([field]) => {
    const value = reader.at([...path, field]);
    return value !== undefined && value !== null;
  });
  if (given.length === 0) return undefined;
  const broken = given.filter(([field]) => reader.list([...path, field]) === undefined);
  if (broken.length > 0) return [];
  const full = given.filter(([field]) => reader.entries([...path, field]).length > 0);
  if (full.length > 1) {
    reader.doubt(path, t('{0} can not stand in one rule', full.map(([field]) => field).join(', ')));
    return [];
  }
  if (given.length > full.length) return [];
  return full.flatMap(([field, read]) => reader.entries([...path, field]).flatMap((entry) => read(context, entry)));
}

/** Whatever is outside the cluster and has an address in the block. */
function outsideBlock(block: BlockPeer): Peer {
  return { kind: 'all-of', peers: [{ kind: 'outside', path: block.path }, block], path: block.path };
}

/** What a CIDR means: never pods, and nodes where the agents are told so. */
function cidrBlock({ related }: PeerContext, block: BlockPeer): Peer {
  const { path } = block;
  if (!blocksMeanNodes(configIn(related))) return outsideBlock(block);
  return { kind: 'all-of', peers: [anyButPods(path), block], path };
}

function podsPeer(path: FieldPath, pods: LabelSelector, inNamespace?: string): Peer {
  return { kind: 'pods', pods: { ...(inNamespace === undefined ? {} : { inNamespace }), pods }, path };
}

/**
 * Endpoints by labels. In a namespaced policy those of its own namespace, unless the selector asks for a namespace.
 * Source: cilium pkg/k8s/apis/cilium.io/utils (getEndpointSelector).
 */
function endpoints(context: PeerContext, path: FieldPath): readonly Reach[] {
  const { reader, namespace } = context;
  const selector = readCiliumSelector(reader, path);
  if (selector === undefined) return [];
  if (selector.entity !== undefined) return entityPeers(context, selector.entity, path);
  if (selector.notReserved) {
    reader.gap(path, t('a peer by labels that are reserved and not there is not modelled'));
    return [];
  }
  const own = namespace !== undefined && !selector.namesNamespace && !selector.namespaceLabels;
  const unseen = selector.unseen === undefined ? {} : { unseen: selector.unseen };
  const pods = { peers: [podsPeer(path, selector.pods, own ? namespace : undefined)], ...unseen };
  const everywhere = !own && (namespace !== undefined || selector.namesNamespace);
  if (!everywhere || !selector.onlyNegative) return [pods];
  // Before 1.19 such a selector means whatever has no labels too; since then only what is of this cluster.
  const text = t('before Cilium 1.19 a selector that only excludes means nodes and addresses outside too');
  return [pods, { peers: [{ kind: 'outside', path }, anyNode(path)], unseen: text }];
}

function entities(context: PeerContext, path: FieldPath): readonly Reach[] {
  const name = context.reader.at(path);
  if (typeof name === 'string') return entityPeers(context, name, path);
  context.reader.doubt(path, t('the entity is not a name'));
  return [];
}

/**
 * Those that have no labels of their own. Initialising endpoints, health checks, pods that Cilium does not manage and
 * its own Ingress proxy are none of the ends that Podpath knows. Source: cilium pkg/policy/api/entity.go.
 */
function entityPeers(context: PeerContext, name: string, path: FieldPath): readonly Reach[] {
  const outside: Peer = { kind: 'outside', path };
  switch (name) {
    case 'all':
      return [{}];
    case 'world':
      return [{ peers: [outside] }];
    case 'world-ipv4':
    case 'world-ipv6': {
      const block = { kind: 'block', cidr: name === 'world-ipv4' ? '0.0.0.0/0' : '::/0', except: [], path } as const;
      return [{ peers: [outsideBlock(block)] }];
    }
    case 'cluster':
      return [{ peers: [{ kind: 'none-of', peers: [outside], path }] }, ...apiServer(context, path, true)];
    case 'host':
    case 'remote-node':
      return [{ peers: [{ kind: 'nodes', nodes: everything, which: name === 'host' ? 'own' : 'other', path }] }];
    case 'kube-apiserver':
      return apiServer(context, path);
    case 'namespace':
      return [{ peers: [ownNamespace(context, path)] }];
    case 'health':
    case 'ingress':
    case 'init':
    case 'none':
    case 'unmanaged':
      return [];
    default:
      context.reader.doubt(path, t('the entity {0} is not known', name));
      return [];
  }
}

function ownNamespace({ namespace }: PeerContext, path: FieldPath): Peer {
  if (namespace !== undefined) return podsPeer(path, everything, namespace);
  return { kind: 'pods', pods: { pods: everything }, sameLabels: ['kubernetes.io/metadata.name'], path };
}

/**
 * The API server is known by the endpoints of its Service, on a node or outside. Where these are made up whatever else is
 * there may be it too, unless `simulatedCounts`: with `cluster` all that is outside would be in doubt.
 */
function apiServer({ related }: PeerContext, path: FieldPath, simulatedCounts = false): readonly Reach[] {
  const blocks = addressBlocks(related, 'default', 'kubernetes');
  const given = related.filter(({ origin }) => origin.type !== 'simulated');
  const known = simulatedCounts ? blocks : addressBlocks(given, 'default', 'kubernetes');
  const unseen = t('it depends on whether that is the API server');
  return [
    { peers: blocks.map((one) => ({ kind: 'block', cidr: one, except: [], path, ofPods: 'always' })) },
    ...(known.length > 0 ? [] : [{ peers: [anyNode(path), { kind: 'outside' as const, path }], unseen }]),
  ];
}

function cidr(context: PeerContext, path: FieldPath): readonly Reach[] {
  const { reader } = context;
  if (typeof reader.at(path) === 'string') return [{ peers: [cidrBlock(context, reader.block(path))] }];
  reader.doubt(path, t('the CIDR is not a text'));
  return [];
}

function cidrSet(context: PeerContext, path: FieldPath): readonly Reach[] {
  const { reader } = context;
  const value = reader.at(path);
  reader.known(path, ['cidr', 'cidrGroupRef', 'cidrGroupSelector', 'except']);
  const given = ['cidr', 'cidrGroupRef', 'cidrGroupSelector'].filter((key) => isSet(valueAt(value, key)));
  const field = given[0];
  if (field === undefined || given.length > 1) {
    reader.doubt(path, t('it needs exactly one of cidr, cidrGroupRef and cidrGroupSelector'));
    return [];
  }
  const except = reader.list([...path, 'except']) ?? [];
  if (reader.isBroken([...path, 'except'])) return [];
  const odd = except.findIndex((one) => typeof one !== 'string' || parseCidr(one) === undefined);
  if (odd >= 0) {
    reader.doubt([...path, 'except', odd], t('{0} is not a CIDR', String(except[odd])));
    return [];
  }
  if (field === 'cidr') return [{ peers: [cidrBlock(context, reader.block(path))] }];
  return cidrGroup(context, path, field, stringsAt(value, 'except'));
}

function isSet(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null;
}

/** The blocks of CiliumCIDRGroups; a group that is not among the objects may still be in the cluster. */
function cidrGroup(context: PeerContext, path: FieldPath, field: string, except: readonly string[]): readonly Reach[] {
  const { reader, related } = context;
  const at = [...path, field];
  const name = reader.at(at);
  const by = field === 'cidrGroupRef' ? name : readNodeSelector(reader, at);
  if (typeof by !== 'string' && !(by !== null && typeof by === 'object' && 'requirements' in by)) {
    if (field === 'cidrGroupRef') reader.doubt(at, t('cidrGroupRef is not a name'));
    return [];
  }
  const blocks = groupBlocks(related, typeof by === 'string' ? by : (by as LabelSelector));
  if (blocks === undefined) {
    const unseen = t('it depends on a CiliumCIDRGroup that is not here: {0}', JSON.stringify(name));
    return [{ peers: [{ kind: 'outside', path }], unseen }];
  }
  const bad = blocks.find((one) => parseCidr(one) === undefined);
  if (bad !== undefined) {
    reader.doubt(at, t('{0} is not a CIDR', bad));
    return [];
  }
  return [
    { peers: blocks.map((one) => cidrBlock(context, { kind: 'block', cidr: one, except: inside(one, except), path })) },
  ];
}

function inside(block: string, except: readonly string[]): readonly string[] {
  const outer = parseCidr(block);
  return except.filter((one) => {
    const inner = parseCidr(one);
    return outer !== undefined && inner !== undefined && (cidrCovers(outer, inner) || cidrCovers(inner, outer));
  });
}

/** Nodes by labels, for which agents must be told to give nodes identities of their own. Source: layer3, "Node based". */
function nodes({ reader }: PeerContext, path: FieldPath): readonly Reach[] {
  const selector = readNodeSelector(reader, path);
  if (selector === undefined) return [];
  const unseen = t('it depends on whether Cilium runs with enable-node-selector-labels');
  return [{ peers: [{ kind: 'nodes', nodes: selector, which: 'any', path }], unseen }];
}

/** Security groups of a cloud provider, whose addresses are nowhere in the cluster. */
function groups(_: PeerContext, path: FieldPath): readonly Reach[] {
  return [{ peers: [{ kind: 'outside', path }], unseen: t('it depends on the groups of the cloud provider') }];
}

/**
 * The pods that a Service selects, or the addresses that it lists; ports beside them are those of the pods, for policies
 * see packets after their translation. Cilium before 1.17 refuses both, see {@link meansServices}. Source: cilium
 * pkg/policy/k8s/service.go (an empty namespace means all), Documentation/security/policy/layer3 "Services based", pull
 * request 34208, pkg/policy/api/rule_validation.go (l3DependentL4Support).
 */
function services({ reader, related }: PeerContext, path: FieldPath): readonly Reach[] {
  const value = reader.at(path);
  const field = isObject(valueAt(value, 'k8sService')) ? 'k8sService' : 'k8sServiceSelector';
  const at = [...path, field];
  reader.known(path, ['k8sService', 'k8sServiceSelector']);
  reader.known(at, ['namespace', field === 'k8sService' ? 'serviceName' : 'selector']);
  const by =
    field === 'k8sService' ? stringAt(value, field, 'serviceName') : readNodeSelector(reader, [...at, 'selector']);
  const namespace = valueAt(value, field, 'namespace') ?? '';
  const both = isSet(valueAt(value, 'k8sService')) && isSet(valueAt(value, 'k8sServiceSelector'));
  if (by === undefined || typeof namespace !== 'string' || both) {
    reader.doubt(at, t('it needs the name of a Service, or a selector of Services'));
    return [];
  }
  const found = servicesNamed(related, namespace, by);
  if (found.length === 0) {
    const unseen = t('it depends on a Service that is not here: {0}', JSON.stringify(reader.at(at)));
    const pods = podsPeer(at, everything, namespace === '' ? undefined : namespace);
    return [{ peers: [pods, { kind: 'outside', path: at }], unseen }];
  }
  return [{ peers: found.flatMap((service) => servicePeers(related, service, at)) }];
}

function servicePeers(related: readonly Resource[], service: Resource, path: FieldPath): readonly Peer[] {
  const { namespace, name } = service.ref;
  const selector = selectorOf(service);
  if (Object.keys(selector).length > 0) return [podsPeer(path, selectorOfLabels(selector), namespace)];
  const blocks = addressBlocks(related, namespace, name);
  return blocks.map((one) => outsideBlock({ kind: 'block', cidr: one, except: [], path }));
}

/**
 * Addresses by the names that they were asked for. `*` alone means every name, `**.` at the front one label or more.
 * Source: cilium Documentation/security/policy/layer3 "DNS based", pkg/fqdn/matchpattern.
 */
function names({ reader }: PeerContext, path: FieldPath): readonly Reach[] {
  const value = reader.at(path);
  reader.known(path, ['matchName', 'matchPattern']);
  const texts = ['matchName', 'matchPattern'].filter((key) => isSet(valueAt(value, key)));
  const odd = texts.find((key) => {
    const allowed = key === 'matchName' ? /^[-\w.]+$/ : /^[-\w.*]+$/;
    return !allowed.test(stringAt(value, key) ?? '');
  });
  if (texts.length === 0 || odd !== undefined) {
    reader.doubt(odd === undefined ? path : [...path, odd], t('it needs a matchName or a matchPattern of a DNS name'));
    return [];
  }
  const patterns = texts.flatMap((key) => patternsOf(stringAt(value, key) ?? ''));
  return [{ peers: [{ kind: 'names', patterns, path }] }];
}

function patternsOf(pattern: string): readonly string[] {
  if (/^\*+\.?$/.test(pattern)) return ['*', '**.*'];
  return [pattern.replace(/^\*{2,}\./, '**.')];
}
