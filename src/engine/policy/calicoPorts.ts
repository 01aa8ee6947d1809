import { t } from '@vscode/l10n';
import type { Protocol } from '../model/cluster.ts';
import type { JsonValue } from '../model/json.ts';
import type { FieldPath } from '../model/resource.ts';
import type { PortMatch } from './policy.ts';
import { isPort, type PolicyReader } from './reader.ts';

const protocols: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];
const numbers: Readonly<Record<string, Protocol>> = { 6: 'TCP', 17: 'UDP', 132: 'SCTP' };

/** A protocol by name or number; `undefined` for one that has no ports. */
function protocolOf(value: JsonValue | undefined): Protocol | undefined {
  const text = String(value).toUpperCase();
  return numbers[text] ?? protocols.find((one) => one === text);
}

/**
 * The ports that a rule is about: `undefined` for all of every protocol, none where it is about other protocols (ICMP).
 * `ports` and `notPorts` are the destination's and need a protocol that has ports.
 */
export function readPorts(reader: PolicyReader, rule: FieldPath): readonly PortMatch[] | undefined {
  const [protocol, notProtocol] = [reader.at([...rule, 'protocol']), reader.at([...rule, 'notProtocol'])];
  const isGiven = (value: JsonValue | undefined): boolean => value !== undefined && value !== null;
  const only = isGiven(protocol) ? [protocolOf(protocol)] : protocols;
  const meant = only.filter((one) => one !== undefined && !(isGiven(notProtocol) && protocolOf(notProtocol) === one));
  const destination = [...rule, 'destination'];
  const ports = reader.entries([...destination, 'ports']);
  const notPorts = reader.entries([...destination, 'notPorts']);
  if (ports.length + notPorts.length === 0) {
    if (!isGiven(protocol) && !isGiven(notProtocol)) return undefined;
    return meant.flatMap((one) => (one === undefined ? [] : [whole(one, rule)]));
  }
  if (!isGiven(protocol)) return [reader.invalidPort(destination, t('ports need a protocol'))];
  return meant.flatMap((one) => {
    if (one === undefined) return [];
    const wanted = ports.length === 0 ? [whole(one, rule)] : ports.map((path) => portAt(reader, path, one));
    return notPorts.reduce<readonly PortMatch[]>(
      (rest, path) => without(reader, rest, portAt(reader, path, one)),
      wanted,
    );
  });
}

function whole(protocol: Protocol, path: FieldPath): PortMatch {
  return { kind: 'range', protocol, from: 1, to: 65_535, path };
}

/** A number, a range `80:90`, or the name of a container port. */
function portAt(reader: PolicyReader, path: FieldPath, protocol: Protocol): PortMatch {
  const value = reader.at(path);
  const range = typeof value === 'string' ? /^(\d+):(\d+)$/.exec(value) : null;
  const single = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (range === null && typeof single === 'string' && single !== '')
    return { kind: 'named', protocol, name: single, path };
  const [from, to] = range === null ? [single, single] : [Number(range[1]), Number(range[2])];
  // Calico counts port 0; nothing listens on it.
  const first = from === 0 && to !== 0 ? 1 : from;
  if (!isPort(first) || !isPort(to) || to < first) {
    return reader.invalidPort(path, t('{0} is no port or range of ports', String(value)));
  }
  return { kind: 'range', protocol, from: first, to, path };
}

/** Some ports less another; a name on either side is a gap, for it is another number on another pod. */
function without(reader: PolicyReader, ports: readonly PortMatch[], less: PortMatch): readonly PortMatch[] {
  if (less.kind === 'invalid') return [];
  return ports.flatMap((port): readonly PortMatch[] => {
    if (port.kind !== 'range' || less.kind !== 'range') {
      reader.gap(less.path, t('notPorts with port names is not modelled'));
      return [];
    }
    if (less.to < port.from || less.from > port.to) return [port];
    return [
      ...(port.from < less.from ? [{ ...port, to: less.from - 1 }] : []),
      ...(port.to > less.to ? [{ ...port, from: less.to + 1 }] : []),
    ];
  });
}
