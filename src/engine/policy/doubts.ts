import type { Direction, Doubt, PolicyProgram } from './policy.ts';

/**
 * The doubts of a policy that could change a direction's verdict: those in that direction's own rules, and any other
 * where the policy acts on the direction at all, for the API server may refuse the policy as a whole.
 */
export function doubtsIn(program: PolicyProgram, direction: Direction): readonly Doubt[] {
  const { doubts, isolates, couldDeny, only } = program;
  if (only !== undefined && only !== direction) return [];
  if (isolates[direction] || couldDeny === true) return doubts;
  return doubts.filter(({ path }) => path[1] === direction || (path[1] !== 'ingress' && path[1] !== 'egress'));
}
