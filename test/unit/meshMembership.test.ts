import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSnapshot, type JsonObject, parseManifest, type Resource } from '../../src/engine/index.ts';
import { meshAssumption } from '../../src/engine/mesh/assumption.ts';
import { meshConfigOf } from '../../src/engine/mesh/config.ts';
import { membershipOf } from '../../src/engine/mesh/membership.ts';
import { protocolOf } from '../../src/engine/mesh/portProtocols.ts';
import { common, without } from '../../src/engine/policy/portRanges.ts';

function resourcesOf(objects: readonly JsonObject[]): readonly Resource[] {
  const text = objects.map((one) => JSON.stringify(one)).join('\n---\n');
  return parseManifest(text, 'unit.yaml').documents.flatMap((document) => document.resources);
}

function pod(metadata: JsonObject, spec: JsonObject = {}): JsonObject {
  const containers = [{ name: 'c', image: 'i' }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'n', ...metadata },
    spec: { containers, ...spec },
  };
}

function modeOf(namespace: JsonObject | undefined, object: JsonObject, live = false): string {
  const named =
    namespace === undefined
      ? []
      : [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n', labels: namespace } }];
  const read = resourcesOf([...named, object]);
  const origin = { type: 'cluster', context: 'c' } as const;
  const resources = live ? read.map((one) => ({ ...one, origin })) : read;
  const snapshot = buildSnapshot({ scope: 'unit', resources, assume: {} });
  const found = snapshot.pod('n', 'p');
  assert(found);
  return membershipOf(snapshot, found).mode;
}

const enabled = { 'istio-injection': 'enabled' };
const ambient = { 'istio.io/dataplane-mode': 'ambient' };

const cases: readonly (readonly [what: string, mode: string, namespace: JsonObject | undefined, pod: JsonObject])[] = [
  ['injection enabled', 'sidecar', enabled, pod({})],
  ['enabled goes before a revision', 'sidecar', { ...enabled, 'istio.io/rev': 'a' }, pod({})],
  ['disabled goes before a revision', 'none', { 'istio-injection': 'disabled', 'istio.io/rev': 'a' }, pod({})],
  [
    'an odd value is not enabled',
    'none',
    { 'istio-injection': 'yes' },
    pod({ labels: { 'sidecar.istio.io/inject': 'true' } }),
  ],
  ['a revision', 'sidecar', { 'istio.io/rev': 'a' }, pod({})],
  ['a revision of the pod', 'sidecar', {}, pod({ labels: { 'istio.io/rev': 'a' } })],
  ['an annotation alone', 'none', {}, pod({ annotations: { 'sidecar.istio.io/inject': 'true' } })],
  [
    'a label beats an annotation',
    'sidecar',
    enabled,
    pod({ labels: { 'sidecar.istio.io/inject': 'true' }, annotations: { 'sidecar.istio.io/inject': 'false' } }),
  ],
  ['neither true nor false', 'sidecar', enabled, pod({ labels: { 'sidecar.istio.io/inject': 'no' } })],
  ['an annotation that says no', 'none', enabled, pod({ annotations: { 'sidecar.istio.io/inject': 'false' } })],
  ['the template of a gateway', 'gateway', enabled, pod({ annotations: { 'inject.istio.io/templates': 'gateway' } })],
  ['the host network', 'none', enabled, pod({}, { hostNetwork: true })],
  ['a native sidecar', 'sidecar', {}, pod({}, { initContainers: [{ name: 'istio-proxy', restartPolicy: 'Always' }] })],
  ['a sidecar goes before ambient', 'sidecar', { ...enabled, ...ambient }, pod({})],
  [
    'ambient without a sidecar',
    'ambient',
    { ...enabled, ...ambient },
    pod({ labels: { 'sidecar.istio.io/inject': 'false' } }),
  ],
  ['a waypoint', 'waypoint', { ...ambient, 'istio.io/use-waypoint': 'w' }, pod({})],
  ['a waypoint of no one', 'ambient', { ...ambient, 'istio.io/use-waypoint': '#none' }, pod({})],
  ['a namespace that is not seen', 'unknown', undefined, pod({})],
  [
    'a pod that opts out twice',
    'none',
    undefined,
    pod({ labels: { 'sidecar.istio.io/inject': 'false', 'istio.io/dataplane-mode': 'none' } }),
  ],
];

for (const [what, mode, namespace, object] of cases) {
  test(`in the mesh: ${what}`, () => assert.equal(modeOf(namespace, object), mode));
}

test('the injector of the files has the last word on pods that say nothing', () => {
  const config = `policy: disabled
alwaysInjectSelector:
  - matchLabels: {app: web}
neverInjectSelector:
  - matchLabels: {app: old}
  - {}
templates:
  sidecar: |
    {{- if .Values.x }}
    kind: Pod
    {{- end }}
`;
  const of = (labels: JsonObject, policy = config): string => {
    const injector = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'istio-sidecar-injector-canary', namespace: 'istio-system' },
      data: { config: policy },
    };
    const named = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n', labels: enabled } };
    const snapshot = buildSnapshot({ scope: 'unit', resources: resourcesOf([injector, named, pod({ labels })]) });
    const found = snapshot.pod('n', 'p');
    assert(found);
    return membershipOf(snapshot, found).mode;
  };
  assert.equal(of({ app: 'api' }), 'none');
  assert.equal(of({ app: 'web' }), 'sidecar');
  assert.equal(of({ app: 'api', 'sidecar.istio.io/inject': 'true' }), 'sidecar');
  const all = config.replace('disabled', 'enabled');
  assert.equal(of({ app: 'api' }, all), 'sidecar');
  assert.equal(of({ app: 'old' }, all), 'none');
  assert.equal(of({ app: 'web', 'sidecar.istio.io/inject': 'false' }, all), 'none');
  assert.equal(of({ app: 'web' }, 'policy: maybe'), 'none');
});

test('settings of a mesh are read whatever YAML they are written in', () => {
  const rootOf = (mesh: string): string => {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'istio', namespace: 'a' }, data: { mesh } };
    return meshConfigOf(buildSnapshot({ scope: 'unit', resources: resourcesOf([object]) })).rootNamespace;
  };
  assert.equal(rootOf('rootNamespace: root\n'), 'root');
  assert.equal(rootOf('{"rootNamespace":"root"}'), 'root');
  assert.equal(rootOf('rootNamespace: &name root\ntrustDomain: *name\n'), 'root');
  assert.equal(rootOf(': ['), 'istio-system');
  assert.equal(rootOf(''), 'istio-system');
});

test('a pod of a cluster is what it shows, whatever its labels ask for', () => {
  assert.equal(modeOf(enabled, pod({}), true), 'none');
  assert.equal(modeOf({}, pod({ annotations: { 'ambient.istio.io/redirection': 'enabled' } }), true), 'ambient');
});

test('the protocol that a Service names', () => {
  const named = (name: string): string => protocolOf({ name });
  assert.deepEqual(['http', 'http-web', 'grpc-web-a', 'tcp', 'https', 'mysql-db', 'web', ''].map(named), [
    ...['http', 'http', 'http', 'tcp', 'tcp', 'tcp', 'detected', 'detected'],
  ]);
  assert.equal(protocolOf({ name: 'tcp', appProtocol: 'http' }), 'http');
  assert.equal(protocolOf({ name: 'http', appProtocol: 'example.com/own' }), 'detected');
});

test('ranges of ports', () => {
  assert.deepEqual(
    without(
      [[1, 100]],
      [
        [90, 95],
        [10, 10],
        [11, 20],
      ],
    ),
    [
      [1, 9],
      [21, 89],
      [96, 100],
    ],
  );
  assert.deepEqual(
    common(
      [
        [1, 10],
        [20, 30],
      ],
      [[5, 25]],
    ),
    [
      [5, 10],
      [20, 25],
    ],
  );
  assert.deepEqual(without([[1, 65_535]], [[1, 65_535]]), []);
});

test('a trace lists what it takes for granted of a pod that a policy of the mesh may judge', () => {
  const policy = {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name: 'a', namespace: 'n' },
  };
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n', labels: enabled } };
  const say = (...objects: readonly JsonObject[]): string | undefined => {
    const snapshot = buildSnapshot({ scope: 'unit', resources: resourcesOf(objects), assume: {} });
    const found = snapshot.pod('n', 'p');
    assert(found);
    return meshAssumption(snapshot, found)?.text;
  };
  assert.equal(
    say(namespace, pod({}), policy),
    'p gets a sidecar of the mesh: its namespace has istio-injection=enabled',
  );
  assert.match(say(pod({}), policy) ?? '', /^Whether p is in the mesh is not known/);
  assert.equal(say(namespace, pod({})), undefined);
});
