import { isPolicyKind } from '../model/kinds.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Finding, Rule, RuleContext } from './rule.ts';
import { rules } from './rules.ts';

/** What rules that read no policies said of the same objects; policies are edited most. */
const known = new WeakMap<Snapshot['pods'], Map<string, readonly Finding[]>>();

/** Runs the rules that are wanted on a scope; yields after each. */
export function* runRules(
  context: RuleContext,
  isWanted: (rule: Rule) => boolean,
): Generator<undefined, readonly Finding[]> {
  const found: Finding[] = [];
  for (const rule of rules.filter(isWanted)) {
    for (const one of check(rule, context)) found.push(one);
    yield;
  }
  return found;
}

function check(rule: Rule, context: RuleContext): readonly Finding[] {
  if (readsPolicies(rule)) return [...rule.check(context)];
  const { pods, incomplete } = context.snapshot;
  const ofPods = known.get(pods) ?? new Map<string, readonly Finding[]>();
  known.set(pods, ofPods);
  const key = JSON.stringify([rule.code, incomplete]);
  const found = ofPods.get(key) ?? [...rule.check(context)];
  ofPods.set(key, found);
  return found;
}

function readsPolicies({ reads }: Rule): boolean {
  return reads.some((one) => {
    const [group = '', kind = ''] = one.split('/');
    return one === '*' || isPolicyKind(group, kind);
  });
}
