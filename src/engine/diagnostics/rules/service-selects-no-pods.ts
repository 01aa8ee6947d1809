import { t } from '@vscode/l10n';
import { selectorOfLabels } from '../../model/labels.ts';
import { missing, someoneMatches } from '../missing.ts';
import type { Finding, Fix, Rule, RuleContext } from '../rule.ts';

function* check({ snapshot, model }: RuleContext): Generator<Finding> {
  for (const service of snapshot.services) {
    const { selector = {}, ref, resource, type } = service;
    if (resource.origin.type === 'simulated' || type === 'ExternalName' || Object.keys(selector).length === 0) continue;
    const { reasons, source } = model.endpointsOf(service);
    const [reason] = reasons;
    if (source !== 'controller' || reason === undefined) continue;
    if (someoneMatches(snapshot, ref.namespace, selectorOfLabels(selector))) continue;
    const fix = reason.fix;
    const fixes: readonly Fix[] =
      fix === undefined
        ? []
        : [
            {
              title: t('Select {0}={1}', String(fix.path.at(-1)), fix.value),
              target: fix.ref,
              changes: [{ kind: 'set', path: fix.path, value: fix.value }],
            },
          ];
    const path = fix?.path ?? ['spec', 'selector'];
    const message = t('Service {0} has no endpoints. {1}', ref.name, reason.text);
    yield missing(snapshot, ref.namespace, { code: rule.code, message, ref, path, related: [], fixes });
  }
}

/** A selector that matches nothing. */
export const rule: Rule = {
  code: 'service-selects-no-pods',
  summary: 'A Service whose selector matches no pod or workload of its namespace.',
  description:
    'A Service sends connections to the pods that carry all labels of its selector, in its own namespace. No pod or controller here does, so clients are refused. Services without a selector, and those with hand-written EndpointSlices, are left alone.',
  severity: 'warning',
  reads: ['/Service', '/Pod', 'apps/Deployment', 'apps/StatefulSet', 'apps/DaemonSet', 'apps/ReplicaSet', 'batch/Job'],
  example: {
    failing: `apiVersion: v1
kind: Service
metadata:
  name: backend
spec:
  selector:
    app: backnd
  ports:
    - port: 8080
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: backend
spec:
  selector: {matchLabels: {app: backend}}
  template:
    metadata: {labels: {app: backend}}
    spec: {containers: [{name: api, image: api, ports: [{containerPort: 8080}]}]}
`,
    corrected: `apiVersion: v1
kind: Service
metadata:
  name: backend
spec:
  selector:
    app: backend
  ports:
    - port: 8080
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: backend
spec:
  selector: {matchLabels: {app: backend}}
  template:
    metadata: {labels: {app: backend}}
    spec: {containers: [{name: api, image: api, ports: [{containerPort: 8080}]}]}
`,
  },
  check,
};
