import { t } from '@vscode/l10n';
import { policyPorts } from '../policyRules.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

function* check(context: RuleContext): Generator<Finding> {
  for (const { program, port } of policyPorts(context)) {
    if (port.kind !== 'invalid') continue;
    const message = t('This port of policy {0} can not be: {1}', program.ref.name, port.reason);
    yield { code: rule.code, message, ref: program.ref, path: port.path, related: [], fixes: [] };
  }
}

const policy = (end: number): string => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: backend
spec:
  podSelector: {}
  ingress:
    - ports:
        - port: 9000
          endPort: ${end}
`;

/** A port that the API server refuses. */
export const rule: Rule = {
  code: 'policy-port-range-invalid',
  summary: 'endPort below port, endPort with a port name, or another port that can not be.',
  description:
    'endPort makes a range from port to endPort. It may not be smaller, and a port name can not start a range. The API server refuses the policy; verdicts that it could change are unknown here.',
  severity: 'error',
  reads: ['networking.k8s.io/NetworkPolicy'],
  example: { failing: policy(8000), corrected: policy(9010) },
  check,
};
