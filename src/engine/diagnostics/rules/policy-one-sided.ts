import { t } from '@vscode/l10n';
import type { Pod, Protocol } from '../../model/cluster.ts';
import { selectsAll } from '../../model/labels.ts';
import { refLabel } from '../../model/resource.ts';
import type { Peer, PolicyProgram, PolicyRule, Verdict } from '../../policy/policy.ts';
import { namedPort } from '../../policy/policySet.ts';
import { networkPolicies } from '../policyRules.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

/** Pairs of pods looked at for one peer; the rest is like them. */
const mostPairs = 16;

function* check(context: RuleContext): Generator<Finding> {
  for (const program of networkPolicies(context)) {
    const own = context.model.policies.samplesOf(program.subject);
    for (const policyRule of program.rules) {
      // Who is named with labels is meant; everyone is not.
      const named = (policyRule.peers ?? []).filter((one) => one.kind === 'pods' && !selectsAll(one.pods.pods));
      for (const peer of named) yield* onOneSide(context, own, program, policyRule, peer);
    }
  }
}

function* onOneSide(
  context: RuleContext,
  own: readonly Pod[],
  program: PolicyProgram,
  policyRule: PolicyRule,
  peer: Peer,
): Generator<Finding> {
  const { model } = context;
  const others = peer.kind === 'pods' ? model.policies.samplesOf(peer.pods) : [];
  let denial: Verdict | undefined;
  for (const [one, other] of firstPairs(own, others)) {
    const denied = denialOf(context, policyRule, one, other);
    if (denied === undefined) return;
    denial ??= denied;
  }
  if (denial === undefined) return;
  const blamed = denial.decidedBy[0];
  yield {
    code: rule.code,
    message: t('{0} allows this connection, and the other side denies it: {1}', program.ref.name, denial.reason),
    ref: program.ref,
    path: peer.path,
    related: blamed === undefined ? [] : [{ ref: blamed.ref, path: blamed.path, message: refLabel(blamed.ref) }],
    fixes: [],
  };
}

/** The first pairs of different pods: all of them are millions where a peer is wide. */
function* firstPairs(own: readonly Pod[], others: readonly Pod[]): Generator<readonly [Pod, Pod]> {
  let count = 0;
  for (const one of own) {
    for (const other of others) {
      if (other === one) continue;
      if (count++ === mostPairs) return;
      yield [one, other];
    }
  }
}

/** What the other side says to a connection that the rule's side allows, where it denies it. */
function denialOf({ model }: RuleContext, policyRule: PolicyRule, one: Pod, other: Pod): Verdict | undefined {
  const isIngress = policyRule.direction === 'ingress';
  // Nobody is denied where no policy acts.
  if (model.policies.selecting(other).length === 0) return undefined;
  const [source, destination] = isIngress ? [other, one] : [one, other];
  const asked = portOf(policyRule, destination);
  if (asked === undefined) return undefined;
  const ends = [
    { kind: 'pod', pod: source },
    { kind: 'pod', pod: destination },
  ] as const;
  const { egress, ingress } = model.decide(...ends, asked.protocol, asked.port);
  const [here, there] = isIngress ? [ingress, egress] : [egress, ingress];
  return here.action === 'allow' && there.action === 'deny' ? there : undefined;
}

/** A port that the rule allows on the destination: its first, or one that the pod declares. */
function portOf(
  { ports }: PolicyRule,
  { template }: Pod,
): { readonly protocol: Protocol; readonly port: number } | undefined {
  const [first] = ports ?? [];
  if (first === undefined) {
    const [declared] = template.ports;
    return { protocol: declared?.protocol ?? 'TCP', port: declared?.port ?? 80 };
  }
  if (first.kind === 'range') {
    const { protocol, from, to } = first;
    const declared = template.ports.find((one) => one.protocol === protocol && from <= one.port && one.port <= to);
    // A port that the pod does not have is another rule's matter.
    return declared === undefined && template.ports.length > 0 ? undefined : { protocol, port: declared?.port ?? from };
  }
  if (first.kind === 'invalid') return undefined;
  const port = namedPort({ template } as Pod, first.name, first.protocol);
  return port === undefined ? undefined : { protocol: first.protocol ?? 'TCP', port };
}

const pod = (name: string): string => `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  labels: {app: ${name}}
spec:
  containers: [{name: c, image: c, ports: [{containerPort: 8080}]}]
`;

const files = (out: string): string => `${pod('web')}---
${pod('api')}---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: api-from-web
spec:
  podSelector: {matchLabels: {app: api}}
  ingress:
    - from: [{podSelector: {matchLabels: {app: web}}}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web-out
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Egress]
  egress: [${out}]
`;

/** An allow that is not enough. */
export const rule: Rule = {
  code: 'policy-one-sided',
  summary: 'One side allows a connection that the other side denies.',
  description:
    'A connection needs both: the egress policies of its source and the ingress policies of its destination. A rule that names the other pods by their labels, while those are denied on their own side, does not do what it says.',
  severity: 'info',
  reads: ['networking.k8s.io/NetworkPolicy', '/Pod'],
  example: {
    failing: files(''),
    corrected: files(
      '{to: [{podSelector: {matchLabels: {app: api}}}]}, {ports: [{port: 53, protocol: UDP}, {port: 53}]}',
    ),
  },
  check,
};
