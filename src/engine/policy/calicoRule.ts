import { t } from '@vscode/l10n';
import { isObject, stringAt, stringsAt } from '../model/json.ts';
import type { FieldPath, Resource } from '../model/resource.ts';
import { readEntity } from './calicoEntity.ts';
import { readPorts } from './calicoPorts.ts';
import type { Direction, Peer, PolicyRule, RuleCondition } from './policy.ts';
import { doubtedRule, type PolicyReader } from './reader.ts';

const actions = { Allow: 'allow', Deny: 'deny', Pass: 'pass' } as const;

const fields = [
  ...['action', 'ipVersion', 'protocol', 'notProtocol', 'icmp', 'notICMP'],
  ...['source', 'destination', 'http', 'metadata'],
];

/**
 * Reads a rule of Calico. Where a part of it is in doubt it may act on any connection, so it makes unknown what comes
 * after it: a denial that can't be read must not let a later rule allow.
 * Source: Calico docs, NetworkPolicy, "Rule"; projectcalico/calico libcalico-go/lib/validator/v3, validateRule.
 */
export function readRule(
  reader: PolicyReader,
  direction: Direction,
  path: FieldPath,
  related: readonly Resource[],
): readonly PolicyRule[] {
  const before = reader.doubts.length;
  const rule = reader.at(path);
  if (!isObject(rule)) reader.doubt(path, t('the rule is not a mapping'));
  reader.known(path, fields);
  const written = stringAt(rule, 'action') ?? '';
  // What is logged goes on, whatever else the rule says.
  if (written === 'Log') return [];
  const action = Object.hasOwn(actions, written) ? actions[written as keyof typeof actions] : undefined;
  if (action === undefined && isObject(rule)) {
    reader.doubt([...path, 'action'], t('{0} is no action: {1}', written, 'Allow, Deny, Pass, Log'));
  }
  const parts = partsOf(reader, direction, path, related);
  const isHttp = parts.condition?.of === 'request';
  if (isHttp && action !== 'allow') reader.doubt([...path, 'http'], t('http needs action Allow'));
  if (isHttp && direction === 'egress') reader.doubt([...path, 'http'], t('http can stand in ingress rules only'));
  const evidence = reader.evidence(path);
  const doubt = reader.doubts[before];
  if (doubt === undefined && action !== undefined) return [{ direction, action, ...parts, evidence }];
  // Of an action that is not known either may be meant.
  return doubtedRule(direction, action === undefined ? ['allow', 'deny'] : [action], doubt, evidence);
}

function partsOf(
  reader: PolicyReader,
  direction: Direction,
  path: FieldPath,
  related: readonly Resource[],
): Pick<PolicyRule, 'peers' | 'onlyFor' | 'ports' | 'condition'> {
  const source = readEntity(reader, [...path, 'source'], related);
  const destination = readEntity(reader, [...path, 'destination'], related);
  const [other, own] = direction === 'ingress' ? [source, destination] : [destination, source];
  const written = readPorts(reader, path);
  const ports = destination.ports ?? written;
  const condition = conditionOf(reader, path, source.unseen ?? destination.unseen);
  const peers = [...other.peers, ...familyOf(reader, [...path, 'ipVersion'])];
  return {
    ...(peers.length > 0 ? { peers: [together(peers, path)] } : {}),
    ...(own.peers.length > 0 ? { onlyFor: [together(own.peers, path)] } : {}),
    ...(ports === undefined ? {} : { ports }),
    ...(condition === undefined ? {} : { condition }),
  };
}

function together(peers: readonly Peer[], path: FieldPath): Peer {
  const [only] = peers;
  return peers.length === 1 && only !== undefined ? only : { kind: 'all-of', peers, path };
}

function familyOf(reader: PolicyReader, path: FieldPath): readonly Peer[] {
  const version = reader.at(path);
  if (version === undefined || version === null) return [];
  if (version === 4) return [{ kind: 'block', cidr: '0.0.0.0/0', except: [], path, ofPods: 'always' }];
  if (version === 6) return [{ kind: 'block', cidr: '::/0', except: [], path, ofPods: 'always' }];
  reader.doubt(path, t('the IP version {0} is neither 4 nor 6', String(version)));
  return [];
}

/** Ports of the source are not known beforehand, and HTTP is asked of requests. */
function conditionOf(reader: PolicyReader, path: FieldPath, unseen: string | undefined): RuleCondition | undefined {
  const sourcePorts = ['ports', 'notPorts'].filter((key) => reader.entries([...path, 'source', key]).length > 0);
  const http = requestOf(reader, [...path, 'http']);
  if (sourcePorts.length > 0) return { of: 'unseen', text: t('it depends on the port of the source') };
  if (unseen !== undefined) return { of: 'unseen', text: unseen };
  return http === undefined ? undefined : { of: 'request', text: http };
}

function requestOf(reader: PolicyReader, path: FieldPath): string | undefined {
  if (!reader.isMapping(path)) return undefined;
  reader.known(path, ['methods', 'paths']);
  const methods = reader.entries([...path, 'methods']);
  for (const at of methods.filter((one) => typeof reader.at(one) !== 'string')) {
    reader.doubt(at, t('{0} is no method', JSON.stringify(reader.at(at))));
  }
  const paths = reader.entries([...path, 'paths']).map((at) => {
    const isKnown = reader.known(at, ['exact', 'prefix']);
    const [exact, prefix] = [stringAt(reader.at(at), 'exact'), stringAt(reader.at(at), 'prefix')];
    if (isKnown && (exact === undefined) === (prefix === undefined))
      reader.doubt(at, t('a path needs exactly one of exact and prefix'));
    return exact ?? `${prefix ?? ''}*`;
  });
  if (methods.length + paths.length === 0) return undefined;
  const names = stringsAt(reader.at(path), 'methods').join(',') || '*';
  return `${names} ${paths.join(', ')}`.trim();
}
