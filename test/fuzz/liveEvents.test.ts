import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Analysis,
  AnalysisHost,
  connectivity,
  finish,
  type JsonObject,
  type Queries,
  query,
  type Resource,
} from '../../src/engine/index.ts';
import { asLive, inClusterOrder } from '../live.ts';
import { pick, seededRandom } from './mutate.ts';

const steps = Number(process.env['PODPATH_FUZZ'] ?? 3000) / 3;
const seed = Number(process.env['PODPATH_SEED'] ?? 1);

const namespaces = ['a', 'b', 'c', 'kube-system'];
const apps = ['web', 'api', 'db'];
const nodes = ['n1', 'n2', 'n3'];

type Dice = () => number;

function chance(share: number, random: Dice): boolean {
  return random() < share;
}

function owner(kind: string, name: string): readonly JsonObject[] {
  const apiVersion = kind === 'Job' ? 'batch/v1' : kind === 'Widget' ? 'example.com/v1' : 'apps/v1';
  return [{ apiVersion, kind, name, controller: true }];
}

function labelsOf(random: Dice): JsonObject {
  return { app: pick(apps, random), ...(chance(0.3, random) ? { tier: pick(['x', 'y'], random) } : {}) };
}

function podSpec(random: Dice): JsonObject {
  const port = { containerPort: pick([80, 8080], random), name: pick(['http', 'web'], random) };
  return {
    containers: [{ name: 'c', image: 'i', ports: chance(0.7, random) ? [port] : [] }],
    ...(chance(0.1, random) ? { hostNetwork: true } : {}),
  };
}

function podNamed(namespace: string, name: string, random: Dice): JsonObject {
  const owners = [
    [],
    owner('ReplicaSet', `${pick(apps, random)}-1`),
    owner('StatefulSet', pick(apps, random)),
    owner('Job', pick(apps, random)),
    owner('Widget', pick(apps, random)),
  ];
  const ip = `10.0.${Math.floor(random() * 2)}.${Math.floor(random() * 40)}`;
  const status = { phase: pick(['Running', 'Running', 'Pending', 'Succeeded'], random), podIP: ip };
  const ready = { type: 'Ready', status: pick(['True', 'False'], random) };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: labelsOf(random), ownerReferences: pick(owners, random) },
    spec: { ...podSpec(random), nodeName: chance(0.9, random) ? pick(nodes, random) : `n${Math.floor(random() * 9)}` },
    status: chance(0.05, random) ? { phase: 'Pending' } : { ...status, conditions: [ready] },
  };
}

function controllerNamed(kind: string, namespace: string, name: string, random: Dice): JsonObject {
  const labels = labelsOf(random);
  const owners = kind === 'ReplicaSet' && chance(0.7, random) ? owner('Deployment', name.split('-')[0] ?? '') : [];
  return {
    apiVersion: kind === 'Job' ? 'batch/v1' : 'apps/v1',
    kind,
    metadata: { name, namespace, ownerReferences: owners },
    spec: { replicas: Math.floor(random() * 3), template: { metadata: { labels }, spec: podSpec(random) } },
  };
}

function policyNamed(namespace: string, name: string, random: Dice): JsonObject {
  const peers = [
    { podSelector: { matchLabels: labelsOf(random) } },
    { namespaceSelector: { matchLabels: { team: pick(['x', 'y'], random) } } },
    { ipBlock: { cidr: '10.0.0.0/24' } },
    { ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.1.0/24'] } },
  ];
  const rule = (side: 'from' | 'to'): JsonObject => ({
    [side]: [pick(peers, random)],
    ...(chance(0.5, random) ? { ports: [{ port: pick([80, 'http', 'web'], random) }] } : {}),
  });
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace },
    spec: {
      podSelector: chance(0.3, random) ? {} : { matchLabels: labelsOf(random) },
      policyTypes: pick([['Ingress'], ['Egress'], ['Ingress', 'Egress']], random),
      ingress: [rule('from')],
      egress: [rule('to')],
    },
  };
}

function serviceNamed(namespace: string, name: string, random: Dice): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: {
      clusterIP: `10.96.0.${10 + namespaces.indexOf(namespace) * 10 + apps.indexOf(name)}`,
      ports: [{ port: 80, targetPort: pick([80, 'http'], random) }],
      ...(chance(0.8, random) ? { selector: labelsOf(random) } : {}),
    },
  };
}

function sliceNamed(namespace: string, name: string, random: Dice): JsonObject {
  const addresses = [`10.0.0.${Math.floor(random() * 40)}`];
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace, labels: { 'kubernetes.io/service-name': pick(apps, random) } },
    addressType: 'IPv4',
    ports: [{ name: '', port: 80, protocol: 'TCP' }],
    endpoints: [{ addresses, conditions: { ready: chance(0.8, random) } }],
  };
}

function namespaceNamed(name: string, random: Dice): JsonObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { team: pick(['x', 'y'], random) } } };
}

function nodeNamed(name: string, random: Dice): JsonObject {
  const ip = `192.168.0.${nodes.indexOf(name) + 10}`;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { zone: pick(['x', 'y'], random) } },
    spec: { podCIDR: `10.0.${nodes.indexOf(name)}.0/24` },
    status: { addresses: [{ type: 'InternalIP', address: ip }] },
  };
}

/** An object of a kind that comes or changes; how often each kind does is how often it stands here. */
function something(random: Dice): JsonObject {
  const [namespace, name] = [pick(namespaces, random), pick(apps, random)];
  const pod = (): JsonObject => podNamed(namespace, `${name}-${Math.floor(random() * 5)}`, random);
  const makers: readonly (() => JsonObject)[] = [
    ...Array.from({ length: 14 }, () => pod),
    () => sliceNamed(namespace, name, random),
    () => controllerNamed('Deployment', namespace, name, random),
    () => controllerNamed('ReplicaSet', namespace, `${name}-1`, random),
    () => controllerNamed('StatefulSet', namespace, name, random),
    () => controllerNamed('Job', namespace, name, random),
    () => policyNamed(namespace, name, random),
    () => (chance(0.3, random) ? serviceNamed(namespace, name, random) : pod()),
    () => (chance(0.2, random) ? namespaceNamed(namespace, random) : pod()),
    () => (chance(0.2, random) ? nodeNamed(pick(nodes, random), random) : pod()),
  ];
  return pick(makers, random)();
}

function keyOf(object: JsonObject): string {
  const { namespace = '', name } = object['metadata'] as JsonObject;
  return `${kindOf(object)} ${String(namespace)}/${String(name)}`;
}

function kindOf(object: JsonObject): string {
  return String(object['kind']);
}

/** What some users may not read; what namespaces and nodes are follows from all else then. */
const unreadable: readonly (readonly string[])[] = [[], [], ['Node'], ['Namespace'], ['Node', 'Namespace']];

/** A cluster of many objects, or of few, so that what is the last of its kind goes. */
function startingCluster(random: Dice): readonly JsonObject[] {
  const around = [
    ...namespaces.map((one) => namespaceNamed(one, random)),
    ...nodes.map((one) => nodeNamed(one, random)),
  ];
  return [...around, ...Array.from({ length: pick([20, 120], random) }, () => something(random))];
}

function live(object: JsonObject): Resource {
  const found = asLive(object);
  assert.ok(found !== undefined);
  return found;
}

function ask<N extends keyof Queries>(analysis: Analysis, name: N, params: Queries[N]['params']): Queries[N]['result'] {
  return finish(query(analysis, name, params));
}

/** Whatever is known of a cluster. */
function everything(analysis: Analysis): unknown {
  const [scope] = analysis.scopes;
  assert.ok(scope !== undefined);
  const { derived, snapshot } = scope;
  const addresses = [...Array(80).keys()].map((n) => `10.0.${n % 2}.${n >> 1}`);
  return {
    pods: snapshot.pods.map(({ ref, workload, node, ips, phase, ready }) => ({
      ref,
      workload,
      node,
      ips,
      phase,
      ready,
    })),
    found: snapshot.pods.map(({ ref }) => snapshot.pod(ref.namespace, ref.name) !== undefined),
    podsIn: namespaces.map((one) => snapshot.podsIn(one).map(({ ref }) => ref.name)),
    workloads: snapshot.workloads.map(({ ref, template, replicas, pods, resource }) => {
      const { labels, ports } = template;
      return { ref, labels, ports, replicas, pods: pods.map((pod) => pod.ref.name), of: resource.ref };
    }),
    workloadsIn: namespaces.map((one) => snapshot.workloadsIn(one).map(({ ref }) => snapshot.workload(ref)?.ref.name)),
    nodes: snapshot.nodes.map(({ name, podCIDRs, internalIPs }) => ({ name, podCIDRs, internalIPs })),
    namespaces: [...snapshot.namespaces.values()].map(({ name, labels }) => ({ name, labels })).sort(byName),
    owners: addresses.map((ip) => snapshot.ownersOf(ip).pods.map(({ ref }) => ref)),
    endpoints: snapshot.services.map((one) =>
      derived.endpointsOf(one).endpoints.map(({ ip, ready }) => ({ ip, ready })),
    ),
    connectivity: finish(connectivity(derived.matrix)),
    findings: ask(analysis, 'findings', {}),
    graph: ask(analysis, 'graph', { namespaces: [], level: 'pod', edges: [], limit: 400, unfolded: [] }),
  };
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}

function analysisOf(host: AnalysisHost, resources: readonly Resource[]): Analysis {
  return host.apply({ clusters: [{ context: 'test', resources, missing: [], unread: [] }] });
}

test(`${steps} moments of living clusters: each is as if it had been read from scratch`, () => {
  const random = seededRandom(seed + 11);
  let host = new AnalysisHost();
  let known = new Map<string, Resource>();
  let hidden: readonly string[] = [];
  for (let i = 0; i < steps; i++) {
    if (i % 50 === 0) {
      host = new AnalysisHost();
      hidden = pick(unreadable, random);
      const start = startingCluster(random).filter((one) => !hidden.includes(kindOf(one)));
      known = new Map(start.map((object) => [keyOf(object), live(object)]));
    }
    const changes = chance(0.7, random) ? 1 : 1 + Math.floor(random() * 8);
    for (let n = 0; n < changes; n++) {
      const object = something(random);
      if (hidden.includes(kindOf(object))) continue;
      const isKept = chance(['Namespace', 'Node'].includes(kindOf(object)) ? 0.9 : 0.75, random);
      if (isKept) known.set(keyOf(object), live(object));
      else known.delete(keyOf(object));
    }
    const resources = inClusterOrder(known.values());
    try {
      const followed = analysisOf(host, resources);
      // What was not asked for at one moment is missing at the next.
      if (chance(0.3, random)) continue;
      assert.deepEqual(everything(followed), everything(analysisOf(new AnalysisHost(), resources)));
    } catch (error) {
      throw new Error(`seed ${seed}, moment ${i}`, { cause: error });
    }
  }
});
