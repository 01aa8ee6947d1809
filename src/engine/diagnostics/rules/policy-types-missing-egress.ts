import { t } from '@vscode/l10n';
import { arrayAt } from '../../model/json.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

const directions = [
  { field: 'egress', type: 'Egress' },
  { field: 'ingress', type: 'Ingress' },
] as const;

function* check({ snapshot }: RuleContext): Generator<Finding> {
  for (const { ref, object } of snapshot.ofKind('networking.k8s.io', 'NetworkPolicy')) {
    const types = arrayAt(object, 'spec', 'policyTypes');
    for (const { field, type } of directions) {
      // Without policyTypes, egress rules switch egress on by themselves.
      if (types.length === 0 || types.includes(type) || arrayAt(object, 'spec', field).length === 0) continue;
      yield {
        code: rule.code,
        message: t(
          'Policy {0} has {1} rules, but its policyTypes leave out {2}: they have no effect',
          ref.name,
          field,
          type,
        ),
        ref,
        path: ['spec', field],
        part: 'key',
        related: [{ ref, path: ['spec', 'policyTypes'], message: t('The types of the policy') }],
        fixes: [
          {
            title: t('Add {0} to policyTypes', type),
            target: ref,
            changes: [{ kind: 'append', path: ['spec', 'policyTypes'], item: type }],
          },
        ],
      };
    }
  }
}

const policy = (types: string): string => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: backend
spec:
  podSelector: {}
  policyTypes: [${types}]
  egress:
    - ports:
        - port: 443
        - {port: 53, protocol: UDP}
        - {port: 53, protocol: TCP}
`;

/** Rules that do not act. */
export const rule: Rule = {
  code: 'policy-types-missing-egress',
  summary: 'Egress rules without Egress in policyTypes, or the reverse.',
  description:
    'Where policyTypes is written, it alone decides in which directions a policy acts. Rules of a direction that it leaves out are accepted by the API server and do nothing.',
  severity: 'warning',
  reads: ['networking.k8s.io/NetworkPolicy'],
  example: { failing: policy('Ingress'), corrected: policy('Ingress, Egress') },
  check,
};
