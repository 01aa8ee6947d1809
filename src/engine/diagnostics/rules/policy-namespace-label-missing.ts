import { t } from '@vscode/l10n';
import { formatSelector, type LabelRequirement, matchesLabels } from '../../model/labels.ts';
import { missing } from '../missing.ts';
import { policyPeers } from '../policyRules.ts';
import type { Finding, Fix, Rule, RuleContext } from '../rule.ts';

/** The label that the API server gives every namespace: its name. */
const nameLabel = 'kubernetes.io/metadata.name';

function* check(context: RuleContext): Generator<Finding> {
  const { snapshot } = context;
  const known = [...snapshot.namespaces.values()];
  for (const { program, peer } of policyPeers(context)) {
    const selector = peer.kind === 'pods' ? peer.pods.namespaces : undefined;
    if (selector === undefined || selector.requirements.length === 0 || selector.invalid !== undefined) continue;
    if (known.some(({ labels }) => matchesLabels(selector, labels))) continue;
    const lacking = selector.requirements.find((one) => one.key !== nameLabel);
    // A namespace that is asked for by name may live outside the files.
    if (lacking === undefined) continue;
    const named = namespaceMeant(lacking, snapshot.namespaces);
    const path = [...peer.path, 'namespaceSelector'];
    const head = t(
      'No namespace of these files has {0}, so this peer of policy {1} matches nobody here',
      formatSelector(selector),
      program.ref.name,
    );
    const inLabels = lacking.operator === 'In' && lacking.values.length === 1;
    const finding: Finding = {
      code: rule.code,
      message:
        named === undefined ? head : t('{0}. Namespace {1} exists and carries {2} instead', head, named, nameLabel),
      ref: program.ref,
      path: inLabels ? [...path, 'matchLabels', lacking.key] : path,
      part: 'key',
      related: [],
      fixes: named === undefined ? [] : fixes(program.ref, [...path, 'matchLabels', lacking.key]),
    };
    // Only namespaces that the files define have labels that are known.
    const defined = known.some(({ resource }) => resource !== undefined && resource.origin.type !== 'simulated');
    yield named === undefined && !defined
      ? { ...finding, severity: 'info' }
      : missing(snapshot, program.ref.namespace, finding);
  }
}

/** The namespace that a label like `name: x` was meant for. */
function namespaceMeant(
  { operator, values }: LabelRequirement,
  namespaces: ReadonlyMap<string, unknown>,
): string | undefined {
  const [value] = values;
  return operator === 'In' && values.length === 1 && value !== undefined && namespaces.has(value) ? value : undefined;
}

function fixes(target: Fix['target'], path: readonly (string | number)[]): readonly Fix[] {
  return [{ title: t('Use {0}', nameLabel), target, changes: [{ kind: 'rename-key', path, key: nameLabel }] }];
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
  reads: ['networking.k8s.io/NetworkPolicy', '/Namespace'],
  example: { failing: policy('name'), corrected: policy(nameLabel) },
  check,
};
