import { t } from '@vscode/l10n';
import { servicesWithOwnTls } from '../../mesh/clientTls.ts';
import { arrayAt, type JsonValue, stringAt, valueAt } from '../../model/json.ts';
import type { Resource } from '../../model/resource.ts';
import { mtlsScopes } from '../../policy/istioPeerAuthentication.ts';
import { selectedPods } from '../../service/selected.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

function* check({ model, snapshot }: RuleContext): Generator<Finding> {
  const plain = servicesWithOwnTls(snapshot).filter(({ evidence }) => {
    const resource = snapshot.get(evidence.ref);
    return resource !== undefined && turnsOff(resource);
  });
  if (plain.length === 0) return;
  const strict = mtlsScopes(snapshot).filter(({ mode }) => mode === 'STRICT');
  const told = new Set<unknown>();
  for (const { service, evidence } of plain) {
    const pods = selectedPods(snapshot, service);
    const scope = strict.find(({ subject }) => pods.some((pod) => model.policies.inSet(subject, pod)));
    if (scope === undefined || told.has(snapshot.get(evidence.ref))) continue;
    told.add(snapshot.get(evidence.ref));
    yield {
      code: rule.code,
      message: t(
        'DestinationRule {0} sends plain text to Service {1}, whose pods take only mutual TLS: the connection is refused',
        evidence.ref.name,
        service.ref.name,
      ),
      ref: evidence.ref,
      path: evidence.path,
      related: [{ ref: scope.evidence.ref, path: scope.evidence.path, message: t('Only mutual TLS is taken') }],
      fixes: [],
    };
  }
}

function turnsOff({ object }: Resource): boolean {
  const spec = valueAt(object, 'spec');
  const policies = [
    valueAt(spec, 'trafficPolicy'),
    ...arrayAt(spec, 'subsets').map((one) => valueAt(one, 'trafficPolicy')),
  ];
  const isOff = (value: JsonValue | undefined): boolean => stringAt(value, 'tls', 'mode') === 'DISABLE';
  return policies.some((one) => isOff(one) || arrayAt(one, 'portLevelSettings').some(isOff));
}

const files = (mode: string): string => `apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {selector: {app: api}, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: shop, labels: {app: api}}
spec: {containers: [{name: api, image: api, ports: [{containerPort: 80}]}]}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: api, namespace: shop}
spec:
  host: api
  trafficPolicy: {tls: {mode: ${mode}}}
`;

/** Two sides that can't agree. */
export const rule: Rule = {
  code: 'mesh-mtls-conflict',
  summary: 'Pods take only mutual TLS, and a DestinationRule has clients send plain text.',
  description:
    'PeerAuthentication says what a pod takes, DestinationRule what clients send. With STRICT on one side and DISABLE on the other every call fails. Leave the TLS mode out of the DestinationRule, or write ISTIO_MUTUAL.',
  severity: 'warning',
  reads: [
    'install.istio.io/IstioOperator',
    'networking.istio.io/DestinationRule',
    'sailoperator.io/Istio',
    'security.istio.io/PeerAuthentication',
    '/ConfigMap',
    '/Namespace',
    '/Pod',
    '/Service',
  ],
  example: { failing: files('DISABLE'), corrected: files('ISTIO_MUTUAL') },
  check,
};
