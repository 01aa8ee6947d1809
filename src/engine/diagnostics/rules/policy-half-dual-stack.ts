import { t } from '@vscode/l10n';
import type { Direction, PolicyProgram } from '../../policy/policy.ts';
import { networkPolicies } from '../policyRules.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

const whole = { 4: '0.0.0.0/0', 6: '::/0' } as const;

function* check(context: RuleContext): Generator<Finding> {
  const families = context.snapshot.podCIDRs.map((cidr) => (cidr.includes(':') ? 6 : 4));
  if (!families.includes(4) || !families.includes(6)) return;
  for (const program of networkPolicies(context)) {
    for (const direction of ['ingress', 'egress'] as const) yield* inDirection(program, direction);
  }
}

function* inDirection({ ref, rules }: PolicyProgram, direction: Direction): Generator<Finding> {
  const own = rules.filter((one) => one.direction === direction);
  // A rule for everyone opens both.
  if (own.some(({ peers }) => peers === undefined)) return;
  const blocks = own.flatMap(({ peers = [] }) => peers.flatMap((peer) => (peer.kind === 'block' ? [peer] : [])));
  const open = ([4, 6] as const).filter((family) => blocks.some(({ cidr }) => cidr === whole[family]));
  const [family] = open;
  const found = blocks.find(({ cidr }) => family !== undefined && cidr === whole[family]);
  const other = family === 4 ? 6 : 4;
  const hasOther = blocks.some(({ cidr }) => cidr.includes(':') === (other === 6));
  if (open.length !== 1 || found === undefined || hasOther) return;
  const message = t(
    'Policy {0} opens all of IPv{1} and nothing of IPv{2}, and this cluster has both: name {3} too',
    ref.name,
    family ?? 4,
    other,
    whole[other],
  );
  yield { code: rule.code, message, ref, path: [...found.path, 'cidr'], related: [], fixes: [] };
}

const policy = (more: string): string => `apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: web}
  ipFamilyPolicy: RequireDualStack
  ports: [{port: 80}]
---
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {app: web}
spec:
  containers: [{name: web, image: web, ports: [{containerPort: 80}]}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
    - from:
        - ipBlock: {cidr: 0.0.0.0/0}
${more}`;

/** One family open, the other shut. */
export const rule: Rule = {
  code: 'policy-half-dual-stack',
  summary: 'One address family is open and the other closed, in a cluster that has both.',
  description:
    'A block is of one family. Clients of a dual-stack Service try IPv6 first and then wait for a time-out before they come back by IPv4.',
  severity: 'info',
  reads: ['networking.k8s.io/NetworkPolicy', '/Service'],
  example: { failing: policy(''), corrected: policy('        - ipBlock: {cidr: "::/0"}\n') },
  check,
};
