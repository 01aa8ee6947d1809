import { modesIn } from '../mesh/membership.ts';
import { type ClaimedPort, claimedPorts } from '../mesh/portProtocols.ts';
import type { Service } from '../model/cluster.ts';
import { selectorOfLabels } from '../model/labels.ts';
import type { FieldPath } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { envoyModes, meshPods, ztunnelModes } from './istioMesh.ts';
import { type Bypass, bypasses } from './istioOutbound.ts';
import { type MtlsScope, portsWith } from './istioPeerAuthentication.ts';
import type { RuleDemands } from './istioRule.ts';
import type { Target } from './istioTarget.ts';
import type { Peer, PodSet } from './policy.ts';
import { allPorts, common, type PortRanges, rangesOf, without } from './portRanges.ts';

/** A part of a rule's subject, by pods and ports, in which the rule means the same throughout. */
export interface Cell {
  /** All of these must hold for the pod. */
  readonly where: readonly Peer[];
  readonly ports: PortRanges;
  /** False where mutual TLS is off, so that nobody shows who he is. */
  readonly identities: boolean;
  /** What the proxy reads: requests, bytes that may be requests, bytes; `ztunnel` bytes and no remote address. */
  readonly reads: 'http' | 'detected' | 'tcp' | 'ztunnel';
  /** False where it is known of every pod whether it is in the mesh. */
  readonly maybes: boolean;
  /** Set where it is not known whether the cell holds. */
  readonly unsure?: true;
  /** Clients that may come without an identity. */
  readonly bypasses: readonly Bypass[];
}

/**
 * Divides a rule's subject where it matters: Envoy or ztunnel, mutual TLS switched off, ports of HTTP or of TCP as the
 * Services name them. A rule that ALLOWs by what only HTTP has is void where there is none.
 * Source: istio.io, TCP Traffic (authorization), Protocol Selection, Use Layer 4 security policy.
 */
export function cellsOf(
  { snapshot, scopes }: { readonly snapshot: Snapshot; readonly scopes: readonly MtlsScope[] },
  target: Target,
  rule: RuleDemands,
  action: 'ALLOW' | 'DENY' | 'CUSTOM',
): readonly Cell[] {
  const { path } = target;
  const parts = [...rule.from, ...rule.to, rule.when];
  const has = (key: 'identities' | 'http' | 'remotes' | 'tls' | 'unseen'): boolean =>
    parts.some((one) => one[key].length > 0);
  const http = has('http');
  const beyond = http || has('remotes') || has('tls') || has('unseen');
  const divided = beyond || action === 'CUSTOM';
  const maybes = modesIn(snapshot).has('unknown');
  const hidden = has('identities') ? bypasses(snapshot) : [];
  const whole: Cell = { where: [], ports: allPorts, identities: true, reads: 'tcp', maybes, bypasses: hidden };
  const off = has('identities') ? scopes.filter((one) => portsWith(one, 'DISABLE', 'envoy').length > 0) : [];
  if (!divided) return splitByMtls(whole, off, path);
  // Without a proxy that speaks HTTP there is no one to ask an external authorizer either.
  const ztunnel: Cell = { ...whole, where: [meshPods(ztunnelModes, path)], reads: 'ztunnel' };
  const byZtunnel = action === 'DENY' || (action === 'ALLOW' && !beyond) ? [ztunnel] : [];
  const envoy = { ...whole, where: [meshPods(envoyModes, path)] };
  const byEnvoy = http || has('remotes') ? splitByProtocol(snapshot, envoy, target) : [envoy];
  const usable = byEnvoy.filter(({ reads }) => action !== 'ALLOW' || !http || reads !== 'tcp');
  // Of a pod that may be in the mesh it is not known which proxy judges it.
  const unsure: Cell = { ...whole, where: [meshPods(['unknown'], path)], reads: 'ztunnel', unsure: true };
  return [...byZtunnel, ...usable.flatMap((one) => splitByMtls(one, off, path)), ...(maybes ? [unsure] : [])];
}

/** Where mutual TLS is off in a scope's ports, nobody has an identity there. */
function splitByMtls(cell: Cell, off: readonly MtlsScope[], path: FieldPath): readonly Cell[] {
  if (off.length === 0) return [cell];
  const inside = off.map((one) => meshPods(['sidecar'], path, one.subject));
  const parts = off.flatMap((one, index): Cell[] => {
    const where = [...cell.where, ...inside.slice(index, index + 1)];
    const plain = portsWith(one, 'DISABLE', 'envoy');
    return [
      { ...cell, where, ports: common(cell.ports, plain), identities: false },
      { ...cell, where, ports: without(cell.ports, plain) },
    ];
  });
  const rest = { ...cell, where: [...cell.where, { kind: 'none-of' as const, peers: inside, path }] };
  return [...parts, rest].filter(({ ports }) => ports.length > 0);
}

/** Ports by what the Services that lead to them say; where two disagree, it is not known which one the proxy follows. */
function splitByProtocol(snapshot: Snapshot, cell: Cell, { subject, path }: Target): readonly Cell[] {
  const said = claimedPorts(snapshot, subject.inNamespace).filter(
    ({ protocol, service }) => protocol !== 'detected' && mayShare(subject, service),
  );
  const claims = Map.groupBy(said, ({ port }) => port);
  const cells = [...claims].flatMap(([port, list]) => ofPort({ ...cell, ports: rangesOf([port]) }, list, path));
  const others: Cell = { ...cell, ports: without(cell.ports, rangesOf([...claims.keys()])), reads: 'detected' };
  return [...cells, others];
}

/** False where no pod can have both the labels that the policy asks for and those that the Service does. */
function mayShare({ pods }: PodSet, { selector = {} }: Service): boolean {
  return pods.requirements.every(
    ({ key, operator, values }) =>
      operator !== 'In' || !Object.hasOwn(selector, key) || values.includes(selector[key] ?? ''),
  );
}

function ofPort(cell: Cell, claims: readonly ClaimedPort[], path: FieldPath): readonly Cell[] {
  const podsOf = (protocol: ClaimedPort['protocol']): readonly Peer[] =>
    claims
      .filter((one) => one.protocol === protocol)
      // A gateway's listeners are not what its Service says.
      .map(({ service: { ref, selector } }) =>
        meshPods(['sidecar'], path, { inNamespace: ref.namespace, pods: selectorOfLabels(selector ?? {}) }),
      );
  const [http, tcp] = [podsOf('http'), podsOf('tcp')];
  const any = (peers: readonly Peer[]): Peer => ({ kind: 'none-of', peers: [{ kind: 'none-of', peers, path }], path });
  const none = (peers: readonly Peer[]): Peer => ({ kind: 'none-of', peers, path });
  const part = (reads: Cell['reads'], where: readonly Peer[], unsure?: true): Cell => ({
    ...cell,
    reads,
    where: [...cell.where, ...where],
    ...(unsure === undefined ? {} : { unsure }),
  });
  const cells = [part('detected', [none([...http, ...tcp])])];
  if (http.length > 0) cells.push(part('http', [any(http), none(tcp)]));
  if (tcp.length > 0) cells.push(part('tcp', [any(tcp), none(http)]));
  if (http.length > 0 && tcp.length > 0) cells.push(part('tcp', [any(http), any(tcp)], true));
  return cells;
}
