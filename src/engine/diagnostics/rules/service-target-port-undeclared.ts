import { t } from '@vscode/l10n';
import { valueAt } from '../../model/json.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';
import { declaredProtocols, servicesWithPods } from '../servicePorts.ts';

function* check({ snapshot }: RuleContext): Generator<Finding> {
  for (const { service, pods } of servicesWithPods(snapshot)) {
    for (const port of service.ports) {
      if (typeof port.targetPort !== 'number' || declaredProtocols(pods, port).size > 0) continue;
      const declared = [...new Set(pods.flatMap(({ template }) => template.ports.map((one) => one.port)))];
      // Containers that declare no port at all say nothing about what they listen on.
      if (declared.length === 0) continue;
      const { ref } = service;
      const written = valueAt(service.resource.object, ...port.path, 'targetPort') !== undefined;
      yield {
        code: rule.code,
        message: t(
          'No container behind Service {0} declares port {1}; they declare {2}. Declaring is optional, but a wrong number here means refused connections',
          ref.name,
          port.targetPort,
          declared.join(', '),
        ),
        ref,
        path: [...port.path, written ? 'targetPort' : 'port'],
        related: pods.slice(0, 1).map((pod) => ({
          ref: pod.resource.ref,
          path: [...pod.template.specPath, 'containers'],
          message: t('The ports of {0}', pod.ref.name),
        })),
        fixes: [],
      };
    }
  }
}

const pods = `---
apiVersion: v1
kind: Pod
metadata:
  name: backend
  labels: {app: backend}
spec:
  containers:
    - name: api
      image: api
      ports:
        - containerPort: 8080
`;

/** A numeric targetPort that no container declares. */
export const rule: Rule = {
  code: 'service-target-port-undeclared',
  summary: 'A numeric targetPort that no container declares.',
  description:
    'Connections go to a port that no container of the selected pods declares, although they declare others. containerPort is only information, so this may work; more often the number is a slip.',
  severity: 'info',
  reads: ['/Service', '/Pod'],
  example: {
    failing: `apiVersion: v1
kind: Service
metadata:
  name: backend
spec:
  selector: {app: backend}
  ports:
    - port: 80
      targetPort: 8088
${pods}`,
    corrected: `apiVersion: v1
kind: Service
metadata:
  name: backend
spec:
  selector: {app: backend}
  ports:
    - port: 80
      targetPort: 8080
${pods}`,
  },
  check,
};
