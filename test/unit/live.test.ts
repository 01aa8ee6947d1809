import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AnalysisHost,
  findings,
  finish,
  type JsonObject,
  type JsonValue,
  liveKinds,
  liveResource,
  wholeGraph,
} from '../../src/engine/index.ts';

function kept(kind: string, fields: JsonObject): JsonObject | undefined {
  const object = { metadata: { name: 'x', namespace: 'shop' }, ...fields };
  return liveResource(object, { group: '', version: 'v1', kind }, 'test')?.object;
}

const noNetwork =
  'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized';

function node(second: number, extra: JsonObject = {}): JsonObject {
  return {
    status: {
      capacity: { cpu: '4' },
      images: [{ names: ['secret.example/image'] }],
      conditions: [
        { type: 'MemoryPressure', status: 'False', lastHeartbeatTime: `12:00:${second}` },
        {
          type: 'Ready',
          status: 'False',
          reason: 'KubeletNotReady',
          message: `[PLEG is not healthy: pleg was last seen active 3m${second}.1s ago, ${noNetwork}]`,
          lastHeartbeatTime: `12:00:${second}`,
          ...extra,
        },
      ],
    },
  };
}

test('a node keeps what it says of its network, and no heartbeat changes that', () => {
  const first = kept('Node', node(1));
  assert.deepEqual(first, kept('Node', node(59)));
  assert.deepEqual(first?.['status'], {
    conditions: [{ type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: `${noNetwork}]` }],
  });
  const other = kept('Node', node(1, { message: 'PLEG is not healthy: pleg was last seen active 3m1s ago' }));
  assert.deepEqual(other?.['status'], {
    conditions: [{ type: 'Ready', status: 'False', reason: 'KubeletNotReady' }],
  });
  const ready = kept('Node', node(1, { status: 'True', reason: 'KubeletReady', message: 'kubelet is posting' }));
  assert.deepEqual(ready?.['status'], { conditions: [{ type: 'Ready', status: 'True' }] });
});

test('a pod keeps one word for what it waits for, no message and no container that runs', () => {
  const waiting = { name: 'app', image: 'app', state: { waiting: { reason: 'CrashLoopBackOff', message: 'hunter2' } } };
  const running = { name: 'ok', restartCount: 3, state: { running: { startedAt: '12:00' } } };
  const status = {
    phase: 'Pending',
    conditions: [
      { type: 'Ready', status: 'False', reason: 'ContainersNotReady', message: 'hunter2', lastProbeTime: '12:00' },
      { type: 'PodScheduled', status: 'True', lastTransitionTime: '12:00' },
    ],
    containerStatuses: [waiting, running],
  };
  assert.deepEqual(kept('Pod', { status })?.['status'], {
    phase: 'Pending',
    conditions: [
      { type: 'Ready', status: 'False', reason: 'ContainersNotReady' },
      { type: 'PodScheduled', status: 'True' },
    ],
    containerStatuses: [{ name: 'app', state: { waiting: { reason: 'CrashLoopBackOff' } } }],
  });
});

function event(sandbox: string, count: number, fields: JsonObject = {}): JsonObject {
  return {
    type: 'Warning',
    reason: 'FailedCreatePodSandBox',
    message: `Failed to create pod sandbox: failed to setup network for sandbox "${sandbox.repeat(16)}": \u001b[31mno IP\n`,
    count,
    lastTimestamp: `12:00:${count}`,
    involvedObject: { kind: 'Pod', namespace: 'shop', name: 'api', uid: 'u-1', resourceVersion: String(count) },
    source: { component: 'kubelet', host: 'node-1' },
    ...fields,
  };
}

test('of Events only warnings about the network are kept, alike for every attempt', () => {
  const first = kept('Event', event('ab12', 1));
  assert.deepEqual(first, kept('Event', event('cd34', 20)));
  assert.deepEqual(first?.['involvedObject'], { kind: 'Pod', namespace: 'shop', name: 'api', uid: 'u-1' });
  assert.equal(first?.['message'], 'Failed to create pod sandbox: failed to setup network for sandbox "…": [31mno IP');
  assert.equal('count' in (first ?? {}), false);
  assert.equal(kept('Event', event('ab12', 1, { reason: 'BackOff' })), undefined);
  assert.equal(kept('Event', event('ab12', 1, { type: 'Normal' })), undefined);
  const long = kept('Event', event('ab12', 1, { message: '\u{1f600}'.repeat(9000) }))?.['message'];
  assert.equal([...String(long)].length, 240);
  assert.equal(liveKinds.find(({ kind }) => kind === 'Event')?.fieldSelector, 'type=Warning');
});

const owner = (kind: string): JsonObject => ({ apiVersion: 'apps/v1', kind, name: 'web', uid: 'o', controller: true });

function pod(name: string, fields: JsonObject, owners: readonly JsonObject[] = []): JsonObject {
  const metadata = { name, namespace: 'shop', uid: `u-${name}`, labels: { app: 'web' }, ownerReferences: owners };
  return { metadata, ...fields };
}

function keptPod(object: JsonObject): JsonObject {
  const found = liveResource(object, { group: '', version: 'v1', kind: 'Pod' }, 'test')?.object;
  assert.ok(found !== undefined);
  return found;
}

test('a pod has its own name, node and addresses, whatever it shares with others', () => {
  const spec = { nodeName: 'n1', hostname: 'a', containers: [{ name: 'web', image: 'web', env: [{ name: 'KEY' }] }] };
  const both = [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }];
  const one = keptPod(
    pod('a', { spec, status: { phase: 'Running', podIP: '10.0.0.1', podIPs: both, hostIP: '192.0.2.1' } }),
  );
  assert.deepEqual(one, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', namespace: 'shop', labels: { app: 'web' }, ownerReferences: [], uid: 'u-a' },
    spec: { containers: [{ name: 'web', image: 'web' }], nodeName: 'n1', hostname: 'a' },
    status: { phase: 'Running', podIP: '10.0.0.1', hostIP: '192.0.2.1', podIPs: both },
  });
  const only = { phase: 'Running', podIP: '10.0.0.2', podIPs: [{ ip: '10.0.0.2' }] };
  const other = keptPod(pod('b', { spec: { ...spec, nodeName: 'n2', hostname: 'b' }, status: only }));
  assert.deepEqual(other['status'], { phase: 'Running', podIP: '10.0.0.2' });
  assert.deepEqual(other['spec'], { containers: [{ name: 'web', image: 'web' }], nodeName: 'n2', hostname: 'b' });
  assert.equal('status' in keptPod(pod('c', {})), false);
  const unplaced = keptPod(pod('d', { spec: { nodeName: 7 } }));
  assert.deepEqual(unplaced['spec'], { nodeName: 7 });
});

test('a uid is kept only where the next pod may have the same name', () => {
  const uid = (kind: string): unknown => Object(keptPod(pod('web-0', {}, [owner(kind)]))['metadata'])['uid'];
  assert.equal(uid('StatefulSet'), 'u-web-0');
  assert.equal(uid('ReplicaSet'), undefined);
  assert.equal(uid('DaemonSet'), undefined);
});

test('an EndpointSlice is what it was, without the identities of its pods', () => {
  const ready = { ready: true, serving: true, terminating: false };
  const targetRef = { kind: 'Pod', namespace: 'shop', name: 'a' };
  const endpoints = [
    { addresses: ['10.0.0.1'], conditions: ready, zone: 'z1', nodeName: 'n1', targetRef: { ...targetRef, uid: 'u' } },
    { addresses: ['10.0.0.2'], conditions: ready, hints: { forZones: [{ name: 'z1' }] }, hostname: 'db-0' },
    { addresses: ['10.0.0.3', '10.0.0.4'], conditions: {} },
    { addresses: [], targetRef: { kind: 'Pod' } },
    { addresses: 'none' },
    7,
  ];
  const slice = (list: unknown): JsonObject | undefined =>
    liveResource(
      { metadata: { name: 'web-x', namespace: 'shop' }, addressType: 'IPv4', ports: [], endpoints: list } as JsonObject,
      { group: 'discovery.k8s.io', version: 'v1', kind: 'EndpointSlice' },
      'test',
    )?.object;
  const expected = endpoints.map((one) => (Object.hasOwn(Object(one), 'zone') ? { ...Object(one), targetRef } : one));
  assert.deepEqual(slice(endpoints), {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'web-x', namespace: 'shop' },
    addressType: 'IPv4',
    ports: [],
    endpoints: expected,
  });
  assert.deepEqual(slice(null)?.['endpoints'], []);
});

/** What may stand where an object is expected: nothing, or anything else. */
const odd: readonly JsonValue[] = [null, 'x', 7, true, [], [null], ['x'], {}, { items: null }, { selector: null }];

test('objects of every kind without spec and status, or with anything in their place, are read and judged', () => {
  for (const value of [undefined, ...odd]) {
    const resources = liveKinds.flatMap(({ group, kind }) =>
      ['v1', 'v9'].flatMap((version) => {
        const metadata = { name: `${kind.toLowerCase()}-${version}`, namespace: 'shop', labels: value ?? null };
        const rest =
          value === undefined ? {} : { spec: value, status: value, data: value, endpoints: value, ports: value };
        return liveResource({ metadata, ...rest } as JsonObject, { group, version, kind }, 'test') ?? [];
      }),
    );
    const lacking = liveKinds.filter(({ kind }) => !resources.some(({ ref }) => ref.kind === kind));
    // Of Events only warnings are kept, of ConfigMaps those of known names.
    assert.deepEqual([...new Set(lacking.map(({ kind }) => kind))], ['ConfigMap', 'Event']);
    const clusters = [{ context: 'test', resources, missing: [], unread: [] }];
    const analysis = new AnalysisHost().apply({ clusters });
    assert.ok(Array.isArray(finish(findings(analysis))), JSON.stringify(value));
    const scope = analysis.scopeNamed('test') ?? assert.fail('there is no scope');
    assert.ok((wholeGraph(analysis, scope)?.nodes.length ?? 0) > 0);
  }
});

test('what is no object, or has no name, is none', () => {
  const form = { group: '', version: 'v1', kind: 'Pod' };
  for (const metadata of [undefined, null, 'x', [], {}, { name: 7 }, { name: null }]) {
    assert.equal(
      liveResource({ metadata } as unknown as JsonObject, form, 'test'),
      undefined,
      JSON.stringify(metadata),
    );
  }
});
