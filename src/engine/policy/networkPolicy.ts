import { t } from '@vscode/l10n';
import { arrayAt, isObject, type JsonValue, objectAt, valueAt } from '../model/json.ts';
import { everything } from '../model/labels.ts';
import { isPortName } from '../model/ports.ts';
import type { FieldPath, Resource } from '../model/resource.ts';
import { readProtocol } from '../model/template.ts';
import type { Direction, Peer, PolicyProgram, PolicyRule, PortMatch } from './policy.ts';
import { isPort, PolicyReader } from './reader.ts';

/** Calico's place for NetworkPolicies among its own policies of the default tier; nothing else reads it. */
const calicoOrder = 1000;

/**
 * Compiles a NetworkPolicy of networking.k8s.io/v1. Absent `from`, `to` or `ports` (or empty ones) match everything,
 * an absent `ingress` or `egress` matches nothing; whatever is malformed matches nothing and becomes a doubt.
 * Source: the API reference of NetworkPolicySpec.
 */
export function compileNetworkPolicy(resource: Resource): readonly PolicyProgram[] {
  const reader = new PolicyReader(resource);
  const isUnreadable = reader.isOdd(['spec']);
  reader.known(['spec'], ['egress', 'ingress', 'podSelector', 'policyTypes']);
  const types = policyTypes(reader);
  const selector = reader.selector(selectorPath) ?? everything;
  const program = {
    ref: resource.ref,
    resource,
    tier: 'default',
    priority: calicoOrder,
    // Whom a malformed selector means is not known: then the policy may mean any pod of its namespace.
    subject: { inNamespace: resource.ref.namespace, pods: selector.invalid === undefined ? selector : everything },
    subjectPath: selectorPath,
    isolates: selector.invalid === undefined ? types : { ingress: false, egress: false },
    rules: selector.invalid === undefined ? directions.flatMap((one) => rulesOf(reader, one, types[one])) : [],
  };
  return [
    {
      ...program,
      ...(isUnreadable ? { isolates: { ingress: false, egress: false } } : {}),
      doubts: reader.doubts,
      ...(selector.invalid === undefined && !isUnreadable ? {} : { couldDeny: true as const }),
    },
  ];
}

const directions = ['ingress', 'egress'] as const;
const selectorPath: FieldPath = ['spec', 'podSelector'];

/** Without policyTypes a policy acts on ingress, and on egress where it has egress rules. */
function policyTypes(reader: PolicyReader): Readonly<Record<Direction, boolean>> {
  const { object } = reader.resource;
  const written = reader.list(['spec', 'policyTypes']) ?? [];
  if (written.length === 0) return { ingress: true, egress: arrayAt(object, 'spec', 'egress').length > 0 };
  for (const [index, type] of written.entries()) {
    if (type !== 'Ingress' && type !== 'Egress') {
      reader.doubt(['spec', 'policyTypes', index], t('policy type {0} is not known', String(type)));
    }
  }
  return { ingress: written.includes('Ingress'), egress: written.includes('Egress') };
}

function rulesOf(reader: PolicyReader, direction: Direction, acts: boolean): readonly PolicyRule[] {
  // Rules of a direction that the policy's types leave out have no effect.
  if (!acts) return [];
  return reader.entries(['spec', direction]).flatMap((path): PolicyRule[] => {
    const rule = reader.at(path);
    if (!isObject(rule) && rule !== null) {
      reader.doubt(path, t('the rule is not a mapping'));
      return [];
    }
    const side = direction === 'ingress' ? 'from' : 'to';
    const before = reader.doubts.length;
    reader.known(path, [side, 'ports']);
    const peers = peersOf(reader, [...path, side]);
    const ports = portsOf(reader, [...path, 'ports']);
    const evidence = reader.evidence(path);
    const doubt = reader.doubts[before];
    // What can't be read may limit what can.
    const condition = doubt === undefined ? {} : { condition: { of: 'unseen', text: doubt.note } as const };
    return [
      { direction, action: 'allow', ...(peers ? { peers } : {}), ...(ports ? { ports } : {}), ...condition, evidence },
    ];
  });
}

function peersOf(reader: PolicyReader, path: FieldPath): readonly Peer[] | undefined {
  const entries = reader.entries(path);
  if (entries.length === 0) return reader.isBroken(path) ? [] : undefined;
  return entries.flatMap((one) => peerOf(reader, one));
}

function peerOf(reader: PolicyReader, path: FieldPath): readonly Peer[] {
  reader.known(path, ['ipBlock', 'namespaceSelector', 'podSelector']);
  const block = objectAt(reader.at(path), 'ipBlock');
  const namespaces = reader.selector([...path, 'namespaceSelector']);
  const pods = reader.selector([...path, 'podSelector']);
  if (block !== undefined) {
    if (namespaces !== undefined || pods !== undefined) {
      reader.doubt(path, t('a peer with ipBlock can have no selectors'));
      return [];
    }
    reader.known([...path, 'ipBlock'], ['cidr', 'except']);
    return [reader.block([...path, 'ipBlock'])];
  }
  if (namespaces === undefined && pods === undefined) {
    reader.doubt(path, t('the peer names no one: it needs podSelector, namespaceSelector or ipBlock'));
    return [];
  }
  const own = namespaces === undefined ? { inNamespace: reader.resource.ref.namespace } : { namespaces };
  return [{ kind: 'pods', pods: { ...own, pods: pods ?? everything }, path }];
}

function portsOf(reader: PolicyReader, path: FieldPath): readonly PortMatch[] | undefined {
  const entries = reader.entries(path);
  if (entries.length === 0) return reader.isBroken(path) ? [] : undefined;
  return entries.map((at) => {
    reader.known(at, ['endPort', 'port', 'protocol']);
    const match = readPort(reader.at(at), at);
    if (match.kind === 'invalid') reader.doubt(match.path, match.reason);
    return match;
  });
}

/** Reads a NetworkPolicyPort: a number, a range with endPort, a container port's name, or every port of a protocol. */
function readPort(value: JsonValue | undefined, path: FieldPath): PortMatch {
  const invalid = (reason: string): PortMatch => ({ kind: 'invalid', reason, path });
  if (!isObject(value)) return invalid(t('the port is not a mapping'));
  // Unlike in a Service an empty protocol is refused.
  const protocol = value['protocol'] === '' ? undefined : readProtocol(valueAt(value, 'protocol'));
  if (protocol === undefined) return invalid(t('protocol {0} is not known', String(value['protocol'])));
  const port = value['port'];
  const endPort = value['endPort'];
  if (port === undefined || port === null) {
    if (endPort !== undefined && endPort !== null) return invalid(t('endPort needs a port'));
    return { kind: 'range', protocol, from: 1, to: 65_535, path };
  }
  if (typeof port === 'string') {
    if (endPort !== undefined && endPort !== null) return invalid(t('endPort can not go with the port name {0}', port));
    if (!isPortName(port)) return invalid(t('{0} is no name of a port', JSON.stringify(port)));
    return { kind: 'named', protocol, name: port, path };
  }
  if (!isPort(port)) return invalid(t('port {0} is not a port number', JSON.stringify(port)));
  if (endPort === undefined || endPort === null) return { kind: 'range', protocol, from: port, to: port, path };
  if (!isPort(endPort) || endPort < port) return invalid(t('endPort {0} is below port {1}', String(endPort), port));
  return { kind: 'range', protocol, from: port, to: endPort, path };
}
