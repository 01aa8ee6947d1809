import { t } from '@vscode/l10n';
import type { Namespace } from '../../model/cluster.ts';
import { formatSelector, type LabelRequirement, type LabelSelector, matchesRequirement } from '../../model/labels.ts';
import { nearest } from '../../model/nearest.ts';
import type { FieldPath } from '../../model/resource.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { missing } from '../missing.ts';
import { policyPeers } from '../policyRules.ts';
import type { Finding, FixChange, Rule, RuleContext } from '../rule.ts';

/** The label that the API server gives every namespace: its name. */
const nameLabel = 'kubernetes.io/metadata.name';

function* check(context: RuleContext): Generator<Finding> {
  const { snapshot, model } = context;
  const known = [...snapshot.namespaces.values()];
  for (const { program, peer } of policyPeers(context)) {
    const selector = peer.kind === 'pods' ? peer.pods.namespaces : undefined;
    if (selector === undefined || selector.requirements.length === 0 || selector.invalid !== undefined) continue;
    if (model.policies.namespacesChosen(selector).length > 0) continue;
    const lacking = lackingLabel(selector, known);
    // A namespace that is asked for by name may live outside the files.
    if (lacking === undefined) continue;
    const path = [...peer.path, 'namespaceSelector'];
    const inLabels = lacking.operator === 'In' && lacking.values.length === 1;
    const meant = inLabels ? meantNamespace(snapshot, lacking, [...path, 'matchLabels', lacking.key]) : undefined;
    const head = t(
      'No namespace of these files has {0}, so this peer of policy {1} matches nobody here',
      formatSelector(selector),
      program.ref.name,
    );
    const finding: Finding = {
      code: rule.code,
      message: meant === undefined ? head : `${head}. ${meant.text}`,
      ref: program.ref,
      path: inLabels ? [...path, 'matchLabels', lacking.key] : path,
      part: 'key',
      related: [],
      fixes: meant === undefined ? [] : [{ title: meant.title, target: program.ref, changes: [meant.change] }],
    };
    if (meant !== undefined || definesAll(snapshot)) yield missing(snapshot, program.ref.namespace, finding);
    else if (lacking.key === 'name' || known.some(isDefined)) {
      const message = `${head}. ${t('One that they do not define may have it')}`;
      yield { ...finding, missing: true, severity: 'info', message };
    }
  }
}

/** The label that no namespace has; where each has some of them, the first that is not the name. */
function lackingLabel({ requirements }: LabelSelector, namespaces: readonly Namespace[]): LabelRequirement | undefined {
  const labels = requirements.filter((one) => one.key !== nameLabel);
  return labels.find((one) => !namespaces.some((space) => matchesRequirement(one, space.labels))) ?? labels[0];
}

/** True for a namespace whose labels the files tell. */
function isDefined({ resource }: Namespace): boolean {
  return resource !== undefined && resource.origin.type !== 'simulated';
}

/** Labels of namespaces are known where the files define every namespace that something of theirs runs in. */
function definesAll({ namespaces, workloads }: Snapshot): boolean {
  const own = new Set(workloads.filter((one) => !one.system).map((one) => namespaces.get(one.ref.namespace)));
  return own.size > 0 && [...own].every((one) => one !== undefined && isDefined(one));
}

interface Meant {
  readonly text: string;
  readonly title: string;
  readonly change: FixChange;
}

/** The namespace that a label was likely meant for: one of that name (`name: x`), or one whose value is close. */
function meantNamespace(
  { namespaces }: Snapshot,
  { key, values }: LabelRequirement,
  path: FieldPath,
): Meant | undefined {
  const [value = ''] = values;
  if (namespaces.has(value)) {
    return {
      text: t('Namespace {0} exists and carries {1} instead', value, nameLabel),
      title: t('Use {0}', nameLabel),
      change: { kind: 'rename-key', path, key: nameLabel },
    };
  }
  const close = nearest(
    value,
    [...namespaces.values()].flatMap(({ labels }) => labels[key] ?? []),
  );
  if (close === undefined) return undefined;
  const owner = [...namespaces.values()].find(({ labels }) => labels[key] === close);
  return {
    text: t('Namespace {0} has {1}={2}', owner?.name ?? '', key, close),
    title: t('Select {0}={1}', key, close),
    change: { kind: 'set', path, value: close },
  };
}

const policy = (key: string): string => `apiVersion: v1
kind: Namespace
metadata:
  name: monitoring
---
apiVersion: v1
kind: Pod
metadata: {name: backend, labels: {app: backend}}
spec: {containers: [{name: api, image: api}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: backend
spec:
  podSelector: {}
  ingress:
    - from:
        - namespaceSelector:
            matchLabels:
              ${key}: monitoring
`;

/** A namespaceSelector on a label that is not there. */
export const rule: Rule = {
  code: 'policy-namespace-label-missing',
  summary: 'A namespaceSelector on a label that no namespace has, such as `name: x`.',
  description:
    'A namespaceSelector matches labels of Namespace objects, not their names. Only `kubernetes.io/metadata.name` is set by the API server; any other label has to be put on the Namespace first.',
  severity: 'warning',
  reads: ['networking.k8s.io/NetworkPolicy', '/Namespace', '/Pod'],
  example: { failing: policy('name'), corrected: policy(nameLabel) },
  check,
};
