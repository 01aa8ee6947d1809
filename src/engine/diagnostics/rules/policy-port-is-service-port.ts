import { t } from '@vscode/l10n';
import type { Pod } from '../../model/cluster.ts';
import type { PortMatch } from '../../policy/policy.ts';
import { policyPorts, portPods } from '../policyRules.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

function* check(context: RuleContext): Generator<Finding> {
  for (const { program, rule: policyRule, port } of policyPorts(context)) {
    if (port.kind !== 'range' || port.from !== port.to) continue;
    const slip = serviceSlip(context, port, portPods(context, program, policyRule));
    if (slip === undefined) continue;
    const { service, target } = slip;
    const path = [...port.path, 'port'];
    yield {
      code: rule.code,
      message: t(
        'Port {0} is a port of Service {1}; policies see the port of the pods, which is {2}',
        port.from,
        service.name,
        target,
      ),
      ref: program.ref,
      path,
      related: [{ ref: service, path: ['spec', 'ports'], message: t('The ports of the Service') }],
      fixes: [{ title: t('Allow {0}', target), target: program.ref, changes: [{ kind: 'set', path, value: target }] }],
    };
  }
}

interface Slip {
  readonly service: Finding['ref'];
  readonly target: number;
}

/** The Service whose port the number is, where none of the pods has that number itself. */
function serviceSlip(
  { model, snapshot }: RuleContext,
  port: Extract<PortMatch, { kind: 'range' }>,
  pods: readonly Pod[],
): Slip | undefined {
  const isMeant = (one: { readonly port: number; readonly protocol: string } | undefined) =>
    one?.port === port.from && one.protocol === port.protocol;
  if (pods.some(({ template }) => template.ports.some(isMeant))) return undefined;
  const namespaces = new Set(pods.map(({ ref }) => ref.namespace));
  const services = [...namespaces].flatMap((name) => snapshot.servicesIn(name));
  if (!services.some(({ ports }) => ports.some(isMeant))) return undefined;
  const chosen = new Set<Pod | undefined>(pods);
  const ends = services.flatMap((service) =>
    model.endpointsOf(service).endpoints.flatMap((one) => (chosen.has(one.pod) ? [{ service, one }] : [])),
  );
  // Some Service sends to this very port: then it is the pods' own.
  if (ends.some(({ one }) => isMeant(one))) return undefined;
  const found = ends.find(({ one }) => isMeant(one.servicePort));
  return found === undefined ? undefined : { service: found.service.ref, target: found.one.port };
}

const policy = (port: number): string => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: backend
spec:
  podSelector: {}
  ingress:
    - ports:
        - port: ${port}
---
apiVersion: v1
kind: Service
metadata: {name: backend}
spec: {selector: {app: backend}, ports: [{port: 80, targetPort: 9376}]}
---
apiVersion: v1
kind: Pod
metadata: {name: backend, labels: {app: backend}}
spec: {containers: [{name: api, image: api, ports: [{containerPort: 9376}]}]}
`;

/** The Service's port where the pods' belongs. */
export const rule: Rule = {
  code: 'policy-port-is-service-port',
  summary: "A policy port that is a Service's port and not the pods' targetPort.",
  description:
    "kube-proxy translates a Service's port to the pods' targetPort before policies are applied. A policy therefore names the port of the pods; the Service's own port in it allows nothing.",
  severity: 'warning',
  reads: ['networking.k8s.io/NetworkPolicy', '/Service', '/Pod'],
  example: { failing: policy(80), corrected: policy(9376) },
  check,
};
