import { t } from '@vscode/l10n';
import { nearest } from '../../model/nearest.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';
import { declaredProtocols, servicesWithPods } from '../servicePorts.ts';

function* check({ snapshot }: RuleContext): Generator<Finding> {
  for (const { service, pods } of servicesWithPods(snapshot)) {
    for (const port of service.ports) {
      // A name that exists under another protocol is service-port-protocol-mismatch.
      if (typeof port.targetPort !== 'string' || declaredProtocols(pods, port).size > 0) continue;
      const path = [...port.path, 'targetPort'];
      const names = [...new Set(pods.flatMap(({ template }) => template.ports.map((one) => one.name)))].filter(
        (name) => name !== '',
      );
      // A port name has at least one letter: this one is a number that was quoted.
      const number = /^\d{1,5}$/.test(port.targetPort) ? Number(port.targetPort) : undefined;
      const guess = number ?? nearest(port.targetPort, names) ?? (names.length === 1 ? names[0] : undefined);
      const known = names.length === 0 ? t('They name no port') : t('They have {0}', names.join(', '));
      const hint = number === undefined ? known : t('In quotes it is a name: write the number {0}', number);
      const { ref } = service;
      yield {
        code: rule.code,
        message: t(
          'No pod that Service {0} selects has a port named {1}, so port {2} has no endpoints. {3}',
          ref.name,
          port.targetPort,
          port.port,
          hint,
        ),
        ref,
        path,
        related: pods.slice(0, 1).map((pod) => ({
          ref: pod.resource.ref,
          path: [...pod.template.specPath, 'containers'],
          message: t('The ports of {0}', pod.ref.name),
        })),
        fixes:
          guess === undefined
            ? []
            : [{ title: t('Use port {0}', guess), target: ref, changes: [{ kind: 'set', path, value: guess }] }],
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
        - {name: http, containerPort: 8080}
`;

/** A named targetPort that nobody has. */
export const rule: Rule = {
  code: 'service-target-port-missing',
  summary: 'A named targetPort that no selected pod has.',
  description:
    'A named targetPort is looked up among the container ports of each selected pod, by name and protocol. No selected pod has it, so this port of the Service has no endpoints at all.',
  severity: 'error',
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
      targetPort: htpp
${pods}`,
    corrected: `apiVersion: v1
kind: Service
metadata:
  name: backend
spec:
  selector: {app: backend}
  ports:
    - port: 80
      targetPort: http
${pods}`,
  },
  check,
};
