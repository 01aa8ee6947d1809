import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

/** Waits until it is found in these words: objects come one by one. */
async function becomesFound(code: string, words: RegExp): Promise<LocatedFinding> {
  const isIt = (one: LocatedFinding): boolean => one.code === code && words.test(one.message);
  await until(`${code} is found as ${words}`, () => found().some(isIt));
  const finding = found().find(isIt);
  assert.ok(finding !== undefined);
  return finding;
}

test('a Service is told as long as none of its pods is ready', async () => {
  await plane.admin.create(shop.services, service('api'));
  await plane.admin.create(shop.deployments, deployment('api', 2, 8080, { [readyAnnotation]: 'false' }));
  const finding = await becomesFound('service-no-ready-endpoints', /^Service api has no ready endpoint/);
  await until('both pods are told', () => of('service-no-ready-endpoints')?.related.length === 2);
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
  const finding = await becomesFound('cni-missing', /^Node node-2 has no working network plugin/);
  assert.equal(finding.severity, 'error');
  assert.match(finding.message, /NetworkPluginNotReady/);
  assert.match(finding.location.uri, /^podpath-cluster:\/node-2\.Node\.yaml\?/);
  await until(
    'the event is told',
    () => of('cni-missing')?.related.some((one) => /CIDRNot/.test(one.message)) === true,
  );
  const changed = (name: string) => changes.some((one) => one.changed.some(({ ref }) => ref.name === name));
  // What the source knows it tells a moment later.
  const isTold = (object: unknown): boolean => JSON.stringify(object).includes('NetworkPluginNotReady');
  await until('the complaint was told', () => changes.some((one) => one.changed.some(({ object }) => isTold(object))));
  changes.length = 0;
  await nodeSays('node-2', notReady);
  // What comes after the heartbeat has been told, and the heartbeat has not.
  await nodeSays('node-3', { status: 'Unknown', reason: 'NodeStatusUnknown' });
  await until('node-3 has changed', () => changed('node-3'));
  assert.equal(changed('node-2'), false);
  const { stdout, code } = await podpath(['check', '--kubeconfig', plane.kubeconfigs.admin, '-o', 'json']);
  const { findings: told } = JSON.parse(stdout) as {
    findings: { code: string; file: string; ref: { name: string } }[];
  };
  assert.equal(code, 1);
  assert.deepEqual(told.find((one) => one.code === 'cni-missing')?.ref.name, 'node-2');
  const { stdout: text } = await podpath(['check', '--kubeconfig', plane.kubeconfigs.admin]);
  assert.match(text, /^admin: Node node-2 error cni-missing\n {2}Node node-2 has no working network plugin/m);
  assert.match(text, /^ {2}admin: Event default\/node-2\.cidr: CIDRNotAvailable: Node node-2 status is now/m);
  const recording = join(mkdtempSync(join(tmpdir(), 'podpath-')), 'snapshot.json');
  await podpath(['snapshot', '--kubeconfig', plane.kubeconfigs.admin, '-o', recording]);
  const replayed = await podpath(['check', recording]);
  assert.match(replayed.stdout, / error cni-missing\n {2}Node node-2 has no working network plugin/);
  await nodeSays('node-2', { status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' });
  await until('it is told no longer', () => of('cni-missing') === undefined);
});

function agent(name: string, image: string, annotations: Record<string, string> = {}) {
  const labels = { 'k8s-app': name };
  const tolerations = [{ operator: 'Exists' }];
  const spec = { hostNetwork: true, tolerations, containers: [{ name: 'agent', image }] };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels, annotations }, spec } },
  };
}

const daemonSets = '/apis/apps/v1/namespaces/kube-system/daemonsets';

test('a node that was given no podCIDR, where Flannel takes addresses from it', async () => {
  await plane.admin.create(daemonSets, agent('kube-flannel-ds', 'ghcr.io/flannel-io/flannel:v0.27.0'));
  await plane.admin.create('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-4' } });
  await nodeSays('node-4', { status: 'True', reason: 'KubeletReady' });
  await becomesFound('node-pod-cidr-missing', /^Node node-4 has no podCIDR, and Flannel \(VXLAN\) takes/);
  await plane.admin.remove('/api/v1/nodes/node-4');
  await until('it is told no longer', () => of('node-pod-cidr-missing') === undefined);
});

test('a kube-proxy that does not work, and a second CNI', async () => {
  const image = 'registry.k8s.io/kube-proxy:v1.34.0';
  await plane.admin.create(daemonSets, agent('kube-proxy', image, { [readyAnnotation]: 'false' }));
  await becomesFound('kube-proxy-missing', /^kube-proxy does not work on node node-1: /);
  await plane.admin.patch(`${daemonSets}/kube-proxy`, {
    spec: { template: { metadata: { annotations: { [readyAnnotation]: 'true' } } } },
  });
  await until('it is told no longer', () => of('kube-proxy-missing') === undefined);
  await plane.admin.create(daemonSets, agent('kindnet', 'docker.io/kindest/kindnetd:v20250512'));
  await becomesFound(
    'cni-conflict',
    /^The CNIs (kube-flannel-ds and kindnet|kindnet and kube-flannel-ds) both run on node-/,
  );
  await plane.admin.remove(`${daemonSets}/kindnet`);
  await until('it is told no longer', () => of('cni-conflict') === undefined);
});

test('pods with one address, and one of an address that is not of its node', async () => {
  const pod = (name: string) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { nodeName: 'node-1', containers: [{ name: 'app', image: 'registry.invalid/app:1' }] },
  });
  const says = (name: string, podIP: string) =>
    plane.admin.patch(`${shop.pods}/${name}/status`, { status: { podIP, podIPs: [{ ip: podIP }] } });
  for (const name of ['one', 'two']) await plane.admin.create(shop.pods, pod(name));
  const isRunning = ({ ref, object }: { ref: { name: string }; object: object }) =>
    ['one', 'two'].includes(ref.name) && JSON.stringify(object).includes('"Running"');
  await until('both run', () => source.snapshot().resources.filter(isRunning).length === 2);
  assert.equal(of('pod-ip-conflict'), undefined);
  await says('one', '10.244.0.200');
  await says('two', '10.244.0.200');
  await becomesFound('pod-ip-conflict', /^shop\/two and shop\/one both have the address 10\.244\.0\.200/);
  await says('two', '10.85.0.3');
  await becomesFound('pod-ip-conflict', /outside of 10\.244\.0\.0\/24/);
});
