import type { Protocol } from '../model/cluster.ts';
import type { PolicyEnd, PolicyRule, PortMatch } from './policy.ts';
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
  return peersMatch(policies, rule, connection) && portsMatch(rule, connection);
}

/** True when the rule names the other end, or everyone. */
export function peersMatch(policies: PolicySet, rule: PolicyRule, connection: PolicyConnection): boolean {
  const other = rule.direction === 'ingress' ? connection.source : connection.destination;
  return rule.peers === undefined || rule.peers.some((peer) => policies.peerMatches(peer, other));
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
        match.protocol === protocol &&
        destination.kind === 'pod' &&
        namedPort(destination.pod, match.name, protocol) === port
      );
    case 'invalid':
      return false;
    default:
      return match satisfies never;
  }
}
