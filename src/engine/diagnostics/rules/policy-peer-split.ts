import { t } from '@vscode/l10n';
import type { Pod } from '../../model/cluster.ts';
import { isObject, type JsonValue, valueAt } from '../../model/json.ts';
import { matchesLabels, readLabelSelector } from '../../model/labels.ts';
import { modelledPolicies } from '../policyRules.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

function* check(context: RuleContext): Generator<Finding> {
  for (const { ref, resource, rules } of modelledPolicies(context)) {
    for (const { evidence, direction } of rules) {
      const path = [...evidence.path, direction === 'ingress' ? 'from' : 'to'];
      const peers = valueAt(resource.object, ...path);
      if (!Array.isArray(peers)) continue;
      const first = peers.findIndex((peer, index) => isSplit(peer, peers[index + 1]));
      if (first < 0 || !isOneMeant(context, ref.namespace, peers[first], peers[first + 1])) continue;
      yield {
        code: rule.code,
        message: t(
          'Two peers: whole namespaces, or pods of {0} itself. Pods in those namespaces would be one peer, without the second dash',
          ref.namespace,
        ),
        ref,
        path: [...path, first + 1],
        related: [{ ref, path: [...path, first], message: t('The other peer') }],
        fixes: [
          {
            title: t('Join both into one peer (and)'),
            target: ref,
            changes: [{ kind: 'join', path: [...path, first] }],
          },
        ],
      };
    }
  }
}

/** True for a peer with only namespaceSelector beside one with only podSelector. */
function isSplit(a: JsonValue, b: JsonValue | undefined): boolean {
  return (
    (hasOnly(a, 'namespaceSelector') && hasOnly(b, 'podSelector')) ||
    (hasOnly(a, 'podSelector') && hasOnly(b, 'namespaceSelector'))
  );
}

/** One peer makes sense where pods of those namespaces have the labels, or nobody of the own namespace does. */
function isOneMeant(
  { snapshot }: RuleContext,
  own: string,
  a: JsonValue | undefined,
  b: JsonValue | undefined,
): boolean {
  const namespaces = readLabelSelector(valueAt(a, 'namespaceSelector') ?? valueAt(b, 'namespaceSelector'));
  const labels = readLabelSelector(valueAt(a, 'podSelector') ?? valueAt(b, 'podSelector'));
  if (namespaces === undefined || labels === undefined) return false;
  const chosen = [...snapshot.namespaces.values()].filter((one) => matchesLabels(namespaces, one.labels));
  const others = chosen.flatMap(({ name }) => (name === own ? [] : snapshot.podsIn(name)));
  const matches = (pod: Pod) => matchesLabels(labels, pod.template.labels);
  return others.length > 0 ? others.some(matches) : !snapshot.podsIn(own).some(matches);
}

function hasOnly(peer: JsonValue | undefined, key: string): boolean {
  return isObject(peer) && isObject(peer[key]) && Object.keys(peer).length === 1;
}

const policy = (dash: string): string => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: backend
spec:
  podSelector: {}
  ingress:
    - from:
        - namespaceSelector:
            matchLabels: {kubernetes.io/metadata.name: kube-system}
        ${dash} podSelector:
            matchLabels: {k8s-app: kube-dns}
---
apiVersion: v1
kind: Pod
metadata: {name: backend, labels: {k8s-app: kube-dns}}
spec: {containers: [{name: api, image: api}]}
`;

/** One dash too many. */
export const rule: Rule = {
  code: 'policy-peer-split',
  summary: '`- namespaceSelector` and `- podSelector` as two peers (or), where one (and) is likely meant.',
  description:
    'Each dash starts a peer, and a connection needs to match only one of them. Written as two, the first lets in every pod of the chosen namespaces and the second pods of the own namespace. Pods with these labels *in* those namespaces are one peer with both selectors.',
  severity: 'info',
  reads: ['networking.k8s.io/NetworkPolicy'],
  example: { failing: policy('-'), corrected: policy(' ') },
  check,
};
