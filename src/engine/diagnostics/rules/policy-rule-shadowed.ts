import { t } from '@vscode/l10n';
import { formatPeer } from '../../policy/explain.ts';
import { isAllPods } from '../../policy/peers.ts';
import type { Peer, PolicyRule, PortMatch } from '../../policy/policy.ts';
import { networkPolicies } from '../policyRules.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

function* check(context: RuleContext): Generator<Finding> {
  for (const { ref, rules } of networkPolicies(context)) {
    const prepared = rules.map(prepare);
    const near = neighbours(prepared);
    for (const one of prepared) {
      const { index } = one;
      const found = near(one).find((other) => {
        if (other === one || other.rule.direction !== one.rule.direction || !covers(other, one)) return false;
        // Of two that are alike the later one is told.
        return other.index < index || !covers(one, other);
      });
      if (found === undefined) continue;
      const cover = found.rule;
      yield {
        code: rule.code,
        message: t('This rule of policy {0} adds nothing: another one allows all of it', ref.name),
        ref,
        path: one.rule.evidence.path,
        related: [{ ref, path: cover.evidence.path, message: t('The rule that allows it all') }],
        fixes: [
          { title: t('Remove this rule'), target: ref, changes: [{ kind: 'remove', path: one.rule.evidence.path }] },
        ],
      };
    }
  }
}

/** A rule with what it is compared by; `peers` are absent where it is about everybody. */
interface Prepared {
  readonly index: number;
  readonly rule: PolicyRule;
  readonly peers: ReadonlyMap<string, Peer> | undefined;
  readonly everyPod: boolean;
}

function prepare(one: PolicyRule, index: number): Prepared {
  const peers = one.peers === undefined ? undefined : new Map(one.peers.map((peer) => [formatPeer(peer), peer]));
  return { index, rule: one, peers, everyPod: one.peers?.some(isAllPods) ?? false };
}

/** The rules that may cover one, in their order: those about everybody or every pod, and those that share its first peer. */
function neighbours(all: readonly Prepared[]): (one: Prepared) => readonly Prepared[] {
  const wide = all.filter(({ peers, everyPod }) => peers === undefined || everyPod);
  const byPeer = new Map<string, Prepared[]>();
  for (const one of all) {
    for (const text of one.peers?.keys() ?? []) {
      const list = byPeer.get(text);
      if (list === undefined) byPeer.set(text, [one]);
      else list.push(one);
    }
  }
  return ({ peers }) => {
    const [first] = peers?.keys() ?? [];
    const same = first === undefined ? [] : (byPeer.get(first) ?? []);
    return [...new Set([...wide, ...same])].sort((a, b) => a.index - b.index);
  };
}

/** True where the outer rule allows whatever the inner one does. */
function covers(outer: Prepared, inner: Prepared): boolean {
  return coversPorts(outer.rule.ports, inner.rule.ports) && coversPeers(outer, inner);
}

function coversPeers({ peers: outer, everyPod }: Prepared, { peers: inner }: Prepared): boolean {
  if (outer === undefined) return true;
  if (inner === undefined || inner.size === 0) return false;
  return [...inner].every(([text, peer]) => outer.has(text) || (everyPod && peer.kind === 'pods'));
}

function coversPorts(outer: readonly PortMatch[] | undefined, inner: readonly PortMatch[] | undefined): boolean {
  if (outer === undefined) return true;
  if (inner === undefined || inner.length === 0) return false;
  return inner.every((port) => outer.some((other) => coversPort(other, port)));
}

function coversPort(outer: PortMatch, inner: PortMatch): boolean {
  if (outer.kind === 'range' && inner.kind === 'range') {
    return outer.protocol === inner.protocol && outer.from <= inner.from && inner.to <= outer.to;
  }
  if (outer.kind !== 'named' || inner.kind !== 'named') return false;
  return outer.name === inner.name && outer.protocol === inner.protocol;
}

const policy = (first: string): string => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: api
spec:
  podSelector: {}
  ingress:
    - ports: [{port: 8080}]
      ${first}
    - ports: [{port: 8080}]
      from: [{podSelector: {matchLabels: {app: web}}}]
`;

/** A rule within another. */
export const rule: Rule = {
  code: 'policy-rule-shadowed',
  summary: 'A rule that adds nothing to the others of its policy.',
  description:
    'Rules of a NetworkPolicy only add. One that another rule holds already can go, or the other one is wider than was meant.',
  severity: 'hint',
  reads: ['networking.k8s.io/NetworkPolicy'],
  example: {
    failing: policy('from: []'),
    corrected: policy('from: [{podSelector: {matchLabels: {app: job}}}]'),
  },
  check,
};
