import type { Rule } from '../rule.ts';

/** Found after all other rules have run (diagnostics/suppress.ts). */
export const rule: Rule = {
  code: 'suppression-unused',
  summary: 'A suppression that hides nothing.',
  description:
    'A `podpath-ignore` comment or annotation names a finding that is not there (any more), or a rule that does not exist. Remove it, so that it can not hide a later mistake.',
  severity: 'hint',
  reads: [],
  example: {
    failing: `apiVersion: v1
kind: ConfigMap
metadata:
  # podpath-ignore service-selects-no-pods -- pods come from an operator
  name: settings
`,
    corrected: `apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
`,
  },
  check: () => [],
};
