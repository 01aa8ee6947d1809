import { t } from '@vscode/l10n';
import type { Finding, Rule, RuleContext } from '../rule.ts';
import { workloadKinds } from '../workloadKinds.ts';

function* check({ snapshot, model }: RuleContext): Generator<Finding> {
  for (const { ref, pods, system } of snapshot.workloads) {
    const [pod] = pods;
    if (pod === undefined || system || pod.template.hostNetwork) continue;
    const selecting = model.policies.selecting(pod);
    const open = (['ingress', 'egress'] as const).filter((one) => !selecting.some(({ isolates }) => isolates[one]));
    if (open.length === 0) continue;
    const message =
      open.length === 2
        ? t('No policy isolates the pods of {0}', ref.name)
        : t('No policy isolates the pods of {0} for {1}', ref.name, open.join(', '));
    yield { code: rule.code, message, ref, path: ['metadata', 'name'], related: [], fixes: [] };
  }
}

const pod = `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers: [{name: web, image: web}]
`;

/** A workload that nothing protects. */
export const rule: Rule = {
  code: 'pod-not-isolated',
  summary: 'No policy selects a workload’s pods, for each direction.',
  description: 'Without a policy that selects a pod everyone may reach it, and it may reach everyone. Off by default.',
  severity: 'off',
  reads: ['networking.k8s.io/NetworkPolicy', ...workloadKinds],
  example: {
    failing: pod,
    corrected: `${pod}---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: default-deny
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
`,
  },
  check,
};
