import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JsonObject, liveKinds, liveResource } from '../../src/engine/index.ts';

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
