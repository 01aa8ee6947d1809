import type { Rule } from './rule.ts';

/** Every check, sorted by code. One file and one line here adds one. */
export const rules: readonly Rule[] = [];
