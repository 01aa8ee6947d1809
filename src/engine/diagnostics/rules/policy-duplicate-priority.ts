import { t } from '@vscode/l10n';
import { refLabel } from '../../model/resource.ts';
import type { PolicyProgram } from '../../policy/policy.ts';
import { modelledPolicies } from '../policyRules.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

function* check(context: RuleContext): Generator<Finding> {
  const policies = modelledPolicies(context).filter(({ ref }) => ref.group === 'policy.networking.k8s.io');
  const ordered = policies.filter(({ ref }) => ref.kind !== 'BaselineAdminNetworkPolicy');
  const groups = Map.groupBy(ordered, ({ ref, tier, priority }) => `${ref.kind} ${tier} ${priority}`);
  for (const [first, ...others] of groups.values()) {
    if (first !== undefined) for (const other of others) yield same(first, other);
  }
  for (const { ref } of policies) {
    if (ref.kind !== 'BaselineAdminNetworkPolicy' || ref.name === 'default') continue;
    const message = t(
      '{0} must be called default: the API server takes no other name, and only one such policy',
      ref.name,
    );
    yield { code: rule.code, message, ref, path: ['metadata', 'name'], related: [], fixes: [] };
  }
}

function same({ ref: first }: PolicyProgram, { ref, priority }: PolicyProgram): Finding {
  return {
    code: rule.code,
    message: t(
      '{0} has the priority {1} as well: which of the two acts first is not defined',
      refLabel(first),
      priority,
    ),
    ref,
    path: ['spec', 'priority'],
    related: [{ ref: first, path: ['spec', 'priority'], message: t('The other policy') }],
    fixes: [],
  };
}

const policy = (name: string, priority: number): string => `apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata:
  name: ${name}
spec:
  priority: ${priority}
  subject:
    namespaces: {}
`;

/** Two policies that stand at the same place. */
export const rule: Rule = {
  code: 'policy-duplicate-priority',
  summary: 'Two admin policies of one priority, or a baseline that is not called default.',
  description:
    'Admin policies are read in the order of their priorities. Where two are equal, implementations differ. Give each its own number; the one BaselineAdminNetworkPolicy of a cluster is called default.',
  severity: 'error',
  reads: [
    'policy.networking.k8s.io/AdminNetworkPolicy',
    'policy.networking.k8s.io/BaselineAdminNetworkPolicy',
    'policy.networking.k8s.io/ClusterNetworkPolicy',
  ],
  example: {
    failing: `${policy('guard', 10)}---\n${policy('allow-monitoring', 10)}`,
    corrected: `${policy('guard', 10)}---\n${policy('allow-monitoring', 11)}`,
  },
  check,
};
