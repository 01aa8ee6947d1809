import type { Rule } from '../rule.ts';

const pods = `apiVersion: v1
kind: Pod
metadata: {name: client, namespace: shop}
spec: {containers: [{name: c, image: client}]}
---
apiVersion: v1
kind: Pod
metadata: {name: server, namespace: shop}
spec: {containers: [{name: c, image: server, ports: [{containerPort: 80}]}]}
---
apiVersion: podpath.dev/v1alpha1
kind: ConnectivityTest
metadata: {name: closed, namespace: shop}
spec:
  assertions:
`;

/** Found by judging assertions (analysis/tests.ts). */
export const rule: Rule = {
  code: 'connectivity-test-failed',
  summary: 'A connectivity assertion that does not hold.',
  description:
    'An assertion of podpath.yaml or of a ConnectivityTest expects something else than the model finds. Either the network changed, or the assertion is out of date. What is not known is neither allowed nor denied: such an assertion fails as well.',
  severity: 'error',
  reads: ['podpath.dev/ConnectivityTest'],
  example: {
    failing: `${pods}    - {from: shop/client, to: shop/server, port: 80, expect: denied}
`,
    corrected: `${pods}    - {from: shop/client, to: shop/server, port: 80, expect: allowed}
`,
  },
  check: () => [],
};
