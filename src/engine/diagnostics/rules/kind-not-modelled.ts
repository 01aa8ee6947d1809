import { t } from '@vscode/l10n';
import { isUnmodelledPolicy } from '../../policy/kinds.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

const routeGroups: ReadonlySet<string> = new Set([
  'gateway.networking.k8s.io',
  'networking.istio.io',
  'projectcontour.io',
  'route.openshift.io',
  'traefik.containo.us',
  'traefik.io',
]);

/** One finding a kind and scope: the first object stands for the others. */
function* check({ snapshot }: RuleContext): Generator<Finding> {
  for (const { group, kind } of snapshot.kinds) {
    const isPolicy = isUnmodelledPolicy(group, kind);
    if (!isPolicy && !routeGroups.has(group)) continue;
    const [first, ...others] = snapshot.ofKind(group, kind);
    if (first === undefined) continue;
    const { ref } = first;
    const what = isPolicy
      ? t('{0} is not modelled yet: verdicts that it could change are unknown', ref.kind)
      : t('{0} is not modelled yet: connections through it can not be traced', ref.kind);
    const more = others.length === 0 ? '' : ` ${t('({0} more of this kind)', others.length)}`;
    yield { code: rule.code, message: what + more, ref, path: ['kind'], related: [], fixes: [] };
  }
}

/** A kind that could change answers and that Podpath does not read. */
export const rule: Rule = {
  code: 'kind-not-modelled',
  summary: 'A policy or route kind that is not modelled.',
  description:
    'The object can change who may connect or how requests are routed, and Podpath does not model its kind yet. Verdicts that it could change are reported as unknown, never guessed.',
  severity: 'info',
  reads: ['*'],
  example: {
    failing: `apiVersion: vpcresources.k8s.aws/v1beta1
kind: SecurityGroupPolicy
metadata:
  name: api
spec:
  podSelector: {}
`,
    corrected: `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: api
spec:
  podSelector: {}
`,
  },
  check,
};
