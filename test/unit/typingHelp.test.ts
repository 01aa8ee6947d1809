import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnalysisHost, finish, type Queries, query } from '../../src/engine/index.ts';

const shop = `apiVersion: apps/v1
kind: Deployment
metadata: { name: api, namespace: shop }
spec:
  replicas: 3
  selector: { matchLabels: { app: api } }
  template:
    metadata: { labels: { app: api, tier: back } }
    spec:
      containers:
        - name: api
          ports:
            - name: http
              containerPort: 8080
---
apiVersion: v1
kind: Service
metadata:
  name: api
  namespace: shop
spec:
  selector:
    app: api
  ports:
    - port: 80
      targetPort: http
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: api
  namespace: shop
spec:
  podSelector:
    matchLabels:
      app: api
  ingress:
    - from:
        - podSelector: {}
      ports:
        - port: http
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, namespace: shop }
spec:
  defaultBackend:
    service:
      name: api
      port: { number: 80 }
---
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { team: sales } }
`;

/** Asks at \`|\`, or at the n-th place of a word in the shop. */
function ask<N extends keyof Queries>(name: N, typed: string, text = shop): Queries[N]['result'] {
  const offset = typed.indexOf('|');
  const files = [{ uri: '/w/shop.yaml', text }];
  if (offset >= 0) files.push({ uri: '/w/typed.yaml', text: typed.replace('|', '') });
  const analysis = new AnalysisHost().apply({ folders: [{ uri: '/w', name: 'w' }], saved: files });
  const source = offset >= 0 ? typed.slice(0, offset) : text.slice(0, text.indexOf(typed) + 1);
  const lines = source.split('\n');
  const position = { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 };
  const params = { uri: offset >= 0 ? '/w/typed.yaml' : '/w/shop.yaml', position } as never;
  return finish(query(analysis, name, params));
}

test('behind each selector stands how many pods it chooses', () => {
  const found = ask('hints', 'apiVersion').map(
    ({ position, text }) => `${shop.split('\n')[position.line]?.trim()} ${text}`,
  );
  assert.deepEqual(found, [
    'selector: { matchLabels: { app: api } } → 3 pods',
    'selector: → 3 pods',
    'podSelector: → 3 pods',
    '- podSelector: {} → 3 pods',
  ]);
  const [first] = ask('hints', 'apiVersion');
  assert.equal(first?.tooltip, 'shop/api-1\nshop/api-2\nshop/api-3');
});

const policy = (rest: string): string =>
  `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: typed\n  namespace: shop\nspec:\n${rest}`;
const ingress = (rest: string): string =>
  `kind: Ingress\nmetadata:\n  name: typed\n  namespace: shop\nspec:\n  rules:\n    - http:\n        paths:\n          - path: /\n            backend:\n              service:\n${rest}`;

const cases: readonly (readonly [what: string, typed: string, labels: readonly string[]])[] = [
  ['label keys', policy('  podSelector:\n    matchLabels:\n      |'), ['app', 'tier']],
  [
    'a half-typed label key',
    policy('  podSelector:\n    matchLabels:\n      ap|\n  ingress:\n    - from: ['),
    ['app', 'tier'],
  ],
  ['label values', policy('  podSelector:\n    matchLabels:\n      tier: |'), ['back']],
  [
    'labels of namespaces',
    policy('  ingress:\n    - from:\n        - namespaceSelector:\n            matchLabels:\n              |'),
    ['kubernetes.io/metadata.name', 'team'],
  ],
  [
    'values of namespaces',
    policy('  ingress:\n    - from:\n        - namespaceSelector:\n            matchLabels:\n              team: |'),
    ['sales'],
  ],
  ['keys of expressions', policy('  podSelector:\n    matchExpressions:\n      - key: |'), ['app', 'tier']],
  [
    'values of expressions',
    policy(
      '  podSelector:\n    matchExpressions:\n      - key: tier\n        operator: In\n        values:\n          - |',
    ),
    ['back'],
  ],
  ['ports of a policy', policy('  podSelector: {}\n  ingress:\n    - ports:\n        - port: |'), ['http', '8080']],
  ['a Service of a backend', ingress('                name: |'), ['api']],
  [
    'the number of a backend port',
    ingress('                name: api\n                port:\n                  number: |'),
    ['80'],
  ],
  [
    'a namespace',
    'apiVersion: v1\nkind: Service\nmetadata:\n  name: x\n  namespace: |',
    ['default', 'ingress-nginx', 'kube-system', 'shop'],
  ],
  [
    'a selector of a Service',
    'kind: Service\nmetadata:\n  name: x\n  namespace: shop\nspec:\n  selector:\n    |',
    ['app', 'tier'],
  ],
  [
    'a targetPort',
    'kind: Service\nmetadata:\n  name: x\n  namespace: shop\nspec:\n  ports:\n    - port: 80\n      targetPort: |',
    ['http', '8080'],
  ],
  ['a serviceName', 'kind: StatefulSet\nmetadata:\n  name: x\n  namespace: shop\nspec:\n  serviceName: |', ['api']],
  ['nothing where nothing is expected', policy('  podSelector:\n    |'), []],
];
for (const [what, typed, labels] of cases) {
  test(`completion of ${what}`, () => {
    const found = ask('completions', typed).map(({ label }) => label);
    assert.deepEqual([...found].sort(), [...labels].sort());
  });
}

test('a Service is used by what names it, a workload by what selects it, a port by what means it', () => {
  const linesOf = (word: string): readonly string[] =>
    ask('references', word).map(({ range }) => shop.split('\n')[range.start.line]?.trim() ?? '');
  assert.deepEqual(linesOf('name: api\n      port'), ['name: api']);
  assert.deepEqual(linesOf('name: api, namespace'), ['app: api', 'matchLabels:', '- podSelector: {}']);
  assert.deepEqual(linesOf('http\n              containerPort'), ['targetPort: http', '- port: http']);
});
