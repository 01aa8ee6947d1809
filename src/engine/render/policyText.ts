import { t } from '@vscode/l10n';
import type { Derived } from '../analysis/derived.ts';
import type { Pod } from '../model/cluster.ts';
import { refLabel } from '../model/resource.ts';
import { formatPeer, formatPorts } from '../policy/explain.ts';
import { peerMatches } from '../policy/peers.ts';
import type { Direction, Peer, PolicyProgram, PolicyRule, PortMatch } from '../policy/policy.ts';
import { namedPort } from '../policy/policySet.ts';
import { selectedBy } from './objectText.ts';
import { workloadList } from './serviceText.ts';

/** What a policy selects and lets through, for a hover. */
export function policyLines(derived: Derived, program: PolicyProgram): readonly string[] {
  const selected = selectedBy(derived, program);
  const pods = selected.reduce(
    (sum, one) => sum + one.pods.filter((pod) => derived.policies.inSet(program.subject, pod)).length,
    0,
  );
  const enforced = derived.environment.enforces === 'no' ? [t('Not enforced by {0}', derived.profile.title)] : [];
  return [
    refLabel(program.ref),
    pods === 0 ? t('Selects no pods') : t('Selects {0} pods: {1}', pods, workloadList(selected)),
    ...(['ingress', 'egress'] as const).flatMap((direction) => directionLines(derived, program, direction)),
    ...program.doubts.map(({ note }) => note),
    ...enforced,
  ];
}

function directionLines(derived: Derived, program: PolicyProgram, direction: Direction): readonly string[] {
  const rules = program.rules.filter((one) => one.direction === direction);
  const title = direction === 'ingress' ? t('Ingress') : t('Egress');
  if (!program.isolates[direction] && rules.length === 0) return [];
  if (rules.length === 0) return [t('{0}: allows nothing', title)];
  const isUnion = program.isolates[direction] && rules.every(({ action }) => action === 'allow');
  if (isUnion) return [t('{0}: allows only', title), ...rules.flatMap((rule) => ruleLines(derived, rule))];
  const last = program.isolates[direction] ? [`  ${t('and denies the rest')}`] : [];
  return [
    t('{0}, the first that matches:', title),
    ...rules.flatMap((rule) => ruleLines(derived, rule, actionText(rule))),
    ...last,
  ];
}

function actionText({ action, condition }: PolicyRule): string {
  const word = action === 'allow' ? t('allow') : action === 'deny' ? t('deny') : t('pass');
  return condition === undefined ? `${word} ` : `${word} (${condition.text}) `;
}

/** Whom a rule names and on which ports, a line a peer. */
export function ruleLines(derived: Derived, rule: PolicyRule, action = ''): readonly string[] {
  const ports = formatPorts(rule.ports);
  if (rule.peers === undefined) return [`  ${action}${t('everyone on {0}', ports)}`];
  if (rule.peers.length === 0) return [`  ${action}${t('no one')}`];
  return rule.peers.map((peer) => `  ${action}${t('{0} on {1}', formatPeer(peer), ports)}${matchText(derived, peer)}`);
}

/** What a port of a rule comes to: a name is another number on another pod. */
export function portLines(
  derived: Derived,
  program: PolicyProgram,
  rule: PolicyRule,
  port: PortMatch,
): readonly string[] {
  if (port.kind !== 'named') return [formatPorts([port])];
  const { policies, snapshot } = derived;
  const about = (pod: Pod): boolean =>
    rule.direction === 'ingress'
      ? policies.inSet(program.subject, pod)
      : (rule.peers?.some((peer) => peerMatches(policies, peer, { kind: 'pod', pod }, undefined)) ?? true);
  const numbers = snapshot.workloads.flatMap((workload) => {
    const pod = workload.pods.find(about);
    const number = pod === undefined ? undefined : namedPort(pod, port.name, port.protocol);
    return number === undefined ? [] : [`  ${workload.ref.name}: ${number}`];
  });
  return [formatPorts([port]), ...(numbers.length > 0 ? numbers : [`  ${t('no pod here has it')}`])];
}

function matchText(derived: Derived, peer: Peer): string {
  if (peer.kind !== 'pods') return '';
  const matched = derived.snapshot.workloads.filter(({ pods }) =>
    pods.some((pod) => derived.policies.inSet(peer.pods, pod)),
  );
  return matched.length === 0 ? ` → ${t('no pods here')}` : ` → ${workloadList(matched)}`;
}

/** What a peer of a policy matches. */
export function selectorLines(derived: Derived, peer: Peer): readonly string[] {
  return [formatPeer(peer), ...(peer.kind === 'pods' ? [matchText(derived, peer).trim()] : [])];
}
