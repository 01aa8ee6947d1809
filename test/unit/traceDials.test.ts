import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Trace } from '../../src/engine/index.ts';
import { branchTo, packetText, scopeOf, traced } from '../golden/scope.ts';

const node = (name: string, n: number): string => `apiVersion: v1
kind: Node
metadata: {name: ${name}}
spec: {podCIDR: 10.244.${n}.0/24}
status: {addresses: [{type: InternalIP, address: 192.168.0.1${n}}]}
---
`;

const pod = (name: string, app: string, on: string, ip: string): string => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: x, labels: {app: ${app}}}
spec: {nodeName: ${on}, containers: [{name: c, ports: [{containerPort: 8080}]}]}
status: {phase: Running, podIP: ${ip}, conditions: [{type: Ready, status: "True"}]}
---
`;

const pods = pod('client', 'client', 'n1', '10.244.1.5') + pod('near', 'web', 'n1', '10.244.1.6');
const two = `${node('n1', 1)}${node('n2', 2)}${pods}${pod('far', 'web', 'n2', '10.244.2.6')}apiVersion: v1
kind: Service
metadata: {name: web, namespace: x}
spec:
  type: NodePort
  clusterIP: 10.96.7.7
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080, nodePort: 30080}]
`;

const local = two.replace('type: NodePort', 'type: NodePort\n  externalTrafficPolicy: Local');

function mechanisms({ branches }: Trace, branch = 0): string {
  return (branches[branch]?.forward ?? []).flatMap((hop) => hop.steps.map((step) => step.mechanism)).join(' | ');
}

test("a node port of another node is translated there, and the reply comes back by the client's own node", () => {
  const answer = traced(scopeOf(two, { cni: 'flannel-vxlan' }), 'x/client', 'node/n2:30080');
  assert.deepEqual(
    answer.branches.map(({ destination }) => destination.pod?.name),
    ['near', 'far'],
  );
  const far = branchTo(answer, 'far');
  const places = far.forward.map(({ location }) => `${location.node}/${location.namespace}`);
  assert.deepEqual([places[1], places.at(-2), places.at(-1)], ['n1/host', 'n2/host', 'n2/pod x/far']);
  // Flannel hides the pod behind its node on the way to another node; the second node then hides that behind itself.
  const last = far.reverse.at(-1)?.steps.at(-1)?.after;
  assert(last);
  assert.equal(far.serverSees.ip, '10.244.2.1');
  assert.equal(packetText(last), '192.168.0.12>10.244.1.5:40000 ttl 62');
  assert.equal(last.sport, 30080);
});

test("externalTrafficPolicy Local of another node's port: its endpoints alone, the client's node as source", () => {
  const answer = traced(scopeOf(local, { cni: 'flannel-vxlan' }), 'x/client', 'node/n2:30080');
  assert.equal(answer.branches.length, 1);
  assert.equal(branchTo(answer, 'far').serverSees.ip, '192.168.0.11');
});

test('a policy judges the way to the node port before it is translated', () => {
  const policy = (port: number) => `---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: out, namespace: x}
spec:
  podSelector: {matchLabels: {app: client}}
  policyTypes: [Egress]
  egress: [{to: [{ipBlock: {cidr: 192.168.0.0/24}}], ports: [{port: ${port}}]}]
`;
  const asked = (port: number) =>
    traced(scopeOf(two + policy(port), { cni: 'calico-vxlan' }), 'x/client', 'node/n2:30080');
  assert.equal(asked(30080).disposition, 'delivered');
  assert.equal(asked(8080).disposition, 'denied-egress');
});

test('a Service without endpoints behind a node port of another node refuses', () => {
  const text = two.replaceAll('labels: {app: web}', 'labels: {app: other}');
  const { disposition, branches } = traced(scopeOf(text), 'x/client', 'node/n2:30080');
  assert.deepEqual([disposition, branches[0]?.clientSees], ['no-endpoints', 'refused']);
});

test("a pod's loopback is the pod itself, whatever node ports the node has", () => {
  const scope = scopeOf(two);
  assert.equal(branchTo(traced(scope, 'x/client', '[::1]:80'), 'client').serverSees.ip, '::1');
  for (const to of ['127.0.0.1:30080', 'localhost:30080']) {
    const answer = traced(scope, 'x/client', to);
    const branch = branchTo(answer, 'client');
    assert.equal(branch.serverSees.ip, '127.0.0.1', to);
    assert.deepEqual(
      new Set([...branch.forward, ...branch.reverse].map(({ location }) => location.device)),
      new Set(['lo']),
    );
  }
  assert.match(mechanisms(traced(scope, 'node/n1', '127.0.0.1:30080')), /KUBE-NODEPORTS/);
  assert.equal(traced(scope, '203.0.113.7', '127.0.0.1:80').disposition, 'no-route');
});

test('nobody dials an address of a family that it has no address of', () => {
  const scope = scopeOf(two);
  const fromSix = traced(scope, '[2001:db8::7]', 'x/near:8080');
  assert.deepEqual([fromSix.disposition, fromSix.branches[0]?.clientSees], ['no-route', 'unreachable']);
  const toSix = traced(scope, 'x/client', '[2001:db8::7]:443');
  assert.equal(toSix.disposition, 'no-route');
  assert.match(toSix.branches[0]?.reason ?? '', /client has no IPv6 address/);
});

test('a ClusterIP means nothing outside; an address of a pod does where somebody routes it', () => {
  const scope = scopeOf(two);
  assert.equal(traced(scope, '203.0.113.7', '10.96.7.7:80').disposition, 'no-route');
  const pod = traced(scope, '203.0.113.7', 'x/near:8080');
  assert(pod.assumptions.some(({ code }) => code === 'pods-routed-outside'));
  const port = traced(scope, '203.0.113.7', 'node/n1:30080');
  assert(!port.assumptions.some(({ code }) => code === 'pods-routed-outside'));
});

test('aliases that lead back to themselves have no address, and outside the cluster none has', () => {
  const alias = (name: string, to: string) =>
    `---\napiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: x}\nspec: {type: ExternalName, externalName: ${to}.x.svc.cluster.local}\n`;
  const scope = scopeOf(two + alias('a', 'b') + alias('b', 'a') + alias('c', 'web'));
  assert.equal(traced(scope, 'x/client', 'x/svc/a:80').disposition, 'no-such-name');
  assert.equal(traced(scope, 'x/client', 'b:80').disposition, 'no-such-name');
  assert.equal(traced(scope, 'x/client', 'x/svc/c').disposition, 'delivered');
  assert.equal(traced(scope, '203.0.113.7', 'x/svc/c').disposition, 'no-route');
});

test('session affinity is told where it takes the chance out of the choice', () => {
  const sticky = two.replace('type: NodePort', 'type: NodePort\n  sessionAffinity: ClientIP');
  const whys = (text: string) =>
    traced(scopeOf(text), 'x/client', 'x/svc/web').branches.flatMap(({ forward }) =>
      forward.flatMap((hop) => hop.steps.filter(({ kind }) => kind === 'dnat').map(({ why }) => why)),
    );
  assert(whys(sticky).every((why) => why.includes('sessionAffinity')));
  assert(whys(two).every((why) => !why.includes('sessionAffinity')));
});

test('without a proxy no Service address leads anywhere, and pods are as near as ever', () => {
  const scope = scopeOf(two, { proxy: 'none' });
  assert.equal(traced(scope, 'x/client', 'x/svc/web').disposition, 'no-route');
  assert.equal(traced(scope, 'x/client', 'x/near:8080').disposition, 'delivered');
});

test('source ranges deny nobody where there is nothing behind the balancer: kube-proxy refuses first', () => {
  const balanced = two
    .replace('type: NodePort', 'type: LoadBalancer\n  loadBalancerSourceRanges: [198.51.100.0/24]')
    .concat('status: {loadBalancer: {ingress: [{ip: 203.0.113.200}]}}\n');
  assert.equal(traced(scopeOf(balanced), '203.0.113.7', 'x/svc/web').disposition, 'denied-ingress');
  const empty = balanced.replaceAll('labels: {app: web}', 'labels: {app: other}');
  assert.equal(traced(scopeOf(empty), '203.0.113.7', 'x/svc/web').disposition, 'no-endpoints');
});

test('a URL whose rule names no Service, or no port of it, says which of the two is missing', () => {
  const ingress = `---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: x}
spec:
  rules:
    - host: shop.example
      http:
        paths:
          - {path: /gone, pathType: Prefix, backend: {service: {name: gone, port: {number: 80}}}}
          - {path: /port, pathType: Prefix, backend: {service: {name: web, port: {number: 81}}}}
          - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
`;
  const scope = scopeOf(two + ingress);
  const end = (path: string) => {
    const { disposition, branches } = traced(scope, '203.0.113.7', `http://shop.example${path}`);
    return `${disposition} ${branches[0]?.clientSees}`;
  };
  assert.equal(end('/gone'), 'no-such-service http-503');
  assert.equal(end('/port'), 'port-not-exposed http-503');
  assert.equal(end('/other'), 'delivered connected');
});

test("that a server sees a node's own address is an assumption until the CNI is known", () => {
  const codes = (cni: string, from: string, to: string) =>
    traced(scopeOf(two, { cni }), from, to).assumptions.map(({ code }) => code);
  assert(codes('unknown', 'node/n1', 'x/near:8080').includes('node-source-address'));
  assert(codes('kindnet', '203.0.113.7', 'node/n1:30080').includes('node-source-address'));
  assert(!codes('flannel-vxlan', 'node/n1', 'x/near:8080').includes('node-source-address'));
  assert(!codes('unknown', 'x/client', 'x/near:8080').includes('node-source-address'));
});

test('where all is IPv6, so is what is simulated of a load balancer', () => {
  const balanced = `apiVersion: v1
kind: Pod
metadata: {name: web, namespace: x, labels: {app: web}}
spec: {containers: [{name: c, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: x}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
`;
  const six = { podCIDR: 'fd00:1::/48', serviceCIDR: 'fd00:2::/112' };
  const answer = traced(scopeOf(balanced, six), '[2001:db8::7]', 'x/svc/web');
  assert.equal(answer.disposition, 'delivered');
  const dialled = answer.branches[0]?.forward[0]?.steps[0]?.after.dst ?? '';
  assert.match(dialled, /^2001:2:/);
  assert.equal(traced(scopeOf(balanced), '203.0.113.7', 'x/svc/web').disposition, 'delivered');
});

test('whatever way Cilium has between nodes, sockets dial the endpoints', () => {
  for (const cni of ['cilium-vxlan', 'cilium-geneve', 'cilium-native', 'calico-ebpf']) {
    const answer = traced(scopeOf(two, { cni }), 'x/client', 'x/svc/web');
    assert.equal(answer.environment.proxy.value, 'ebpf', cni);
    assert.match(mechanisms(answer), /eBPF cgroup connect/, cni);
  }
  const told = traced(scopeOf(two, { cni: 'cilium-native', proxy: 'iptables' }), 'x/client', 'x/svc/web');
  assert.match(mechanisms(told), /KUBE-SVC/);
});

test('a load balancer of a Local Service sends to the nodes that have an endpoint', () => {
  const balanced = (text: string): string =>
    `${text.replace('type: NodePort', 'type: LoadBalancer\n  externalTrafficPolicy: Local')}status: {loadBalancer: {ingress: [{ip: 203.0.113.200}]}}\n`;
  const onBoth = traced(scopeOf(balanced(two)), '203.0.113.7', 'x/svc/web');
  assert.deepEqual(
    onBoth.branches.map(({ destination, probability, serverSees }) => [
      destination.pod?.name,
      probability,
      serverSees.ip,
    ]),
    [
      ['near', 0.5, '203.0.113.7'],
      ['far', 0.5, '203.0.113.7'],
    ],
  );
  assert(onBoth.assumptions.some(({ code }) => code === 'balancer-health-checks'));
  const onOne = balanced(two.replace(pod('near', 'web', 'n1', '10.244.1.6'), ''));
  assert.equal(traced(scopeOf(onOne), '203.0.113.7', 'x/svc/web').disposition, 'delivered');
  // A client that names a node goes there, whatever it has.
  const named = traced(scopeOf(onOne), '203.0.113.7', 'x/svc/web', { node: 'n1' });
  assert.equal(named.disposition, 'no-local-endpoints');
});
