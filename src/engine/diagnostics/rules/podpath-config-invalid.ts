import type { Rule } from '../rule.ts';

/** Found while podpath.yaml is read (analysis/podpathConfig.ts). */
export const rule: Rule = {
  code: 'podpath-config-invalid',
  summary: 'A key or value of podpath.yaml that means nothing.',
  description:
    'podpath.yaml has a key that is not known, or a value that its key can not have. The rest of the file counts; this part is ignored.',
  severity: 'warning',
  reads: [],
  example: {
    file: 'podpath.yaml',
    failing: `assume:
  cni: calico-vxlan
colour: blue
`,
    corrected: `assume:
  cni: calico-vxlan
`,
  },
  check: () => [],
};
