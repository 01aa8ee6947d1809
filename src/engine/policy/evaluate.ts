import { t } from '@vscode/l10n';
import type { Pod } from '../model/cluster.ts';
import { type Evidence, refLabel } from '../model/resource.ts';
import { doubtsIn } from './doubts.ts';
import { formatEnd, nearMisses } from './explain.ts';
import { type PolicyConnection, ruleMatches } from './match.ts';
import type { Direction, PolicyDecision, PolicyProgram, Verdict } from './policy.ts';
import type { PolicySet } from './policySet.ts';

/**
 * Judges a connection in both directions. A pod always reaches itself; an end that is no pod has no policies.
 * Order: admin policies by priority (first match; pass leads on), then NetworkPolicies (isolation and union of
 * allows), then baseline policies, then allow. Source: the NetworkPolicy API and KEP-2091.
 */
export function decide(policies: PolicySet, connection: PolicyConnection): PolicyDecision {
  const { source, destination } = connection;
  if (source.kind === 'pod' && destination.kind === 'pod' && source.pod === destination.pod) {
    const reason = t('A pod always reaches itself');
    return { action: 'allow', egress: allowed('egress', reason), ingress: allowed('ingress', reason) };
  }
  const egress = judge(policies, connection, 'egress');
  const ingress = judge(policies, connection, 'ingress');
  const actions = [egress.action, ingress.action];
  const action = actions.includes('deny') ? 'deny' : actions.includes('unknown') ? 'unknown' : 'allow';
  return { action, egress, ingress };
}

function allowed(direction: Direction, reason: string, decidedBy: readonly Evidence[] = []): Verdict {
  return { action: 'allow', direction, decidedBy, considered: [], reason };
}

/** What one direction's policies say. */
export function judge(policies: PolicySet, connection: PolicyConnection, direction: Direction): Verdict {
  const subject = direction === 'egress' ? connection.source : connection.destination;
  if (subject.kind !== 'pod') return allowed(direction, t('{0} is no pod: no policy selects it', formatEnd(subject)));
  const selecting = policies.selecting(subject.pod);
  const admin = firstMatch(policies, selecting, 'admin', connection, direction);
  if (admin !== undefined) return admin;
  return (
    workloadVerdict(policies, selecting, subject.pod, connection, direction) ??
    firstMatch(policies, selecting, 'baseline', connection, direction) ??
    unselected(selecting, subject.pod, direction)
  );
}

/** The first rule of a tier of priorities that matches; `undefined` where none does or it passes on. */
function firstMatch(
  policies: PolicySet,
  selecting: readonly PolicyProgram[],
  tier: 'admin' | 'baseline',
  connection: PolicyConnection,
  direction: Direction,
): Verdict | undefined {
  const programs = selecting.filter((one) => one.tier === tier).sort((a, b) => a.priority - b.priority);
  for (const program of programs) {
    const doubt = doubtOf([program], direction);
    if (doubt !== undefined) return doubt;
    const rule = program.rules.find((one) => one.direction === direction && ruleMatches(policies, one, connection));
    if (rule === undefined) continue;
    if (rule.action === 'pass') return undefined;
    const reason =
      rule.action === 'allow' ? t('{0} allows it', refLabel(program.ref)) : t('{0} denies it', refLabel(program.ref));
    return { action: rule.action, direction, decidedBy: [rule.evidence], considered: [], reason };
  }
  return undefined;
}

/** NetworkPolicy: any allow wins; isolated without an allow is denied; `undefined` where nothing isolates. */
function workloadVerdict(
  policies: PolicySet,
  selecting: readonly PolicyProgram[],
  pod: Pod,
  connection: PolicyConnection,
  direction: Direction,
): Verdict | undefined {
  const programs = selecting.filter((one) => one.tier === 'workload');
  for (const program of programs) {
    const rule = program.rules.find(
      (one) => one.direction === direction && one.action === 'allow' && ruleMatches(policies, one, connection),
    );
    // A policy that is not modelled could still deny what this one allows.
    if (rule !== undefined) {
      const unmodelled = programs.filter((one) => one.unmodelled);
      const reason = t('{0} allows it', refLabel(program.ref));
      return doubtOf(unmodelled, direction) ?? allowed(direction, reason, [rule.evidence]);
    }
  }
  const doubt = doubtOf(programs, direction);
  if (doubt !== undefined) return doubt;
  const isolating = programs.filter((one) => one.isolates[direction]);
  return isolating.length === 0 ? undefined : denied(policies, isolating, pod, connection, direction);
}

function denied(
  policies: PolicySet,
  isolating: readonly PolicyProgram[],
  pod: Pod,
  connection: PolicyConnection,
  direction: Direction,
): Verdict {
  const misses = nearMisses(policies, isolating, connection, direction);
  const other = formatEnd(direction === 'ingress' ? connection.source : connection.destination);
  const names = isolating.map((one) => refLabel(one.ref)).join(', ');
  const rules = isolating.reduce(
    (sum, one) => sum + one.rules.filter((rule) => rule.direction === direction).length,
    0,
  );
  const port = `${connection.port}/${connection.protocol}`;
  const isolate =
    isolating.length === 1 ? t('{0} isolates {1}', names, pod.ref.name) : t('{0} isolate {1}', names, pod.ref.name);
  const head =
    direction === 'ingress'
      ? t('{0}; none of the {1} ingress rules allows {2} on {3}.', isolate, rules, other, port)
      : t('{0}; none of the {1} egress rules allows {2} on {3}.', isolate, rules, other, port);
  const nearest = misses[0]?.note;
  return {
    action: 'deny',
    direction,
    decidedBy: isolating.map((one) => ({
      ref: one.ref,
      path: ['spec', 'podSelector'],
      note: t('isolates {0}', pod.ref.name),
    })),
    considered: misses,
    reason: nearest === undefined ? head : `${head} ${nearest}`,
  };
}

/** Malformed and unmodelled policies make the verdict unknown where no readable rule has decided. */
function doubtOf(programs: readonly PolicyProgram[], direction: Direction): Verdict | undefined {
  const doubts = programs.flatMap((one) => doubtsIn(one, direction));
  if (doubts.length === 0) return undefined;
  const reason = t('Not known: {0}: {1}', doubts[0] ? refLabel(doubts[0].ref) : '', doubts[0]?.note ?? '');
  return { action: 'unknown', direction, decidedBy: doubts, considered: [], reason };
}

function unselected(selecting: readonly PolicyProgram[], pod: Pod, direction: Direction): Verdict {
  const reason =
    selecting.length === 0
      ? t('No policy selects {0}', pod.ref.name)
      : t('No policy isolates {0} in this direction', pod.ref.name);
  return allowed(direction, reason);
}
