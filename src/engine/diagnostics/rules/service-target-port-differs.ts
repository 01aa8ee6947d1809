import { t } from '@vscode/l10n';
import type { Finding, Rule, RuleContext } from '../rule.ts';

function* check({ snapshot, model }: RuleContext): Generator<Finding> {
  for (const service of snapshot.services) {
    if (service.resource.origin.type === 'simulated') continue;
    const { endpoints } = model.endpointsOf(service);
    for (const port of service.ports) {
      if (typeof port.targetPort !== 'string') continue;
      const numbers = new Set(endpoints.filter((one) => one.servicePort === port).map((one) => one.port));
      if (numbers.size < 2) continue;
      yield {
        code: rule.code,
        message: t(
          'Port {0} of Service {1} means {2} on different pods: targetPort {3} is looked up on each',
          port.port,
          service.ref.name,
          [...numbers].join(', '),
          port.targetPort,
        ),
        ref: service.ref,
        path: [...port.path, 'targetPort'],
        related: [],
        fixes: [],
      };
    }
  }
}

const service = `apiVersion: v1
kind: Service
metadata:
  name: backend
spec:
  selector: {app: backend}
  ports:
    - port: 80
      targetPort: http
---
apiVersion: v1
kind: Pod
metadata: {name: old, labels: {app: backend}}
spec: {containers: [{name: api, image: api, ports: [{name: http, containerPort: 8080}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: new, labels: {app: backend}}
`;

/** One name, several numbers. */
export const rule: Rule = {
  code: 'service-target-port-differs',
  summary: 'A named targetPort with different numbers on different pods.',
  description:
    'The name resolves on each pod by itself, and pods of this Service give it different numbers. That is allowed and useful while a port moves; policies and firewalls must then know both numbers.',
  severity: 'info',
  reads: ['/Service', '/Pod'],
  example: {
    failing: `${service}spec: {containers: [{name: api, image: api, ports: [{name: http, containerPort: 9090}]}]}
`,
    corrected: `${service}spec: {containers: [{name: api, image: api, ports: [{name: http, containerPort: 8080}]}]}
`,
  },
  check,
};
