import { t } from '@vscode/l10n';
import type { Derived } from '../analysis/derived.ts';
import type { ClusterNode, Service } from '../model/cluster.ts';
import type { TranslatedEndpoint, Translation } from '../proxy/proxy.ts';
import { type Connection, finishForward, reply } from './connection.ts';
import type { Dialled } from './destination.ts';
import type { Branch, Disposition, Flow, Packet } from './flow.ts';
import type { Place } from './place.ts';
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

function share({ service }: Dnat, { rule }: TranslatedEndpoint): string {
  const printed = rule.probability === undefined ? '' : `, p=${rule.probability}`;
  const chance = t('rule {0} of {1}, 1/{1} of the connections', rule.index, rule.of) + printed;
  if (service.sessionAffinity === 'None' || rule.of === 1) return chance;
  return t('{0}; only of clients that are new: sessionAffinity keeps each at its endpoint', chance);
}

/** The port of the Service that was dialled. */
export function evidenceOf(service: Service, result: Dnat): Branch['decidedBy'] {
  return [{ ref: service.ref, path: result.port.path, note: '' }];
}

/** Writes down the proxy's choice of an endpoint. */
export function dnatStep(walk: Walk, derived: Derived, result: Dnat, one: TranslatedEndpoint): void {
  const known = derived.proxy.value === 'iptables';
  walk.step({
    kind: 'dnat',
    action: 'transformed',
    mechanism: known ? `iptables nat ${one.chains.join(' → ')}` : derived.proxy.value,
    why: known ? share(result, one) : t('{0} chooses one of {1} endpoints', derived.proxy.value, one.rule.of),
    evidence: evidenceOf(result.service, result),
    change: { dst: one.endpoint.ip, dport: one.endpoint.port },
  });
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
