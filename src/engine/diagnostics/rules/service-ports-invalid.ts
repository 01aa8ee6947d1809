import { t } from '@vscode/l10n';
import type { Service } from '../../model/cluster.ts';
import type { FieldPath } from '../../model/resource.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

/** As the API server validates port names: a DNS label. */
const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

function* check({ snapshot }: RuleContext): Generator<Finding> {
  for (const service of snapshot.services) {
    if (service.resource.origin.type === 'simulated') continue;
    for (const { path, message } of problems(service)) {
      yield { code: rule.code, message, ref: service.ref, path, related: [], fixes: [] };
    }
  }
}

function* problems({ ref, ports }: Service): Generator<{ readonly path: FieldPath; readonly message: string }> {
  for (const [index, port] of ports.entries()) {
    const earlier = ports.slice(0, index);
    const { name, path } = port;
    if (name === '' && ports.length > 1) {
      yield { path, message: t('Service {0} has several ports, so each needs a name', ref.name) };
    } else if (name !== '' && !dnsLabel.test(name)) {
      const message = t('Port name {0} of Service {1} is not a DNS label: a–z, 0–9 and -, at most 63', name, ref.name);
      yield { path: [...path, 'name'], message };
    } else if (name !== '' && earlier.some((one) => one.name === name)) {
      yield { path: [...path, 'name'], message: t('Service {0} has two ports named {1}', ref.name, name) };
    }
    if (earlier.some((one) => one.port === port.port && one.protocol === port.protocol)) {
      yield {
        path: [...path, 'port'],
        message: t('Service {0} has port {1}/{2} twice', ref.name, port.port, port.protocol),
      };
    }
  }
}

/** Ports that the API server refuses. */
export const rule: Rule = {
  code: 'service-ports-invalid',
  summary: 'Duplicate, missing or malformed port names; a port and protocol twice.',
  description:
    'The API server refuses this Service: with several ports each needs a name that is a DNS label and its own, and a port number may stand once for each protocol.',
  severity: 'error',
  reads: ['/Service'],
  example: {
    failing: `apiVersion: v1
kind: Service
metadata:
  name: backend
spec:
  clusterIP: None
  ports:
    - {name: http, port: 80}
    - {name: http, port: 81}
`,
    corrected: `apiVersion: v1
kind: Service
metadata:
  name: backend
spec:
  clusterIP: None
  ports:
    - {name: http, port: 80}
    - {name: metrics, port: 81}
`,
  },
  check,
};
