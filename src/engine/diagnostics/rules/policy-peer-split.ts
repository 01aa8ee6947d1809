import { t } from '@vscode/l10n';
import { networkPolicies } from '../policyRules.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';
import { splitPeer } from '../splitPeer.ts';

function* check(context: RuleContext): Generator<Finding> {
  for (const { ref, resource, rules } of networkPolicies(context)) {
    for (const { evidence, direction } of rules) {
      const split = splitPeer(context, resource, { evidence, direction });
      if (split === undefined) continue;
      const { path, first } = split;
      yield {
        code: rule.code,
        message: t(
          'Two peers: whole namespaces, or pods of {0} itself. Pods in those namespaces would be one peer, without the second dash',
          ref.namespace,
        ),
        ref,
        path: [...path, first + 1],
        related: [{ ref, path: [...path, first], message: t('The other peer') }],
        fixes: [
          {
            title: t('Join both into one peer (and)'),
            target: ref,
            changes: [{ kind: 'join', path: [...path, first] }],
          },
        ],
      };
    }
  }
}

const policy = (dash: string): string => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: backend
spec:
  podSelector: {}
  ingress:
    - from:
        - namespaceSelector:
            matchLabels: {kubernetes.io/metadata.name: kube-system}
        ${dash} podSelector:
            matchLabels: {k8s-app: kube-dns}
---
apiVersion: v1
kind: Pod
metadata: {name: backend, labels: {k8s-app: kube-dns}}
spec: {containers: [{name: api, image: api}]}
`;

/** One dash too many. */
export const rule: Rule = {
  code: 'policy-peer-split',
  summary: '`- namespaceSelector` and `- podSelector` as two peers (or), where one (and) is likely meant.',
  description:
    'Each dash starts a peer, and a connection needs to match only one of them. Written as two, the first lets in every pod of the chosen namespaces and the second pods of the own namespace. Pods with these labels *in* those namespaces are one peer with both selectors.',
  severity: 'info',
  reads: ['networking.k8s.io/NetworkPolicy', '/Namespace', '/Pod'],
  example: { failing: policy('-'), corrected: policy(' ') },
  check,
};
