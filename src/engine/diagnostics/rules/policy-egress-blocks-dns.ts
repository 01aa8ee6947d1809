import { t } from '@vscode/l10n';
import type { Pod } from '../../model/cluster.ts';
import { valueAt } from '../../model/json.ts';
import { refKey } from '../../model/resource.ts';
import type { PolicyProgram, PortMatch } from '../../policy/policy.ts';
import { clusterDns, dnsDenied } from '../../service/clusterDns.ts';
import { namespacedPolicies, namespacedPolicyKinds, subjectPods } from '../policyRules.ts';
import type { Finding, Fix, Rule, RuleContext } from '../rule.ts';

function* check(context: RuleContext): Generator<Finding> {
  const told = new Set<string>();
  const seen = new Set<Pod['workload']>();
  for (const program of namespacedPolicies(context)) {
    if (!program.isolates.egress || !program.rules.some((rule) => rule.direction === 'egress')) continue;
    const pod = subjectPods(context, program).find((one) => {
      // The pods of a workload are alike, and one policy is told of each; nearly all of them name it by one object.
      if (seen.has(one.workload)) return false;
      seen.add(one.workload);
      const workload = refKey(one.workload);
      if (told.has(workload)) return false;
      told.add(workload);
      return dnsDenied(context.model, one) !== undefined;
    });
    if (pod === undefined) continue;
    yield finding(context, program, pod);
  }
}

function finding({ snapshot }: RuleContext, { ref, resource, rules }: PolicyProgram, pod: Pod): Finding {
  const egress = rules.filter((one) => one.direction === 'egress');
  // A rule for port 53 to someone else: the DNS servers of this cluster may carry other labels than CoreDNS's usual ones.
  const meant = egress.some((one) => one.ports?.some(isDnsPort));
  const message = t(
    'Policy {0} isolates {1} without a way to cluster DNS (UDP and TCP 53 to kube-dns): names do not resolve',
    ref.name,
    pod.workload.name,
  );
  const doubt = t('It allows port 53 to others: check the labels of the DNS pods of your cluster');
  const egressPath = egress[0]?.evidence.path.slice(0, -1) ?? ['spec'];
  const path = valueAt(resource.object, ...egressPath) === undefined ? ['spec'] : egressPath;
  const simulated = snapshot.get({ group: '', kind: 'Service', ...clusterDns })?.origin.type === 'simulated';
  return {
    code: 'policy-egress-blocks-dns',
    message: meant && simulated ? `${message}. ${doubt}` : message,
    ref,
    path,
    part: 'key',
    ...(meant && simulated ? { severity: 'info' as const } : {}),
    related: [],
    fixes: ref.group === 'networking.k8s.io' ? [allowDns(ref)] : [],
  };
}

function isDnsPort(port: PortMatch): boolean {
  if (port.kind === 'named') return port.name.startsWith('dns');
  return (
    port.kind === 'range' && port.to - port.from < 1000 && [53, 5353].some((dns) => port.from <= dns && dns <= port.to)
  );
}

function allowDns(target: Fix['target']): Fix {
  const item = {
    to: [
      {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': clusterDns.namespace } },
        podSelector: { matchLabels: { 'k8s-app': clusterDns.name } },
      },
    ],
    ports: [
      { protocol: 'UDP', port: 53 },
      { protocol: 'TCP', port: 53 },
    ],
  };
  return { title: t('Allow cluster DNS'), target, changes: [{ kind: 'append', path: ['spec', 'egress'], item }] };
}

const policy = (dns: string): string => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: frontend
spec:
  podSelector: {matchLabels: {app: frontend}}
  policyTypes: [Egress]
  egress:
    - to:
        - podSelector: {matchLabels: {app: backend}}
${dns}---
apiVersion: v1
kind: Pod
metadata: {name: frontend, labels: {app: frontend}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: v1
kind: Pod
metadata: {name: backend, labels: {app: backend}}
spec: {containers: [{name: api, image: api}]}
`;

/** Egress that forgets DNS. */
export const rule: Rule = {
  code: 'policy-egress-blocks-dns',
  summary: 'Egress isolation that leaves no way to cluster DNS, UDP and TCP 53.',
  description:
    'Once a policy isolates the egress of a pod, everything that no rule allows is denied, DNS too. The pod may open connections to some others, but can not resolve their names. A pod that may reach nobody at all is taken as meant.',
  severity: 'warning',
  reads: [...namespacedPolicyKinds, '/Pod', '/Service', '/Namespace'],
  example: {
    failing: policy(''),
    corrected: policy(`    - to:
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
          podSelector: {matchLabels: {k8s-app: kube-dns}}
      ports:
        - {port: 53, protocol: UDP}
        - {port: 53, protocol: TCP}
`),
  },
  check,
};
