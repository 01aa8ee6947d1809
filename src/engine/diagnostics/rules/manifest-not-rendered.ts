import type { Rule } from '../rule.ts';

/** Found while a file is read (manifest/parse.ts). */
export const rule: Rule = {
  code: 'manifest-not-rendered',
  summary: 'Helm or other template text: it is not read.',
  description:
    'The file holds template directives, so it is no manifest before a tool has rendered it. Its objects are not known, and nothing is guessed about them. Render it (`helm template`, `kubectl kustomize`) and open the result, or list the scope in podpath.yaml.',
  severity: 'hint',
  reads: [],
  example: {
    failing: `apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}-backend
spec:
  ports:
    - port: {{ .Values.port }}
`,
    corrected: `apiVersion: v1
kind: ConfigMap
metadata:
  name: release-backend
`,
  },
  check: () => [],
};
