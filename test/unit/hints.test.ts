import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnalysisHost, finish, query } from '../../src/engine/index.ts';

const pod = (namespace: string, name: string, app: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, namespace: ${namespace}, labels: {app: ${app}}}\nspec: {containers: [{name: c, image: c}]}\n`;

const pods = [
  'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: a}}\n',
  'apiVersion: v1\nkind: Namespace\nmetadata: {name: bank, labels: {team: a}}\n',
  pod('shop', 'web-1', 'web'),
  pod('shop', 'web-2', 'web'),
  pod('shop', 'api', 'api'),
  pod('bank', 'web', 'web'),
].join('---\n');

/** Each line that has a hint, with the hint where it stands. */
function hinted(text: string, only?: { readonly from: number; readonly to: number }): readonly string[] {
  return hintsOf(text, only).map(({ position, label }) => {
    const line = text.split('\n')[position.line] ?? '';
    return `${line.slice(0, position.character)} ${label}${line.slice(position.character)}`.trim();
  });
}

function hintsOf(text: string, { from, to } = { from: 0, to: 1000 }) {
  const host = new AnalysisHost();
  const saved = [
    { uri: 'w/pods.yaml', text: pods },
    { uri: 'w/a.yaml', text },
  ];
  const analysis = host.apply({ folders: [{ uri: 'w', name: 'w' }], saved });
  const range = { start: { line: from, character: 0 }, end: { line: to, character: 0 } };
  return finish(query(analysis, 'hints', { uri: 'w/a.yaml', range }));
}

const service = (selector: string): string =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec:\n${selector}\n  ports: [{port: 80}]\n`;

test('behind the key of a selector that takes several lines, behind the selector that takes one', () => {
  assert.deepEqual(hinted(service('  selector: # those\n    app: web')), ['selector: → 2 pods # those']);
  assert.deepEqual(hinted(service('  selector: {app: api} # that')), ['selector: {app: api} → 1 pod # that']);
  assert.deepEqual(hinted(service('  "selector" :\n    app: wbe')), ['"selector" : → no pods']);
  assert.deepEqual(hinted(service('  selector: {\n    app: api\n  }')), ['} → 1 pod']);
  assert.deepEqual(hinted(service('  selector: {}')), []);
  assert.deepEqual(hinted(service('  selector:\n    app:')), []);
});

test('a NetworkPolicy: its subject, and each selector of its peers by what the peer means', () => {
  const text = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: shop}
spec:
  podSelector: {}
  ingress:
    - from:
        - namespaceSelector:
            matchLabels: {team: a}
          podSelector:
            matchExpressions: [{key: app, operator: In, values: [web]}]
        - podSelector:
            matchLabels:
              app: api
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: nowhere}}
`;
  assert.deepEqual(hinted(text), [
    'podSelector: {} → 3 pods',
    '- namespaceSelector: → 2 namespaces',
    'podSelector: → 3 pods',
    '- podSelector: → 1 pod',
    '- namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: nowhere}} → no namespaces',
  ]);
  assert.equal(hintsOf(text)[2]?.tooltip, 'web-1\nweb-2\nbank/web');
  assert.deepEqual(hinted(text, { from: 7, to: 9 }), ['- namespaceSelector: → 2 namespaces']);
});

test('a selector that can not be read has no hint, and the others keep theirs', () => {
  const text = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: shop}
spec:
  podSelector: {matchLabels: {app: api}}
  ingress:
    - from:
        - podSelector: {matchExpressions: [{key: app, operator: Like, values: [x]}]}
`;
  assert.deepEqual(hinted(text), ['podSelector: {matchLabels: {app: api}} → 1 pod']);
  assert.deepEqual(hinted(text.replace('{app: api}', '{app: [api]}')), []);
});

test('half-typed YAML: the documents that can be read keep their hints', () => {
  const text = `${service('  selector: {app: web}')}---\n${service('  selector: {app').replace('name: web', 'name: b')}`;
  assert.deepEqual(hinted(text), ['selector: {app: web} → 2 pods']);
});

test('workloads and disruption budgets: all pods of the namespace that the selector takes in', () => {
  const text = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector:
    matchLabels: {app: web}
  template: {metadata: {labels: {app: web}}, spec: {containers: []}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec: {selector: {matchLabels: {app: api}}}
`;
  assert.deepEqual(hinted(text), ['selector: → 4 pods', 'spec: {selector: {matchLabels: {app: api}} → 1 pod}']);
});

const others: readonly [kind: string, text: string, expected: readonly string[]][] = [
  [
    'AdminNetworkPolicy',
    `apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: p}
spec:
  priority: 1
  subject:
    namespaces: {matchLabels: {team: a}}
  ingress:
    - action: Deny
      from:
        - pods:
            namespaceSelector: {}
            podSelector: {matchLabels: {app: web}}
`,
    [
      'namespaces: {matchLabels: {team: a}} → 2 namespaces',
      'namespaceSelector: {} → 4 namespaces',
      'podSelector: {matchLabels: {app: web}} → 3 pods',
    ],
  ],
  [
    'CiliumNetworkPolicy',
    `apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: p, namespace: shop}
spec:
  endpointSelector:
    matchLabels: {app: api}
  ingress:
    - fromEndpoints:
        - matchLabels:
            app: web
        - matchLabels: {k8s:io.kubernetes.pod.namespace: bank}
`,
    [
      'endpointSelector: → 1 pod',
      '- matchLabels: → 2 pods',
      '- matchLabels: {k8s:io.kubernetes.pod.namespace: bank} → 1 pod',
    ],
  ],
  [
    'Calico NetworkPolicy',
    `apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: p, namespace: shop}
spec:
  selector: app == 'api'
  ingress:
    - action: Allow
      source: {selector: app == 'web'}
      destination: {notSelector: app == 'db'}
`,
    ["selector: app == 'api' → 1 pod", "source: {selector: app == 'web' → 2 pods}"],
  ],
  [
    'Calico GlobalNetworkPolicy',
    `apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: p}
spec:
  ingress:
    - action: Allow
      source:
        namespaceSelector: team == 'a'
`,
    ["namespaceSelector: team == 'a' → 4 pods"],
  ],
  [
    'CiliumClusterwideNetworkPolicy',
    `apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: p}
spec:
  nodeSelector:
    matchLabels: {kubernetes.io/os: linux}
  ingress: [{fromEntities: [world]}]
`,
    ['nodeSelector: → 2 nodes'],
  ],
  [
    'AuthorizationPolicy',
    `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: p, namespace: shop}
spec:
  selector: {matchLabels: {app: api}}
  rules: [{from: [{source: {namespaces: [shop]}}]}]
`,
    ['selector: {matchLabels: {app: api}} → no pods'],
  ],
];

test('a policy of a mesh says of pods that are in none that it does not act on them', () => {
  assert.match(hintsOf(others.at(-1)?.[1] ?? '')[0]?.tooltip ?? '', /does not act on \(outside the mesh.*: 1$/);
});

for (const [kind, text, expected] of others) {
  test(`what the selectors of a policy select: ${kind}`, () => assert.deepEqual(hinted(text), expected));
}

test('at most ten names, and why there may be more', () => {
  const text = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: big}
spec:
  replicas: 12
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: []}}
`;
  const [hint] = hintsOf(text);
  assert.equal(hint?.label, '→ 12 pods');
  const lines = hint?.tooltip.split('\n') ?? [];
  assert.equal(lines.length, 11);
  assert.deepEqual([lines[0], lines[10]], ['web-1', 'and 2 more']);
});
