import type { Pod } from '../model/cluster.ts';
import { oncePer } from '../model/memo.ts';
import { isUnmodelledPolicy } from '../policy/kinds.ts';
import type { Peer, PolicyProgram, PolicyRule, PortMatch } from '../policy/policy.ts';
import type { RuleContext } from './rule.ts';

/** The policies that are modelled; the others are told by kind-not-modelled. */
export function modelledPolicies({ model }: RuleContext): readonly PolicyProgram[] {
  return chosenOf(model.policies.programs).modelled;
}

/** Those of networking.k8s.io: for rules that know their fields. */
export function networkPolicies({ model }: RuleContext): readonly PolicyProgram[] {
  return chosenOf(model.policies.programs).network;
}

interface Chosen {
  readonly modelled: readonly PolicyProgram[];
  readonly network: readonly PolicyProgram[];
}

/** Every rule about policies asks for the same. */
const chosenOf = oncePer((programs: readonly PolicyProgram[]): Chosen => {
  const modelled = programs.filter(({ ref }) => !isUnmodelledPolicy(ref.group, ref.kind));
  return { modelled, network: modelled.filter(({ ref }) => ref.group === 'networking.k8s.io') };
});

/** The kinds of {@link namespacedPolicies}. */
export const namespacedPolicyKinds: readonly string[] = [
  'cilium.io/CiliumNetworkPolicy',
  'crd.projectcalico.org/NetworkPolicy',
  'networking.k8s.io/NetworkPolicy',
  'projectcalico.org/NetworkPolicy',
];

/** Policies of one namespace that filter its pods' connections, whatever their kind; some objects come to several. */
export function namespacedPolicies(context: RuleContext): readonly PolicyProgram[] {
  const { tiers } = context.model.policies;
  // What networks and firewalls at their edge do is no matter of pods that are selected.
  const isApart = (name: string): boolean => name === 'networks' || name === 'edge';
  const isNetwork = new Map(tiers.map(({ name, layer }) => [name, layer === 'network' && !isApart(name)]));
  return modelledPolicies(context).filter(
    ({ ref, subject, tier }) =>
      ref.namespace !== '' && subject.inNamespace === ref.namespace && isNetwork.get(tier) === true,
  );
}

/** The pods that a policy selects. */
export function subjectPods({ model }: RuleContext, { subject }: PolicyProgram): readonly Pod[] {
  return model.policies.podsOf(subject);
}

/** The pods whose ports a rule's ports are: those that it selects, or for egress those of its peers. */
export function portPods(context: RuleContext, program: PolicyProgram, rule: PolicyRule): readonly Pod[] {
  if (rule.direction === 'ingress') return subjectPods(context, program);
  const peers = rule.peers?.flatMap((one) => (one.kind === 'pods' ? [one.pods] : [])) ?? [];
  return [...new Set(peers.flatMap((set) => context.model.policies.podsOf(set)))];
}

/** Every port of every rule of every NetworkPolicy. */
export function* policyPorts(
  context: RuleContext,
): Generator<{ readonly program: PolicyProgram; readonly rule: PolicyRule; readonly port: PortMatch }> {
  for (const program of networkPolicies(context)) {
    for (const rule of program.rules) {
      for (const port of rule.ports ?? []) yield { program, rule, port };
    }
  }
}

/** Every peer of every rule of every NetworkPolicy. */
export function* policyPeers(
  context: RuleContext,
): Generator<{ readonly program: PolicyProgram; readonly rule: PolicyRule; readonly peer: Peer }> {
  for (const program of networkPolicies(context)) {
    for (const rule of program.rules) {
      for (const peer of rule.peers ?? []) yield { program, rule, peer };
    }
  }
}
