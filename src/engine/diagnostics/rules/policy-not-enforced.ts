import { t } from '@vscode/l10n';
import { modelledPolicies } from '../policyRules.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

/** One finding a scope, for the CNI is one cause for all policies; and one for each policy of a priority that it does not take. */
function* check(context: RuleContext): Generator<Finding> {
  const { environment } = context.model;
  const { lastAdminPriority: last, title } = environment.profile;
  if (last !== undefined && environment.cni.confidence !== 'default') yield* beyond(context, last, title);
  const shown = new Set(context.model.policies.policies);
  const [first, ...others] = modelledPolicies(context).filter((one) => shown.has(one));
  if (environment.enforces !== 'no' || environment.cni.confidence === 'default' || first === undefined) return;
  const [evidence] = environment.cni.evidence;
  const all = others.length === 0 ? '' : ` ${t('Other policies here that protect nothing: {0}.', others.length)}`;
  yield {
    code: rule.code,
    message:
      t('{0} does not enforce NetworkPolicy: {1} protects nothing.', environment.profile.title, first.ref.name) + all,
    ref: first.ref,
    path: ['kind'],
    related:
      evidence === undefined
        ? []
        : [{ ref: evidence.ref, path: evidence.path, message: t('The CNI was detected here') }],
    fixes: [],
  };
}

function* beyond(context: RuleContext, last: number, title: string): Generator<Finding> {
  for (const { ref, priority } of context.model.policies.policies) {
    if (ref.kind !== 'AdminNetworkPolicy' || priority <= last) continue;
    const message = t('{0} takes priorities up to {1} alone: {2} protects nothing.', title, last, ref.name);
    yield { code: rule.code, message, ref, path: ['spec', 'priority'], related: [], fixes: [] };
  }
}

const policy = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: backend
spec:
  podSelector: {}
`;

const cni = (name: string, image: string): string => `---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: ${name}, namespace: kube-system}
spec:
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {hostNetwork: true, containers: [{name: ${name}, image: ${image}}]}
`;

/** A policy that nobody applies. */
export const rule: Rule = {
  code: 'policy-not-enforced',
  summary: 'The detected or assumed CNI does not enforce this kind of policy.',
  description:
    'The API server accepts NetworkPolicy whatever the network is; only the CNI applies it. Flannel alone does not. Run a CNI that does (Calico, Cilium, or Calico for policy beside Flannel), or correct the assumption with `podpath.assume.cni`.',
  severity: 'warning',
  reads: [
    'networking.k8s.io/NetworkPolicy',
    'policy.networking.k8s.io/AdminNetworkPolicy',
    'apps/DaemonSet',
    '/ConfigMap',
  ],
  example: {
    failing: policy + cni('kube-flannel-ds', 'ghcr.io/flannel-io/flannel:v0.27.0'),
    corrected: policy + cni('calico-node', 'docker.io/calico/node:v3.30.0'),
  },
  check,
};
