import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AnalysisHost,
  buildSnapshot,
  Derived,
  explainEnds,
  finish,
  formatPortRanges,
  isProblem,
  type JsonObject,
  networkConnectivity,
  networkViews,
  parseManifest,
  query,
} from '../../src/engine/index.ts';

function pod(name: string, namespace: string, networks?: string): JsonObject {
  const annotations = networks === undefined ? {} : { 'k8s.v1.cni.cncf.io/networks': networks };
  const metadata = { name, namespace, labels: { app: name }, annotations };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [{ name: 'c', image: 'c' }] } };
}

function policy(name: string, namespace: string, policyFor: string, spec: JsonObject): JsonObject {
  const annotations = { 'k8s.v1.cni.cncf.io/policy-for': policyFor };
  const metadata = { name, namespace, annotations };
  return { apiVersion: 'k8s.cni.cncf.io/v1beta1', kind: 'MultiNetworkPolicy', metadata, spec };
}

function definition(name: string, namespace: string, config: JsonObject): JsonObject {
  return {
    apiVersion: 'k8s.cni.cncf.io/v1',
    kind: 'NetworkAttachmentDefinition',
    metadata: { name, namespace },
    spec: { config: JSON.stringify(config) },
  };
}

function derivedOf(objects: readonly JsonObject[], assume = {}): Derived {
  const text = objects.map((one) => JSON.stringify(one)).join('\n---\n');
  const resources = parseManifest(text, 'a.yaml').documents.flatMap((one) => one.resources);
  return new Derived(buildSnapshot({ scope: 'a', resources, assume }));
}

/** What is open on each network beside the cluster's own, a line a pair. */
function open(objects: readonly JsonObject[], assume = {}): readonly string[] {
  return networkViews(derivedOf(objects, assume)).flatMap((view) => {
    const { connections, unknown } = finish(networkConnectivity(view));
    const short = (end: string): string => end.replace('[Pod]', '');
    return [
      ...connections.map(({ from, to, ports }) => {
        return `${view.name}: ${short(from)} ${short(to)} ${formatPortRanges(ports, 'all')}`;
      }),
      ...unknown.map(({ from, to }) => `${view.name}: ${short(from)} ${short(to)} unknown`),
    ];
  });
}

test('pods of one network reach each other there, whatever the networks of others', () => {
  const pods = [
    pod('a', 'x', 'blue'),
    pod('b', 'y', 'x/blue@net1, red'),
    pod('c', 'y', '[{"name": "red"}]'),
    pod('d', 'x'),
  ];
  assert.deepEqual(open(pods), ['blue: x/a y/b all', 'blue: y/b x/a all', 'red: y/b y/c all', 'red: y/c y/b all']);
});

test('a MultiNetworkPolicy acts on its networks alone, as a NetworkPolicy does', () => {
  const spec = {
    podSelector: { matchLabels: { app: 'a' } },
    ingress: [{ from: [{ podSelector: { matchLabels: { app: 'b' } } }], ports: [{ port: 80 }] }],
  };
  const pods = ['a', 'b', 'c'].map((name) => pod(name, 'x', 'blue'));
  const objects = [...pods, policy('p', 'x', 'red, x/blue', spec)];
  assert.deepEqual(
    open(objects).filter((line) => line.includes(' x/a ')),
    ['blue: x/a x/b all', 'blue: x/a x/c all', 'blue: x/b x/a TCP 80'],
  );
  const found = explainEnds(derivedOf(objects), 'x/c', 'x/a:80');
  assert(!isProblem(found));
  assert.deepEqual(
    found.map(({ network, groups }) => [network, groups[0]?.decision.action]),
    [
      [undefined, 'allow'],
      ['blue', 'deny'],
    ],
  );
  assert.deepEqual(open([...pods, policy('p', 'x', 'red', spec)]).length, 6);
});

test('definitions of several namespaces are one network where they say the same', () => {
  const ovn = { type: 'ovn-k8s-cni-overlay', name: 'tenant', topology: 'layer2' };
  const of = (config: JsonObject, other = config): readonly string[] =>
    open([pod('a', 'x', 'net'), pod('b', 'y', 'net'), definition('net', 'x', config), definition('net', 'y', other)]);
  assert.equal(of({ ...ovn, netAttachDefName: 'x/net' }, { ...ovn, netAttachDefName: 'y/net' }).length, 2);
  assert.equal(of(ovn, { ...ovn, name: 'other' }).length, 0);
  const link = { type: 'macvlan', master: 'eth0' };
  assert.equal(of({ ...link, ipam: { type: 'static' } }, { ...link, ipam: { type: 'dhcp' } }).length, 2);
  assert.equal(of(link, { ...link, master: 'eth1' }).length, 0);
  assert.deepEqual(open([pod('a', 'x', 'net'), pod('b', 'y', 'net')]), []);
});

test('a block may hold addresses that pods have on a network', () => {
  const blocks = { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }] };
  const objects = [pod('a', 'x', 'blue'), pod('b', 'x', 'blue'), policy('p', 'x', 'blue', blocks)];
  assert.deepEqual(open(objects), ['blue: x/a x/b unknown', 'blue: x/b x/a unknown']);
  assert.deepEqual(open(objects, { ipBlockMatchesPods: false }), []);
});

test('what can not be read of a policy is in doubt there, and changes nothing in the network of the cluster', () => {
  const objects = [pod('a', 'x', 'blue'), pod('b', 'x', 'blue'), policy('p', 'x', 'blue', { podSelector: 'a' })];
  assert.deepEqual(open(objects), ['blue: x/a x/b unknown', 'blue: x/b x/a unknown']);
  const derived = derivedOf(objects);
  assert.equal(derived.policies.programs[0]?.doubts.length, 1);
  const found = explainEnds(derived, 'x/a', 'x/b');
  assert(!isProblem(found));
  assert.equal(found[0]?.groups[0]?.decision.action, 'allow');
});

test('a virtual machine names its networks in its specification', () => {
  const machine = {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: { name: 'vm', namespace: 'x' },
    spec: { template: { spec: { domain: {}, networks: [{ name: 'n', multus: { networkName: 'blue' } }] } } },
  };
  assert.deepEqual(open([pod('a', 'x', 'blue'), machine]), [
    'blue: x/a x/vm[VirtualMachine] all',
    'blue: x/vm[VirtualMachine] x/a all',
  ]);
});

test('the hover of a policy says what it does on its networks', () => {
  const spec = {
    podSelector: { matchLabels: { app: 'a' } },
    ingress: [{ from: [{ podSelector: { matchLabels: { app: 'b' } } }], ports: [{ port: 80 }] }],
  };
  const objects = [policy('p', 'x', 'blue', spec), pod('a', 'x', 'blue'), pod('b', 'x', 'blue')];
  const text = objects.map((one) => JSON.stringify(one)).join('\n---\n');
  const settings = { assume: {}, rules: {}, allAsOne: true };
  const folders = [{ uri: 'w', name: 'w' }];
  const analysis = new AnalysisHost().apply({ folders, saved: [{ uri: 'w/a.yaml', text }], settings });
  const position = { line: 0, character: text.indexOf('MultiNetworkPolicy') + 1 };
  const markdown = finish(query(analysis, 'hover', { uri: 'w/a.yaml', position }))?.markdown ?? '';
  assert.match(
    markdown,
    /On network blue\nMultiNetworkPolicy x\/p\nSelects 1 pods: a \(Pod\)\nIngress: allows only\n.*app=b/,
  );
});

test('a network over several namespaces is one where it selects them', () => {
  const network = {
    apiVersion: 'k8s.ovn.org/v1',
    kind: 'ClusterUserDefinedNetwork',
    metadata: { name: 'wide' },
    spec: {
      namespaceSelector: {
        matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['x', 'y'] }],
      },
      network: { topology: 'Layer2', layer2: { role: 'Secondary', subnets: ['10.9.0.0/16'] } },
    },
  };
  const pods = ['x', 'y', 'z'].map((namespace) => pod('a', namespace, 'wide'));
  assert.deepEqual(open([network, ...pods]), ['wide: x/a y/a all', 'wide: y/a x/a all']);
});

test('what is no list of networks attaches to none', () => {
  const odd = [
    '',
    ',',
    '@',
    '/',
    'a/',
    '[',
    '[{"name": 5}, null, {"name": "blue", "namespace": {}}]',
    '{"name": "blue"',
  ];
  assert.deepEqual(open([pod('a', 'x', 'blue'), ...odd.map((text, index) => pod(`p${index}`, 'y', text))]), []);
});
