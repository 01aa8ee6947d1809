import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AnalysisHost,
  drift,
  findings,
  finish,
  type JsonObject,
  query,
  type Resource,
  readDocuments,
} from '../../src/engine/index.ts';
import { asLive } from '../live.ts';

const files = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { team: shop } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: api, namespace: shop }
spec:
  replicas: 2
  selector: { matchLabels: { app: api } }
  template:
    metadata: { labels: { app: api } }
    spec: { containers: [{ name: api, image: api, ports: [{ name: http, containerPort: 8080 }] }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: web }] }
---
apiVersion: v1
kind: Service
metadata: { name: api, namespace: shop }
spec:
  selector: { app: api }
  ports: [{ port: 80, targetPort: http }]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: api, namespace: shop }
spec:
  podSelector: { matchLabels: { app: api } }
  ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: http }] }]
`;

/** The same objects as an API server would give them back, with its defaults, and with the pods that they make. */
function cluster(change: (object: JsonObject) => JsonObject | undefined = (one) => one): readonly Resource[] {
  const objects = readDocuments(files).map(({ value }) => value as JsonObject);
  const pods = ['api', 'web'].map((name, index) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${name}-x`, namespace: 'shop', labels: { app: name }, ownerReferences: [owner(name)] },
    spec: {
      nodeName: 'node-1',
      containers: [{ name, ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }] }],
    },
    status: { phase: 'Running', podIP: `10.244.0.${5 + index}`, conditions: [{ type: 'Ready', status: 'True' }] },
  }));
  return [...objects.map(asStored), ...pods].flatMap((one) => {
    const changed = change(one);
    return changed === undefined ? [] : (asLive(changed) ?? []);
  });
}

function owner(name: string): JsonObject {
  return { apiVersion: 'apps/v1', kind: 'Deployment', name, controller: true };
}

function asStored(object: JsonObject): JsonObject {
  const text = JSON.stringify(object)
    .replaceAll('"port":80,', '"port":80,"protocol":"TCP",')
    .replaceAll('"port":"http"}', '"port":"http","protocol":"TCP"}');
  const stored = JSON.parse(text) as JsonObject;
  const metadata = { ...(stored['metadata'] as JsonObject), uid: 'u', resourceVersion: '7', generation: 1 };
  const spec = stored['spec'] as JsonObject | undefined;
  const service = { clusterIP: '10.96.3.4', clusterIPs: ['10.96.3.4'], type: 'ClusterIP', sessionAffinity: 'None' };
  const policy = { policyTypes: ['Ingress'] };
  const added = object['kind'] === 'Service' ? service : object['kind'] === 'NetworkPolicy' ? policy : {};
  return { ...stored, metadata, ...(spec === undefined ? {} : { spec: { ...spec, ...added } }) };
}

function driftOf(resources: readonly Resource[], text = files) {
  const host = new AnalysisHost();
  const analysis = host.apply({
    folders: [{ uri: '/w', name: 'w' }],
    saved: [{ uri: '/w/all.yaml', text }],
    clusters: [{ context: 'test', resources, missing: [], unread: [] }],
  });
  const [answer] = finish(drift(analysis, undefined));
  assert.ok(answer !== undefined);
  return answer;
}

test('what the server adds by itself is no drift, and applying the same again changes nothing', () => {
  const { rows, summary } = driftOf(cluster());
  assert.deepEqual(rows, []);
  assert.equal(summary, 'changes no connection');
});

const edits: readonly (readonly [what: string, from: string, to: string, row: string, summary: string])[] = [
  [
    'a policy that lets others in',
    'matchLabels: { app: web } } }]',
    'matchLabels: { app: job } } }]',
    'NetworkPolicy shop/api differs in spec.ingress[0].from[0].podSelector.matchLabels.app',
    'closes 1',
  ],
  [
    'a Service port',
    'port: 80,',
    'port: 81,',
    'Service shop/api differs in spec.ports[0].port',
    'changes no connection',
  ],
  [
    'a label of the pods',
    'metadata: { labels: { app: web }',
    'metadata: { labels: { app: www }',
    'Deployment shop/web differs in spec.template.metadata.labels.app',
    'closes 1',
  ],
  [
    'a replica count',
    'replicas: 2',
    'replicas: 3',
    'Deployment shop/api differs in spec.replicas',
    'changes no connection',
  ],
  [
    'a label of the namespace',
    'team: shop',
    'team: sales',
    'Namespace shop differs in metadata.labels.team',
    'changes no connection',
  ],
];
for (const [what, from, to, row, summary] of edits) {
  test(`${what} is drift`, () => {
    const answer = driftOf(cluster(), files.replace(from, to));
    assert.deepEqual(
      answer.rows.map(({ label, text }) => `${label} ${text}`),
      [row],
    );
    assert.equal(answer.summary, summary);
    assert.equal(answer.rows[0]?.location?.uri, '/w/all.yaml');
    assert.match(
      answer.rows[0]?.live?.uri ?? '',
      /^podpath-cluster:\/(api|web|shop)\.(NetworkPolicy|Service|Deployment|Namespace)\.yaml\?%5B%22test%22/,
    );
  });
}

test('what is not there yet, and policies that only the cluster has, are told', () => {
  const kinds = new Map([['Service', undefined]]);
  const without = cluster((one) => (kinds.has(String(one['kind'])) ? undefined : one));
  const own = asLive({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'by-hand', namespace: 'shop' },
    spec: { podSelector: {}, policyTypes: ['Egress'] },
  });
  assert.ok(own !== undefined);
  const { rows } = driftOf([...without, own]);
  assert.deepEqual(
    rows.map(({ kind, label }) => `${kind} ${label}`),
    ['extra NetworkPolicy shop/by-hand', 'absent Service shop/api'],
  );
});

test('applying keeps the addresses that the server gave, and live pods stand for an unchanged template', () => {
  const host = new AnalysisHost();
  const analysis = host.apply({
    folders: [{ uri: '/w', name: 'w' }],
    saved: [{ uri: '/w/all.yaml', text: files.replace('labels: { app: web }', 'labels: { app: web, v: two }') }],
    settings: { assume: {}, rules: {}, layOver: 'test' },
    clusters: [{ context: 'test', resources: cluster(), missing: [], unread: [] }],
  });
  const snapshot = analysis.scopeNamed('w')?.snapshot;
  assert.deepEqual(snapshot?.service('shop', 'api')?.clusterIPs, ['10.96.3.4']);
  const pods = snapshot?.pods.map(({ ref, simulated }) => `${ref.name} ${simulated}`);
  assert.deepEqual(pods, ['api-x false', 'web-1 true']);
});

test('hovering a manifest shows how the object stands in the cluster, and a live object can be hovered itself', () => {
  const host = new AnalysisHost();
  const text = files.replace('port: 80,', 'port: 81,');
  const analysis = host.apply({
    folders: [{ uri: '/w', name: 'w' }],
    saved: [{ uri: '/w/all.yaml', text }],
    clusters: [{ context: 'test', resources: cluster(), missing: [], unread: [] }],
  });
  const hoverAt = (uri: string, content: string, word: string): string => {
    const lines = content.split('\n');
    const line = lines.findIndex((one) => one.includes(word));
    const position = { line, character: (lines[line] ?? '').indexOf(word) + 1 };
    return finish(query(analysis, 'hover', { uri, position }))?.markdown ?? '';
  };
  assert.match(
    hoverAt('/w/all.yaml', text, 'selector: { app: api }'),
    /\ntest: 1 of 1 endpoints ready · differs in spec\.ports\[0\]\.port\n/,
  );
  assert.match(hoverAt('/w/all.yaml', text, 'ingress: ['), /\ntest: as in this file\n/);
  const [answer] = finish(drift(analysis, undefined));
  const live = answer?.rows[0]?.live?.uri ?? '';
  const liveText = finish(query(analysis, 'liveText', { uri: live }));
  assert.match(liveText, /^# As Podpath keeps it from context test/);
  assert.match(hoverAt(live, liveText, 'selector:'), /Service shop\/api · ClusterIP 10\.96\.3\.4\n/);
});

test('of a cluster that is still being read Services have their endpoints, and nothing is judged', () => {
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'api-1', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'api' } },
    addressType: 'IPv4',
    ports: [{ name: '', port: 8080, protocol: 'TCP' }],
    endpoints: [{ addresses: ['10.244.0.5'], nodeName: 'node-1', targetRef: { kind: 'Pod', name: 'api-x' } }],
  };
  const first = [...cluster((one) => (one['kind'] === 'Service' ? one : undefined)), asLive(slice)].flatMap(
    (one) => one ?? [],
  );
  const host = new AnalysisHost();
  const saved = [{ uri: '/w/all.yaml', text: files }];
  const folders = [{ uri: '/w', name: 'w' }];
  const loading = { context: 'test', resources: first, missing: [], unread: [], isLoading: true };
  const early = host.apply({ folders, saved, clusters: [loading] });
  const rows = finish(query(early, 'tree', { view: 'services' }));
  const [row] = rows.find(({ label }) => label === 'test')?.children ?? [];
  assert.equal(row?.description, 'shop · ClusterIP · 1 endpoint');
  assert.deepEqual(
    row?.children.map(({ label, description }) => `${label} ${description}`),
    ['10.244.0.5 10.244.0.5:8080 node-1'],
  );
  assert.deepEqual(finish(drift(early, undefined)), []);
  assert.deepEqual(
    finish(findings(early)).filter(({ scope }) => scope === 'test'),
    [],
  );
  const traced = finish(
    query(early, 'trace', { from: '10.0.0.1', to: 'shop/svc/api', protocol: 'TCP', scope: 'test' }),
  );
  assert.match('problem' in traced ? traced.problem : '', /^test is still being read/);
  const whole = { context: 'test', resources: cluster(), missing: [], unread: [] };
  const late = host.apply({ clusters: [whole] });
  const scope = late.scopeNamed('test');
  const service = scope?.snapshot.service('shop', 'api');
  assert.ok(scope !== undefined && service !== undefined);
  assert.equal(scope.derived.endpointsOf(service).endpoints[0]?.pod?.ref.name, 'api-x');
  assert.equal(finish(drift(late, undefined)).length, 1);
});
