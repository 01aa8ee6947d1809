import { t } from '@vscode/l10n';
import type { Protocol } from '../model/cluster.ts';
import { isObject, numberAt, stringAt, valueAt } from '../model/json.ts';
import type { FieldPath } from '../model/resource.ts';
import { type L7Context, requestsOf } from './ciliumRequests.ts';
import type { PortMatch } from './policy.ts';
import { isPort, type PolicyReader } from './reader.ts';

/** Some ports of a rule, and what is asked of the requests on them. */
export interface PortEntry {
  /** Absent: all ports. */
  readonly ports?: readonly PortMatch[];
  /** One of these must hold; none: nothing is asked. */
  readonly requests: readonly string[];
  readonly unseen?: string;
}

const everyPort: readonly PortEntry[] = [{ requests: [] }];
const noPort: readonly PortEntry[] = [{ ports: [], requests: [] }];
const maxPorts = 40;

/** What a protocol's name means of those that Services know; the others have no ports that a connection could go to. */
const protocols: Readonly<Record<string, readonly Protocol[]>> = {
  ANY: ['TCP', 'UDP', 'SCTP'],
  TCP: ['TCP'],
  UDP: ['UDP'],
  SCTP: ['SCTP'],
  ICMP: [],
  ICMPv6: [],
  ICMPV6: [],
  VRRP: [],
  IGMP: [],
};

/**
 * The ports of the rule at `path`; `undefined` where it names none. ICMP types are no ports: a rule of them lets no
 * connection through. Source: cilium Documentation/security/policy/layer4, pkg/policy/api/l4.go and rule_validation.go.
 */
export function ciliumPorts(
  reader: PolicyReader,
  path: FieldPath,
  context: L7Context,
): readonly PortEntry[] | undefined {
  const icmps = reader.list([...path, 'icmps']);
  const toPorts = reader.list([...path, 'toPorts']);
  if (reader.isBroken([...path, 'icmps']) || reader.isBroken([...path, 'toPorts'])) return noPort;
  const hasIcmps = icmps !== undefined && icmps.length > 0;
  if (hasIcmps && toPorts !== undefined && toPorts.length > 0) {
    reader.doubt(path, t('icmps and toPorts can not stand in one rule'));
    return noPort;
  }
  if (hasIcmps) return noPort;
  if (toPorts === undefined || toPorts.length === 0) return undefined;
  return toPorts.flatMap((_, index) => portEntry(reader, [...path, 'toPorts', index], context));
}

/** The ports of a rule for a caller that needs a list. */
export function portsOrAll(entries: readonly PortEntry[] | undefined): readonly PortEntry[] {
  return entries ?? everyPort;
}

const allowFields = ['listener', 'originatingTLS', 'ports', 'rules', 'serverNames', 'terminatingTLS'];

function portEntry(reader: PolicyReader, path: FieldPath, context: L7Context): readonly PortEntry[] {
  const value = reader.at(path);
  if (!isObject(value)) {
    reader.doubt(path, t('the entry is not a mapping'));
    return [];
  }
  reader.known(path, context.denies ? ['ports'] : allowFields);
  const entries = reader.entries([...path, 'ports']);
  if (entries.length === 0 || entries.length > maxPorts) {
    reader.doubt([...path, 'ports'], t('it needs from 1 to {0} ports', maxPorts));
    return [];
  }
  const ports = entries.flatMap((one) => portOf(reader, one));
  const asked = requestsOf(reader, path, ports, context);
  if (asked === undefined) return [];
  const listener = value['listener'];
  if (listener === undefined || listener === null) return [{ ports, requests: asked }];
  const name = stringAt(listener, 'name') ?? '';
  return [{ ports, requests: [], unseen: t('it depends on what the Envoy listener {0} does', name) }];
}

/** A port is written as a text: a number, 0 for all, or a container port's name. */
function portOf(reader: PolicyReader, path: FieldPath): readonly PortMatch[] {
  const value = reader.at(path);
  const invalid = (key: string, reason: string): readonly PortMatch[] => [reader.invalidPort([...path, key], reason)];
  reader.known(path, ['endPort', 'port', 'protocol']);
  const written = valueAt(value, 'protocol');
  const name = written === undefined || written === null || written === '' ? 'ANY' : written;
  const meant = typeof name === 'string' && Object.hasOwn(protocols, name) ? protocols[name] : undefined;
  if (meant === undefined) return invalid('protocol', t('protocol {0} is not known', String(written)));
  const port = valueAt(value, 'port');
  if (port === undefined || port === null) return invalid('port', t('the port is missing'));
  if (typeof port !== 'string') return invalid('port', t('port {0} must be a text', JSON.stringify(port)));
  if (!/^\d+$/.test(port)) return namedPort(reader, path, port, name === 'ANY' ? undefined : meant);
  // The agent reads a number as Go does: one that begins with 0 is octal, and 080 is none.
  if (/^0\d/.test(port)) return invalid('port', t('port {0} has a zero at the front', port));
  const from = Number(port);
  const endPort = numberAt(value, 'endPort') ?? 0;
  if (from > 65_535) return invalid('port', t('port {0} is not a port number', port));
  const bad = valueAt(value, 'endPort') ?? 0;
  if (bad !== 0 && (!isPort(bad) || bad < from)) {
    return invalid('endPort', t('endPort {0} is below port {1}', JSON.stringify(bad), port));
  }
  const to = endPort === 0 ? from : endPort;
  // Port 0 alone means all ports.
  const [low, high] = from === 0 && endPort === 0 ? [1, 65_535] : [Math.max(from, 1), to];
  return meant.map((protocol) => ({ kind: 'range', protocol, from: low, to: high, path }));
}

function namedPort(
  reader: PolicyReader,
  path: FieldPath,
  port: string,
  meant: readonly Protocol[] | undefined,
): readonly PortMatch[] {
  if (!/^(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$/i.test(port)) {
    return [reader.invalidPort([...path, 'port'], t('port {0} is neither a number nor a name', port))];
  }
  const name = port.toLowerCase();
  if (meant === undefined) return [{ kind: 'named', name, path }];
  return meant.map((protocol) => ({ kind: 'named', protocol, name, path }));
}
