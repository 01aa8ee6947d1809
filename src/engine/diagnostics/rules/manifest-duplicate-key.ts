import type { Rule } from '../rule.ts';

/** Found while a file is read (manifest/parse.ts). */
export const rule: Rule = {
  code: 'manifest-duplicate-key',
  summary: 'One key twice in a mapping: the last one counts.',
  description:
    'A mapping has one key twice. kubectl takes the last one and says nothing; the other is lost, which is rarely what was meant. Remove one of them.',
  severity: 'warning',
  reads: [],
  example: {
    failing: `apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  mode: fast
  mode: safe
`,
    corrected: `apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  mode: safe
`,
  },
  check: () => [],
};
