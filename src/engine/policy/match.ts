import type { Protocol } from '../model/cluster.ts';
import { peerMatches } from './peers.ts';
import type { Direction, PolicyEnd, PolicyRule, PortMatch } from './policy.ts';
import { namedPort, type PolicySet } from './policySet.ts';

/** One connection to judge, with addresses as the policies see them: after DNAT, and after SNAT for ingress. */
export interface PolicyConnection {
  readonly source: PolicyEnd;
  readonly destination: PolicyEnd;
  readonly protocol: Protocol;
  readonly port: number;
}

/** True when a rule's peers and ports both cover the connection. */
export function ruleMatches(policies: PolicySet, rule: PolicyRule, connection: PolicyConnection): boolean {
  return portsMatch(rule, connection) && holdsFor(policies, rule, connection) && peersMatch(policies, rule, connection);
}

/** The end whose policies a direction asks. */
export function subjectOf({ source, destination }: PolicyConnection, direction: Direction): PolicyEnd {
  return direction === 'ingress' ? destination : source;
}

/** The end that a direction's rules call their peer. */
export function otherOf({ source, destination }: PolicyConnection, direction: Direction): PolicyEnd {
  return direction === 'ingress' ? source : destination;
}

/** True when the rule names the other end, or everyone. */
export function peersMatch(policies: PolicySet, rule: PolicyRule, connection: PolicyConnection): boolean {
  const other = otherOf(connection, rule.direction);
  const subject = subjectOf(connection, rule.direction);
  return rule.peers === undefined || rule.peers.some((peer) => peerMatches(policies, peer, other, subject));
}

function holdsFor(policies: PolicySet, rule: PolicyRule, connection: PolicyConnection): boolean {
  const subject = subjectOf(connection, rule.direction);
  return rule.onlyFor === undefined || rule.onlyFor.some((peer) => peerMatches(policies, peer, subject, subject));
}

/**
 * True where a rule may cover the connection and Podpath can't tell: it names its peers by DNS names, and which name
 * the other end's address was asked for by is not known.
 */
export function mayMatch(policies: PolicySet, rule: PolicyRule, connection: PolicyConnection): boolean {
  const other = otherOf(connection, rule.direction);
  const byName = rule.peers?.some(({ kind }) => kind === 'names') ?? false;
  if (!byName || other.kind !== 'address' || other.name !== undefined) return false;
  return portsMatch(rule, connection) && holdsFor(policies, rule, connection);
}

/** True when the rule names the port, or every port. */
export function portsMatch(rule: PolicyRule, connection: PolicyConnection): boolean {
  return rule.ports === undefined || rule.ports.some((port) => portMatches(port, connection));
}

function portMatches(match: PortMatch, { destination, protocol, port }: PolicyConnection): boolean {
  switch (match.kind) {
    case 'range':
      return match.protocol === protocol && port >= match.from && port <= match.to;
    case 'named':
      // A name means something only on a pod, and there for its own protocol.
      return (
        (match.protocol ?? protocol) === protocol &&
        destination.kind === 'pod' &&
        namedPort(destination.pod, match.name, protocol) === port
      );
    case 'invalid':
      return false;
    default:
      return match satisfies never;
  }
}
