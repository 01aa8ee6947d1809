import { t } from '@vscode/l10n';
import type { Service } from '../../model/cluster.ts';
import { numberAt } from '../../model/json.ts';
import type { FieldPath } from '../../model/resource.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

/** The API server's default `--service-node-port-range`. */
const range = { first: 30_000, last: 32_767 };

interface WrittenPort {
  readonly service: Service;
  readonly nodePort: number;
  readonly path: FieldPath;
}

/** Node ports as written; those that Podpath invented can't clash. */
function writtenPorts(service: Service): readonly (readonly [string, WrittenPort])[] {
  if (service.type !== 'NodePort' && service.type !== 'LoadBalancer') return [];
  return service.ports.flatMap(({ path, protocol }) => {
    const at = [...path, 'nodePort'];
    const nodePort = numberAt(service.resource.object, ...at);
    return nodePort === undefined || nodePort === 0
      ? []
      : [[`${protocol}${nodePort}`, { service, nodePort, path: at }]];
  });
}

function* check({ snapshot }: RuleContext): Generator<Finding> {
  const taken = new Map<string, WrittenPort>();
  for (const [key, port] of snapshot.services.flatMap(writtenPorts)) {
    const { service, nodePort, path } = port;
    const { ref } = service;
    if (nodePort < range.first || nodePort > range.last) {
      const message = t('Node port {0} of Service {1} is outside {2}–{3}', nodePort, ref.name, range.first, range.last);
      yield { code: rule.code, message, ref, path, related: [], fixes: [] };
    }
    const first = taken.get(key);
    if (first === undefined) {
      taken.set(key, port);
      continue;
    }
    const other = first.service.ref;
    yield {
      code: rule.code,
      message: t(
        'Node port {0} of Service {1} is taken by Service {2}/{3}',
        nodePort,
        ref.name,
        other.namespace,
        other.name,
      ),
      ref,
      path,
      related: [{ ref: other, path: first.path, message: t('Taken here') }],
      fixes: [],
    };
  }
}

/** A node port that can't be had. */
export const rule: Rule = {
  code: 'service-node-port-conflict',
  summary: 'One nodePort in two Services, or one outside the range.',
  description:
    'A node port belongs to one Service of the cluster (for each protocol), and to the range of the API server, 30000–32767 unless it was changed. The API server refuses the second Service. Leave nodePort out to have one chosen.',
  severity: 'error',
  reads: ['/Service'],
  example: {
    failing: `apiVersion: v1
kind: Service
metadata:
  name: a
spec:
  type: NodePort
  ports:
    - {port: 80, nodePort: 30080}
---
apiVersion: v1
kind: Service
metadata:
  name: b
spec:
  type: NodePort
  ports:
    - {port: 80, nodePort: 30080}
`,
    corrected: `apiVersion: v1
kind: Service
metadata:
  name: a
spec:
  type: NodePort
  ports:
    - {port: 80, nodePort: 30080}
---
apiVersion: v1
kind: Service
metadata:
  name: b
spec:
  type: NodePort
  ports:
    - {port: 80, nodePort: 30081}
`,
  },
  check,
};
