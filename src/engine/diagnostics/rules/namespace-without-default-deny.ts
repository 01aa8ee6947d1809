import { t } from '@vscode/l10n';
import { defaultDeny } from '../../connectivity/suggest.ts';
import { selectsAll } from '../../model/labels.ts';
import type { Direction } from '../../policy/policy.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';
import { workloadKinds } from '../workloadKinds.ts';

function* check({ snapshot, model }: RuleContext): Generator<Finding> {
  const users = Map.groupBy(
    snapshot.workloads.filter(({ system, template }) => !system && !template.hostNetwork),
    ({ ref }) => ref.namespace,
  );
  const policies = Map.groupBy(model.policies.programs, ({ subject }) => subject.inNamespace);
  for (const [namespace, [first]] of users) {
    const whole = (policies.get(namespace) ?? []).filter(({ subject }) => selectsAll(subject.pods));
    const isOpen = (one: Direction): boolean => !whole.some(({ isolates }) => isolates[one]);
    const open = (['ingress', 'egress'] as const).filter(isOpen);
    if (first === undefined || open.length === 0) continue;
    const ref = snapshot.namespaces.get(namespace)?.resource?.ref ?? first.ref;
    yield {
      code: rule.code,
      message: t('Namespace {0} has no policy that isolates all of its pods for {1}', namespace, open.join(', ')),
      ref,
      path: ['metadata', 'name'],
      related: [],
      fixes: [
        {
          title: t('Add a policy that denies by default'),
          target: ref,
          changes: [{ kind: 'document', object: defaultDeny(namespace) }],
        },
      ],
    };
  }
}

const pod = `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers: [{name: web, image: web}]
`;

/** A namespace whose new pods are open. */
export const rule: Rule = {
  code: 'namespace-without-default-deny',
  summary: 'A namespace without a policy that isolates all of its pods, for each direction.',
  description:
    'A pod that no other policy selects is open to everyone. A policy that selects all pods and allows nothing makes that a choice. Off by default.',
  severity: 'off',
  reads: ['networking.k8s.io/NetworkPolicy', '/Namespace', ...workloadKinds],
  example: {
    failing: pod,
    corrected: `${pod}---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: default-deny
  namespace: default
spec:
  podSelector: {}
  policyTypes:
    - Ingress
    - Egress
`,
  },
  check,
};
