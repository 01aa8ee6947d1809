import { t } from '@vscode/l10n';
import { membershipOf } from '../../mesh/membership.ts';
import { arrayAt, stringsAt, valueAt } from '../../model/json.ts';
import type { FieldPath, Resource } from '../../model/resource.ts';
import { mtlsScopes } from '../../policy/istioPeerAuthentication.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

/** Fields of a source that are read off the client's certificate. */
const identities = [
  'principals',
  'notPrincipals',
  'namespaces',
  'notNamespaces',
  'serviceAccounts',
  'notServiceAccounts',
];

function* check(context: RuleContext): Generator<Finding> {
  const { model, snapshot } = context;
  const policies = model.policies.policies.filter(({ ref }) => ref.kind === 'AuthorizationPolicy');
  if (policies.length === 0) return;
  const plain = mtlsScopes(snapshot).filter(({ mode }) => mode === 'DISABLE');
  for (const { ref, resource, subject } of policies) {
    const field = identityField(resource);
    if (field === undefined) continue;
    const pods = model.policies.podsOf(subject);
    const off = plain.find((scope) => pods.some((pod) => model.policies.inSet(scope.subject, pod)));
    const outside = pods.find((pod) => membershipOf(snapshot, pod).mode === 'none');
    if (off === undefined && outside === undefined) continue;
    const reason =
      off === undefined
        ? t('{0} is not in the mesh', outside?.ref.name ?? '')
        : t('PeerAuthentication {0} turns mutual TLS off there', off.evidence.ref.name);
    yield {
      code: rule.code,
      message: t('{0} goes by who connects, which only mutual TLS tells: {1}', ref.name, reason),
      ref,
      path: field,
      related:
        off === undefined ? [] : [{ ref: off.evidence.ref, path: off.evidence.path, message: t('Mutual TLS is off') }],
      fixes: [],
    };
  }
}

/** The first field of a policy that asks for an identity. */
function identityField({ object }: Resource): FieldPath | undefined {
  for (const [r, policyRule] of arrayAt(object, 'spec', 'rules').entries()) {
    for (const [f, from] of arrayAt(policyRule, 'from').entries()) {
      const key = identities.find((one) => stringsAt(valueAt(from, 'source'), one).length > 0);
      if (key !== undefined) return ['spec', 'rules', r, 'from', f, 'source', key];
    }
  }
  return undefined;
}

const files = (mode: string): string => `apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: shop, labels: {app: api}}
spec: {containers: [{name: api, image: api}]}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: ${mode}}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: api, namespace: shop}
spec:
  selector: {matchLabels: {app: api}}
  rules:
    - from: [{source: {namespaces: [web]}}]
`;

/** A policy that asks who connects where nobody can tell. */
export const rule: Rule = {
  code: 'mesh-authorization-needs-mtls',
  summary: 'An AuthorizationPolicy names principals or namespaces where mutual TLS is off.',
  description:
    'Istio knows who connects from the certificate of mutual TLS alone. Without it principals and namespaces are empty: an ALLOW rule that asks for them never matches, and a DENY rule neither.',
  severity: 'warning',
  reads: [
    'install.istio.io/IstioOperator',
    'sailoperator.io/Istio',
    'security.istio.io/AuthorizationPolicy',
    'security.istio.io/PeerAuthentication',
    '/ConfigMap',
    '/Namespace',
    '/Pod',
  ],
  example: { failing: files('DISABLE'), corrected: files('STRICT') },
  check,
};
