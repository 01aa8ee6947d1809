import { t } from '@vscode/l10n';
import type { Pod } from '../../model/cluster.ts';
import type { PortMatch } from '../../policy/policy.ts';
import type { Endpoint } from '../../service/endpoint.ts';
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
  { model }: RuleContext,
  port: Extract<PortMatch, { kind: 'range' }>,
  pods: readonly Pod[],
): Slip | undefined {
  const own = (one: { readonly port: number; readonly protocol: string }) =>
    one.port === port.from && one.protocol === port.protocol;
  let slip: Slip | undefined;
  for (const pod of pods) {
    if (pod.template.ports.some(own)) return undefined;
    for (const endpoint of model.endpointsAt(pod)) {
      // Some Service sends to this very port: then it is the pods' own.
      if (own(endpoint)) return undefined;
      const through = endpoint.servicePort?.port === port.from && endpoint.protocol === port.protocol;
      if (through && slip === undefined) slip = slipOf(model, endpoint);
    }
  }
  return slip;
}

function slipOf({ snapshot, endpointsOf }: RuleContext['model'], endpoint: Endpoint): Slip | undefined {
  const service = snapshot.services.find((one) => endpointsOf(one).endpoints.includes(endpoint));
  return service === undefined ? undefined : { service: service.ref, target: endpoint.port };
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
