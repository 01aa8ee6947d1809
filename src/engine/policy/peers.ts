import { type CidrBlock, cidrContains, parseCidr, parseIp } from '../model/addresses.ts';
import type { ClusterNode, Pod } from '../model/cluster.ts';
import { everything, matchesLabels, selectsAll } from '../model/labels.ts';
import type { BlockPeer, Peer, PolicyEnd } from './policy.ts';
import type { PolicySet } from './policySet.ts';

const blocks = new Map<string, CidrBlock | undefined>();

/**
 * True when the peer covers the end of a connection whose policy's own end is `subject`. An unreadable block covers
 * nothing.
 */
export function peerMatches(policies: PolicySet, peer: Peer, end: PolicyEnd, subject: PolicyEnd | undefined): boolean {
  switch (peer.kind) {
    case 'pods':
      return end.kind === 'pod' && policies.inSet(peer.pods, end.pod) && relates(policies, peer, end.pod, subject);
    case 'block':
      return peer.invalid === undefined && addressesOf(policies, peer, end).some((ip) => inBlock(peer, ip));
    case 'nodes': {
      const node = nodeOf(policies, end);
      if (node === undefined) return false;
      const own = subject !== undefined && nodeUnder(policies, subject) === node;
      if (peer.which !== 'any' && own !== (peer.which === 'own')) return false;
      return matchesLabels(peer.nodes, node.labels);
    }
    case 'outside':
      return end.kind === 'address';
    case 'names': {
      const name = end.kind === 'address' ? end.name : undefined;
      return name !== undefined && peer.patterns.some((pattern) => nameFits(pattern, name));
    }
    case 'any-of':
      return peer.peers.some((one) => peerMatches(policies, one, end, subject));
    case 'all-of':
      return peer.peers.every((one) => peerMatches(policies, one, end, subject));
    case 'none-of':
      return !peer.peers.some((one) => peerMatches(policies, one, end, subject));
    default:
      return peer satisfies never;
  }
}

/**
 * Compares the peer's namespace with the subject's: it must have every key, for sameLabels with the same values, for
 * notSameLabels with at least one other value. Source: NamespacedPeer of early releases of policy.networking.k8s.io.
 */
function relates(
  policies: PolicySet,
  { sameLabels, notSameLabels }: Extract<Peer, { kind: 'pods' }>,
  pod: Pod,
  subject: PolicyEnd | undefined,
): boolean {
  if (sameLabels === undefined && notSameLabels === undefined) return true;
  if (subject?.kind !== 'pod') return false;
  const theirs = (key: string): string | undefined => policies.namespaceLabel(pod.ref.namespace, key);
  const equal = (key: string): boolean => theirs(key) === policies.namespaceLabel(subject.pod.ref.namespace, key);
  const has = [...(sameLabels ?? []), ...(notSameLabels ?? [])].every((key) => theirs(key) !== undefined);
  return has && (sameLabels?.every(equal) ?? true) && !(notSameLabels?.every(equal) ?? false);
}

/** The node that an end is to a policy: a node, or that of a hostNetwork pod, which sends and receives as its node. */
function nodeOf(policies: PolicySet, end: PolicyEnd): ClusterNode | undefined {
  if (end.kind === 'node') return end.node;
  return end.kind === 'pod' && policies.isHost(end.pod) ? policies.nodeNamed(end.pod.node) : undefined;
}

/** The node that an end runs on. */
export function nodeUnder(policies: PolicySet, end: PolicyEnd): ClusterNode | undefined {
  if (end.kind === 'node') return end.node;
  return end.kind === 'pod' ? policies.nodeNamed(end.pod.node) : undefined;
}

function addressesOf(policies: PolicySet, block: BlockPeer, end: PolicyEnd): readonly string[] {
  switch (end.kind) {
    case 'address':
      return [end.ip];
    case 'node':
      if (!policies.readsNodes(block)) return [];
      return end.ip === undefined ? end.node.internalIPs : [end.ip];
    case 'pod': {
      // A hostNetwork pod is its node to a block of addresses, whatever the CNI thinks of pods.
      const isRead = policies.isHost(end.pod) ? policies.readsNodes(block) : policies.readsPods(block);
      if (!isRead) return [];
      return end.ip === undefined ? end.pod.ips : [end.ip];
    }
    default:
      return end satisfies never;
  }
}

function inBlock(peer: BlockPeer, ip: string): boolean {
  const address = parseIp(ip);
  const inside = (text: string): boolean => {
    if (!blocks.has(text)) blocks.set(text, parseCidr(text));
    const block = blocks.get(text);
    return address !== undefined && block !== undefined && cidrContains(block, address);
  };
  return inside(peer.cidr) && !peer.except.some(inside);
}

/** `**.` at the front stands for one label or more, another `*` for any characters within one. */
function nameFits(pattern: string, name: string): boolean {
  const source = pattern
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/^\*\*\\\./, '(?:[^.]+\\.)+')
    .replaceAll(/(?<!\))\*/g, '[^.]*');
  return new RegExp(`^${source}$`).test(name.toLowerCase().replace(/\.$/, ''));
}

/** Whatever is no pod with an address of its own: what is outside, and nodes. */
export function anyButPods(path: Peer['path']): Peer {
  return { kind: 'any-of', peers: [{ kind: 'outside', path }, anyNode(path)], path };
}

/** Any node at all. */
export function anyNode(path: Peer['path']): Peer {
  return { kind: 'nodes', nodes: everything, which: 'any', path };
}

/** The blocks that a peer reads, also within others. */
export function blocksOf(peer: Peer): readonly BlockPeer[] {
  if (peer.kind === 'block') return [peer];
  return 'peers' in peer ? peer.peers.flatMap(blocksOf) : [];
}

/** The pods peers of a peer, also within others. */
export function podPeersOf(peer: Peer): readonly Extract<Peer, { kind: 'pods' }>[] {
  if (peer.kind === 'pods') return [peer];
  return 'peers' in peer ? peer.peers.flatMap(podPeersOf) : [];
}

/** True for a peer that means all pods of all namespaces. */
export function isAllPods(peer: Peer): boolean {
  return (
    peer.kind === 'pods' &&
    peer.pods.inNamespace === undefined &&
    selectsAll(peer.pods.pods) &&
    (peer.pods.namespaces === undefined || selectsAll(peer.pods.namespaces)) &&
    peer.sameLabels === undefined &&
    peer.notSameLabels === undefined
  );
}
