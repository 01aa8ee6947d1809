import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnalysisHost, findings, finish, type JsonObject, type LocatedFinding } from '../../src/engine/index.ts';
import { asLive } from '../live.ts';

const noNetwork = 'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady';
const ready = { conditions: [{ type: 'Ready', status: 'True' }] };

function object(apiVersion: string, kind: string, name: string, fields: JsonObject, namespace?: string): JsonObject {
  return { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) }, ...fields };
}

const node = (name: string, fields: JsonObject): JsonObject => object('v1', 'Node', name, fields);

function warning(kind: string, name: string, reason: string, message: string, namespace = 'default'): JsonObject {
  const involvedObject = { kind, name, ...(kind === 'Node' ? {} : { namespace }) };
  return object('v1', 'Event', `${name}.1`, { type: 'Warning', reason, message, involvedObject }, namespace);
}

function daemonSet(name: string, image: string): JsonObject {
  const template = { metadata: { labels: { app: name } }, spec: { hostNetwork: true, containers: [{ name, image }] } };
  return object(
    'apps/v1',
    'DaemonSet',
    name,
    { spec: { selector: { matchLabels: { app: name } }, template } },
    'kube-system',
  );
}

const flannel = daemonSet('kube-flannel-ds', 'ghcr.io/flannel-io/flannel:v0.27.0');

function found(objects: readonly JsonObject[], missing: readonly string[] = []): readonly LocatedFinding[] {
  const resources = objects.flatMap((one) => asLive(one) ?? []);
  const clusters = [{ context: 'test', resources, missing, unread: [] }];
  return finish(findings(new AnalysisHost().apply({ clusters })));
}

function messageOf(code: string, all: readonly LocatedFinding[]): string {
  return all.find((one) => one.code === code)?.message ?? 'none';
}

test('a node without a plugin: what is said of the CNI is no more than what is known', () => {
  const broken = node('a', { status: { conditions: [{ type: 'Ready', status: 'False', message: noNetwork }] } });
  assert.match(messageOf('cni-missing', found([broken])), /no CNI that Podpath knows is installed/);
  assert.match(messageOf('cni-missing', found([broken], ['You may not list daemonsets'])), /plugin\. The node says/);
  const withBlock = { ...broken, spec: { podCIDR: '10.244.0.0/24' } };
  const told = found([withBlock, flannel]);
  assert.match(messageOf('cni-missing', told), /although Flannel \(VXLAN\) is installed/);
  assert.deepEqual(
    told.flatMap(({ related }) => related.map(({ message }) => message)),
    ['Its agent has no pod on a'],
  );
});

test('a node without podCIDR has one finding, which says when no block is left', () => {
  const lacking = node('a', { status: { conditions: [{ type: 'Ready', status: 'False', message: noNetwork }] } });
  const event = warning('Node', 'a', 'CIDRNotAvailable', 'Node a status is now: CIDRNotAvailable');
  const all = found([lacking, flannel, event]);
  assert.deepEqual(
    all.map(({ code }) => code),
    ['node-pod-cidr-missing'],
  );
  assert.match(messageOf('node-pod-cidr-missing', all), /has no block left to give/);
  assert.doesNotMatch(messageOf('node-pod-cidr-missing', found([lacking, flannel])), /block left/);
  // Calico gives addresses itself.
  const calico = daemonSet('calico-node', 'docker.io/calico/node:v3.30.0');
  assert.deepEqual(found([node('a', { status: ready }), calico]), []);
});

test('Antrea with pools of its own has no pod outside of its block', () => {
  const pod = object(
    'v1',
    'Pod',
    'p',
    { spec: { nodeName: 'a' }, status: { phase: 'Running', podIP: '10.9.0.1' } },
    'shop',
  );
  const base = [node('a', { spec: { podCIDR: '10.244.0.0/24' }, status: ready }), pod];
  const antrea = daemonSet('antrea-agent', 'docker.io/antrea/antrea-agent-ubuntu:v2.4.0');
  const config = (text: string) =>
    object('v1', 'ConfigMap', 'antrea-config', { data: { 'antrea-agent.conf': text } }, 'kube-system');
  assert.match(messageOf('pod-ip-conflict', found([...base, antrea])), /outside of 10\.244\.0\.0\/24/);
  assert.deepEqual(found([...base, antrea, config('featureGates:\n  AntreaIPAM: true\n')]), []);
  assert.deepEqual(found([...base, antrea, config('trafficEncapMode: networkPolicyOnly\n')]), []);
});

test('Cilium: whose address pool counts, and whether kube-proxy is missed', () => {
  const cilium = daemonSet('cilium', 'quay.io/cilium/cilium:v1.18.0');
  const settings = (data: JsonObject) => object('v1', 'ConfigMap', 'cilium-config', { data }, 'kube-system');
  const given = object('cilium.io/v2', 'CiliumNode', 'a', { spec: { ipam: { podCIDRs: ['10.0.0.0/29'] } } });
  const pods = [3, 4, 5, 6].map((n) =>
    object(
      'v1',
      'Pod',
      `p${n}`,
      { spec: { nodeName: 'a' }, status: { phase: 'Running', podIP: `10.0.0.${n}` } },
      'kube-system',
    ),
  );
  // Full by its size, and Cilium does not use it.
  const a = node('a', { spec: { podCIDR: '10.244.0.0/30' }, status: ready });
  const base = [cilium, given, a, ...pods];
  assert.match(
    messageOf('ip-pool-exhausted', found([...base, settings({})])),
    /Node a has no free pod address left: 10\.0\.0\.0\/29/,
  );
  assert.deepEqual(found([...base, settings({ 'enable-endpoint-health-checking': 'false' })]), []);
  assert.deepEqual(found([...base, settings({ ipam: 'eni' })]), []);
  const service = object(
    'v1',
    'Service',
    'kubernetes',
    { spec: { clusterIP: '10.96.0.1', ports: [{ port: 443 }] } },
    'default',
  );
  const proxy = (value: string) =>
    messageOf(
      'kube-proxy-missing',
      found([...base, service, settings({ 'kube-proxy-replacement': value, ipam: 'eni' })]),
    );
  assert.match(proxy('false'), /^kube-proxy runs on no node, and Cilium \(VXLAN\) does not replace it/);
  assert.equal(proxy('true'), 'none');
  assert.equal(proxy('partial'), 'none');
});

test('kube-proxy is not missed where it may be inside another process, or not everything is seen', () => {
  const service = object(
    'v1',
    'Service',
    'kubernetes',
    { spec: { clusterIP: '10.96.0.1', ports: [{ port: 443 }] } },
    'default',
  );
  const a = node('a', { spec: { podCIDR: '10.244.0.0/24' }, status: ready });
  const labels = { component: 'kube-apiserver', tier: 'control-plane' };
  const status = { phase: 'Running', ...ready };
  const server: JsonObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'kube-apiserver-a', namespace: 'kube-system', labels },
    spec: { nodeName: 'a', hostNetwork: true, containers: [{ name: 's', image: 's' }] },
    status,
  };
  const base = [service, a, flannel];
  assert.equal(messageOf('kube-proxy-missing', found(base)), 'none');
  assert.match(messageOf('kube-proxy-missing', found([...base, server])), /^kube-proxy runs on no node/);
  assert.equal(messageOf('kube-proxy-missing', found([...base, server], ['You may not list daemonsets'])), 'none');
  const router = daemonSet('kube-router', 'docker.io/cloudnativelabs/kube-router:v2');
  assert.equal(messageOf('kube-proxy-missing', found([...base, server, router])), 'none');
});
