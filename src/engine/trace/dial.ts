import { t } from '@vscode/l10n';
import type { Derived } from '../analysis/derived.ts';
import { familyOf } from '../model/addresses.ts';
import type { ClusterNode, Service } from '../model/cluster.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { translate } from '../proxy/iptables.ts';
import type { TranslatedEndpoint, Translation } from '../proxy/proxy.ts';
import { isProxied } from '../proxy/services.ts';
import { originate, reachHost } from './carry.ts';
import { type Connection, finishForward, reply } from './connection.ts';
import type { Dialled, Resolution, Target } from './destination.ts';
import type { Branch, Disposition, Flow, Packet } from './flow.ts';
import { isHost, nodeOf, type Place, placeOf } from './place.ts';
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

/** The node whose proxy and routes see the packet: the sender's own, or from outside the one that is addressed. */
function entryNode(snapshot: Snapshot, flow: Flow, source: Place, ip: string): ClusterNode | undefined {
  const own = nodeOf(snapshot, source);
  if (own !== undefined) return own;
  const { nodes, pods } = snapshot.ownersOf(ip);
  const home = snapshot.nodes.find((one) => one.name === pods[0]?.node);
  return nodes[0] ?? home ?? snapshot.nodes.find((one) => one.name === flow.node) ?? snapshot.nodes[0];
}

function dialBranches(
  derived: Derived,
  flow: Flow,
  source: Place,
  dialled: Dialled,
  resolved: Resolution | undefined,
): readonly Branch[] {
  const entry = entryNode(derived.snapshot, flow, source, dialled.ip);
  if (entry === undefined) return [];
  const familiar = { ...source, ip: sourceFor(source, dialled.ip) };
  const packet = { sourceIP: familiar.ip, destinationIP: dialled.ip, protocol: flow.protocol, port: dialled.port };
  const host = { node: entry, addresses: [...entry.internalIPs, ...entry.externalIPs], podCIDRs: entry.podCIDRs };
  const result = translate(packet, host, derived.proxyConfig, derived.proxyServices);
  const isDirect = result.verdict === 'NONE';
  const ip = isDirect ? hostSource(derived, familiar, entry, targetPlace(derived, dialled)) : familiar.ip;
  const from = { ...familiar, ip };
  const walk = opened(derived, flow, from, dialled, resolved);
  const context: DialContext = { derived, flow, source: from, entry, dialled };
  if (result.verdict === 'DNAT') return translated(context, walk, result);
  if (result.verdict === 'REJECT' || result.verdict === 'DROP') return [refused(context, walk, result)];
  const missing = result.verdict === 'NONE' ? result.services.filter(isProxied) : [];
  if (missing.length > 0) return [notExposed(context, walk, missing)];
  return [direct(context, walk)];
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

interface DialContext {
  readonly derived: Derived;
  readonly flow: Flow;
  readonly source: Place;
  readonly entry: ClusterNode;
  readonly dialled: Dialled;
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

/** Both ways of one connection as a branch. */
function finished(walk: Walk, connection: Connection, probability: number): Branch {
  const outcome = finishForward(walk, connection);
  const { target, port, source, dialled } = connection;
  const answered = outcome.disposition === 'delivered' || outcome.disposition === 'not-enforced';
  const back = new Walk(replyPacket(walk.packet, target.ip, port, outcome.serverSees.ip));
  if (answered) reply(back, { ...connection, source, ...(dialled ? { dialled } : {}) });
  const pod = target.kind === 'pod' ? { pod: { namespace: target.pod.ref.namespace, name: target.pod.ref.name } } : {};
  return {
    ...outcome,
    probability,
    forward: walk.hops,
    reverse: back.hops,
    destination: { ip: target.ip, port, ...pod },
  };
}

function replyPacket(last: Packet, src: string, sport: number, dst: string): Packet {
  return { src, dst, sport, dport: last.sport, ttl: 64 };
}

type Dnat = Extract<Translation, { verdict: 'DNAT' }>;

function translated(context: DialContext, walk: Walk, result: Dnat): readonly Branch[] {
  const { derived, entry, dialled, flow } = context;
  const inSocket = derived.profile.replacesProxy && derived.proxy.value === 'ebpf' && context.source.kind !== 'outside';
  return result.endpoints.map((one) => {
    const own = walk.branch();
    const { pod, ip } = one.endpoint;
    const target: Place = pod === undefined ? placeOf(derived.snapshot, ip) : { kind: 'pod', pod, ip };
    const chosen = inSocket ? hostSource(derived, context.source, entry, target) : context.source.ip;
    const source = { ...context.source, ip: chosen };
    if (inSocket) socketStep(own, result, one, chosen);
    reachHost(own, source, entry, derived.profile);
    if (!inSocket) dnatStep(own, derived, result, one);
    const connection: Connection = {
      derived,
      source,
      entry,
      target,
      protocol: flow.protocol,
      port: one.endpoint.port,
      masquerade: !inSocket && one.masquerade,
      dialled: { ip: dialled.ip, port: dialled.port },
      inSocket,
    };
    return finished(own, connection, dialled.share * one.share);
  });
}

function share(one: TranslatedEndpoint): string {
  return t('rule {0} of {1}, 1/{1} of the connections', one.rule.index, one.rule.of);
}

function evidenceOf(service: Service, result: Dnat): Branch['decidedBy'] {
  return [{ ref: service.ref, path: result.port.path, note: '' }];
}

function dnatStep(walk: Walk, derived: Derived, result: Dnat, one: TranslatedEndpoint): void {
  const printed = one.rule.probability === undefined ? '' : `, p=${one.rule.probability}`;
  const known = derived.proxy.value === 'iptables';
  walk.step({
    kind: 'dnat',
    action: 'transformed',
    mechanism: known ? `iptables nat ${one.chains.join(' → ')}` : derived.proxy.value,
    why: known ? share(one) + printed : t('{0} chooses one of {1} endpoints', derived.proxy.value, one.rule.of),
    evidence: evidenceOf(result.service, result),
    change: { dst: one.endpoint.ip, dport: one.endpoint.port },
  });
}

function socketStep(walk: Walk, result: Dnat, one: TranslatedEndpoint, src: string): void {
  walk.step({
    kind: 'socket-lb',
    action: 'transformed',
    mechanism: 'eBPF cgroup connect',
    why: t(
      'The socket dials the endpoint itself, 1/{0} of the connections: no packet carries the ClusterIP',
      one.rule.of,
    ),
    evidence: evidenceOf(result.service, result),
    change: { src, dst: one.endpoint.ip, dport: one.endpoint.port },
  });
}

/** The proxy turns the packet away: nobody to send it to, none on this node, or a source that is not let in. */
function refused(
  context: DialContext,
  walk: Walk,
  result: Extract<Translation, { verdict: 'REJECT' | 'DROP' }>,
): Branch {
  const { derived, source, entry } = context;
  reachHost(walk, source, entry, derived.profile);
  const { service, why } = result;
  const missing = derived.endpointsOf(service).reasons[0]?.text ?? '';
  const reason =
    why === 'no-endpoints'
      ? t('Service {0} has no ready endpoint. {1}', service.ref.name, missing)
      : why === 'no-local-endpoints'
        ? t('Service {0} has no endpoint on {1}, and its traffic policy is Local', service.ref.name, entry.name)
        : t('{0} is not in loadBalancerSourceRanges of Service {1}', source.ip, service.ref.name);
  const rejected = result.verdict === 'REJECT';
  const evidence = [{ ref: service.ref, path: ['spec'], note: '' }];
  walk.step({
    kind: rejected ? 'reject' : 'drop',
    action: rejected ? 'rejected' : 'denied',
    mechanism: `iptables filter ${result.chain}`,
    why: reason.trim(),
    evidence,
  });
  const disposition: Disposition = why === 'source-range' ? 'denied-ingress' : why;
  return stopped(context, walk, disposition, rejected ? 'refused' : 'timeout', reason.trim(), evidence);
}

function stopped(
  { dialled, source }: DialContext,
  walk: Walk,
  disposition: Disposition,
  clientSees: Branch['clientSees'],
  reason: string,
  decidedBy: Branch['decidedBy'],
): Branch {
  return {
    probability: dialled.share,
    forward: walk.hops,
    reverse: [],
    disposition,
    destination: { ip: dialled.ip, port: dialled.port },
    serverSees: { ip: source.ip },
    clientSees,
    masquerade: false,
    pathMtu: 0,
    reason,
    decidedBy,
    considered: [],
  };
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
