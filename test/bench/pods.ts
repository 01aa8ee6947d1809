// What a pod's event costs in a running cluster: the figures of `npm run bench -- policies` beside those of policy edits.
import { pathToFileURL } from 'node:url';
import { runRules } from '../../src/engine/diagnostics/run.ts';
import { buildSnapshot, Derived, finish, type JsonObject, type Resource } from '../../src/engine/index.ts';
import { asLive, inClusterOrder } from '../live.ts';
import { ms, percentile, type Row, wall } from './measure.ts';

interface Generator {
  generate(options: object): Iterable<JsonObject>;
}

/** Objects as a source has them, with what some of its pods were made of. */
interface Cluster {
  readonly all: readonly Resource[];
  readonly pods: readonly JsonObject[];
}

async function clusterOf(generator: string, size: string): Promise<Cluster> {
  const { generate } = (await import(pathToFileURL(generator).href)) as Generator;
  const all: Resource[] = [];
  const pods: JsonObject[] = [];
  for (const object of generate({ size, seed: 42 })) {
    const found = asLive(object);
    if (found !== undefined) all.push(found);
    if (object['kind'] === 'Pod' && pods.length < 20_000) pods.push(object);
  }
  return { all: inClusterOrder(all), pods };
}

/** The pod with another address, as one that was made anew has. */
function moved(pod: JsonObject, round: number, n: number): JsonObject {
  return { ...pod, status: { ...(pod['status'] as JsonObject), podIP: `100.${64 + round}.${n >> 8}.${n & 255}` } };
}

interface Times {
  readonly snapshot: number;
  readonly matrix: number;
  readonly findings: number;
}

/** Batches of some events each, one after the other. */
function follow(cluster: Cluster, events: number): readonly Times[] {
  const places = new Map(cluster.all.flatMap(({ ref }, at) => (ref.kind === 'Pod' ? [[keyOf(ref), at]] : [])));
  const rules = (model: Derived): void => {
    finish(runRules({ snapshot: model.snapshot, model }, ({ severity }) => severity !== 'off'));
  };
  let resources: readonly Resource[] = cluster.all;
  let last = new Derived(buildSnapshot({ scope: 'bench', resources }));
  last.matrix.ends;
  rules(last);
  return Array.from({ length: 12 }, (_, round) => {
    const next = [...resources];
    for (let n = 0; n < events; n++) {
      const pod = cluster.pods[(round * 997 + n * 13) % cluster.pods.length];
      const now = pod && asLive(moved(pod, round, n));
      const at = now && places.get(keyOf(now.ref));
      if (now !== undefined && at !== undefined) next[at] = now;
    }
    resources = next;
    let derived = last;
    const snapshot = wall(() => {
      derived = new Derived(buildSnapshot({ scope: 'bench', resources }, last.snapshot), last);
    });
    const matrix = wall(() => derived.matrix.ends);
    last = derived;
    return { snapshot, matrix, findings: wall(() => rules(derived)) };
  });
}

function keyOf({ namespace, name }: Resource['ref']): string {
  return `${namespace}/${name}`;
}

/** The figures of one size. */
export async function podRows(generator: string, size: string): Promise<readonly Row[]> {
  const cluster = await clusterOf(generator, size);
  const count = Math.min(1000, cluster.pods.length);
  const scratch = wall(() => new Derived(buildSnapshot({ scope: 'bench', resources: cluster.all })).matrix.ends);
  const [one, many] = [follow(cluster, 1), follow(cluster, count)];
  const middle = (times: readonly Times[], part: keyof Times): number =>
    percentile(
      times.map((all) => all[part]),
      0.5,
    );
  const more = (part: keyof Times): number => (1000 * (middle(many, part) - middle(one, part))) / (count - 1);
  const both = middle(one, 'snapshot') + middle(one, 'matrix');
  return [
    {
      what: `${size}: a pod's event → snapshot and matrix`,
      value: `p50 ${ms(middle(one, 'snapshot'))} and ${ms(middle(one, 'matrix'))}, 1/${(scratch / both).toFixed(0)} of both from scratch`,
      goal: '',
    },
    {
      what: `${size}: each other pod of a known class with it`,
      value: `${more('snapshot').toFixed(0)} µs to the snapshot, ${more('matrix').toFixed(0)} µs to the matrix`,
      goal: '≤ 20 µs',
    },
    {
      what: `${size}: a pod's event → findings of every rule`,
      value: `p50 ${ms(middle(one, 'findings'))}`,
      goal: '',
    },
  ];
}
