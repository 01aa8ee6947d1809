import { t } from '@vscode/l10n';
import type { LabelSelector } from '../model/labels.ts';
import type { Evidence, FieldPath } from '../model/resource.ts';
import type { Cell } from './istioCells.ts';
import { allOf, meshModes, meshPods, oneOf } from './istioMesh.ts';
import { type Bypass, clientsOf as bypassing, divided, type Place, within } from './istioOutbound.ts';
import type { BlockTest, Demands, IdentityTest } from './istioRule.ts';
import type { Peer, PolicyRule, RuleCondition } from './policy.ts';
import { common } from './portRanges.ts';

/** Peers that fit for certain, and those that may fit besides. */
interface Fit {
  readonly sure: Peer;
  readonly maybe: Peer;
}

/** Without requests the remote address is the one that the connection comes from. */
export function remoteAsSource(demands: Demands, { reads }: Cell): Demands {
  if (reads !== 'tcp' || demands.remotes.length === 0) return demands;
  return { ...demands, sources: [...demands.sources, ...demands.remotes], remotes: [] };
}

/**
 * What the demands come to in one cell: a rule for clients that fit, and one with a condition for those that may fit
 * because it is not known whether they are in the mesh.
 */
export function ruleIn(
  demands: Demands,
  cell: Cell,
  action: 'allow' | 'deny',
  evidence: Evidence,
  external: string | undefined,
): readonly PolicyRule[] {
  const { path } = evidence;
  const ranges = common(demands.ports, cell.ports);
  if (ranges.length === 0) return [];
  const fit = clientsOf(demands, cell, path);
  const where = [...cell.where, ...demands.destinations.map((one) => blocks(one, path))];
  const condition = conditionOf(demands, cell, action, external);
  const head = { direction: 'ingress', action, evidence, ...(condition === undefined ? {} : { condition }) } as const;
  const place = { ports: ranges, where };
  if (fit === undefined) return [{ ...head, ...within(place, path) }];
  const hidden = cell.identities && demands.identities.length > 0 ? cell.bypasses : [];
  const all = hidden.map((one) => bypassing(one, path));
  const others: readonly Peer[] = all.length === 0 ? [] : [{ kind: 'none-of', peers: all, path }];
  return [
    ...fitting(head, place, fit, others, path),
    ...hidden.flatMap((one) => withoutIdentity(head, place, fit, demands, one, path)),
  ];
}

type Head = Pick<PolicyRule, 'direction' | 'action' | 'evidence' | 'condition'>;

/** For clients that fit, and of those of `among`, what is certain and what is not. */
function fitting(
  head: Head,
  place: Place,
  { sure, maybe }: Fit,
  among: readonly Peer[],
  path: FieldPath,
): readonly PolicyRule[] {
  const base = { ...head, ...within(place, path) };
  const first = { ...base, peers: [allOf([sure, ...among], path)] };
  if (maybe === sure) return [first];
  const between: Peer = {
    kind: 'all-of',
    peers: [maybe, { kind: 'none-of', peers: [sure], path }, ...among],
    path,
  };
  const condition = { of: 'unseen', text: t('whether the client is in the mesh, and as whom') } as const;
  return [first, { ...base, peers: [between], condition }];
}

/** Of clients whose sidecar may not see the connection: where it does, and where they may be anyone or nobody. */
function withoutIdentity(
  head: Head,
  place: Place,
  fit: Fit,
  demands: Demands,
  bypass: Bypass,
  path: FieldPath,
): readonly PolicyRule[] {
  const clients = bypassing(bypass, path);
  const { sure, unsure } = divided(bypass, place.ports, place.where, path);
  // Nobody fits where only others are shut out.
  const sources = demands.sources.map((one) => blocks(one, path));
  const may = demands.identities.some(({ not }) => !not) ? [fit.maybe] : sources;
  const condition = { of: 'unseen', text: bypass.text } as const;
  return [
    ...sure.flatMap((one) => fitting(head, one, fit, [clients], path)),
    ...unsure.map((one) => ({ ...head, ...within(one, path), peers: [allOf([clients, ...may], path)], condition })),
  ];
}

/** `undefined` for everyone. */
function clientsOf({ identities, sources }: Demands, cell: Cell, path: FieldPath): Fit | undefined {
  const fits = [
    ...identities.map((one) => identityFit(one, cell)),
    ...sources.map((one): Fit => {
      const peer = blocks(one, path);
      return { sure: peer, maybe: peer };
    }),
  ];
  if (fits.length === 0) return undefined;
  const sure = allOf(
    fits.map((one) => one.sure),
    path,
  );
  const isSure = fits.every((one) => one.sure === one.maybe);
  return {
    sure,
    maybe: isSure
      ? sure
      : allOf(
          fits.map((one) => one.maybe),
          path,
        ),
  };
}

function identityFit({ pods, unsure, not, path }: IdentityTest, { identities, maybes }: Cell): Fit {
  const nobody: Peer = { kind: 'none-of', peers: [{ kind: 'all-of', peers: [], path }], path };
  if (!identities) {
    const peer: Peer = not ? { kind: 'all-of', peers: [], path } : nobody;
    return { sure: peer, maybe: peer };
  }
  const certain = pods.length === 0 ? nobody : podsWith(pods, false, path);
  if (!maybes && unsure.length === 0) {
    const peer: Peer = not ? { kind: 'none-of', peers: [certain], path } : certain;
    return { sure: peer, maybe: peer };
  }
  const possible = podsWith([...pods, ...unsure], true, path);
  const wide = pods.length + unsure.length === 0 ? nobody : possible;
  if (!not) return { sure: certain, maybe: wide };
  return { sure: { kind: 'none-of', peers: [wide], path }, maybe: { kind: 'none-of', peers: [certain], path } };
}

function podsWith(selectors: readonly LabelSelector[], unknown: boolean, path: FieldPath): Peer {
  const modes = unknown ? [...meshModes, 'unknown' as const] : meshModes;
  const first = selectors[0];
  const pods = first !== undefined && selectors.length === 1 ? first : { requirements: [], anyOf: [selectors] };
  return meshPods(modes, path, { pods });
}

function blocks({ blocks: list, not }: BlockTest, path: FieldPath): Peer {
  return not ? { kind: 'none-of', peers: list, path } : oneOf(list, path);
}

/** What a request must be beside; where no request is read a DENY rule does without. */
function conditionOf(
  demands: Demands,
  { reads, unsure }: Cell,
  action: 'allow' | 'deny',
  external: string | undefined,
): RuleCondition | undefined {
  if (unsure === true) return { of: 'unseen', text: t('which proxy judges it, and whether it reads requests') };
  if (reads === 'ztunnel') return undefined;
  const isHttp = reads === 'http' || reads === 'detected';
  const request = [...(isHttp ? demands.http : []), ...demands.remotes.map(({ text }) => text), ...demands.tls];
  const unseen = [...(external === undefined ? [] : [external]), ...demands.unseen];
  if (unseen.length > 0) return { of: 'unseen', text: [...unseen, ...request].join(', ') };
  if (request.length === 0) return undefined;
  const text = request.join(', ');
  // What turns out to be no HTTP is judged by the rest of the rule alone: wider for a DENY, void for an ALLOW.
  const isWider = action === 'deny' && reads === 'detected' && demands.http.length > 0;
  return { of: 'request', text: isWider ? t('{0}, nor what is not HTTP', text) : text };
}
