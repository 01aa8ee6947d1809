import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runRules } from '../../src/engine/diagnostics/run.ts';
import {
  buildSnapshot,
  type Connectivity,
  connectivity,
  Derived,
  diffConnectivity,
  finish,
  parseManifest,
  type Resource,
  refKey,
} from '../../src/engine/index.ts';
import { adminCluster } from './random/adminClusters.ts';
import { calicoCluster } from './random/calicoClusters.ts';
import { ciliumCluster } from './random/ciliumClusters.ts';
import { Dice, type RandomCluster, randomCluster } from './random/clusters.ts';
import { derivedOf } from './random/compare.ts';

// What must hold of any two clusters that differ in a known way, whatever the verdicts are.

type Policy = RandomCluster['policies'][number];

const seeds = Array.from({ length: 120 }, (_, index) => index + 1);

function opened(before: RandomCluster, after: RandomCluster) {
  return finish(diffConnectivity(derivedOf(before), derivedOf(after)));
}

function namespaceOf(cluster: RandomCluster, dice: Dice): string {
  return (dice.pick(cluster.namespaces)['metadata'] as { name: string }).name;
}

test('an added allow rule never closes anything', () => {
  for (const seed of seeds) {
    const cluster = randomCluster(seed);
    const dice = new Dice(seed);
    if (cluster.policies.length === 0) continue;
    const chosen = dice.int(cluster.policies.length);
    const direction = dice.chance(50) ? 'ingress' : 'egress';
    const policies = cluster.policies.map((policy, index): Policy => {
      const spec = policy['spec'] as { policyTypes?: readonly string[]; [direction]: readonly unknown[] };
      const acts = spec.policyTypes?.includes(direction === 'ingress' ? 'Ingress' : 'Egress') ?? false;
      if (index !== chosen || !acts) return policy;
      return { ...policy, spec: { ...spec, [direction]: [...(spec[direction] ?? []), { ports: [{ port: 80 }] }] } };
    });
    const { removed, changed } = opened(cluster, { ...cluster, policies });
    assert.deepEqual(removed, [], `seed ${seed}`);
    for (const { before, after } of changed) {
      const lost = before.filter((one) => !after.some((two) => covers(two, one)));
      assert.deepEqual(lost, [], `seed ${seed}`);
    }
  }
});

type Ports = { readonly protocol: string; readonly from: number; readonly to: number };

function covers(outer: Ports, inner: Ports): boolean {
  return outer.protocol === inner.protocol && outer.from <= inner.from && inner.to <= outer.to;
}

test('a NetworkPolicy never opens what an admin policy denies', () => {
  for (const seed of seeds) {
    const cluster = randomCluster(seed);
    const home = namespaceOf(cluster, new Dice(seed));
    const deny = {
      apiVersion: 'policy.networking.k8s.io/v1alpha1',
      kind: 'AdminNetworkPolicy',
      metadata: { name: 'closed' },
      spec: {
        priority: 0,
        subject: { namespaces: { matchLabels: { 'kubernetes.io/metadata.name': home } } },
        ingress: [{ action: 'Deny', from: [{ namespaces: {} }] }],
      },
    };
    const open = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'open', namespace: home },
      spec: { podSelector: {}, ingress: [{}] },
    };
    const { connections } = listOf({ ...cluster, policies: [...cluster.policies, deny, open] });
    const into = connections.filter(({ from, to }) => to.startsWith(`${home}/`) && from.includes('/'));
    assert.deepEqual(into, [], `seed ${seed}`);
  }
});

function listOf(cluster: RandomCluster): Connectivity {
  return finish(connectivity(derivedOf(cluster).matrix));
}

test('the order of the objects and the names of NetworkPolicies change nothing', () => {
  for (const seed of seeds) {
    const cluster = randomCluster(seed);
    const policies = cluster.policies.map((policy, index) => {
      return { ...policy, metadata: { ...(policy['metadata'] as object), name: `renamed-${1000 - index}` } };
    });
    const turned = { ...cluster, policies: policies.toReversed(), pods: cluster.pods.toReversed() };
    assert.deepEqual(sorted(listOf(turned)), sorted(listOf(cluster)), `seed ${seed}`);
  }
});

function sorted({ connections }: Connectivity): readonly string[] {
  return connections.map((one) => JSON.stringify(one)).sort();
}

test('edit by edit comes to the same as all at once', () => {
  for (const seed of seeds.slice(0, 60)) {
    const dice = new Dice(seed);
    // Pods of one workload that other policies treat differently make other ends.
    const families = [randomCluster, ownedCluster, adminCluster, calicoCluster, ciliumCluster];
    const clusterOf = families[seed % families.length] ?? randomCluster;
    let resources = resourcesOf(clusterOf(seed));
    let derived = new Derived(buildSnapshot({ scope: 'random', resources }));
    let freshBefore = derived;
    finish(connectivity(derived.matrix));
    for (let edit = 0; edit < 6; edit++) {
      resources = edited(resources, resourcesOf(clusterOf(seed + 1000 * (edit + 1))), dice);
      const before = derived;
      derived = new Derived(buildSnapshot({ scope: 'random', resources }, derived.snapshot), derived);
      const fresh = new Derived(buildSnapshot({ scope: 'random', resources }));
      const [own, other] = [finish(connectivity(derived.matrix)), finish(connectivity(fresh.matrix))];
      assert.deepEqual(own, other, `seed ${seed}, edit ${edit}`);
      assert.deepEqual(judged(derived), judged(fresh), `seed ${seed}, edit ${edit}`);
      // The one looks at what the edit touched, the other, which shares nothing, at every pair.
      assert.deepEqual(differences(before, derived), differences(freshBefore, fresh), `seed ${seed}, edit ${edit}`);
      freshBefore = fresh;
    }
  }
});

/** What {@link diffConnectivity} finds, without the reasons. */
function differences(before: Derived, after: Derived): unknown {
  const { added, removed, changed } = finish(diffConnectivity(before, after));
  return [added, removed, changed].map((list) => list.map(({ because: _, ...rest }) => rest));
}

/** What policies say of every pair of pods on some ports, with the rules that decide, and what is wrong with the policies. */
function judged(derived: Derived): unknown {
  const { pods } = derived.snapshot;
  const verdicts = pods.flatMap((source) =>
    pods.flatMap((destination) =>
      [80, 443].map((port) => {
        const decision = derived.enforce({ kind: 'pod', pod: source }, { kind: 'pod', pod: destination }, 'TCP', port);
        return [source.ref.name, destination.ref.name, port, decision];
      }),
    ),
  );
  const context = { snapshot: derived.snapshot, model: derived };
  return { verdicts, findings: finish(runRules(context, () => true)) };
}

/** A random cluster where all pods of a namespace are those of one ReplicaSet. */
function ownedCluster(seed: number): RandomCluster {
  const cluster = randomCluster(seed);
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'set' };
  const pods = cluster.pods.map((one) => {
    const metadata = one['metadata'] as object;
    return { ...one, metadata: { ...metadata, ownerReferences: [{ ...owner, uid: 'u', controller: true }] } };
  });
  const sets = cluster.namespaces.map(({ metadata }) => ({
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    metadata: { name: owner.name, namespace: (metadata as { name: string }).name },
    spec: { replicas: cluster.pods.length, selector: {}, template: { metadata: {}, spec: { containers: [] } } },
  }));
  return { ...cluster, pods: [...pods, ...sets] };
}

function resourcesOf(cluster: RandomCluster): readonly Resource[] {
  const items = [...cluster.namespaces, ...(cluster.others ?? []), ...cluster.pods, ...cluster.policies];
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  return parseManifest(text, 'random.json').documents.flatMap((one) => one.resources);
}

/** A policy gone, put in from another cluster, or moved to another place; now and then a pod with other labels. */
function edited(resources: readonly Resource[], others: readonly Resource[], dice: Dice): readonly Resource[] {
  const isPolicy = ({ ref }: Resource): boolean => ref.kind.endsWith('Policy');
  const policies = resources.filter(isPolicy);
  const foreign = others.filter(isPolicy);
  if (dice.chance(15)) {
    const pods = others.filter(({ ref }) => ref.kind === 'Pod');
    const names = new Set(pods.map(({ ref }) => `${ref.namespace}/${ref.name}`));
    return [...resources.filter(({ ref }) => !names.has(`${ref.namespace}/${ref.name}`)), ...pods];
  }
  if (policies.length > 0 && dice.chance(40)) {
    const gone = dice.pick(policies);
    return resources.filter((one) => one !== gone);
  }
  if (foreign.length === 0) return resources.toReversed();
  const added = dice.pick(foreign);
  return [...resources.filter(({ ref }) => refKey(ref) !== refKey(added.ref)), added];
}
