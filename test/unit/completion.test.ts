import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnalysisHost, finish, liveResource, query } from '../../src/engine/index.ts';

const workload = (
  name: string,
  namespace: string,
  replicas: number,
  labels: string,
  ports = '',
): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {${labels}}}
  template:
    metadata: {labels: {${labels}}}
    spec: {containers: [{name: c, image: c, ports: [${ports}]}]}
`;

const world = [
  'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: a}}\n',
  'apiVersion: v1\nkind: Namespace\nmetadata: {name: bank, labels: {team: b}}\n',
  workload('web', 'shop', 3, 'app: web, tier: front', '{name: http, containerPort: 8080}'),
  workload('api', 'shop', 1, 'app: api, version: "1.0"', '{name: grpc, containerPort: 9000}, {containerPort: 9001}'),
  workload('till', 'bank', 2, 'app: till', '{name: cash, containerPort: 7000}'),
  'apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {selector: {app: web}, ports: [{name: http, port: 80}, {name: tls, port: 443}]}\n',
  'apiVersion: v1\nkind: Service\nmetadata: {name: db, namespace: shop}\nspec: {clusterIP: None, selector: {app: db}, ports: [{port: 5432}]}\n',
  'apiVersion: v1\nkind: Service\nmetadata: {name: till, namespace: bank}\nspec: {selector: {app: till}, ports: [{port: 70}]}\n',
].join('---\n');

/** What is offered where | stands in the text; the analysis knows the file as it was before, without that line. */
function complete(marked: string, uri = 'w/a.yaml') {
  const offset = marked.indexOf('|');
  const text = marked.slice(0, offset) + marked.slice(offset + 1);
  const before = text.slice(0, offset);
  const position = { line: before.split('\n').length - 1, character: offset - before.lastIndexOf('\n') - 1 };
  const host = new AnalysisHost();
  const saved = [{ uri: 'w/world.yaml', text: world }];
  const unsaved = [{ uri, text }];
  const analysis = host.apply({ folders: [{ uri: 'w', name: 'w' }], saved, unsaved });
  return finish(query(analysis, 'completion', { uri, position, text }));
}

/** `insertText (detail)` of each item. */
function offered(marked: string): readonly string[] {
  return complete(marked)?.items.map(({ insertText, detail }) => `${insertText} (${detail})`) ?? [];
}

function inserted(marked: string): readonly string[] {
  return complete(marked)?.items.map(({ insertText }) => insertText) ?? [];
}

const service = (spec: string): string =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: new, namespace: shop}\nspec:\n${spec}`;
const policy = (spec: string): string =>
  `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: new, namespace: shop}\nspec:\n${spec}`;

test('keys and values of a selector, with where they come from', () => {
  const keys = ['app:  (on 4 pods of shop)', 'tier:  (on 3 pods of shop)', 'version:  (on 1 pod of shop)'];
  assert.deepEqual(offered(service('  selector:\n    |\n')), keys);
  assert.deepEqual(offered(service('  selector:\n    |\n  ports: []\n')), keys);
  assert.deepEqual(offered(service('  selector: {|}\n')), keys);
  assert.deepEqual(inserted(service('  selector:\n    app: web\n    t|\n')), ['tier: ', 'version: ']);
  assert.deepEqual(inserted(service('  selector:\n    a|: web\n')), ['app', 'tier', 'version']);
  assert.deepEqual(offered(service('  selector:\n    app: |\n')), [
    'web (on 3 pods of shop)',
    'api (on 1 pod of shop)',
  ]);
  assert.deepEqual(inserted(service('  selector: {app: "w|"}\n')), ['web', 'api']);
});

test('a value that YAML would take for a number is quoted, and not twice', () => {
  assert.deepEqual(inserted(service('  selector:\n    version: |\n')), ["'1.0'"]);
  assert.deepEqual(inserted(service('  selector:\n    version: "|"\n')), ['1.0']);
});

test('the word at the cursor is what an item replaces', () => {
  const answer = complete(service('  selector:\n    app: we|b\n'));
  assert.deepEqual(answer?.range, { start: { line: 5, character: 9 }, end: { line: 5, character: 12 } });
});

test('half-typed text: open brackets, a missing colon above, an anchor that is not there yet below', () => {
  for (const text of [
    '  selector: {app: |',
    '  ports: [\n  selector:\n    app: |\n',
    '  type\n  selector:\n    app: |\n',
  ]) {
    assert.deepEqual(inserted(service(text)), ['web', 'api'], text);
  }
  assert.deepEqual(inserted(`${service('  selector:\n    app: |\n')}---\nkind: [\n`), ['web', 'api']);
});

test('matchExpressions: keys, operators, values that are not there yet', () => {
  const expression = (text: string): string => policy(`  podSelector:\n    matchExpressions:\n      - ${text}\n`);
  assert.deepEqual(inserted(expression('key: |')), ['app', 'tier', 'version']);
  assert.deepEqual(inserted(expression('{key: app, operator: |}')), ['In', 'NotIn', 'Exists', 'DoesNotExist']);
  assert.deepEqual(inserted(expression('{key: app, operator: In, values: [|')), ['web', 'api']);
  assert.deepEqual(inserted(expression('key: app\n        values:\n          - web\n          - |')), ['api']);
});

test('a namespace selector reads namespaces, and a pod selector beside it the pods of those', () => {
  const peer = (text: string): string => policy(`  podSelector: {}\n  ingress:\n    - from:\n        - ${text}\n`);
  assert.deepEqual(offered(peer('namespaceSelector:\n            matchLabels:\n              team: |')), [
    'a (on namespace shop)',
    'b (on namespace bank)',
  ]);
  const named = inserted(peer('namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: |'));
  assert.ok(named.includes('shop') && named.includes('bank') && named.includes('kube-system'), named.join());
  const both = 'namespaceSelector: {matchLabels: {team: b}}\n          podSelector: {matchLabels: {app: |}}';
  assert.deepEqual(offered(peer(both)), ['till (on 2 pods of bank)']);
  assert.deepEqual(inserted(peer('podSelector: {matchLabels: {app: |}}')), ['web', 'api']);
});

test('a policy of the whole cluster reads pods of every namespace', () => {
  const text =
    'apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata: {name: new}\nspec:\n  subject:\n    pods: {podSelector: {matchLabels: {app: |}}}\n';
  assert.deepEqual(offered(text).slice(0, 2), ['web (on 3 pods of shop)', 'till (on 2 pods of bank)']);
});

test('Cilium: the namespace among the labels, keys with their source, ports as text', () => {
  const rule = (text: string): string =>
    `apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: new, namespace: shop}\nspec:\n  endpointSelector: {}\n  ingress:\n    - ${text}\n`;
  assert.ok(inserted(rule('fromEndpoints: [{matchLabels: {k8s:io.kubernetes.pod.namespace: |}}]')).includes('bank'));
  const there = 'fromEndpoints: [{matchLabels: {k8s:io.kubernetes.pod.namespace: bank, k8s:app: |}}]';
  assert.deepEqual(inserted(rule(there)), ['till']);
  const ports = inserted(rule('toPorts: [{ports: [{port: |}]}]'));
  assert.deepEqual(ports, ['http', 'grpc', "'8080'", "'9000'", "'9001'"]);
});

test('a workload: its selector and the labels of its template fit each other', () => {
  const text = (selector: string, labels: string): string =>
    `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: new, namespace: shop}\nspec:\n  selector:\n    matchLabels:\n      ${selector}\n  template:\n    metadata:\n      labels:\n        ${labels}\n`;
  assert.deepEqual(offered(text('app: |', 'app: mine')), ['mine (on its own template)']);
  assert.deepEqual(offered(text('app: mine', '|')), ['app:  (its selector asks for it)']);
  assert.deepEqual(inserted(text('app: mine', 'app: mine\n        |')), []);
  assert.deepEqual(offered(text('app: mine', 'app: |')), ['mine (its selector asks for it)']);
});

test('labels of new pods: what Services of the namespace select', () => {
  const wanted = ['web (Service web selects it)', 'db (Service db selects it)'];
  const set =
    'apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: new, namespace: shop}\nspec:\n  selector:\n    matchLabels:\n      ';
  assert.deepEqual(offered(`${set}app: |\n`), wanted);
  assert.deepEqual(offered(`${set}|\n`), ['app:  (Service web selects it)']);
  const pod = 'apiVersion: v1\nkind: Pod\nmetadata: {name: new, namespace: shop, labels: {app: |}}\n';
  assert.deepEqual(offered(pod), wanted);
});

const ingress = (backend: string): string =>
  `apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: new, namespace: shop}\nspec:\n  rules:\n    - http:\n        paths:\n          - path: /\n            backend:\n              service:\n${backend}`;

test('an Ingress: Services of its namespace, then their ports by name or number', () => {
  assert.deepEqual(offered(ingress('                name: |\n')), [
    'db (headless Service of shop · 5432)',
    'web (ClusterIP Service of shop · 80 http, 443 tls)',
  ]);
  const port = (text: string): string =>
    ingress(`                name: web\n                port:\n                  ${text}`);
  assert.deepEqual(offered(port('name: |')), ['http (80/TCP of Service web)', 'tls (443/TCP of Service web)']);
  assert.deepEqual(inserted(port('number: |')), ['80', '443']);
});

test('a StatefulSet offers headless Services first; a route of another API its Services and ports', () => {
  const set =
    'apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: new, namespace: shop}\nspec:\n  serviceName: |\n';
  assert.deepEqual(inserted(set), ['db', 'web']);
  const route = (text: string): string =>
    `apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: new, namespace: shop}\nspec:\n  rules:\n    - backendRefs:\n        - ${text}\n`;
  assert.deepEqual(inserted(route('name: |')), ['db', 'web']);
  assert.deepEqual(inserted(route('{namespace: bank, name: |')), ['till']);
  assert.deepEqual(inserted(route('{name: web, port: |')), ['80', '443']);
});

test('targetPort: ports of the pods behind the Service, names first', () => {
  const text = service('  selector: {app: api}\n  ports:\n    - port: 80\n      targetPort: |');
  assert.deepEqual(offered(text), [
    'grpc (9000/TCP on 1 pod of shop)',
    '9000 (grpc/TCP on 1 pod of shop)',
    '9001 (TCP on 1 pod of shop)',
  ]);
});

test('ports of a policy: the subject listens on the way in, the peers on the way out', () => {
  const rules = (direction: string, peers: string): string =>
    policy(
      `  podSelector: {matchLabels: {app: web}}\n  ${direction}:\n    - ${peers}\n      ports:\n        - port: |\n`,
    );
  assert.deepEqual(inserted(rules('ingress', 'from: [{podSelector: {}}]')), ['http', '8080']);
  assert.deepEqual(inserted(rules('egress', 'to: [{podSelector: {matchLabels: {app: api}}}]')), [
    'grpc',
    '9000',
    '9001',
  ]);
  assert.deepEqual(inserted(rules('egress', 'to: [{namespaceSelector: {matchLabels: {team: b}}}]')), ['cash', '7000']);
});

test('metadata.namespace: those that are there, and not the one that is being typed', () => {
  const text = 'apiVersion: v1\nkind: Service\nmetadata:\n  name: new\n  namespace: sh|\nspec: {}\n';
  const found = offered(text);
  assert.ok(
    found.includes('shop (Namespace with 4 pods)') && found.includes('bank (Namespace with 2 pods)'),
    found.join(),
  );
  assert.ok(!found.some((one) => one.startsWith('sh (')));
});

test('namespaces of a backend of a route and of the source of a mesh policy', () => {
  const route =
    'apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: new, namespace: shop}\nspec:\n  rules: [{backendRefs: [{namespace: |}]}]\n';
  assert.ok(inserted(route).includes('bank'));
  const mesh =
    'apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: new, namespace: shop}\nspec:\n  rules: [{from: [{source: {namespaces: [|]}}]}]\n';
  assert.ok(inserted(mesh).includes('bank'));
});

test('JSON: within quotes, before its braces are closed', () => {
  const json = '{\n  "apiVersion": "v1",\n  "kind": "Service",\n  "metadata": {"name": "new", "namespace": "shop"},\n';
  assert.deepEqual(inserted(`${json}  "spec": {"selector": {"app": "|"`), ['web', 'api']);
  assert.deepEqual(inserted(`${json}  "spec": {"selector": {"|"}}}`), ['app', 'tier', 'version']);
});

test('nothing is offered where nothing is expected: comments, prose, other fields, selectors of other objects', () => {
  for (const text of [
    service('  # app: |\n'),
    service('  type: |\n'),
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\ndata:\n  text: >-\n    matchLabels: |\n',
    'apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a, namespace: shop}\nspec: {selector: {matchLabels: {|}}}\n',
    'name: |\n',
    '|',
  ]) {
    assert.equal(complete(text), null, text);
  }
});

test('a file that has no object yet is of the scope of its neighbours; a List of objects counts each', () => {
  const bare = 'apiVersion: v1\nkind: Service\nspec: {selector: {app: |}}\nmetadata: {namespace: shop}\n';
  assert.deepEqual(inserted(bare), ['web', 'api']);
  const list = `apiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: Service\n    metadata: {name: x, namespace: bank}\n    spec:\n      selector:\n        app: |\n`;
  assert.deepEqual(inserted(list), ['till']);
});

test('what only a running cluster has is offered after what the files have, and says where it comes from', () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'live', namespace: 'shop', labels: { app: 'live', track: 'canary' } },
    spec: { containers: [] },
    status: { phase: 'Running', podIP: '10.244.0.9' },
  };
  const resource = liveResource(pod, { group: '', version: 'v1', kind: 'Pod' }, 'kind-dev');
  assert.ok(resource !== undefined);
  const text = policy('  podSelector:\n    matchLabels:\n      app: ');
  const analysis = new AnalysisHost().apply({
    folders: [{ uri: 'w', name: 'w' }],
    saved: [
      { uri: 'w/world.yaml', text: world },
      { uri: 'w/a.yaml', text },
    ],
    clusters: [{ context: 'kind-dev', resources: [resource], missing: [], unread: [] }],
  });
  const position = { line: text.split('\n').length - 1, character: '      app: '.length };
  const items = finish(query(analysis, 'completion', { uri: 'w/a.yaml', position, text }))?.items ?? [];
  assert.equal(items.at(-1)?.label, 'live');
  assert.match(items.at(-1)?.detail ?? '', / · kind-dev$/);
  assert.ok(items.some(({ label, detail }) => label === 'web' && !detail.includes('kind-dev')));
});
