import { t } from '@vscode/l10n';
import type { Workload } from '../../model/cluster.ts';
import { objectAt, stringMapAt } from '../../model/json.ts';
import {
  formatSelector,
  type LabelSelector,
  matchesLabels,
  readLabelSelector,
  selectorOfLabels,
} from '../../model/labels.ts';
import type { Finding, Fix, Rule, RuleContext } from '../rule.ts';

function* check({ snapshot }: RuleContext): Generator<Finding> {
  for (const workload of snapshot.workloads) {
    const { ref, template } = workload;
    const selector = selectorOf(workload);
    if (selector === undefined || workload.system || matchesLabels(selector, template.labels)) continue;
    if (hasOddLabel(workload)) continue;
    yield {
      code: rule.code,
      message: t(
        'The selector {0} of {1} {2} does not match the labels of its own template: the API server refuses it',
        formatSelector(selector),
        ref.kind,
        ref.name,
      ),
      ref,
      path: ['spec', 'selector'],
      related: [{ ref, path: [...template.metadataPath, 'labels'], message: t('The labels of the template') }],
      fixes: copyLabels(workload, selector),
    };
  }
}

/** True where a label is no text on either side: that is said of the label itself, and quotes make both agree. */
function hasOddLabel({ template, resource }: Workload): boolean {
  const written = [
    objectAt(resource.object, 'spec', 'selector', 'matchLabels'),
    objectAt(resource.object, ...template.metadataPath, 'labels'),
  ];
  return written.some((labels) => Object.values(labels ?? {}).some((value) => typeof value !== 'string'));
}

/** The selector as the kind writes it; `undefined` for Pods and for kinds that have it filled in. */
function selectorOf({ ref, resource }: Workload): LabelSelector | undefined {
  if (ref.kind === 'Pod' || ref.kind === 'Job' || ref.kind === 'CronJob') return undefined;
  if (ref.kind !== 'ReplicationController') return readLabelSelector(objectAt(resource.object, 'spec', 'selector'));
  const labels = stringMapAt(resource.object, 'spec', 'selector');
  return Object.keys(labels).length === 0 ? undefined : selectorOfLabels(labels);
}

/** Adds the labels that the selector asks for to the template. */
function copyLabels({ ref, template }: Workload, { requirements }: LabelSelector): readonly Fix[] {
  const wanted = requirements.flatMap(({ key, operator, values }) => {
    const [value] = values;
    return operator === 'In' && value !== undefined && template.labels[key] !== value ? [{ key, value }] : [];
  });
  if (wanted.length === 0) return [];
  const path = [...template.metadataPath, 'labels'];
  return [
    {
      title: t('Copy the selector to the template: {0}', wanted.map(({ key, value }) => `${key}=${value}`).join(', ')),
      target: ref,
      changes: wanted.map(({ key, value }) => ({ kind: 'member', path, key, value })),
    },
  ];
}

/** A controller that would not own its pods. */
export const rule: Rule = {
  code: 'workload-selector-mismatch',
  summary: "A controller's selector that does not match its template's labels.",
  description:
    'A controller finds its pods by its selector, and makes them with the labels of its template. If the two do not agree, the API server refuses the object.',
  severity: 'error',
  reads: ['apps/Deployment', 'apps/StatefulSet', 'apps/DaemonSet', 'apps/ReplicaSet', '/ReplicationController'],
  example: {
    failing: `apiVersion: apps/v1
kind: Deployment
metadata:
  name: backend
spec:
  selector:
    matchLabels:
      app: backend
  template:
    metadata:
      labels:
        app: api
    spec: {containers: [{name: api, image: api}]}
`,
    corrected: `apiVersion: apps/v1
kind: Deployment
metadata:
  name: backend
spec:
  selector:
    matchLabels:
      app: backend
  template:
    metadata:
      labels:
        app: backend
    spec: {containers: [{name: api, image: api}]}
`,
  },
  check,
};
