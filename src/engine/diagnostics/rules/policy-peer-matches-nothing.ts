import { t } from '@vscode/l10n';
import { formatPeer } from '../../policy/explain.ts';
import { closeLabel, closeText, labelFix } from '../closeLabels.ts';
import { hasWorkloads, missing, someoneMatches } from '../missing.ts';
import { policyPeers } from '../policyRules.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';
import { splitPeer } from '../splitPeer.ts';

function* check(context: RuleContext): Generator<Finding> {
  const { snapshot, model } = context;
  const namespaces = [...new Set(snapshot.workloads.map((one) => one.ref.namespace))];
  for (const { program, rule: policyRule, peer } of policyPeers(context)) {
    if (peer.kind !== 'pods' || peer.pods.pods.requirements.length === 0 || peer.pods.pods.invalid !== undefined)
      continue;
    if (model.policies.samplesOf(peer.pods).length > 0) continue;
    const chosen = namespaces.filter((name) => model.policies.namespaceMatches(peer.pods, name));
    const own = peer.pods.namespaces === undefined;
    // Whoever lives in namespaces that are not in the files may well have the labels.
    if (!chosen.some((name) => hasWorkloads(snapshot, name))) continue;
    if (chosen.some((name) => someoneMatches(snapshot, name, peer.pods.pods))) continue;
    const workloads = chosen.flatMap((name) => snapshot.workloadsIn(name));
    // Likely one half of a peer that was split: told there.
    if (own && splitPeer(context, program.resource, policyRule) !== undefined) continue;
    const close = closeLabel(peer.pods.pods, workloads);
    const head = t('This peer of policy {0} matches no pod: {1}', program.ref.name, formatPeer(peer));
    const path = [...peer.path, 'podSelector'];
    yield missing(snapshot, own ? program.ref.namespace : (chosen[0] ?? ''), {
      code: rule.code,
      message: close === undefined ? head : `${head}. ${closeText(close)}`,
      ref: program.ref,
      path: close === undefined ? path : [...path, 'matchLabels', close.key],
      related: [],
      fixes: close === undefined ? [] : [labelFix(program.resource, path, close)],
    });
  }
}

const pods = `---
apiVersion: v1
kind: Pod
metadata: {name: backend, labels: {app: backend}}
spec: {containers: [{name: api, image: api}]}
---
apiVersion: v1
kind: Pod
metadata: {name: frontend, labels: {app: frontend}}
spec: {containers: [{name: web, image: web}]}
`;

const policy = (peer: string): string => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: backend
spec:
  podSelector: {matchLabels: {app: backend}}
  ingress:
    - from:
        - podSelector:
            matchLabels:
              app: ${peer}
${pods}`;

/** A peer that nobody is. */
export const rule: Rule = {
  code: 'policy-peer-matches-nothing',
  summary: 'A peer that matches no pod.',
  description:
    'A podSelector without a namespaceSelector looks only in the namespace of the policy; with one, in all namespaces that it chooses. No pod there has these labels, so the rule lets nobody in or out.',
  severity: 'warning',
  reads: ['networking.k8s.io/NetworkPolicy', '/Pod', '/Namespace'],
  example: { failing: policy('fronted'), corrected: policy('frontend') },
  check,
};
