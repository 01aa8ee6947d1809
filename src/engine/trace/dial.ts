import { t } from '@vscode/l10n';
import type { Derived } from '../analysis/derived.ts';
import { familyOf } from '../model/addresses.ts';
import type { ClusterNode, Service } from '../model/cluster.ts';
import { ownAddresses } from '../model/nodes.ts';
import { isProxied } from '../proxy/services.ts';
import {
  type DialContext,
  type Dnat,
  dnatStep,
  finished,
  legsOf,
  refused,
  socketStep,
  stopped,
  unfollowed,
} from './branch.ts';
import { originate, reachHost } from './carry.ts';
import type { Connection } from './connection.ts';
import type { Dialled, Resolution, Target } from './destination.ts';
import { entryNodes } from './entry.ts';
import type { Branch, Flow } from './flow.ts';
import { isLoopback, toItself } from './loopback.ts';
import { proxyHost, type ToHostPort, translateOnNode } from './onNode.ts';
import { throughOtherNode } from './otherNode.ts';
import { isHost, lostPlace, nodeOf, type Place, placeName, placeOf } from './place.ts';
import { hostSource } from './sourceAddress.ts';
import { Walk } from './walk.ts';

/** The client's port in every trace; a real one is any ephemeral port. */
const clientPort = 40_000;

/** The branches of a target: one each endpoint of each address. */
export function branchesTo(derived: Derived, flow: Flow, source: Place, target: Target): readonly Branch[] {
  if (target.kind === 'fails') return [failedBranch(derived, source, target)];
  return target.dialled.flatMap((one) => dialBranches(derived, flow, source, one, target.resolved));
}

function failedBranch(derived: Derived, source: Place, target: Extract<Target, { kind: 'fails' }>): Branch {
  const walk = new Walk({ src: source.ip, dst: '', sport: clientPort, dport: 0, ttl: 64 });
  originate(walk, source, nodeOf(derived.snapshot, source));
  const ok = target.disposition === 'exits-cluster';
  walk.step({
    kind: 'resolve',
    action: ok ? 'forwarded' : 'rejected',
    mechanism: 'DNS',
    why: target.reason,
    evidence: target.evidence,
  });
  return {
    probability: 1,
    forward: walk.hops,
    reverse: [],
    disposition: target.disposition,
    destination: { ip: '', port: 0 },
    serverSees: { ip: '' },
    clientSees: target.clientSees,
    masquerade: false,
    pathMtu: 0,
    reason: target.reason,
    decidedBy: target.evidence,
    considered: [],
  };
}

function dialBranches(
  derived: Derived,
  flow: Flow,
  source: Place,
  dialled: Dialled,
  resolved: Resolution | undefined,
): readonly Branch[] {
  const entries = entryNodes(derived, flow, source, dialled);
  const one = { ...dialled, share: dialled.share / entries.length };
  return entries.flatMap((entry) => branchesAt(derived, flow, source, entry, one, resolved));
}

function branchesAt(
  derived: Derived,
  flow: Flow,
  source: Place,
  entry: ClusterNode,
  dialled: Dialled,
  resolved: Resolution | undefined,
): readonly Branch[] {
  const familiar = { ...source, ip: sourceFor(source, dialled.ip) };
  const unable = cannotDial(derived, familiar, dialled.ip);
  if (unable !== undefined) {
    const walk = opened(derived, flow, familiar, dialled, resolved);
    walk.step({ kind: 'drop', action: 'denied', mechanism: 'route', why: unable });
    return [stopped({ derived, flow, source: familiar, entry, dialled }, walk, 'no-route', 'unreachable', unable, [])];
  }
  const lost = lostPlace(derived.snapshot, familiar);
  if (lost !== undefined) {
    const walk = opened(derived, flow, familiar, dialled, resolved);
    return [unfollowed({ derived, flow, source: familiar, entry, dialled }, walk, lost)];
  }
  const inPod = familiar.kind === 'pod' && !isHost(familiar);
  if (isLoopback(derived, dialled.ip) && inPod) return [toItself(derived, flow, familiar, dialled)];
  const result = translated(derived, flow, familiar, entry, dialled);
  const isDirect = result.verdict === 'NONE';
  const ip = isDirect ? hostSource(derived, familiar, entry, targetPlace(derived, dialled)) : familiar.ip;
  const from = { ...familiar, ip };
  const walk = opened(derived, flow, from, dialled, resolved);
  return answered({ derived, flow, source: from, entry, dialled }, walk, result);
}

/** What the entry node does with the client's packet. */
function translated(
  derived: Derived,
  flow: Flow,
  source: Place,
  entry: ClusterNode,
  dialled: Dialled,
): ReturnType<typeof translateOnNode> {
  const inSocket = inSockets(derived, source);
  const packet = {
    sourceIP: source.ip,
    destinationIP: dialled.ip,
    protocol: flow.protocol,
    port: dialled.port,
    isPastSourceRanges: inSocket && derived.profile.sourceRangesInside === 'ignored',
  };
  // A socket is translated for the node ports of every node, for it knows all their addresses.
  const nodes = inSocket ? derived.snapshot.nodes : [entry];
  return translateOnNode(derived, packet, proxyHost(entry, nodes.flatMap(ownAddresses)));
}

function answered(context: DialContext, walk: Walk, result: ReturnType<typeof translateOnNode>): readonly Branch[] {
  const { derived, flow, source, entry, dialled } = context;
  if (result.verdict === 'NONE' || result.verdict === 'ACCEPT') {
    const missing = result.verdict === 'NONE' ? result.services.filter(isProxied) : [];
    if (missing.length > 0) return [notExposed(context, walk, missing)];
    if (isLoopback(derived, dialled.ip)) return [toItself(derived, flow, source, dialled)];
    return throughOtherNode(context, walk) ?? [direct(context, walk)];
  }
  if (result.verdict === 'UNDECIDED') {
    reachHost(walk, source, entry, derived.profile);
    return [unfollowed(context, walk, result)];
  }
  if (result.verdict === 'HOSTPORT') return toLegs(context, walk, result);
  if (derived.proxy.value === 'none' && !derived.profile.replacesProxy)
    return [withoutProxy(context, walk, result.service)];
  if (source.kind === 'outside' && result.service.clusterIPs.includes(dialled.ip))
    return [onlyInside(context, walk, result.service)];
  if (result.verdict === 'DNAT') return toLegs(context, walk, result);
  reachHost(walk, source, entry, derived.profile);
  return [refused(context, walk, result)];
}

/** Why no packet can be sent at all: no address of the family, or an address that means the client itself. */
function cannotDial(derived: Derived, source: Place, ip: string): string | undefined {
  const family = familyOf(ip);
  if (isLoopback(derived, ip))
    return source.kind === 'outside' ? t('{0} means the client itself, not the cluster', ip) : undefined;
  if (family === undefined || familyOf(source.ip) === family) return undefined;
  return t('{0} has no {1} address to reach {2} from', placeName(source), family, ip);
}

/** A ClusterIP is known to the cluster's nodes alone: no network outside has a way to it. */
function onlyInside(context: DialContext, walk: Walk, service: Service): Branch {
  const why = t(
    '{0} is the ClusterIP of Service {1}: no network outside leads there',
    context.dialled.ip,
    service.ref.name,
  );
  const evidence = [{ ref: service.ref, path: ['spec', 'type'], note: '' }];
  walk.enter('', 'fabric', '').step({ kind: 'drop', action: 'denied', mechanism: 'network', why, evidence });
  return stopped(context, walk, 'no-route', 'unreachable', why, evidence);
}

function withoutProxy(context: DialContext, walk: Walk, service: Service): Branch {
  const { derived, source, entry, dialled } = context;
  const why = t(
    'Nothing on {0} translates {1} of Service {2}: there is no proxy',
    entry.name,
    dialled.ip,
    service.ref.name,
  );
  const evidence = [{ ref: service.ref, path: ['spec'], note: '' }];
  reachHost(walk, source, entry, derived.profile);
  walk.step({ kind: 'drop', action: 'denied', mechanism: 'route', why, evidence });
  return stopped(context, walk, 'no-route', 'timeout', why, evidence);
}

/** True where the client's socket already dials the endpoint, before there is a packet. */
function inSockets({ profile, proxy }: Derived, source: Place): boolean {
  return profile.replacesProxy && proxy.value === 'ebpf' && source.kind !== 'outside';
}

/** The packet as the client sends it, after it found the address. */
function opened(derived: Derived, flow: Flow, source: Place, dialled: Dialled, resolved: Resolution | undefined): Walk {
  const walk = new Walk({ src: source.ip, dst: dialled.ip, sport: clientPort, dport: dialled.port, ttl: 64 });
  originate(walk, source, nodeOf(derived.snapshot, source));
  if (resolved !== undefined) {
    const why = `${resolved.name} → ${resolved.found}: ${resolved.why}`;
    walk.step({ kind: 'resolve', action: 'forwarded', mechanism: 'DNS', why });
  }
  const why = t('The client opens a {0} connection', flow.protocol);
  walk.step({ kind: 'originate', action: 'forwarded', mechanism: 'socket', why });
  return walk;
}

function targetPlace(derived: Derived, { pod, ip }: Dialled): Place {
  return pod === undefined ? placeOf(derived.snapshot, ip) : { kind: 'pod', pod, ip };
}

/** A dual-stack source talks from its address of the destination's family. */
function sourceFor(source: Place, destination: string): string {
  const family = familyOf(destination);
  if (family === undefined) return source.ip;
  const all = source.kind === 'pod' ? source.pod.ips : source.kind === 'node' ? source.node.internalIPs : [];
  return all.find((ip) => familyOf(ip) === family) ?? source.ip;
}

function direct(context: DialContext, walk: Walk): Branch {
  const { derived, source, entry, dialled, flow } = context;
  const target = targetPlace(derived, dialled);
  const connection = {
    derived,
    source,
    entry,
    target,
    protocol: flow.protocol,
    port: dialled.port,
    masquerade: false,
    inSocket: false,
  };
  if (!(isHost(target) && nodeOf(derived.snapshot, target) === undefined))
    reachHost(walk, source, entry, derived.profile);
  return finished(walk, connection, dialled.share);
}

function toLegs(context: DialContext, walk: Walk, result: Dnat | ToHostPort): readonly Branch[] {
  const { derived, entry, dialled, flow } = context;
  const isPortmaps = result.verdict === 'HOSTPORT' && result.by === 'portmap';
  const inSocket = !isPortmaps && inSockets(derived, context.source);
  return legsOf(derived, result).map((leg) => {
    const own = walk.branch();
    const { target, port, masqueradedBy } = leg;
    const chosen = inSocket ? hostSource(derived, context.source, entry, target) : context.source.ip;
    const source = { ...context.source, ip: chosen };
    if (inSocket) socketStep(own, leg, chosen);
    reachHost(own, source, entry, derived.profile);
    if (!inSocket) dnatStep(own, leg);
    const connection: Connection = {
      derived,
      source,
      entry,
      target,
      protocol: flow.protocol,
      port,
      masquerade: !inSocket && leg.masquerade,
      masqueradedBy,
      dialled: { ip: dialled.ip, port: dialled.port },
      inSocket,
    };
    return finished(own, connection, dialled.share * leg.share);
  });
}

/** In iptables mode no rule answers for another port of a ClusterIP: the packet is routed on and lost. */
function notExposed(context: DialContext, walk: Walk, services: readonly Service[]): Branch {
  const { derived, source, entry, dialled, flow } = context;
  reachHost(walk, source, entry, derived.profile);
  const [service] = services;
  const ports = (service?.ports ?? []).map((one) => `${one.port}/${one.protocol}`).join(', ');
  const reason = t(
    'Service {0} has no port {1}/{2}; it has {3}',
    service?.ref.name ?? '',
    dialled.port,
    flow.protocol,
    ports,
  );
  const evidence = service === undefined ? [] : [{ ref: service.ref, path: ['spec', 'ports'], note: '' }];
  walk.step({ kind: 'drop', action: 'denied', mechanism: 'route', why: reason, evidence });
  return stopped(context, walk, 'port-not-exposed', 'timeout', reason, evidence);
}
