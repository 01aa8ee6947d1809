import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { readyAnnotation } from '../../scripts/statusWriter.mjs';
import { AnalysisHost, findings, finish, type LocatedFinding } from '../../src/engine/index.ts';
import { podpath } from '../cli/run.ts';
import { deployment, ownPlane, paths, service, until } from './plane.ts';
import { accessOf, follow } from './source.ts';

const plane = await ownPlane();
const shop = paths('shop');
const { source, changes } = follow(accessOf(plane.kubeconfigs.admin));
after(() => source.stop());
assert.equal((await source.settled(30_000)).kind, 'live');

/** What is found in what the source holds now. */
function found(): readonly LocatedFinding[] {
  return finish(findings(new AnalysisHost().apply({ clusters: [source.snapshot()] })));
}

const of = (code: string): LocatedFinding | undefined => found().find((one) => one.code === code);

async function becomesFound(code: string): Promise<LocatedFinding> {
  await until(`${code} is found`, () => of(code) !== undefined);
  const finding = of(code);
  assert.ok(finding !== undefined);
  return finding;
}

test('a Service is told as long as none of its pods is ready', async () => {
  await plane.admin.create(shop.services, service('api'));
  await plane.admin.create(shop.deployments, deployment('api', 2, 8080, { [readyAnnotation]: 'false' }));
  const finding = await becomesFound('service-no-ready-endpoints');
  await until('both pods are told', () => of('service-no-ready-endpoints')?.related.length === 2);
  assert.match(finding.message, /^Service api has no ready endpoint/);
  assert.match(finding.location.uri, /^podpath-cluster:\/api\.Service\.yaml\?/);
  await plane.admin.patch(`${shop.deployments}/api`, {
    spec: { template: { metadata: { annotations: { [readyAnnotation]: 'true' } } } },
  });
  await until('it is told no longer', () => of('service-no-ready-endpoints') === undefined);
});

const complaint =
  'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized';

async function nodeSays(name: string, condition: object): Promise<void> {
  await plane.admin.patch(`/api/v1/nodes/${name}/status`, {
    status: { conditions: [{ type: 'Ready', lastHeartbeatTime: new Date().toISOString(), ...condition }] },
  });
}

test('a node without a network plugin, with the pod that waits there and the event that proves it', async () => {
  const notReady = { status: 'False', reason: 'KubeletNotReady', message: complaint };
  await nodeSays('node-2', notReady);
  await plane.admin.create('/api/v1/namespaces/default/events', {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'node-2.cidr' },
    type: 'Warning',
    reason: 'CIDRNotAvailable',
    message: 'Node node-2 status is now: CIDRNotAvailable',
    involvedObject: { kind: 'Node', name: 'node-2', uid: 'node-2' },
  });
  const finding = await becomesFound('cni-missing');
  assert.equal(finding.severity, 'error');
  assert.match(finding.message, /^Node node-2 has no working network plugin/);
  assert.match(finding.message, /NetworkPluginNotReady/);
  assert.match(finding.location.uri, /^podpath-cluster:\/node-2\.Node\.yaml\?/);
  await until(
    'the event is told',
    () => of('cni-missing')?.related.some((one) => /CIDRNot/.test(one.message)) === true,
  );
  changes.length = 0;
  await nodeSays('node-2', notReady);
  // What comes after the heartbeat has been told, and the heartbeat has not.
  await nodeSays('node-3', { status: 'Unknown', reason: 'NodeStatusUnknown' });
  const changed = (name: string) => changes.some((one) => one.changed.some(({ ref }) => ref.name === name));
  await until('node-3 has changed', () => changed('node-3'));
  assert.equal(changed('node-2'), false);
  const { stdout, code } = await podpath(['check', '--kubeconfig', plane.kubeconfigs.admin, '-o', 'json']);
  const { findings: told } = JSON.parse(stdout) as {
    findings: { code: string; file: string; ref: { name: string } }[];
  };
  assert.equal(code, 1);
  assert.deepEqual(told.find((one) => one.code === 'cni-missing')?.ref.name, 'node-2');
  await nodeSays('node-2', { status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' });
  await until('it is told no longer', () => of('cni-missing') === undefined);
});
