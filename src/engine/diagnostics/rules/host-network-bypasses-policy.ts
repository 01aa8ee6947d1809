import { t } from '@vscode/l10n';
import { matches, selectsAll } from '../../model/labels.ts';
import { networkPolicies } from '../policyRules.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

function* check(context: RuleContext): Generator<Finding> {
  const { policies } = context.model;
  if (policies.settings.hostNetworkPolicy !== 'ignored') return;
  const hosts = context.snapshot.workloads.filter(({ template, system }) => template.hostNetwork && !system);
  for (const { ref, subject, subjectPath } of networkPolicies(context)) {
    // Everything in a namespace is meant as everything that can be.
    if (selectsAll(subject.pods)) continue;
    const chosen = hosts.find(
      (one) =>
        policies.namespaceMatches(subject, one.ref.namespace) &&
        matches(subject.pods, (key) => one.template.labels[key]),
    );
    if (chosen === undefined) continue;
    const message = t(
      'Policy {0} selects {1} {2}, whose pods use the host network: there they are the node, and policies leave them alone',
      ref.name,
      chosen.ref.kind,
      chosen.ref.name,
    );
    const related = [
      { ref: chosen.ref, path: [...chosen.template.specPath, 'hostNetwork'], message: t('The host network') },
    ];
    yield { code: rule.code, message, ref, path: subjectPath, related, fixes: [] };
  }
}

const files = (host: boolean): string => `apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: exporter
spec:
  selector: {matchLabels: {app: exporter}}
  template:
    metadata: {labels: {app: exporter}}
    spec:
      hostNetwork: ${host}
      containers: [{name: exporter, image: exporter}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: exporter
spec:
  podSelector: {matchLabels: {app: exporter}}
`;

/** A policy for pods that policies do not reach. */
export const rule: Rule = {
  code: 'host-network-bypasses-policy',
  summary: 'A policy selects pods on the host network, which the API leaves undefined.',
  description:
    'Most networks can’t tell such a pod from its node and leave it alone, whatever its labels. Protect it by the node’s firewall, or take it off the host network.',
  severity: 'info',
  reads: ['networking.k8s.io/NetworkPolicy', '/Pod'],
  example: { failing: files(true), corrected: files(false) },
  check,
};
