import { t } from '@vscode/l10n';
import { nearest } from '../../model/nearest.ts';
import type { PolicyProgram, PolicyRule, PortMatch } from '../../policy/policy.ts';
import { namedPort } from '../../policy/policySet.ts';
import { missing } from '../missing.ts';
import { policyPorts, portPods } from '../policyRules.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

function* check(context: RuleContext): Generator<Finding> {
  for (const { program, rule: policyRule, port } of policyPorts(context)) {
    if (port.kind !== 'named') continue;
    const found = onlyBlocks(policyRule) ? withBlock(program, port) : withoutPod(context, program, policyRule, port);
    if (found !== undefined) yield found;
  }
}

type Named = Extract<PortMatch, { kind: 'named' }>;

function onlyBlocks({ direction, peers }: PolicyRule): boolean {
  return (
    direction === 'egress' && peers !== undefined && peers.length > 0 && peers.every((one) => one.kind === 'block')
  );
}

function withBlock({ ref }: PolicyProgram, { name, path }: Named): Finding {
  const message = t(
    'Port name {0} means nothing with an ipBlock: addresses have no named ports, so nothing is allowed',
    name,
  );
  return { code: rule.code, message, ref, path: [...path, 'port'], related: [], fixes: [] };
}

function withoutPod(
  context: RuleContext,
  program: PolicyProgram,
  policyRule: PolicyRule,
  { name, protocol, path }: Named,
): Finding | undefined {
  const pods =
    policyRule.peers === undefined && policyRule.direction === 'egress'
      ? context.snapshot.pods
      : portPods(context, program, policyRule);
  // Selecting nobody is another rule's matter.
  if (pods.length === 0 || pods.some((pod) => namedPort(pod, name, protocol) !== undefined)) return undefined;
  const names = new Set(
    pods.flatMap(({ template }) => template.ports.map((one) => one.name)).filter((one) => one !== ''),
  );
  const guess = nearest(name, names);
  const has = names.size === 0 ? t('They name no port') : t('They have {0}', [...names].slice(0, 5).join(', '));
  const at = [...path, 'port'];
  return missing(context.snapshot, pods[0]?.ref.namespace ?? '', {
    code: rule.code,
    message: t(
      'No pod that this rule is about has a {0} port named {1}, so it allows nothing. {2}',
      protocol ?? 'TCP',
      name,
      has,
    ),
    ref: program.ref,
    path: at,
    related: [],
    fixes:
      guess === undefined
        ? []
        : [
            {
              title: t('Use port {0}', guess),
              target: program.ref,
              changes: [{ kind: 'set', path: at, value: guess }],
            },
          ],
  });
}

const policy = (port: string): string => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: backend
spec:
  podSelector: {}
  ingress:
    - ports:
        - port: ${port}
---
apiVersion: v1
kind: Pod
metadata: {name: backend, labels: {app: backend}}
spec: {containers: [{name: api, image: api, ports: [{name: http, containerPort: 8080}]}]}
`;

/** A port name that nobody has. */
export const rule: Rule = {
  code: 'policy-named-port-unresolved',
  summary: 'A named port that no peer pod has, or one with an ipBlock.',
  description:
    'A named port is looked up on the pods that receive the connection: for ingress those that the policy selects, for egress its peers. Nobody has this name (with this protocol), so the rule allows nothing.',
  severity: 'warning',
  reads: ['networking.k8s.io/NetworkPolicy', '/Pod'],
  example: { failing: policy('htpp'), corrected: policy('http') },
  check,
};
