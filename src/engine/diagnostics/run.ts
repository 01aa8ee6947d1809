import type { Finding, RuleContext } from './rule.ts';
import { rules } from './rules.ts';

/** Runs every rule on a scope; yields after each. A rule that is off by default still runs: settings may want it. */
export function* runRules(context: RuleContext): Generator<undefined, readonly Finding[]> {
  const found: Finding[] = [];
  for (const rule of rules) {
    found.push(...rule.check(context));
    yield;
  }
  return found;
}
