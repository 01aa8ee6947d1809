import { t } from '@vscode/l10n';
import { valueAt } from '../../model/json.ts';
import { formatSelector, keysOf } from '../../model/labels.ts';
import { refKey } from '../../model/resource.ts';
import { closeLabel, closeText, labelFix } from '../closeLabels.ts';
import { missing, someoneMatches } from '../missing.ts';
import { namespacedPolicies, namespacedPolicyKinds } from '../policyRules.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

function* check(context: RuleContext): Generator<Finding> {
  const { snapshot, model } = context;
  const told = new Set<string>();
  for (const { ref, resource, subject, subjectPath } of namespacedPolicies(context)) {
    const { pods: selector } = subject;
    const keys = keysOf(selector);
    // What is known of a pod beside its labels may be known of pods that are not here.
    if (keys.length === 0 || keys.some((key) => key.includes(':')) || selector.invalid !== undefined) continue;
    if (told.has(refKey(ref))) continue;
    told.add(refKey(ref));
    if (model.policies.samplesOf(subject).length > 0) continue;
    // Labels alone: pods that policies ignore (hostNetwork, ended) are there all the same.
    if (someoneMatches(snapshot, ref.namespace, selector)) continue;
    const close = closeLabel(selector, snapshot.workloadsIn(ref.namespace));
    const head = t(
      'Policy {0} selects {1}, which no pod in {2} has',
      ref.name,
      formatSelector(selector),
      ref.namespace,
    );
    const label = [...subjectPath, 'matchLabels', close?.key ?? ''];
    const isLabel = close !== undefined && valueAt(resource.object, ...label) !== undefined;
    yield missing(snapshot, ref.namespace, {
      code: rule.code,
      message: close === undefined ? head : `${head}. ${closeText(close)}`,
      ref,
      path: isLabel ? label : subjectPath,
      related: [],
      fixes: isLabel ? [labelFix(resource, subjectPath, close)] : [],
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
  summary: 'A policy of a namespace whose selector matches no pod of it.',
  description:
    'A policy acts on the pods of its own namespace that its selector matches. No pod here does, so the policy protects nothing.',
  severity: 'warning',
  reads: [...namespacedPolicyKinds, '/Pod'],
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
