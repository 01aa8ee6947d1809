import { t } from '@vscode/l10n';
import { stringMapAt } from '../../model/json.ts';
import { keysOf } from '../../model/labels.ts';
import { type Resource, refKey, refLabel } from '../../model/resource.ts';
import { podPeersOf } from '../../policy/peers.ts';
import type { PolicyProgram } from '../../policy/policy.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

/** Labels by which a namespace joins a network or a mesh. */
const networkLabels = [
  'istio-injection',
  'istio.io/dataplane-mode',
  'istio.io/rev',
  'k8s.ovn.org/primary-user-defined-network',
];

function* check({ snapshot, model }: RuleContext): Generator<Finding> {
  const isNamespace = ({ ref }: Resource): boolean => ref.group === '' && ref.kind === 'Namespace';
  if (!snapshot.hidden.some(isNamespace)) return;
  const namespaces = snapshot.allResources.filter(isNamespace);
  const decisive = keysRead(model.policies.programs);
  for (const copies of Map.groupBy(namespaces, ({ ref }) => refKey(ref)).values()) {
    const [first, second] = copies;
    if (first === undefined || second === undefined) continue;
    const labels = copies.map(({ object }) => stringMapAt(object, 'metadata', 'labels'));
    const key = [...decisive].find((one) => new Set(labels.map((own) => own[one])).size > 1);
    if (key === undefined) continue;
    const { ref, origin } = first;
    const message = t(
      '{0} is defined again with another label {1}, by which connections are decided: what holds depends on the order of applying',
      refLabel(ref),
      key,
    );
    yield { code: rule.code, message, ref, origin, path: ['metadata', 'name'], related: [], fixes: [] };
  }
}

/** The labels of namespaces that decide about connections. */
function keysRead(programs: readonly PolicyProgram[]): ReadonlySet<string> {
  const sets = programs.flatMap(({ subject, rules }) => [
    subject,
    ...rules.flatMap((one) => (one.peers ?? []).flatMap(podPeersOf)).map(({ pods }) => pods),
  ]);
  const read = sets.flatMap(({ namespaces }) => (namespaces === undefined ? [] : keysOf(namespaces)));
  return new Set([...networkLabels, ...read]);
}

const namespace = (labels: string): string => `apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: {${labels}}
`;

/** One namespace, two sets of labels. */
export const rule: Rule = {
  code: 'namespace-labels-conflict',
  summary: 'A Namespace defined twice, with different values of a label that policies or networks go by.',
  description:
    'Which of the definitions is applied last decides whom the policies select, or in which network the pods are. Keep one definition.',
  severity: 'error',
  reads: ['*'],
  example: {
    failing: `${namespace('istio-injection: enabled')}---\n${namespace('team: web')}`,
    corrected: namespace('istio-injection: enabled, team: web'),
  },
  check,
};
