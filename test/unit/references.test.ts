import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnalysisHost, finish, query } from '../../src/engine/index.ts';

const files: Readonly<Record<string, string>> = {
  'web.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: c
          image: c
          ports:
            - name: http
              containerPort: 8080
          readinessProbe: {httpGet: {port: http}}
        - name: side
          image: c
          readinessProbe: {httpGet: {port: http}}
          env: [{name: DB, value: "postgres://db:5432"}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports:
    - name: front
      port: 80
      targetPort: http
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: other}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: http}]
`,
  'db.yaml': `apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c, image: c}]}}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {clusterIP: None, selector: {app: db}, ports: [{port: 5432}]}
`,
  'routes.yaml': `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: i, namespace: shop}
spec:
  defaultBackend:
    service:
      name: web
      port: {name: front}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r, namespace: edge}
spec:
  rules:
    - backendRefs:
        - {name: web, port: 80, namespace: shop}
        - {name: web, port: 81}
---
apiVersion: route.openshift.io/v1
kind: Route
metadata: {name: o, namespace: shop}
spec: {to: {kind: Service, name: web}, port: {targetPort: front}}
`,
  'policies.yaml': `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
    - ports: [{port: http}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
    - from:
        - podSelector: {matchLabels: {app: web}}
      ports: [{port: http}]
`,
  'podpath.yaml': `tests:
  - {from: shop/Deployment/web, to: shop/svc/db, expect: allowed}
  - {from: shop/web-1, to: db.shop.svc.cluster.local, expect: allowed}
  - {from: 203.0.113.7, to: "shop/svc/web:80", expect: allowed}
`,
};

/** Asks at the middle of the marked text of a file; `[file:line text]` of each answer. */
function asked(file: string, marked: string, declaration = false, broken?: string): readonly string[] {
  const text = files[file] ?? '';
  const start = text.indexOf(marked.replace('|', ''));
  const offset = start + marked.indexOf('|');
  assert.ok(start >= 0 && marked.includes('|'));
  const before = text.slice(0, offset);
  const position = { line: before.split('\n').length - 1, character: offset - before.lastIndexOf('\n') - 1 };
  const saved = Object.entries(files).map(([name, content]) => ({ uri: `w/${name}`, text: content }));
  const host = new AnalysisHost();
  const extra = broken === undefined ? [] : [{ uri: 'w/broken.yaml', text: broken }];
  const analysis = host.apply({ folders: [{ uri: 'w', name: 'w' }], saved: [...saved, ...extra] });
  const places = finish(query(analysis, 'references', { uri: `w/${file}`, position, declaration }));
  return places.map(({ uri, range }) => {
    const name = uri.slice(2);
    const line = (name === 'broken.yaml' ? (broken ?? '') : (files[name] ?? '')).split('\n')[range.start.line] ?? '';
    const end = range.end.line === range.start.line ? range.end.character : line.length;
    return `${name}:${range.start.line + 1} ${line.slice(range.start.character, end)}`;
  });
}

const usesOfWeb = ['routes.yaml:7 web', 'routes.yaml:16 web', 'podpath.yaml:4 "shop/svc/web:80"', 'routes.yaml:22 web'];

test('a Service: backends, routes of both sorts, assertions; not those of another namespace', () => {
  assert.deepEqual([...asked('web.yaml', 'kind: Service\nmetadata: {name: w|eb')].sort(), [...usesOfWeb].sort());
  assert.deepEqual([...asked('routes.yaml', 'name: w|eb\n')].sort(), [...usesOfWeb].sort());
  assert.deepEqual([...asked('routes.yaml', '{name: w|eb, port: 80')].sort(), [...usesOfWeb].sort());
});

test('a headless Service: its StatefulSet, DNS names in values and in assertions; the declaration where it is asked for', () => {
  const uses = [
    'db.yaml:5 db',
    'podpath.yaml:2 shop/svc/db',
    'podpath.yaml:3 db.shop.svc.cluster.local',
    'web.yaml:20 "postgres://db:5432"',
  ];
  assert.deepEqual([...asked('db.yaml', 'serviceName: d|b')].sort(), uses);
  assert.deepEqual([...asked('web.yaml', 'postgres://d|b', true)].sort(), ['db.yaml:11 db', ...uses].sort());
});

test('a workload: Services and policies that select it, as subject and as peer, and assertions', () => {
  const expected = [
    'web.yaml:26 {app: web}',
    'policies.yaml:5 {matchLabels: {app: web}}',
    'policies.yaml:16 podSelector: {matchLabels: {app: web}}',
    'podpath.yaml:2 shop/Deployment/web',
    'podpath.yaml:3 shop/web-1',
  ];
  assert.deepEqual(asked('web.yaml', 'kind: Deployment\nmetadata: {name: w|eb'), expected);
  assert.deepEqual(asked('web.yaml', 'metadata: {labels: {app: w|eb'), expected);
});

test("a container port's name: targetPorts, policies whose pods listen, probes of its container", () => {
  const expected = ['web.yaml:30 http', 'policies.yaml:7 http', 'web.yaml:16 http'];
  assert.deepEqual(asked('web.yaml', '- name: ht|tp'), expected);
  assert.deepEqual(asked('web.yaml', 'targetPort: ht|tp\n---'), expected);
  assert.deepEqual(asked('policies.yaml', 'app: web}}\n  ingress:\n    - ports: [{port: ht|tp'), expected);
  assert.deepEqual(asked('web.yaml', '- name: ht|tp', true), ['web.yaml:14 http', ...expected]);
});

test("a Service's port: backends by its name", () => {
  const expected = ['routes.yaml:8 front', 'routes.yaml:22 front'];
  assert.deepEqual(asked('web.yaml', '- name: fr|ont'), expected);
  assert.deepEqual(asked('routes.yaml', 'port: {name: fr|ont'), expected);
});

test('nothing is named: no references; half-typed YAML elsewhere hides none', () => {
  assert.deepEqual(asked('web.yaml', 'image: |c\n'), []);
  assert.deepEqual(asked('web.yaml', 'replicas: |2'), []);
  const half = `kind: [\n---\n${files['routes.yaml']?.replace('name: i,', 'name: j,').split('---')[0]}`;
  assert.ok(asked('web.yaml', 'kind: Service\nmetadata: {name: w|eb', false, half).includes('broken.yaml:9 web'));
});
