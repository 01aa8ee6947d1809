import { t } from '@vscode/l10n';
import { type Evidence, refLabel } from '../model/resource.ts';
import { doubtsIn } from './doubts.ts';
import { formatEnd, nearMisses, placeOf } from './explain.ts';
import { mayMatch, otherOf, type PolicyConnection, ruleMatches, subjectOf } from './match.ts';
import type {
  Direction,
  PolicyDecision,
  PolicyProgram,
  PolicyRule,
  PolicyTier,
  RuleCondition,
  Verdict,
} from './policy.ts';
import type { PolicySet, TierStep } from './policySet.ts';

/**
 * Judges a connection in both directions. A pod always reaches itself. Each direction is judged tier by tier
 * ({@link PolicyTier}); what no tier decides is allowed. A mesh judges once more what the network lets in.
 * Source: the NetworkPolicy API, KEP-2091, and of other kinds what their compilers name.
 */
export function decide(policies: PolicySet, connection: PolicyConnection, ownNode?: OwnNode): PolicyDecision {
  const { source, destination } = connection;
  if (source.kind === 'pod' && destination.kind === 'pod' && source.pod === destination.pod) {
    const reason = t('A pod always reaches itself');
    return { action: 'allow', egress: allowed('egress', reason), ingress: allowed('ingress', reason) };
  }
  const egress = judge(policies, connection, 'egress');
  const ingress = judge(policies, connection, 'ingress', ownNode);
  const actions = [egress.action, ingress.action];
  const action = actions.includes('deny') ? 'deny' : actions.includes('unknown') ? 'unknown' : 'allow';
  return { action, egress, ingress };
}

function allowed(direction: Direction, reason: string, decidedBy: readonly Evidence[] = []): Verdict {
  return { action: 'allow', direction, decidedBy, considered: [], reason };
}

/**
 * Set where the source is the node of the destination pod: `always` where the network filters only what is forwarded, else
 * the node is let in unless a rule denies it. Source: the concept page of NetworkPolicies, and the CNI's profile.
 */
export type OwnNode = 'always' | 'unless-denied';

/** What one direction's policies say. */
export function judge(
  policies: PolicySet,
  connection: PolicyConnection,
  direction: Direction,
  ownNode?: OwnNode,
): Verdict {
  const steps = policies.steps(subjectOf(connection, direction));
  const judged = judgeLayer(policies, steps, connection, direction, 'network');
  const isLetIn = ownNode === 'always' || (ownNode !== undefined && byIsolation.has(judged));
  const verdict =
    judged.action !== 'allow' && isLetIn ? allowed(direction, t('A node always reaches its own pods')) : judged;
  if (verdict.action !== 'allow' || !steps.some(({ tier }) => tier.layer === 'mesh')) return verdict;
  const mesh = judgeLayer(policies, steps, connection, direction, 'mesh');
  if (mesh.action !== 'allow') return mesh;
  const conditions = [...(verdict.conditions ?? []), ...(mesh.conditions ?? [])];
  const decidedBy = [...verdict.decidedBy, ...mesh.decidedBy];
  return { ...verdict, decidedBy, ...(conditions.length > 0 ? { conditions } : {}) };
}

function judgeLayer(
  policies: PolicySet,
  steps: readonly TierStep[],
  connection: PolicyConnection,
  direction: Direction,
  layer: PolicyTier['layer'],
): Verdict {
  const walk = new Walk(
    policies,
    steps.filter(({ tier }) => tier.layer === layer),
    connection,
    direction,
  );
  return walk.from(0, 0, 0).verdict;
}

/** A verdict and the tier that gave it; past the last tier where none did. */
interface Outcome {
  readonly verdict: Verdict;
  readonly tier: number;
}

/** One connection's way through the tiers of one layer. */
class Walk {
  readonly #policies: PolicySet;
  readonly #steps: readonly TierStep[];
  readonly #connection: PolicyConnection;
  readonly #direction: Direction;

  constructor(policies: PolicySet, steps: readonly TierStep[], connection: PolicyConnection, direction: Direction) {
    this.#policies = policies;
    this.#steps = steps;
    this.#connection = connection;
    this.#direction = direction;
  }

  /** What comes of a connection that nothing has decided before this rule of this policy of this tier. */
  from(tier: number, program: number, rule: number): Outcome {
    const step = this.#steps[tier];
    if (step === undefined) return { verdict: this.#undecided(), tier };
    const current = step.programs[program];
    if (current === undefined) return this.#endOf(step, tier);
    for (const [index, one] of current.rules.entries()) {
      if (index < rule || one.direction !== this.#direction) continue;
      const condition = this.#conditionOf(one);
      if (condition === 'no match') continue;
      const outcome = this.#outcome(current, one, tier);
      if (condition === undefined) return outcome;
      return conditional(current, condition, outcome, this.from(tier, program, index + 1));
    }
    const rest = this.from(tier, program + 1, 0);
    return this.#doubted(current, tier, rest);
  }

  /** What must hold beside the connection for the rule to act on it; `undefined` where nothing else must. */
  #conditionOf(rule: PolicyRule): RuleCondition | 'no match' | undefined {
    if (ruleMatches(this.#policies, rule, this.#connection)) return rule.condition;
    if (!mayMatch(this.#policies, rule, this.#connection)) return 'no match';
    const names = rule.peers?.flatMap((peer) => (peer.kind === 'names' ? peer.patterns : [])) ?? [];
    return { of: 'unseen', text: t('it depends on whether {0} resolves to the address', names.join(', ')) };
  }

  #outcome(program: PolicyProgram, rule: PolicyRule, tier: number): Outcome {
    const name = refLabel(program.ref);
    if (rule.action === 'pass') {
      const rest = this.from(tier + 1, 0, 0);
      const passed = [{ ...rule.evidence, note: t('{0} passes it on', name) }, ...(rest.verdict.passed ?? [])];
      return { ...rest, verdict: { ...rest.verdict, passed } };
    }
    const reason = rule.action === 'allow' ? t('{0} allows it', name) : t('{0} denies it', name);
    const direction = this.#direction;
    const others = rule.action === 'allow' ? this.#alsoAllowing(program, tier) : [];
    const decidedBy = [rule.evidence, ...others];
    return { verdict: { action: rule.action, direction, decidedBy, considered: [], reason }, tier };
  }

  /** The rules of policies with the same say that would allow the connection without this one. */
  #alsoAllowing(program: PolicyProgram, tier: number): readonly Evidence[] {
    const programs = this.#steps[tier]?.programs ?? [];
    return programs.slice(programs.indexOf(program) + 1).flatMap((other) => {
      if (other.priority !== program.priority) return [];
      const first = other.rules.find(
        (one) => one.direction === this.#direction && ruleMatches(this.#policies, one, this.#connection),
      );
      return first?.action === 'allow' && first.condition === undefined ? [first.evidence] : [];
    });
  }

  /** Malformed and unmodelled parts make a verdict unknown, unless they can only allow and another rule of the tier does. */
  #doubted(program: PolicyProgram, tier: number, rest: Outcome): Outcome {
    const doubts = doubtsIn(program, this.#direction);
    if (doubts.length === 0) return rest;
    if (program.couldDeny !== true && rest.verdict.action === 'allow' && rest.tier === tier) return rest;
    const reason = t('Not known: {0}: {1}', refLabel(program.ref), doubts[0]?.note ?? '');
    const verdict = {
      action: 'unknown' as const,
      direction: this.#direction,
      decidedBy: doubts.map(({ ref, path, note }) => ({ ref, path, note })),
      considered: [],
      reason,
    };
    return { verdict, tier };
  }

  #endOf({ tier: { end }, programs }: TierStep, tier: number): Outcome {
    const isolating = end === 'deny' ? programs.filter((one) => one.isolates[this.#direction]) : [];
    if (isolating.length === 0) return this.from(tier + 1, 0, 0);
    return { verdict: this.#denied(isolating), tier };
  }

  #undecided(): Verdict {
    const subject = subjectOf(this.#connection, this.#direction);
    const name = formatEnd(subject);
    if (subject.kind === 'address') return allowed(this.#direction, t('{0} is no pod: no policy selects it', name));
    const reason =
      this.#steps.length > 0
        ? t('No policy isolates {0} in this direction', name)
        : subject.kind === 'pod'
          ? t('No policy selects {0}', name)
          : t('{0} is no pod: no policy selects it', name);
    return allowed(this.#direction, reason);
  }

  /** What isolation denies, and no rule. Most denials are counted and not told, so their words are found when asked for. */
  #denied(isolating: readonly PolicyProgram[]): Verdict {
    const direction = this.#direction;
    const subject = formatEnd(subjectOf(this.#connection, direction));
    const note = t('isolates {0}', subject);
    let misses: readonly Evidence[] | undefined;
    const considered = (): readonly Evidence[] => {
      misses ??= nearMisses(this.#policies, isolating, this.#connection, direction);
      return misses;
    };
    const reason = (): string => this.#denialText(isolating, subject, considered()[0]?.note);
    const verdict: Verdict = {
      action: 'deny',
      direction,
      decidedBy: isolating.map((one) => ({ ref: one.ref, path: one.subjectPath, note })),
      get considered() {
        return considered();
      },
      get reason() {
        return reason();
      },
    };
    byIsolation.add(verdict);
    return verdict;
  }

  #denialText(isolating: readonly PolicyProgram[], subject: string, nearest: string | undefined): string {
    const direction = this.#direction;
    const { port, protocol } = this.#connection;
    const other = formatEnd(otherOf(this.#connection, direction));
    const names = isolating.map((one) => refLabel(one.ref)).join(', ');
    const written = isolating.flatMap((one) => one.rules.filter(({ implied }) => implied !== true));
    // One rule of a policy may come to several here.
    const rules = new Set(
      written.filter((rule) => rule.direction === direction).map(({ evidence }) => placeOf(evidence)),
    ).size;
    const isolate =
      isolating.length === 1 ? t('{0} isolates {1}', names, subject) : t('{0} isolate {1}', names, subject);
    const head = noRuleText(direction, rules, isolate, other, `${port}/${protocol}`);
    return nearest === undefined ? head : `${head} ${nearest}`;
  }
}

function noRuleText(direction: Direction, rules: number, isolate: string, other: string, port: string): string {
  if (direction === 'ingress') {
    if (rules === 0) return t('{0} and has no ingress rule.', isolate);
    if (rules === 1) return t('{0}; its only ingress rule does not allow {1} on {2}.', isolate, other, port);
    return t('{0}; none of the {1} ingress rules allows {2} on {3}.', isolate, rules, other, port);
  }
  if (rules === 0) return t('{0} and has no egress rule.', isolate);
  if (rules === 1) return t('{0}; its only egress rule does not allow {1} on {2}.', isolate, other, port);
  return t('{0}; none of the {1} egress rules allows {2} on {3}.', isolate, rules, other, port);
}

/** Denials by isolation alone: no rule names the connection. */
const byIsolation = new WeakSet<Verdict>();

/**
 * A rule that holds for a part of what the connection carries: `hit` where it does, `rest` where not. Where both come
 * to the same the rule does not matter; of requests both are told; of what can't be seen the verdict is unknown.
 */
function conditional(program: PolicyProgram, { of, text }: RuleCondition, hit: Outcome, rest: Outcome): Outcome {
  const [first, second] = [hit.verdict, rest.verdict];
  if (second.action === 'unknown') return rest;
  if (of === 'unseen') {
    if (first.action === second.action) return rest;
    const reason = t('Not known: {0}: {1}', refLabel(program.ref), text);
    return { ...hit, verdict: { ...first, action: 'unknown', reason } };
  }
  const only = [...(first.conditions ?? []), t('only {0}', text)];
  if (first.action === 'allow' && second.action === 'deny') {
    const reason = t('{0}: {1}', first.reason, only.join(', '));
    return { ...hit, verdict: { ...first, conditions: only, reason } };
  }
  if (second.action !== 'allow') return rest;
  const conditions = second.conditions ?? [];
  if (first.action === 'deny') {
    return { ...rest, verdict: { ...second, conditions: [...conditions, t('not {0}', text)] } };
  }
  // What is allowed without a condition stays so; of two conditions either is enough.
  return conditions.length === 0 ? rest : { ...rest, verdict: { ...second, conditions: [...only, ...conditions] } };
}
