import type { Pod } from '../model/cluster.ts';
import type { Peer, PolicyProgram, PolicyRule, PortMatch } from '../policy/policy.ts';
import type { RuleContext } from './rule.ts';

/** The policies that are modelled; the others are told by kind-not-modelled. */
export function modelledPolicies({ model }: RuleContext): readonly PolicyProgram[] {
  return model.policies.programs.filter((one) => one.unmodelled !== true);
}

/** The pods that a policy selects. */
export function subjectPods({ snapshot, model }: RuleContext, { subject }: PolicyProgram): readonly Pod[] {
  const pods = subject.inNamespace === undefined ? snapshot.pods : snapshot.podsIn(subject.inNamespace);
  return pods.filter((pod) => model.policies.inSet(subject, pod));
}

/** The pods whose ports a rule's ports are: those that it selects, or for egress those of its peers. */
export function portPods(context: RuleContext, program: PolicyProgram, rule: PolicyRule): readonly Pod[] {
  if (rule.direction === 'ingress') return subjectPods(context, program);
  const peers = rule.peers?.filter((one) => one.kind === 'pods') ?? [];
  const { policies } = context.model;
  return context.snapshot.pods.filter((pod) => peers.some((peer) => policies.inSet(peer.pods, pod)));
}

/** Every port of every rule of every policy. */
export function* policyPorts(
  context: RuleContext,
): Generator<{ readonly program: PolicyProgram; readonly rule: PolicyRule; readonly port: PortMatch }> {
  for (const program of modelledPolicies(context)) {
    for (const rule of program.rules) {
      for (const port of rule.ports ?? []) yield { program, rule, port };
    }
  }
}

/** Every peer of every rule of every policy. */
export function* policyPeers(
  context: RuleContext,
): Generator<{ readonly program: PolicyProgram; readonly rule: PolicyRule; readonly peer: Peer }> {
  for (const program of modelledPolicies(context)) {
    for (const rule of program.rules) {
      for (const peer of rule.peers ?? []) yield { program, rule, peer };
    }
  }
}
