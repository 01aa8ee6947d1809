import { type DialContext, dnatStep, finished, legsOf, refused, unfollowed } from './branch.ts';
import { crossNodes, reachHost } from './carry.ts';
import { type CarryingNode, type Connection, policyStep, snatStep } from './connection.ts';
import type { Branch } from './flow.ts';
import { proxyHost, translateOnNode } from './onNode.ts';
import { isHost, type Place, placeOf, policyEnd } from './place.ts';
import { translatedSource } from './sourceAddress.ts';
import type { Walk } from './walk.ts';

/**
 * A node port or host port of another node: the client's own node only carries the packet there, and that node
 * translates it. `undefined` where the address is no other node's, or it leaves the packet alone.
 */
export function throughOtherNode(context: DialContext, walk: Walk): readonly Branch[] | undefined {
  const { derived, source, entry, dialled, flow } = context;
  const target = placeOf(derived.snapshot, dialled.ip);
  if (target.kind !== 'node' || target.node.name === entry.name || source.kind === 'outside') return undefined;
  if (dialled.pod !== undefined) return undefined;
  const toNode = { derived, source, entry, target, protocol: flow.protocol, port: dialled.port } as const;
  const leaving: Connection = { ...toNode, masquerade: false, inSocket: false };
  const snat = translatedSource(leaving, false);
  const seen: Place = snat === undefined ? source : { kind: 'node', node: entry, ip: snat.ip };
  const packet = { sourceIP: seen.ip, destinationIP: dialled.ip, protocol: flow.protocol, port: dialled.port };
  const result = translateOnNode(derived, packet, proxyHost(target.node));
  if (result.verdict === 'NONE' || result.verdict === 'ACCEPT') return undefined;
  if (derived.proxy.value === 'none' && 'service' in result) return undefined;
  const end = policyEnd(target, target.ip);
  const { egress } = derived.enforce(policyEnd(source, source.ip), end, flow.protocol, dialled.port);
  // What may not leave, or nobody knows whether it may, never comes to the other node.
  if (egress.action === 'deny' || egress.action === 'unknown') return undefined;
  reachHost(walk, source, entry, derived.profile);
  policyStep(walk, leaving, egress);
  if (snat !== undefined) snatStep(walk, snat);
  crossNodes(walk, entry, target.node, derived.profile, isHost(source), true);
  const there = { ...context, source: seen, entry: target.node };
  if (result.verdict === 'UNDECIDED') return [unfollowed(there, walk, result)];
  if (result.verdict !== 'DNAT' && result.verdict !== 'HOSTPORT') return [refused(there, walk, result)];
  const carriedBy: CarryingNode = { node: entry, client: source, egress };
  return legsOf(derived, result).map((leg) => {
    const own = walk.branch();
    dnatStep(own, leg);
    const connection: Connection = {
      ...leaving,
      source: seen,
      entry: target.node,
      target: leg.target,
      port: leg.port,
      masquerade: leg.masquerade,
      masqueradedBy: leg.masqueradedBy,
      dialled: { ip: dialled.ip, port: dialled.port },
      carriedBy,
    };
    return finished(own, connection, dialled.share * leg.share);
  });
}
