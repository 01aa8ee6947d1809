import { t } from '@vscode/l10n';
import { valueAt } from '../../model/json.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';
import { declaredProtocols, servicesWithPods } from '../servicePorts.ts';

function* check({ snapshot }: RuleContext): Generator<Finding> {
  for (const { service, pods } of servicesWithPods(snapshot)) {
    for (const port of service.ports) {
      const declared = declaredProtocols(pods, port);
      const [meant] = declared;
      if (meant === undefined || declared.has(port.protocol)) continue;
      // The same target under the declared protocol too: containers rarely declare both.
      const both = service.ports.some((one) => one.targetPort === port.targetPort && declared.has(one.protocol));
      if (both) continue;
      const { ref, resource } = service;
      const written = valueAt(resource.object, ...port.path, 'protocol') !== undefined;
      yield {
        code: rule.code,
        message: t(
          'Port {0} of Service {1} is {2}, but its pods declare {3} as {4}',
          port.port,
          ref.name,
          port.protocol,
          String(port.targetPort),
          [...declared].join(', '),
        ),
        ref,
        path: [...port.path, written ? 'protocol' : 'port'],
        related: [],
        fixes: [
          {
            title: t('Set protocol {0}', meant),
            target: ref,
            changes: [{ kind: 'member', path: port.path, key: 'protocol', value: meant }],
          },
        ],
      };
    }
  }
}

const pods = `---
apiVersion: v1
kind: Pod
metadata:
  name: resolver
  labels: {app: resolver}
spec:
  containers:
    - name: dns
      image: dns
      ports:
        - {containerPort: 5353, protocol: UDP}
`;

/** TCP against UDP. */
export const rule: Rule = {
  code: 'service-port-protocol-mismatch',
  summary: 'TCP, UDP or SCTP differ between Service and container port.',
  description:
    'The Service forwards one protocol to a port that the containers declare for another. A Service port without protocol is TCP.',
  severity: 'warning',
  reads: ['/Service', '/Pod'],
  example: {
    failing: `apiVersion: v1
kind: Service
metadata:
  name: resolver
spec:
  selector: {app: resolver}
  ports:
    - port: 53
      targetPort: 5353
${pods}`,
    corrected: `apiVersion: v1
kind: Service
metadata:
  name: resolver
spec:
  selector: {app: resolver}
  ports:
    - port: 53
      targetPort: 5353
      protocol: UDP
${pods}`,
  },
  check,
};
