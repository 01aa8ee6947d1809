import { t } from '@vscode/l10n';
import { formatSelector } from '../../model/labels.ts';
import { closeLabel, closeText, labelFix } from '../closeLabels.ts';
import { missing, someoneMatches } from '../missing.ts';
import { networkPolicies } from '../policyRules.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

function* check(context: RuleContext): Generator<Finding> {
  const { snapshot } = context;
  for (const { ref, resource, subject } of networkPolicies(context)) {
    const { pods: selector } = subject;
    if (selector.requirements.length === 0 || selector.invalid !== undefined) continue;
    // Labels alone: pods that policies ignore (hostNetwork, ended) are there all the same.
    if (someoneMatches(snapshot, ref.namespace, selector)) continue;
    const workloads = snapshot.workloads.filter((one) => one.ref.namespace === ref.namespace);
    const close = closeLabel(selector, workloads);
    const head = t(
      'Policy {0} selects {1}, which no pod in {2} has',
      ref.name,
      formatSelector(selector),
      ref.namespace,
    );
    const path = close === undefined ? ['spec', 'podSelector'] : ['spec', 'podSelector', 'matchLabels', close.key];
    yield missing(snapshot, ref.namespace, {
      code: rule.code,
      message: close === undefined ? head : `${head}. ${closeText(close)}`,
      ref,
      path,
      related: [],
      fixes: close === undefined ? [] : [labelFix(resource, ['spec', 'podSelector'], close)],
    });
  }
}

const pod = `---
apiVersion: v1
kind: Pod
metadata:
  name: backend
  labels: {app: backend}
spec: {containers: [{name: api, image: api}]}
`;

/** A policy without effect. */
export const rule: Rule = {
  code: 'policy-selects-no-pods',
  summary: 'A policy whose podSelector matches nothing.',
  description:
    'A policy acts on the pods of its own namespace that its podSelector matches. No pod here does, so the policy protects nothing.',
  severity: 'warning',
  reads: ['networking.k8s.io/NetworkPolicy', '/Pod'],
  example: {
    failing: `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: backend
spec:
  podSelector:
    matchLabels:
      app: backnd
${pod}`,
    corrected: `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: backend
spec:
  podSelector:
    matchLabels:
      app: backend
${pod}`,
  },
  check,
};
