import { t } from '@vscode/l10n';
import { formatPeer } from '../../policy/explain.ts';
import { isAllPods } from '../../policy/peers.ts';
import type { PolicyRule, PortMatch } from '../../policy/policy.ts';
import { networkPolicies } from '../policyRules.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

function* check(context: RuleContext): Generator<Finding> {
  for (const { ref, rules } of networkPolicies(context)) {
    for (const [index, one] of rules.entries()) {
      const cover = rules.find((other, at) => {
        if (at === index || other.direction !== one.direction || !covers(other, one)) return false;
        // Of two that are alike the later one is told.
        return at < index || !covers(one, other);
      });
      if (cover === undefined) continue;
      yield {
        code: rule.code,
        message: t('This rule of policy {0} adds nothing: another one allows all of it', ref.name),
        ref,
        path: one.evidence.path,
        related: [{ ref, path: cover.evidence.path, message: t('The rule that allows it all') }],
        fixes: [{ title: t('Remove this rule'), target: ref, changes: [{ kind: 'remove', path: one.evidence.path }] }],
      };
    }
  }
}

/** True where the outer rule allows whatever the inner one does. */
function covers(outer: PolicyRule, inner: PolicyRule): boolean {
  return coversPeers(outer, inner) && coversPorts(outer.ports, inner.ports);
}

function coversPeers({ peers: outer }: PolicyRule, { peers: inner }: PolicyRule): boolean {
  if (outer === undefined) return true;
  if (inner === undefined || inner.length === 0) return false;
  const texts = new Set(outer.map(formatPeer));
  const everyPod = outer.some(isAllPods);
  return inner.every((peer) => texts.has(formatPeer(peer)) || (everyPod && peer.kind === 'pods'));
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
