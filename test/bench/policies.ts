// `npm run bench -- policies [S M L XL]`: what verdicts for all pairs cost, each figure beside its goal. The unit is the time
// to AND as many bytes as the matrix has, in the same run.
import { pathToFileURL } from 'node:url';
import { runRules } from '../../src/engine/diagnostics/run.ts';
import {
  buildSnapshot,
  type ConnectivityMatrix,
  Derived,
  diffConnectivity,
  finish,
  type JsonObject,
  Reachability,
  type Resource,
  type Snapshot,
} from '../../src/engine/index.ts';
import { isAllowed, type LiteralCluster } from '../oracle/random/literal.ts';
import { cpu, ms, percentile, type Row, usedMegabytes, wall } from './measure.ts';

type Fields = JsonObject & { readonly metadata: { readonly name: string; readonly namespace?: string } };

interface Maker {
  generate(options: object): Iterable<Fields>;
}

const clusterScoped = /^(Namespace|Node|AdminNetworkPolicy|BaselineAdminNetworkPolicy)$/;

function resourceOf(object: Fields, document: number): Resource {
  const apiVersion = String(object['apiVersion']);
  const kind = String(object['kind']);
  const { name, namespace = 'default' } = object.metadata;
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const ref = { group, kind, namespace: clusterScoped.test(kind) ? '' : namespace, name };
  return { ref, apiVersion, object, origin: { type: 'manifest', uri: 'bench', document, prefix: [] } };
}

/** The generator's cluster, and beside it policies of the other kinds. */
async function resourcesOf(generator: string, size: string, options: object): Promise<readonly Resource[]> {
  const { generate } = (await import(pathToFileURL(generator).href)) as Maker;
  const objects = [...generate({ size, seed: 42, ...options })];
  const namespaces = objects.filter((one) => one['kind'] === 'Namespace').map(({ metadata }) => metadata.name);
  return [...objects, ...otherKinds(namespaces)].map(resourceOf);
}

/** An admin policy for every tenth namespace (at most 100), a baseline, and a Cilium policy in every twentieth. */
function otherKinds(namespaces: readonly string[]): readonly Fields[] {
  const named = (name: string) => ({ matchLabels: { 'kubernetes.io/metadata.name': name } });
  const admin = namespaces
    .filter((_, index) => index % 10 === 0)
    .slice(0, 100)
    .map((name, priority) => ({
      apiVersion: 'policy.networking.k8s.io/v1alpha1',
      kind: 'AdminNetworkPolicy',
      metadata: { name: `guard-${name}` },
      spec: {
        priority,
        subject: { namespaces: named(name) },
        ingress: [
          { action: 'Pass', from: [{ namespaces: named('kube-system') }] },
          { action: 'Deny', from: [{ namespaces: {} }], ports: [{ portNumber: { protocol: 'TCP', port: 23 } }] },
        ],
      },
    }));
  const cilium = namespaces
    .filter((_, index) => index % 20 === 3)
    .map((namespace) => ({
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumNetworkPolicy',
      metadata: { name: 'cluster-only', namespace },
      // Each isolating policy of Cilium lets in the node that the pod is on.
      spec: {
        endpointSelector: {},
        ingress: [{ fromEntities: ['cluster'] }],
        ingressDeny: [{ fromEntities: ['world'] }],
      },
    }));
  return [...admin, ...cilium];
}

function derivedOf(resources: readonly Resource[], previous?: Derived): Derived {
  const derived = new Derived(buildSnapshot({ scope: 'bench', resources }, previous?.snapshot), previous);
  derived.snapshot.pods;
  return derived;
}

/** From the model of the pods and the policies' objects to a bit for every pair of classes. */
function allPairs(derived: Derived): Reachability {
  const reach = new Reachability(derived.matrix);
  for (const { index } of derived.matrix.classes.classes) reach.row(index);
  return reach;
}

/** CPU time from the model to the matrix once the code is warm: the least of three. */
function buildTime(resources: readonly Resource[]): number {
  const times = Array.from({ length: 3 }, () => {
    const derived = derivedOf(resources);
    return cpu(() => allPairs(derived)).ms;
  });
  return Math.min(...times);
}

/** One pass of AND over as many bytes, the bound of any method that writes them. */
function andTime(bytes: number): number {
  const [a, b] = [new Uint32Array(bytes / 4).fill(0xaaaaaaaa), new Uint32Array(bytes / 4).fill(0x55555555)];
  const times = Array.from({ length: 5 }, () =>
    wall(() => {
      for (let i = 0; i < a.length; i++) a[i] = (a[i] ?? 0) & (b[i] ?? 0);
    }),
  );
  return Math.min(...times);
}

/** What the second evaluator would take for all pairs of pods, from a sample of them, in ms. */
function pairLoop({ snapshot }: Derived, resources: readonly Resource[]): number {
  const ofKind = (kind: string) => resources.filter(({ ref }) => ref.kind === kind).map(({ object }) => object);
  const pods = ofKind('Pod');
  const cluster: LiteralCluster = {
    namespaces: ofKind('Namespace'),
    policies: ofKind('NetworkPolicy'),
    blocksMatchPods: false,
  };
  const sample = 40;
  const end = (index: number) => ({ kind: 'pod', pod: pods[(index * 7919) % pods.length], ip: '10.0.0.1' }) as const;
  const spent = wall(() => {
    for (let i = 0; i < sample; i++) isAllowed(cluster, end(i), end(i + 31), 'TCP', 80);
  });
  return (spent / sample) * snapshot.pods.length ** 2;
}

interface Edits {
  /** From the list of objects with the new one to the model. */
  readonly models: number[];
  /** From the model to the rows of every class: what {@link buildTime} takes for a whole build. */
  readonly rows: number[];
  readonly diffs: number[];
  /** What every rule says that is on by itself, after the diff. */
  readonly findings: number[];
}

/** What edits cost: by themselves, as {@link buildTime} takes a build by itself, and then with all that is asked after each. */
function edits(derived: Derived, resources: readonly Resource[]): Edits {
  const isOn = ({ severity }: { readonly severity: string }): boolean => severity !== 'off';
  const findings = (one: Derived): unknown => finish(runRules({ snapshot: one.snapshot, model: one }, isOn));
  const all: Edits = { models: [], rows: [], diffs: [], findings: [] };
  const objects = edited(resources);
  let last = derived;
  const follow = (given: readonly Resource[]): Derived =>
    new Derived(buildSnapshot({ scope: 'bench', resources: given }, last.snapshot), last);
  for (let n = 0; n < 100; n++) {
    const given = objects.next().value;
    let now = last;
    all.models.push(wall(() => (now = follow(given))));
    all.rows.push(wall(() => everyRow(now.matrix)));
    last = now;
  }
  findings(last);
  for (let n = 0; n < 30; n++) {
    const now = follow(objects.next().value);
    everyRow(now.matrix);
    all.diffs.push(wall(() => finish(diffConnectivity(last, now))));
    all.findings.push(wall(() => findings(now)));
    last = now;
  }
  return all;
}

/** The objects with one rule less, then with another one less too, and so on. */
function* edited(resources: readonly Resource[]): Generator<readonly Resource[], never> {
  const policies = resources.flatMap(({ ref }, index) => (ref.kind === 'NetworkPolicy' ? [index] : []));
  let objects = resources;
  for (let n = 0; ; n++) {
    const index = policies[(n * 997) % policies.length] ?? 0;
    objects = objects.map((one, at) => (at === index ? { ...one, object: withoutFirstRule(one.object) } : one));
    yield objects;
  }
}

function withoutFirstRule(object: JsonObject): JsonObject {
  const spec = object['spec'] as JsonObject;
  const ingress = Array.isArray(spec['ingress']) ? spec['ingress'].slice(1) : [];
  return { ...object, spec: { ...spec, policyTypes: ['Ingress'], ingress } };
}

function everyRow(matrix: ConnectivityMatrix): void {
  for (const one of matrix.classes.classes) {
    matrix.row(one, 'ingress');
    matrix.row(one, 'egress');
  }
}

/** A policy that tells every pod from every other one: as many classes as pods. */
function adversarial(snapshot: Snapshot, resources: readonly Resource[]): Row {
  const values = snapshot.pods.map(({ ref }) => ref.name);
  const named = resources.map((one) => {
    if (one.ref.kind !== 'Pod') return one;
    const metadata = one.object['metadata'] as JsonObject;
    const labels = { ...(metadata['labels'] as JsonObject), pod: one.ref.name };
    return { ...one, object: { ...one.object, metadata: { ...metadata, labels } } };
  });
  const policy = resourceOf(
    {
      apiVersion: 'policy.networking.k8s.io/v1alpha1',
      kind: 'AdminNetworkPolicy',
      metadata: { name: 'names-everyone' },
      spec: {
        priority: 1000,
        subject: { namespaces: {} },
        ingress: [
          {
            action: 'Deny',
            from: [
              {
                pods: {
                  namespaceSelector: {},
                  podSelector: { matchExpressions: [{ key: 'pod', operator: 'In', values }] },
                },
              },
            ],
          },
        ],
      },
    },
    resources.length,
  );
  const derived = derivedOf([...named, policy]);
  const before = usedMegabytes();
  const reach = new Reachability(derived.matrix);
  const classes = derived.matrix.classes.classes.length;
  const rows = Array.from({ length: 200 }, (_, n) => wall(() => reach.row((n * 7919) % classes)));
  const kept = usedMegabytes() - before;
  const held = (reach.kept.bytes / 1e6).toFixed(0);
  const value = `${classes} classes, a row p50 ${ms(percentile(rows, 0.5))}, rows ${held} MB, ${kept.toFixed(0)} MB with classes and labels`;
  return { what: 'a policy that names every pod', value, goal: 'rows ≤ 64 MB' };
}

/** Every pod twice, under another name: the same labels make the same classes. */
function doubled(resources: readonly Resource[]): readonly Resource[] {
  const twins = resources
    .filter(({ ref }) => ref.kind === 'Pod')
    .map((one) => ({ ...one, ref: { ...one.ref, name: `${one.ref.name}-twin` } }));
  return [...resources, ...twins];
}

/** The figures of one size. */
export async function policyRows(generator: string, size: string): Promise<readonly Row[]> {
  const resources = await resourcesOf(generator, size, {});
  const derived = derivedOf(resources);
  const base = usedMegabytes();
  const build = cpu(() => allPairs(derived));
  const { rows, bytes } = build.result.kept;
  const memory = usedMegabytes() - base;
  const unit = andTime(Math.max(bytes, 4));
  const warm = buildTime(resources);
  const matrix = derived.matrix;
  const loop = pairLoop(derived, resources);
  const { models, rows: rowTimes, diffs, findings } = edits(derived, resources);
  const edit = percentile(rowTimes, 0.5);
  const more = buildTime(doubled(resources));
  const what = `${derived.snapshot.pods.length} pods, ${derived.policies.policies.length} policies`;
  return [
    {
      what: `${size}: ${what}`,
      value: `${matrix.classes.classes.length} classes, ${rows} distinct rows, ${(bytes / 1e6).toFixed(1)} MB`,
      goal: '',
    },
    {
      what: `${size}: columns → matrix`,
      value: `${ms(build.ms)} first, ${ms(warm)} warm, ${(warm / unit).toFixed(0)} × AND (${ms(unit)})`,
      goal: '≤ 60 × at XL, about 0.5 s',
    },
    {
      what: `${size}: loop over pod pairs, extrapolated`,
      value: `${(loop / 1000).toFixed(0)} s, ${(loop / warm).toFixed(0)} × the matrix`,
      goal: '≥ 500 × at 10,000 pods',
    },
    {
      what: `${size}: policy edit → rows`,
      value: `p50 ${ms(edit)}, p95 ${ms(percentile(rowTimes, 0.95))}, 1/${(warm / edit).toFixed(0)} of a build; model before it ${ms(percentile(models, 0.5))}`,
      goal: '≤ 1/100',
    },
    {
      what: `${size}: edit → what it opens and closes`,
      value: `p50 ${ms(percentile(diffs, 0.5))}, p95 ${ms(percentile(diffs, 0.95))}`,
      goal: 'diff 100 ms',
    },
    {
      what: `${size}: edit → findings of every rule`,
      value: `p50 ${ms(percentile(findings, 0.5))}, p95 ${ms(percentile(findings, 0.95))}`,
      goal: '100 ms at M, 250 ms at XL',
    },
    {
      what: `${size}: twice the pods, the same labels`,
      value: `${ms(more)}, ${((100 * more) / warm - 100).toFixed(0)} % more`,
      goal: '≤ 10 %',
    },
    { what: `${size}: memory of matrix and rows`, value: `${memory.toFixed(0)} MB`, goal: 'worker at XL ≤ 250 MB' },
    { ...adversarial(derived.snapshot, resources), what: `${size}: a policy that names every pod` },
  ];
}
