import { t } from '@vscode/l10n';
import { policyPeers } from '../policyRules.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

function* check(context: RuleContext): Generator<Finding> {
  for (const { program, rule: policyRule, peer } of policyPeers(context)) {
    if (peer.kind !== 'block' || !/^(0\.0\.0\.0|::)\/0$/.test(peer.cidr) || peer.except.length > 0) continue;
    const { ref } = program;
    const message =
      policyRule.direction === 'ingress'
        ? t('Policy {0} lets in every address ({1})', ref.name, peer.cidr)
        : t('Policy {0} lets out to every address ({1})', ref.name, peer.cidr);
    yield { code: rule.code, message, ref, path: [...peer.path, 'cidr'], related: [], fixes: [] };
  }
}

const policy = (cidr: string): string => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
spec:
  podSelector: {}
  ingress:
    - from:
        - ipBlock:
            cidr: ${cidr}
`;

/** A block that is the whole address space. */
export const rule: Rule = {
  code: 'policy-ip-block-any',
  summary: 'An ipBlock of 0.0.0.0/0 or ::/0.',
  description:
    'Every address there is may connect. Where that is not meant, name the networks that may. Off by default.',
  severity: 'off',
  reads: ['networking.k8s.io/NetworkPolicy'],
  example: { failing: policy('0.0.0.0/0'), corrected: policy('203.0.113.0/24') },
  check,
};
