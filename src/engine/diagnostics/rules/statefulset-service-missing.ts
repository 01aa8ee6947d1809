import { t } from '@vscode/l10n';
import type { Workload } from '../../model/cluster.ts';
import { stringAt } from '../../model/json.ts';
import { serviceRef } from '../backendFinding.ts';
import { missing } from '../missing.ts';
import type { Finding, Fix, Rule, RuleContext } from '../rule.ts';

function* check({ snapshot }: RuleContext): Generator<Finding> {
  for (const workload of snapshot.workloads) {
    const { ref, resource } = workload;
    const name = stringAt(resource.object, 'spec', 'serviceName');
    if (ref.kind !== 'StatefulSet' || name === undefined || name === '') continue;
    const service = snapshot.service(ref.namespace, name);
    const found = { code: rule.code, ref, path: ['spec', 'serviceName'] };
    if (service === undefined) {
      const message = t(
        'StatefulSet {0} names Service {1}, which does not exist: its pods have no DNS names',
        ref.name,
        name,
      );
      yield missing(snapshot, ref.namespace, {
        ...found,
        message,
        wanted: serviceRef(ref.namespace, name),
        related: [],
        fixes: [createService(workload, name)],
      });
    } else if (!service.headless) {
      yield {
        ...found,
        message: t('Service {0} of StatefulSet {1} is not headless: its pods have no DNS names', name, ref.name),
        related: [{ ref: service.ref, path: ['spec'], message: t('clusterIP: None makes it headless') }],
        fixes: [],
      };
    }
  }
}

function createService({ ref, resource, template }: Workload, name: string): Fix {
  const ports = template.ports.map((one) => ({
    name: one.name || `port-${one.port}`,
    port: one.port,
    ...(one.protocol === 'TCP' ? {} : { protocol: one.protocol }),
  }));
  const written = stringAt(resource.object, 'metadata', 'namespace');
  const object = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, ...(written === undefined ? {} : { namespace: written }) },
    spec: { clusterIP: 'None', selector: template.labels, ...(ports.length === 0 ? {} : { ports }) },
  };
  return { title: t('Create headless Service {0}', name), target: ref, changes: [{ kind: 'document', object }] };
}

const set = `apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: db
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: postgres, image: postgres, ports: [{name: sql, containerPort: 5432}]}]}
`;

/** A StatefulSet without its Service. */
export const rule: Rule = {
  code: 'statefulset-service-missing',
  summary: 'A serviceName that names no Service, or one that is not headless.',
  description:
    'The pods of a StatefulSet have stable names (`db-0.db.shop.svc.cluster.local`) only through the headless Service that serviceName names. Without it the names do not resolve.',
  severity: 'warning',
  reads: ['apps/StatefulSet', '/Service'],
  example: {
    failing: set,
    corrected: `${set}---
apiVersion: v1
kind: Service
metadata:
  name: db
spec:
  clusterIP: None
  selector: {app: db}
  ports:
    - {name: sql, port: 5432}
`,
  },
  check,
};
