import type { Peer, PolicyProgram } from '../policy/policy.ts';

/** Every peer of a program, those that narrow its subject among them. */
export function peersOf({ rules }: Pick<PolicyProgram, 'rules'>): readonly Peer[] {
  return rules.flatMap((rule) => [...(rule.peers ?? []), ...(rule.onlyFor ?? [])]);
}

/** The container ports' names that a program reads. */
export function portNamesOf({ rules }: Pick<PolicyProgram, 'rules'>): readonly string[] {
  return rules.flatMap((rule) => (rule.ports ?? []).flatMap((port) => (port.kind === 'named' ? [port.name] : [])));
}

/** True where a peer means nodes, and pods on their networks. */
export function readsNodes(peer: Peer): boolean {
  if (peer.kind === 'nodes') return true;
  return 'peers' in peer && peer.peers.some(readsNodes);
}

/** True where whom a peer means depends on the node of the policy's own pod. */
export function readsOwnNode(peer: Peer): boolean {
  if (peer.kind === 'nodes') return peer.which !== 'any';
  return 'peers' in peer && peer.peers.some(readsOwnNode);
}
