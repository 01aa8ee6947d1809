import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  buildSnapshot,
  connectivity,
  Derived,
  finish,
  type JsonObject,
  parseManifest,
} from '../../src/engine/index.ts';

const cluster: readonly JsonObject[] = [
  ...['n1', 'n2'].map((name, index) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    status: { addresses: [{ type: 'InternalIP', address: `192.168.1.1${index}` }] },
  })),
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', namespace: 'x', labels: { app: 'a' } },
    spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'c' }] },
  },
];

const closed: JsonObject = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'deny', namespace: 'x' },
  spec: { podSelector: {}, policyTypes: ['Ingress'] },
};

const againstNode: JsonObject = {
  apiVersion: 'cilium.io/v2',
  kind: 'CiliumNetworkPolicy',
  metadata: { name: 'no-host', namespace: 'x' },
  spec: { endpointSelector: {}, ingressDeny: [{ fromEntities: ['host'] }] },
};

function derivedOf(objects: readonly JsonObject[], cni: string): Derived {
  const text = objects.map((one) => JSON.stringify(one)).join('\n---\n');
  const resources = parseManifest(text, 'a.yaml').documents.flatMap((one) => one.resources);
  return new Derived(buildSnapshot({ scope: 'a', resources, assume: { cni } }));
}

/** What policies say of a connection from a node to the pod; `isForwarded`: the node only hides the client. */
function verdict(cni: string, node: string, policy: JsonObject, isForwarded = false): string {
  const derived = derivedOf([...cluster, policy], cni);
  const source = derived.snapshot.nodes.find(({ name }) => name === node);
  const pod = derived.snapshot.pod('x', 'a');
  assert.ok(source !== undefined && pod !== undefined);
  const ends = [
    { kind: 'node', node: source },
    { kind: 'pod', pod },
  ] as const;
  if (isForwarded) return derived.enforce(...ends, 'TCP', 80, true).action;
  const { action } = derived.decide(...ends, 'TCP', 80);
  assert.equal(derived.enforce(...ends, 'TCP', 80).action, action);
  return action;
}

for (const cni of ['unknown', 'calico-bgp', 'cilium-vxlan']) {
  test(`${cni}: the node of a pod reaches it whatever isolates it, another node does not`, () => {
    assert.equal(verdict(cni, 'n1', closed), 'allow');
    assert.equal(verdict(cni, 'n2', closed), 'deny');
  });

  test(`${cni}: what the node only forwards under its address is judged like any other`, () => {
    assert.equal(verdict(cni, 'n1', closed, true), 'deny');
  });
}

test('with Cilium a denial of the host counts', () => {
  assert.equal(verdict('cilium-vxlan', 'n1', againstNode), 'deny');
});

/** Pods with equal labels on some nodes, and one on the network of the first node. */
function onNodes(count: number, policy: JsonObject): Derived {
  const names = Array.from({ length: count }, (_, index) => `n${index}`);
  const pod = (name: string, nodeName: string, hostNetwork = false): JsonObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'x', labels: { app: 'a' } },
    spec: { nodeName, hostNetwork, containers: [{ name: 'c', image: 'c' }] },
  });
  const objects: readonly JsonObject[] = [
    ...names.map((name) => ({ apiVersion: 'v1', kind: 'Node', metadata: { name } })),
    ...names.map((name) => pod(`on-${name}`, name)),
    pod('host', 'n0', true),
    policy,
  ];
  return derivedOf(objects, 'cilium-vxlan');
}

for (const [entity, isOpen] of [
  ['host', (node: number) => node === 0],
  ['remote-node', (node: number) => node !== 0],
  ['cluster', () => true],
] as const) {
  test(`pods that only their nodes tell apart are one class, and ${entity} means what is theirs`, () => {
    const derived = onNodes(20, {
      ...againstNode,
      spec: {
        endpointSelector: {},
        egress: [{ toEntities: [entity] }],
      },
    });
    const { connections } = finish(connectivity(derived.matrix));
    const toHost = connections.filter(({ to }) => to === 'x/host[Pod]').map(({ from }) => from);
    const open = toHost.filter((from) => from.startsWith('x/'));
    const wanted = Array.from({ length: 20 }, (_, node) => node).filter(isOpen);
    assert.deepEqual(open, wanted.map((node) => `x/on-n${node}[Pod]`).sort());
    for (let node = 0; node < 20; node++) {
      const [source, destination] = [derived.snapshot.pod('x', `on-n${node}`), derived.snapshot.pod('x', 'host')];
      assert.ok(source !== undefined && destination !== undefined);
      const ends = [
        { kind: 'pod', pod: source },
        { kind: 'pod', pod: destination },
      ] as const;
      assert.equal(derived.decide(...ends, 'TCP', 80).action, isOpen(node) ? 'allow' : 'deny');
    }
    const { first, end } = derived.matrix.classes.ranges.get('x') ?? { first: 0, end: 0 };
    assert.equal(end - first, 2);
  });
}
