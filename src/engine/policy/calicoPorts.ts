import { t } from '@vscode/l10n';
import type { Protocol } from '../model/cluster.ts';
import type { FieldPath } from '../model/resource.ts';
import type { PortMatch } from './policy.ts';
import { isPort, type PolicyReader } from './reader.ts';

const protocols: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];
const numbers: Readonly<Record<string, Protocol>> = { 6: 'TCP', 17: 'UDP', 132: 'SCTP' };
const others = ['ICMP', 'ICMPV6', 'UDPLITE'];

/**
 * The protocol at a field: `other` for one that nothing here is traced by, `undefined` where none is given.
 * Source: projectcalico/calico api/pkg/lib/numorstring/protocol.go.
 */
function protocolAt(reader: PolicyReader, path: FieldPath): Protocol | 'other' | undefined {
  const value = reader.at(path);
  if (value === undefined || value === null) return undefined;
  const text = typeof value === 'string' || typeof value === 'number' ? String(value).toUpperCase() : '';
  const known = Object.hasOwn(numbers, text) ? numbers[text] : protocols.find((one) => one === text);
  if (known !== undefined) return known;
  const isNumber = /^[0-9]{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= 255;
  if (!isNumber && !others.includes(text)) reader.doubt(path, t('protocol {0} is not known', String(value)));
  return 'other';
}

/**
 * The ports that a rule is about: `undefined` for all of every protocol, none where it is about other protocols (ICMP).
 * `ports` and `notPorts` are the destination's and need a protocol that has ports; HTTP is of TCP.
 * Source: projectcalico/calico libcalico-go/lib/validator/v3, validateRule.
 */
export function readPorts(reader: PolicyReader, rule: FieldPath): readonly PortMatch[] | undefined {
  const isGiven = (path: FieldPath): boolean => (reader.at(path) ?? null) !== null;
  const protocol = protocolAt(reader, [...rule, 'protocol']);
  const notProtocol = protocolAt(reader, [...rule, 'notProtocol']);
  const isHttp = isGiven([...rule, 'http']);
  if (isHttp && protocol !== undefined && protocol !== 'TCP') {
    reader.doubt([...rule, 'protocol'], t('http needs protocol TCP'));
  }
  if (isGiven([...rule, 'icmp']) && protocol !== 'other')
    reader.doubt([...rule, 'icmp'], t('icmp needs protocol ICMP'));
  if (isGiven([...rule, 'notICMP']) && protocol !== 'other') {
    reader.gap([...rule, 'notICMP'], t('notICMP without protocol ICMP is not modelled'));
  }
  const only = protocol ?? (isHttp ? 'TCP' : undefined);
  const meant = protocols.filter((one) => (only === undefined || only === one) && one !== notProtocol);
  const at = [...rule, 'destination'];
  const [ports, notPorts] = [reader.entries([...at, 'ports']), reader.entries([...at, 'notPorts'])];
  if (ports.length + notPorts.length === 0) {
    return only === undefined && notProtocol === undefined ? undefined : meant.map((one) => whole(one, rule));
  }
  if (protocol === undefined || protocol === 'other') return [reader.invalidPort(at, t('ports need a protocol'))];
  return meant.flatMap((one) => {
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
