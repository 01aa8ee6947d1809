import { t } from '@vscode/l10n';
import type { Derived } from '../analysis/derived.ts';
import { ipInCidr, parseIp } from '../model/addresses.ts';
import type { ClusterNode, Protocol } from '../model/cluster.ts';
import { refLabel } from '../model/resource.ts';
import type { PolicyEnd, Verdict } from '../policy/policy.ts';
import { crossNodes, deliver, leave, originate, reachHost, reachPod } from './carry.ts';
import type { Branch, ClientSees, Disposition } from './flow.ts';
import { isHost, lostPlace, nodeOf, type Place, policyEnd, type Unfollowed } from './place.ts';
import { ownAddress, type TranslatedSource, translatedSource } from './sourceAddress.ts';
import type { Walk } from './walk.ts';

/** One connection after its address was translated: from a place, through the node that translates, to a place. */
export interface Connection {
  readonly derived: Derived;
  readonly source: Place;
  /** The node whose proxy sees the packet; absent where neither end is in the cluster. */
  readonly entry: ClusterNode | undefined;
  readonly target: Place;
  readonly protocol: Protocol;
  readonly port: number;
  readonly masquerade: boolean;
  /** The rule that does, as the system names it; absent: the Service proxy's own. */
  readonly masqueradedBy?: string | undefined;
  /** The address that the client dialled, where it was translated. */
  readonly dialled?: { readonly ip: string; readonly port: number };
  /** Present where another node carries the client's packets to `entry`; `source` is then the client as `entry` sees it. */
  readonly carriedBy?: CarryingNode;
  /** True where the client's socket already dials the endpoint: nothing on the wire was translated. */
  readonly inSocket: boolean;
}

/** The client's own node, where another one translates: what it lets out, and whom it has to give the reply to. */
export interface CarryingNode {
  readonly node: ClusterNode;
  readonly client: Place;
  /** What policies say of the client's way to the other node, before anything is translated. */
  readonly egress: Verdict;
}

/** How a connection ended, as a branch has it. */
export type Outcome = Pick<
  Branch,
  'disposition' | 'clientSees' | 'reason' | 'decidedBy' | 'considered' | 'pathMtu' | 'masquerade' | 'serverSees'
>;

/** Takes the packet from the translating node's host namespace to its end, judging policies on the way. */
export function finishForward(walk: Walk, connection: Connection): Outcome {
  const { derived, source, target, entry } = connection;
  const { snapshot, profile } = derived;
  const targetNode = nodeOf(snapshot, target);
  const sameNode = entry !== undefined && targetNode?.name === entry.name;
  const snat = translatedSource(connection, sameNode);
  const sees = snat?.ip ?? source.ip;
  // On one node the FORWARD hook comes before POSTROUTING: the policy still sees the client.
  const clientSeen = sameNode && profile.policySeesClient;
  const { egress, ingress } = verdicts(connection, clientSeen ? source.ip : sees);
  const outcome = ending(connection, egress, ingress, sees);
  if (connection.carriedBy === undefined && !policyStep(walk, connection, egress)) return outcome;
  const lost = lostPlace(snapshot, target);
  if (lost !== undefined) return stopAtLost(walk, lost, outcome);
  if (entry !== undefined && target.kind === 'outside') return leaveCluster(walk, connection, entry, snat, outcome);
  if (clientSeen && !policyStep(walk, connection, ingress)) return outcome;
  if (snat !== undefined) snatStep(walk, snat);
  if (entry !== undefined && targetNode !== undefined && !sameNode) {
    crossNodes(walk, entry, targetNode, profile, isOwn(connection), isHost(target));
  }
  if (!clientSeen && !policyStep(walk, connection, ingress)) return outcome;
  if (target.kind === 'pod' && !isHost(target) && targetNode !== undefined) {
    const isNear = sameNode && connection.carriedBy === undefined;
    const from = !isNear ? 'link' : isHost(source) ? 'host' : source.kind === 'pod' ? 'pod' : 'link';
    reachPod(walk, target.pod, targetNode, profile, from);
  }
  deliver(walk, target, targetNode, 'connection');
  return outcome;
}

/** Nobody knows what the network does with packets for a node that the cluster has no more. */
function stopAtLost(walk: Walk, { reason, decidedBy }: Unfollowed, outcome: Outcome): Outcome {
  walk.step({ kind: 'drop', action: 'unknown', mechanism: 'network', why: reason, evidence: decidedBy });
  return { ...outcome, disposition: 'insufficient-information', clientSees: 'unknown', reason, decidedBy };
}

/** True for packets that the entry node itself sends: they have not been forwarded yet. */
function isOwn({ source, carriedBy }: Connection): boolean {
  return isHost(source) && carriedBy === undefined;
}

/** What acts on a pod's device, or on a node, where what runs on the node's own network has no device of its own. */
function mechanismOf({ derived, source, target }: Connection, { direction }: Verdict): string {
  const { profile } = derived;
  const place = direction === 'egress' ? source : target;
  if (place.kind !== 'pod' || isHost(place)) return 'host endpoint';
  return profile.policyMechanism(direction, profile.podDevice(place.pod.ref.namespace, place.pod.ref.name).name);
}

/** Bytes that fit without fragments on a node network of 1500; 0 where the transport is not known. */
function pathMtu({ derived, target }: Connection): number {
  const { transport, mtu } = derived.profile;
  if (mtu !== undefined) return mtu;
  if (transport.kind === 'unknown') return 0;
  const overhead = transport.kind === 'tunnel' ? transport.overhead[parseIp(target.ip)?.family ?? 4] : 0;
  return 1500 - overhead;
}

/** The verdict of each direction. */
type Verdicts = Readonly<Record<'egress' | 'ingress', Verdict>>;

/** Both directions' verdicts. Where policies would let the Service's own port through, a denial says so. */
function verdicts(connection: Connection, seen: string): Verdicts {
  const { dialled, port } = connection;
  const { egress, ingress } = verdictsOn(connection, seen, port);
  const isDenied = egress.action === 'deny' || ingress.action === 'deny';
  if (!isDenied || dialled === undefined || dialled.port === port) return { egress, ingress };
  const other = verdictsOn(connection, seen, dialled.port);
  const slip = (verdict: Verdict): Verdict => {
    if (verdict.action !== 'deny' || other[verdict.direction].action !== 'allow') return verdict;
    const note = t(
      "{0} is the Service's port, which is allowed: policies see the pod's port, {1}.",
      dialled.port,
      port,
    );
    return { ...verdict, reason: `${verdict.reason} ${note}` };
  };
  return { egress: slip(egress), ingress: slip(ingress) };
}

/** Verdicts on a port of the target; `seen` is the source that the destination's policies see. */
function verdictsOn(connection: Connection, seen: string, port: number): Verdicts {
  const { derived, source, target, protocol } = connection;
  const end = policyEnd(target, target.ip);
  const decision = derived.enforce(policyEnd(source, source.ip), end, protocol, port);
  const egress = connection.carriedBy?.egress ?? decision.egress;
  const itself = source.kind === 'pod' && target.kind === 'pod' && source.pod === target.pod;
  if (seen === source.ip || itself) return { egress, ingress: decision.ingress };
  return { egress, ingress: derived.enforce(seenAs(connection, seen), end, protocol, port, true).ingress };
}

/** A masqueraded client is its entry node to policies. */
function seenAs({ entry }: Connection, ip: string): PolicyEnd {
  return entry === undefined ? { kind: 'address', ip } : { kind: 'node', node: entry, ip };
}

const stepActions = {
  allow: 'permitted',
  deny: 'denied',
  unknown: 'unknown',
  'not-enforced': 'not-enforced',
} as const;

/** Writes down what policies say; false where the packet ends here. A CNI that does not enforce lets it pass. */
export function policyStep(walk: Walk, connection: Connection, verdict: Verdict): boolean {
  if (verdict.decidedBy.length === 0 && verdict.action === 'allow') return true;
  const kind = verdict.direction === 'egress' ? 'egress-policy' : 'ingress-policy';
  const action = stepActions[verdict.action];
  const mechanism = verdict.action === 'not-enforced' ? 'none' : mechanismOf(connection, verdict);
  walk.step({ kind, action, mechanism, why: withConditions(verdict.reason, [verdict]), evidence: verdict.decidedBy });
  return action !== 'denied';
}

/** Writes down that the source becomes a node's. */
export function snatStep(walk: Walk, { ip, mechanism }: TranslatedSource): void {
  walk.step({
    kind: 'snat',
    action: 'transformed',
    mechanism,
    why: t('The source becomes {0}, the address of the device that it leaves by', ip),
    change: { src: ip },
  });
}

function leaveCluster(
  walk: Walk,
  connection: Connection,
  entry: ClusterNode,
  snat: TranslatedSource | undefined,
  outcome: Outcome,
): Outcome {
  const lost = outcome.disposition === 'no-route';
  walk.step({
    kind: lost ? 'drop' : 'route',
    action: lost ? 'denied' : 'forwarded',
    mechanism: 'eth0',
    why: lost ? outcome.reason : t('{0} routes it to its own network', entry.name),
    // The node's own packets have not been forwarded yet.
    change: isOwn(connection) ? {} : { ttl: walk.packet.ttl - 1 },
  });
  if (lost) return outcome;
  if (snat !== undefined) snatStep(walk, snat);
  leave(walk, entry);
  return { ...outcome, pathMtu: pathMtu(connection) };
}

/** The verdicts of both directions as one ending. Denied by what is not enforced is delivered all the same. */
function ending(connection: Connection, egress: Verdict, ingress: Verdict, serverSees: string): Outcome {
  const { derived, target } = connection;
  const denying = [egress, ingress].find((one) => one.action === 'deny');
  const doubtful = [egress, ingress].find((one) => one.action === 'unknown');
  const unenforced = [egress, ingress].find((one) => one.action === 'not-enforced');
  const base = {
    pathMtu: pathMtu(connection),
    masquerade: connection.masquerade && serverSees !== connection.source.ip,
    serverSees: { ip: serverSees },
    decidedBy: [...egress.decidedBy, ...ingress.decidedBy],
    considered: [],
  };
  if (denying !== undefined) {
    const disposition: Disposition = denying.direction === 'egress' ? 'denied-egress' : 'denied-ingress';
    const own = { decidedBy: denying.decidedBy, considered: denying.considered, reason: denying.reason };
    return { ...base, ...own, disposition, clientSees: 'timeout' };
  }
  if (doubtful !== undefined) {
    const own = { decidedBy: doubtful.decidedBy, reason: doubtful.reason };
    return { ...base, ...own, disposition: 'insufficient-information', clientSees: 'unknown' };
  }
  if (unenforced !== undefined) {
    const [policy] = unenforced.decidedBy;
    const reason = t(
      '{0}. {1} does not enforce {2}, so it is delivered.',
      // What denies by isolation is told in sentences, what denies by a rule in a clause.
      unenforced.reason.replace(/\.$/, ''),
      derived.profile.title,
      policy === undefined ? 'NetworkPolicy' : refLabel(policy.ref),
    );
    return { ...base, disposition: 'not-enforced', clientSees: 'connected', reason, considered: unenforced.considered };
  }
  const arrived = arrival(connection, target, egress, ingress);
  return { ...base, ...arrived, reason: withConditions(arrived.reason, [egress, ingress]) };
}

/** A sentence with what each request must be besides, where it does not say so itself. */
function withConditions(reason: string, verdicts: readonly Verdict[]): string {
  const conditions = verdicts.flatMap(({ conditions: own = [] }) => own).filter((one) => !reason.includes(one));
  return conditions.length === 0 ? reason : `${reason} (${conditions.join(', ')})`;
}

function arrival(
  { derived }: Connection,
  target: Place,
  egress: Verdict,
  ingress: Verdict,
): { readonly disposition: Disposition; readonly clientSees: ClientSees; readonly reason: string } {
  if (target.kind === 'outside') {
    const inPods = derived.snapshot.podCIDRs.some((cidr) => ipInCidr(target.ip, cidr));
    const inServices = derived.snapshot.serviceCIDRs.some((cidr) => ipInCidr(target.ip, cidr));
    if (inPods || inServices) {
      const reason = t('Nothing here has the address {0}', target.ip);
      return { disposition: 'no-route', clientSees: 'timeout', reason };
    }
    const reason = t('It leaves the cluster for {0}', target.ip);
    return { disposition: 'exits-cluster', clientSees: 'unknown', reason };
  }
  const allows = [egress, ingress].filter((one) => one.decidedBy.length > 0).map((one) => one.reason);
  const isIsolated =
    target.kind === 'pod' && derived.policies.selecting(target.pod).some((one) => one.isolates.ingress);
  // What isolates it did not count, and the verdict says why.
  const rest = isIsolated ? ingress.reason : t('No policy isolates either end');
  const reason = allows.length > 0 ? allows.join('. ') : rest;
  return { disposition: 'delivered', clientSees: 'connected', reason };
}

/** The reply, from the server's first packet to the client: translations are undone on the node that made them. */
export function reply(walk: Walk, connection: Connection): void {
  const { derived, source, target, entry, dialled } = connection;
  const { snapshot, profile } = derived;
  const targetNode = nodeOf(snapshot, target);
  originate(walk, target, targetNode);
  walk.step({ kind: 'originate', action: 'forwarded', mechanism: 'socket', why: t('The server replies') });
  if (targetNode === undefined || entry === undefined) return;
  reachHost(walk, target, targetNode, profile);
  const sourceNode = nodeOf(snapshot, source);
  const sameNode = targetNode.name === entry.name;
  const toHost = walk.packet.dst === ownAddress(entry, walk.packet.dst);
  if (!sameNode) crossNodes(walk, targetNode, entry, profile, isHost(target), toHost);
  if (walk.packet.dst !== source.ip) {
    const why = t('Connection tracking on {0} gives it back its true destination', entry.name);
    walk.step({ kind: 'un-snat', action: 'transformed', mechanism: 'conntrack', why, change: { dst: source.ip } });
  }
  if (dialled !== undefined && !connection.inSocket) {
    const why = t('The client sees the address that it dialled');
    const change = { src: dialled.ip, sport: dialled.port };
    walk.step({ kind: 'un-dnat', action: 'transformed', mechanism: 'conntrack', why, change });
  }
  if (source.kind === 'outside') {
    const why = t('{0} routes it to its own network', entry.name);
    const own = sameNode && isHost(target);
    const change = own ? {} : { ttl: walk.packet.ttl - 1 };
    walk.step({ kind: 'route', action: 'forwarded', mechanism: 'eth0', why, change });
    leave(walk, entry);
    return;
  }
  if (connection.carriedBy !== undefined) {
    backThrough(walk, connection, entry, connection.carriedBy);
    return;
  }
  if (source.kind === 'pod' && !isHost(source) && sourceNode !== undefined) {
    const from = !sameNode ? 'link' : isHost(target) ? 'host' : 'pod';
    reachPod(walk, source.pod, sourceNode, profile, from);
  }
  deliver(walk, source, sourceNode, 'reply');
}

/** The last part of a reply: from the node that translated to the client's own, and to the client. */
function backThrough(
  walk: Walk,
  { derived, target }: Connection,
  entry: ClusterNode,
  { node, client }: CarryingNode,
): void {
  const { profile, snapshot } = derived;
  const isEntrys = isHost(target) && nodeOf(snapshot, target)?.name === entry.name;
  crossNodes(walk, entry, node, profile, isEntrys, walk.packet.dst === ownAddress(node, walk.packet.dst));
  if (walk.packet.dst !== client.ip) {
    const why = t('Connection tracking on {0} gives it back its true destination', node.name);
    walk.step({ kind: 'un-snat', action: 'transformed', mechanism: 'conntrack', why, change: { dst: client.ip } });
  }
  if (client.kind === 'pod' && !isHost(client)) reachPod(walk, client.pod, node, profile, 'link');
  deliver(walk, client, node, 'reply');
}
