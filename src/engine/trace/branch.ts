import { t } from '@vscode/l10n';
import type { Derived } from '../analysis/derived.ts';
import type { ClusterNode } from '../model/cluster.ts';
import type { TranslatedEndpoint, Translation } from '../proxy/proxy.ts';
import { type Connection, finishForward, reply } from './connection.ts';
import type { Dialled } from './destination.ts';
import type { Branch, Disposition, Flow, Packet } from './flow.ts';
import type { ToHostPort } from './onNode.ts';
import { type Place, placeOf, type Unfollowed } from './place.ts';
import { Walk } from './walk.ts';

/** One address that a client dials, and the node whose proxy sees its packets first. */
export interface DialContext {
  readonly derived: Derived;
  readonly flow: Flow;
  readonly source: Place;
  readonly entry: ClusterNode;
  readonly dialled: Dialled;
}

/** Both ways of one connection as a branch. */
export function finished(walk: Walk, connection: Connection, probability: number): Branch {
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

/** A Service address, translated to one of its endpoints. */
export type Dnat = Extract<Translation, { verdict: 'DNAT' }>;

/** One of the places that a node sends a translated packet to, and what is said of that. */
export interface Leg {
  readonly target: Place;
  readonly port: number;
  readonly share: number;
  readonly masquerade: boolean;
  /** As the system names the rule; absent: the Service proxy's own. */
  readonly masqueradedBy?: string | undefined;
  readonly mechanism: string;
  readonly why: string;
  /** The same where the client's socket already dials the place. */
  readonly whyInSocket: string;
  readonly evidence: Branch['decidedBy'];
}

/** The legs of a packet to a Service, one each endpoint, or to a host port. */
export function legsOf(derived: Derived, result: Dnat | ToHostPort): readonly Leg[] {
  return result.verdict === 'DNAT'
    ? result.endpoints.map((one) => endpointLeg(derived, result, one))
    : [hostPortLeg(result)];
}

function endpointLeg(derived: Derived, result: Dnat, one: TranslatedEndpoint): Leg {
  const { endpoint, chains, rule, share, masquerade } = one;
  const { pod, ip, port } = endpoint;
  const known = derived.proxy.value === 'iptables';
  return {
    target: pod === undefined ? placeOf(derived.snapshot, ip) : { kind: 'pod', pod, ip },
    port,
    share,
    masquerade,
    mechanism: known ? `iptables nat ${chains.join(' → ')}` : derived.proxy.value,
    why: known ? chanceOf(result, one) : t('{0} chooses one of {1} endpoints', derived.proxy.value, rule.of),
    whyInSocket: t(
      'The socket dials the endpoint itself, 1/{0} of the connections: no packet carries the ClusterIP',
      rule.of,
    ),
    evidence: [{ ref: result.service.ref, path: result.port.path, note: '' }],
  };
}

function hostPortLeg({ pod, ip, port, by, masquerade }: ToHostPort): Leg {
  return {
    target: { kind: 'pod', pod, ip },
    port: port.port,
    share: 1,
    masquerade,
    masqueradedBy: by === 'portmap' ? 'iptables nat CNI-HOSTPORT-MASQ' : undefined,
    mechanism: by === 'portmap' ? 'iptables nat CNI-HOSTPORT-DNAT' : 'eBPF HostPort',
    why: t('Host port {0} of {1} is port {2} of {3}', port.hostPort ?? 0, pod.node ?? '', port.port, pod.ref.name),
    whyInSocket: t('The socket dials {0} itself: no packet carries the host port', pod.ref.name),
    evidence: [{ ref: pod.resource.ref, path: port.path, note: '' }],
  };
}

function chanceOf({ service }: Dnat, { rule }: TranslatedEndpoint): string {
  const printed = rule.probability === undefined ? '' : `, p=${rule.probability}`;
  const chance = t('rule {0} of {1}, 1/{1} of the connections', rule.index, rule.of) + printed;
  if (service.sessionAffinity === 'None' || rule.of === 1) return chance;
  return t('{0}; only of clients that are new: sessionAffinity keeps each at its endpoint', chance);
}

/** Writes down that the node sends the packet on. */
export function dnatStep(walk: Walk, { target, port, mechanism, why, evidence }: Leg): void {
  const change = { dst: target.ip, dport: port };
  walk.step({ kind: 'dnat', action: 'transformed', mechanism, why, evidence, change });
}

/** Writes down that the client's socket, with the address `src`, dials the place itself. */
export function socketStep(walk: Walk, { target, port, whyInSocket, evidence }: Leg, src: string): void {
  walk.step({
    kind: 'socket-lb',
    action: 'transformed',
    mechanism: 'eBPF cgroup connect',
    why: whyInSocket,
    evidence,
    change: { src, dst: target.ip, dport: port },
  });
}

/** A branch of which the rest is not known. */
export function unfollowed(context: DialContext, walk: Walk, { reason, decidedBy }: Unfollowed): Branch {
  walk.step({ kind: 'drop', action: 'unknown', mechanism: 'network', why: reason, evidence: decidedBy });
  return stopped(context, walk, 'insufficient-information', 'unknown', reason, decidedBy);
}

/** The proxy turns the packet away: nobody to send it to, none on this node, or a source that is not let in. */
export function refused(
  context: DialContext,
  walk: Walk,
  result: Extract<Translation, { verdict: 'REJECT' | 'DROP' }>,
): Branch {
  const { derived, source, entry } = context;
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
    mechanism: derived.proxy.value === 'iptables' ? `iptables filter ${result.chain}` : derived.proxy.value,
    why: reason.trim(),
    evidence,
  });
  const disposition: Disposition = why === 'source-range' ? 'denied-ingress' : why;
  return stopped(context, walk, disposition, rejected ? 'refused' : 'timeout', reason.trim(), evidence);
}

/** A branch that ends before it reaches anybody. */
export function stopped(
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
