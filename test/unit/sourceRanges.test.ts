import assert from 'node:assert/strict';
import { test } from 'node:test';
import { translate } from '../../src/engine/proxy/iptables.ts';
import type { Translation } from '../../src/engine/proxy/proxy.ts';
import { scopeOf, traced } from '../golden/scope.ts';

const scope = (ranges: string): string => `apiVersion: v1
kind: Node
metadata: {name: n1}
spec: {podCIDR: 10.244.1.0/24}
status: {addresses: [{type: InternalIP, address: 192.168.0.11}, {type: ExternalIP, address: 203.0.113.11}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: x, labels: {app: web}}
spec: {nodeName: n1, containers: [{name: c, ports: [{containerPort: 8080}]}]}
status: {phase: Running, podIP: 10.244.1.6, conditions: [{type: Ready, status: "True"}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: x}
spec:
  type: LoadBalancer
  clusterIP: 10.96.7.7
  loadBalancerSourceRanges: [${ranges}]
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080, nodePort: 30080}]
status: {loadBalancer: {ingress: [{ip: 198.51.100.200}, {ip: 198.51.100.201}]}}
`;

/** What kube-proxy on n1 does with a connection to the first address of the balancer. */
function onNode(ranges: string, sourceIP: string): Translation {
  const { snapshot, proxyConfig, proxyServices } = scopeOf(scope(ranges));
  const [node] = snapshot.nodes;
  assert(node);
  const packet = { sourceIP, destinationIP: '198.51.100.200', protocol: 'TCP', port: 80 } as const;
  const host = { node, addresses: [...node.internalIPs, ...node.externalIPs], podCIDRs: node.podCIDRs };
  return translate(packet, host, proxyConfig, proxyServices);
}

test("a balancer's addresses pass where the ranges hold the node's primary address, and no other of it", () => {
  for (const source of ['198.51.100.200', '198.51.100.201']) {
    assert.equal(onNode('192.168.0.0/24', source).verdict, 'DNAT', source);
    assert.equal(onNode('203.0.113.0/24', source).verdict, 'DROP', source);
  }
  assert.equal(onNode('192.168.0.0/24', '198.51.100.202').verdict, 'DROP');
});

test('a range of everything and ranges of the other family make no firewall', () => {
  for (const ranges of ['192.0.2.0/24, 0.0.0.0/0', '"2001:db8::/32"']) {
    const result = onNode(ranges, '198.51.100.7');
    assert(result.verdict === 'DNAT', ranges);
    assert(!result.endpoints.some(({ chains }) => chains.some((one) => one.startsWith('KUBE-FW-'))), ranges);
  }
});

test('source ranges count for clients in the cluster with kube-proxy and Calico, and not with Cilium', () => {
  const end = (cni: string, from: string): string =>
    traced(scopeOf(scope('192.0.2.0/24'), { cni }), from, '198.51.100.200:80').disposition;
  for (const from of ['x/web', 'node/n1']) {
    for (const cni of ['cilium-vxlan', 'cilium-native']) assert.equal(end(cni, from), 'delivered', `${cni} ${from}`);
    for (const cni of ['calico-bgp', 'calico-ebpf']) assert.equal(end(cni, from), 'denied-ingress', `${cni} ${from}`);
  }
  assert.equal(end('cilium-vxlan', '203.0.113.7'), 'denied-ingress');
});
