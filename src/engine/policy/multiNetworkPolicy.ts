import { t } from '@vscode/l10n';
import { nothing } from '../model/labels.ts';
import type { Resource } from '../model/resource.ts';
import { compileNetworkPolicy } from './networkPolicy.ts';
import type { PolicyProgram, PolicyRule } from './policy.ts';

/**
 * Compiles a MultiNetworkPolicy for the cluster's own network, where it does nothing: it acts on the networks beside it
 * that its annotation `policy-for` names. What of it can't be read is told all the same.
 * Source: k8snetworkplumbingwg/multi-networkpolicy README; ovn-kubernetes docs/features/multiple-networks.
 */
export function compileMultiNetworkPolicy(resource: Resource): readonly PolicyProgram[] {
  return compileNetworkPolicy(resource)
    .filter(({ doubts }) => doubts.length > 0)
    .map(({ couldDeny: _, ...program }) => ({
      ...program,
      subject: { inNamespace: resource.ref.namespace, pods: nothing },
      isolates: { ingress: false, egress: false },
      rules: [],
    }));
}

/**
 * Compiles a MultiNetworkPolicy for one of its networks, where it is what a NetworkPolicy is in the cluster's.
 * `knowsAddresses`: false where it is not known whether a block covers addresses that pods have there.
 */
export function compileOnNetwork(resource: Resource, knowsAddresses: boolean): readonly PolicyProgram[] {
  const programs = compileNetworkPolicy(resource);
  return knowsAddresses ? programs : programs.map((one) => ({ ...one, rules: one.rules.flatMap(withUnseenBlocks) }));
}

function withUnseenBlocks(rule: PolicyRule): readonly PolicyRule[] {
  const { peers, ...rest } = rule;
  if (peers === undefined || !peers.some(({ kind }) => kind === 'block')) return [rule];
  const text = t('which addresses pods have on the network is not known');
  const selectors = peers.filter(({ kind }) => kind !== 'block');
  // A block may cover any pod's address there.
  return [
    { ...rest, peers: selectors },
    { ...rest, condition: { of: 'unseen', text }, implied: true },
  ];
}
