import { t } from '@vscode/l10n';
import { ipInCidr } from '../model/addresses.ts';
import type { Pod } from '../model/cluster.ts';
import { formatSelector, type LabelSelector, matches, selectsAll } from '../model/labels.ts';
import { type Evidence, refLabel } from '../model/resource.ts';
import { type PolicyConnection, peersMatch, portsMatch } from './match.ts';
import type { Direction, Peer, PolicyEnd, PolicyProgram, PolicyRule, PortMatch } from './policy.ts';
import type { PolicySet } from './policySet.ts';

/** How sentences name an end of a connection: a pod's name, a node's, an address. */
export function formatEnd(end: PolicyEnd): string {
  switch (end.kind) {
    case 'pod':
      return end.pod.ref.name;
    case 'node':
      return t('node {0}', end.node.name);
    case 'address':
      return end.ip;
    default:
      return end satisfies never;
  }
}

/**
 * The rules that almost allow a denied connection, nearest first, at most three: those that lack only the port, then
 * those that lack only the peer. Each note says what is lacking.
 */
export function nearMisses(
  policies: PolicySet,
  isolating: readonly PolicyProgram[],
  connection: PolicyConnection,
  direction: Direction,
): readonly Evidence[] {
  const scored = isolating.flatMap((program) =>
    program.rules
      .filter((rule) => rule.direction === direction && rule.implied !== true)
      .map((rule) => ({ program, rule, miss: missOf(policies, rule, connection) })),
  );
  const nearest = new Map<string, (typeof scored)[number]>();
  for (const one of scored.sort((a, b) => a.miss.distance - b.miss.distance)) {
    const place = placeOf(one.rule.evidence);
    if (!nearest.has(place)) nearest.set(place, one);
  }
  return [...nearest.values()].slice(0, 3).map(({ program, rule, miss }) => ({
    ref: program.ref,
    path: rule.evidence.path,
    note: t('{0} allows {1}', refLabel(program.ref), miss.text()),
  }));
}

/** The rule that somebody wrote: of its parts each is a rule here, see {@link PolicyRule}. */
export function placeOf({ ref, path }: Evidence): string {
  return JSON.stringify([refLabel(ref), ...path]);
}

/** How far a rule is from allowing a connection; in words only for the few that are told. */
interface Miss {
  readonly distance: number;
  readonly text: () => string;
}

function missOf(policies: PolicySet, rule: PolicyRule, connection: PolicyConnection): Miss {
  const peer = peersMatch(policies, rule, connection);
  const port = portsMatch(rule, connection);
  const other = rule.direction === 'ingress' ? connection.source : connection.destination;
  if (peer && !port)
    return { distance: 0, text: () => t('{0} only on {1}.', formatEnd(other), formatPorts(rule.ports)) };
  const nearest = nearestPeer(policies, rule, connection);
  const text = (): string =>
    port
      ? t('this port, but only for {0}.', nearest.text())
      : t('only {0}, and only on {1}.', nearest.text(), formatPorts(rule.ports));
  return { distance: (port ? 1 : 3) + nearest.distance, text };
}

/** The peer that the other end comes closest to: a block that takes an address out again, a pod that lacks few labels. */
function nearestPeer(policies: PolicySet, rule: PolicyRule, connection: PolicyConnection): Miss {
  const other = rule.direction === 'ingress' ? connection.source : connection.destination;
  const peers = (rule.peers ?? []).map((peer) => ({
    distance: peerDistance(policies, peer, other),
    text: () => (isPassedOver(peer, other) ? passedOver(peer, other) : formatPeer(peer)),
  }));
  return peers.sort((a, b) => a.distance - b.distance)[0] ?? { distance: 2, text: () => t('no one') };
}

/** True for a block that covers the address of a pod or a node and would mean it with another CNI. */
function isPassedOver(peer: Peer, other: PolicyEnd): boolean {
  if (peer.kind !== 'block' || other.kind === 'address') return false;
  const own = other.kind === 'pod' ? other.pod.ips : other.node.internalIPs;
  const isIn = (ip: string): boolean => ipInCidr(ip, peer.cidr) && !peer.except.some((one) => ipInCidr(ip, one));
  return (other.ip === undefined ? own : [other.ip]).some(isIn);
}

function passedOver(peer: Peer, other: PolicyEnd): string {
  const isNode = other.kind === 'node' || (other.kind === 'pod' && other.pod.template.hostNetwork);
  const block = formatPeer(peer);
  return isNode ? t('{0}, which does not mean nodes here', block) : t('{0}, which does not mean pods here', block);
}

function peerDistance(policies: PolicySet, peer: Peer, other: PolicyEnd): number {
  if (peer.kind === 'block' && other.kind === 'address') return ipInCidr(other.ip, peer.cidr) ? 0 : 1;
  if (isPassedOver(peer, other)) return 0.25;
  if (peer.kind !== 'pods' || other.kind !== 'pod') return 2;
  const { pod } = other;
  const namespace = policies.namespaceMatches(peer.pods, pod.ref.namespace);
  return (namespace ? 0 : 0.5) + labelDistance(policies, peer.pods.pods, pod);
}

/** 0 where the pod has the labels, up to 1 where it has none of those that are asked for. */
function labelDistance(policies: PolicySet, selector: LabelSelector, pod: Pod): number {
  const read = (key: string): string | undefined => policies.label(pod, key);
  if (matches(selector, read)) return 0;
  const { requirements } = selector;
  const lacking = requirements.filter((one) => !matches({ requirements: [one] }, read)).length;
  return 0.5 + 0.5 * (requirements.length === 0 ? 1 : lacking / requirements.length);
}

/** Words of peers: many pods are told of one. The language is set before the first of them. */
const peerWords = new WeakMap<Peer, string>();

/** A peer in words: `pods app=frontend in namespaces team=web`, `10.0.0.0/8 except 10.1.0.0/16`. */
export function formatPeer(peer: Peer): string {
  const known = peerWords.get(peer) ?? wordsOf(peer);
  peerWords.set(peer, known);
  return known;
}

function wordsOf(peer: Peer): string {
  switch (peer.kind) {
    case 'block':
      return peer.except.length === 0 ? peer.cidr : t('{0} except {1}', peer.cidr, peer.except.join(', '));
    case 'pods':
      return formatPods(peer);
    case 'nodes': {
      const nodes = selectsAll(peer.nodes) ? '' : ` ${formatSelector(peer.nodes)}`;
      if (peer.which === 'own') return t('its own node{0}', nodes);
      return peer.which === 'other' ? t('other nodes{0}', nodes) : t('nodes{0}', nodes);
    }
    case 'outside':
      return t('addresses outside the cluster');
    case 'names':
      return peer.patterns.join(', ');
    case 'any-of':
      return peer.peers.map(formatPeer).join(t(' or '));
    case 'all-of':
      return peer.peers.map(formatPeer).join(t(' that are also '));
    case 'none-of':
      return t('all but {0}', peer.peers.map(formatPeer).join(', '));
    default:
      return peer satisfies never;
  }
}

function formatPods({ pods: set, sameLabels, notSameLabels }: Extract<Peer, { kind: 'pods' }>): string {
  const { pods, namespaces, inNamespace } = set;
  const who = selectsAll(pods) ? t('all pods') : t('pods {0}', formatSelector(pods));
  if (sameLabels !== undefined) return t('{0} in namespaces of the same {1}', who, sameLabels.join(', '));
  if (notSameLabels !== undefined) return t('{0} in namespaces of another {1}', who, notSameLabels.join(', '));
  if (inNamespace !== undefined) return t('{0} in {1}', who, inNamespace);
  if (namespaces === undefined || selectsAll(namespaces)) return t('{0} in all namespaces', who);
  return t('{0} in namespaces {1}', who, formatSelector(namespaces));
}

/** Ports in words: `8080/TCP, dns/UDP, 8000-9000/TCP`; `all ports` where a rule names none. */
export function formatPorts(ports: readonly PortMatch[] | undefined): string {
  if (ports === undefined) return t('all ports');
  const texts = ports.map((port) => {
    if (port.kind === 'invalid') return t('a malformed port');
    if (port.kind === 'named') return port.protocol === undefined ? port.name : `${port.name}/${port.protocol}`;
    if (port.from === 1 && port.to === 65_535) return t('all {0} ports', port.protocol);
    return port.from === port.to ? `${port.from}/${port.protocol}` : `${port.from}-${port.to}/${port.protocol}`;
  });
  return texts.length === 0 ? t('no port') : texts.join(', ');
}
