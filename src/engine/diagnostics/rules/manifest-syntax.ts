import type { Rule } from '../rule.ts';

/** Found while a file is read (manifest/parse.ts). */
export const rule: Rule = {
  code: 'manifest-syntax',
  summary: 'YAML or JSON that kubectl would refuse.',
  description:
    'The document can not be read, so nothing in it counts. Other documents of the file are read as usual. The parser reads what kubectl reads: YAML 1.1 scalars, JSON, anchors and merge keys.',
  severity: 'error',
  reads: [],
  example: {
    failing: `apiVersion: v1
kind: Service
metadata:
  name: backend
spec:
  selector: {app: backend
`,
    corrected: `apiVersion: v1
kind: ConfigMap
metadata:
  name: backend
`,
  },
  check: () => [],
};
