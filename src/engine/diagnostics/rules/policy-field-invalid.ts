import { t } from '@vscode/l10n';
import type { Evidence } from '../../model/resource.ts';
import type { PolicyProgram } from '../../policy/policy.ts';
import { modelledPolicies } from '../policyRules.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

function* check(context: RuleContext): Generator<Finding> {
  for (const program of modelledPolicies(context)) {
    if (program.tier === 'networks') continue;
    for (const { ref, path, note, isGap } of program.doubts.filter((one) => !isToldElsewhere(program, one))) {
      const head = isGap
        ? t('{0} is not modelled as a whole: {1}', ref.name, note)
        : t('{0} can not be read here: {1}', ref.name, note);
      const message = `${head}. ${t('Verdicts that it could change are unknown')}`;
      yield { code: rule.code, message, ...(isGap ? { severity: 'info' } : {}), ref, path, related: [], fixes: [] };
    }
  }
}

/** Ports and blocks of NetworkPolicies have rules of their own, with fixes. */
function isToldElsewhere({ ref }: PolicyProgram, { path }: Evidence): boolean {
  return ref.group === 'networking.k8s.io' && (path.at(-1) === 'ipBlock' || path.at(-2) === 'ports');
}

const policy = (action: string): string => `apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata:
  name: protect-database
spec:
  priority: 10
  subject:
    namespaces: {}
  ingress:
    - action: ${action}
      from:
        - namespaces: {}
`;

/** A field that the API server would refuse. */
export const rule: Rule = {
  code: 'policy-field-invalid',
  summary:
    'A field of a policy that can not be read: a malformed selector, an unknown action, a peer that names no one.',
  description:
    'The API server refuses such a policy, or nobody can say what it means. Podpath reads the field as matching nothing and calls the verdicts that it could change unknown, never allowed.',
  severity: 'error',
  reads: [
    'cilium.io/CiliumClusterwideNetworkPolicy',
    'cilium.io/CiliumNetworkPolicy',
    'crd.projectcalico.org/GlobalNetworkPolicy',
    'crd.projectcalico.org/NetworkPolicy',
    'k8s.ovn.org/EgressFirewall',
    'networking.k8s.io/NetworkPolicy',
    'policy.networking.k8s.io/AdminNetworkPolicy',
    'policy.networking.k8s.io/BaselineAdminNetworkPolicy',
    'policy.networking.k8s.io/ClusterNetworkPolicy',
    'projectcalico.org/GlobalNetworkPolicy',
    'projectcalico.org/NetworkPolicy',
    'security.istio.io/AuthorizationPolicy',
    'security.istio.io/PeerAuthentication',
  ],
  example: { failing: policy('Reject'), corrected: policy('Deny') },
  check,
};
