import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AssumptionSettings } from '../../src/engine/model/assumptions.ts';
import type { Trace } from '../../src/engine/trace/flow.ts';
import { branchTo, scopeOf, traced } from '../golden/scope.ts';

const node = (name: string, n: number): string => `apiVersion: v1
kind: Node
metadata: {name: ${name}}
spec: {podCIDR: 10.244.${n}.0/24}
status: {addresses: [{type: InternalIP, address: 192.168.0.1${n}}, {type: ExternalIP, address: 203.0.113.1${n}}]}
---
`;

const pod = (name: string, on: number, ip: string, rest = ''): string => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: x, labels: {app: ${name}}}
spec: {nodeName: n${on}, containers: [{name: c, ports: [{containerPort: 7070}]}]${rest}}
status: {phase: Running, podIP: ${ip}, hostIP: 192.168.0.1${on}, conditions: [{type: Ready, status: "True"}]}
---
`;

/** A pod whose only container has one host port. */
const web = (port: string, name = 'web', ip = '10.244.1.6'): string =>
  pod(name, 1, ip).replace('containerPort: 7070', `containerPort: 8080, ${port}`);

const clients = node('n1', 1) + node('n2', 2) + pod('near', 1, '10.244.1.5') + pod('far', 2, '10.244.2.5');
const plain = clients + web('hostPort: 80');

const answer = (text: string, from: string, to: string, assume: AssumptionSettings = { cni: 'calico-bgp' }): Trace =>
  traced(scopeOf(text, assume), from, to);

/** Where each connection ends: a pod's name, else the address. */
const ends = (trace: Trace): readonly string[] =>
  trace.branches.map(({ destination: { pod: found, ip, port } }) => `${found?.name ?? ip}:${port}`);

function mechanisms({ branches }: Trace): string {
  return (branches[0]?.forward ?? []).flatMap(({ steps }) => steps.map((step) => step.mechanism)).join(' | ');
}

test('a host port leads to the pod that has it, from everywhere, on its own node alone', () => {
  for (const from of ['x/near', 'x/far', 'node/n1', 'node/n2', '198.51.100.7']) {
    for (const to of ['192.168.0.11:80', '203.0.113.11:80', 'node/n1:80']) {
      const trace = answer(plain, from, to);
      assert.deepEqual(ends(trace), ['web:8080'], `${from} ${to}`);
      assert.match(mechanisms(trace), /iptables nat CNI-HOSTPORT-DNAT/);
      assert(trace.assumptions.some(({ code }) => code === 'host-ports'));
    }
    assert.deepEqual(ends(answer(plain, from, '192.168.0.12:80')), ['192.168.0.12:80']);
    assert.deepEqual(ends(answer(plain, from, '192.168.0.11:8080')), ['192.168.0.11:8080']);
  }
});

test('a host port counts by its protocol and its address', () => {
  const to = (port: string, address = '192.168.0.11'): readonly string[] =>
    ends(answer(clients + web(port), '198.51.100.7', `${address}:80`));
  assert.deepEqual(to('protocol: UDP, hostPort: 80'), ['192.168.0.11:80']);
  assert.deepEqual(to('hostPort: 80, hostIP: 192.168.0.11'), ['web:8080']);
  assert.deepEqual(to('hostPort: 80, hostIP: 192.168.0.11', '203.0.113.11'), ['203.0.113.11:80']);
  assert.deepEqual(to('hostPort: 80, hostIP: 0.0.0.0'), ['web:8080']);
  assert.deepEqual(to('hostPort: 80, hostIP: "::"'), ['192.168.0.11:80']);
});

test("pods on the node's own network, sidecars and pods that have ended have no host ports", () => {
  const to = (text: string): readonly string[] => ends(answer(clients + text, 'x/far', '192.168.0.11:80'));
  const own = web('hostPort: 80');
  assert.deepEqual(to(own.replace('nodeName:', 'hostNetwork: true, nodeName:')), ['192.168.0.11:80']);
  assert.deepEqual(to(own.replace('phase: Running', 'phase: Succeeded')), ['192.168.0.11:80']);
  const sidecar = ', initContainers: [{name: s, restartPolicy: Always, ports: [{containerPort: 9, hostPort: 80}]}]';
  assert.deepEqual(to(pod('web', 1, '10.244.1.6', sidecar)), ['192.168.0.11:80']);
});

test("policies see the pod and the container's port, and the client as it comes to the node", () => {
  const policy = (peer: string): string => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: in, namespace: x}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress: [{from: [${peer}], ports: [{port: 8080}]}]
`;
  const end = (from: string, peer: string): string => answer(plain + policy(peer), from, '192.168.0.11:80').disposition;
  assert.equal(end('x/near', 'podSelector: {matchLabels: {app: near}}'), 'delivered');
  assert.equal(end('198.51.100.7', 'ipBlock: {cidr: 198.51.100.0/24}'), 'delivered');
  assert.equal(end('198.51.100.8', 'ipBlock: {cidr: 198.51.100.7/32}'), 'denied-ingress');
  // Calico hides a pod behind its node on the way to another node.
  assert.equal(end('x/far', 'podSelector: {matchLabels: {app: far}}'), 'denied-ingress');
  assert.equal(end('x/far', 'ipBlock: {cidr: 192.168.0.12/32}'), 'delivered');
});

test("portmap hides the clients in the block of the pod's own address, and those on loopback", () => {
  const sees = (from: string, to: string, cni: string): string =>
    branchTo(answer(plain, from, to, { cni }), 'web').serverSees.ip;
  assert.equal(sees('x/near', '192.168.0.11:80', 'flannel-vxlan'), '10.244.1.1');
  assert.equal(sees('x/near', '192.168.0.11:80', 'calico-bgp'), '10.244.1.5');
  assert.equal(sees('x/web', '192.168.0.11:80', 'calico-bgp'), '192.168.0.11');
  assert.equal(sees('198.51.100.7', '192.168.0.11:80', 'flannel-vxlan'), '198.51.100.7');
  assert.equal(sees('node/n1', '192.168.0.11:80', 'flannel-vxlan'), '192.168.0.11');
  assert.equal(sees('node/n1', '127.0.0.1:80', 'flannel-vxlan'), '10.244.1.1');
  assert.match(mechanisms(answer(plain, 'node/n1', '127.0.0.1:80')), /CNI-HOSTPORT-MASQ/);
  assert.equal(answer(plain, 'x/near', '127.0.0.1:80').branches[0]?.destination.pod?.name, 'near');
});

test('Cilium dials in the sockets of the own node, and translates on the node for all others', () => {
  const assume = { cni: 'cilium-vxlan' };
  assert.match(mechanisms(answer(plain, 'x/near', '192.168.0.11:80', assume)), /cgroup connect/);
  const far = mechanisms(answer(plain, 'x/far', '192.168.0.11:80', assume));
  assert.match(far, /eBPF HostPort/);
  assert.doesNotMatch(far, /cgroup/);
  const outside = answer(plain, '198.51.100.7', '192.168.0.11:80', assume);
  assert.equal(branchTo(outside, 'web').serverSees.ip, '198.51.100.7');
});

test('portmap is assumed where sockets are translated and host ports are not known to be', () => {
  const assume = { cni: 'calico-ebpf' };
  for (const from of ['x/near', 'x/far', '198.51.100.7']) {
    const way = mechanisms(answer(plain, from, '192.168.0.11:80', assume));
    assert.match(way, /CNI-HOSTPORT-DNAT/, from);
    assert.doesNotMatch(way, /eBPF/, from);
  }
  assert.equal(branchTo(answer(plain, 'x/web', '192.168.0.11:80', assume), 'web').serverSees.ip, '192.168.0.11');
});

test('host ports need no proxy', () => {
  for (const from of ['x/near', 'x/far', '198.51.100.7']) {
    assert.deepEqual(ends(answer(plain, from, '192.168.0.11:80', { proxy: 'none' })), ['web:8080']);
  }
});

const service = (selector: string): string => `apiVersion: v1
kind: Service
metadata: {name: s, namespace: x}
spec: {type: NodePort, clusterIP: 10.96.0.9, selector: {app: ${selector}}, ports: [{port: 7070, nodePort: 30080}]}
`;

test('of a node port and a host port the node port comes first in iptables mode, elsewhere nobody knows', () => {
  const both = (selector: string, proxy: 'iptables' | 'nftables' | 'none', from: string): Trace =>
    answer(clients + web('hostPort: 30080') + service(selector), from, '192.168.0.11:30080', { proxy });
  for (const from of ['x/near', 'x/far']) {
    assert.deepEqual(ends(both('near', 'iptables', from)), ['near:7070']);
    // Without endpoints kube-proxy translates nothing, and what is translated no longer meets its REJECT.
    assert.deepEqual(ends(both('nobody', 'iptables', from)), ['web:8080']);
    assert.equal(both('near', 'nftables', from).disposition, 'insufficient-information');
    assert.deepEqual(ends(both('near', 'none', from)), ['web:8080']);
  }
});

test('a host port of two pods that run is undecided, of expected pods the scheduler places one', () => {
  const two = plain + web('hostPort: 80', 'other', '10.244.1.7');
  const trace = answer(two, '198.51.100.7', '192.168.0.11:80');
  assert.equal(trace.disposition, 'insufficient-information');
  assert.match(trace.branches[0]?.reason ?? '', /web, other/);
  const deployment = `${node('n1', 1)}apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: x}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, ports: [{containerPort: 8080, hostPort: 80}]}]}
`;
  assert.deepEqual(ends(answer(deployment, '198.51.100.7', '192.168.0.11:80')), ['web-1:8080']);
});

test('nobody knows what becomes of a host port at the IPv6 loopback', () => {
  const six = plain.replaceAll(
    /podIP: 10.244.1.6,/g,
    'podIP: 10.244.1.6, podIPs: [{ip: 10.244.1.6}, {ip: "fd00::6"}],',
  );
  const dual = six.replace('address: 192.168.0.11}', 'address: 192.168.0.11}, {type: InternalIP, address: "fd01::11"}');
  assert.equal(answer(dual, 'node/n1', '[::1]:80').disposition, 'insufficient-information');
  assert.deepEqual(ends(answer(dual, '[2001:db8::7]', '[fd01::11]:80')), ['web:8080']);
});
