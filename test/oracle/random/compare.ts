import { buildSnapshot, Derived, type PolicyEnd, parseManifest } from '../../../src/engine/index.ts';
import { adminCluster } from './adminClusters.ts';
import { calicoCluster } from './calicoClusters.ts';
import { ciliumCluster } from './ciliumClusters.ts';
import { askedPorts, outsiders, type RandomCluster, randomCluster } from './clusters.ts';
import { isAllowed, type LiteralCluster, type LiteralEnd } from './literal.ts';
import { isAllowedByAdmins } from './literalAdmin.ts';
import { isAllowedByCalico } from './literalCalico.ts';
import { isAllowedByCilium } from './literalCilium.ts';

const protocols = ['TCP', 'UDP', 'SCTP'] as const;

/** Policy kinds that one cluster has together: how to make a cluster of them, and their literal evaluator. */
export interface Family {
  readonly name: string;
  /** Set where blocks of addresses match pods, whatever is assumed of ipBlocks. */
  readonly readsPackets?: true;
  cluster(seed: number): RandomCluster;
  isAllowed(
    cluster: LiteralCluster,
    source: LiteralEnd,
    destination: LiteralEnd,
    protocol: string,
    port: number,
  ): boolean;
}

/** Every family of the random oracle; the first is NetworkPolicy alone. */
export const families: readonly Family[] = [
  { name: 'NetworkPolicy', cluster: randomCluster, isAllowed },
  { name: 'admin policies', cluster: adminCluster, isAllowed: isAllowedByAdmins },
  { name: 'Cilium', cluster: ciliumCluster, isAllowed: isAllowedByCilium },
  { name: 'Calico', readsPackets: true, cluster: calicoCluster, isAllowed: isAllowedByCalico },
];

/** An end as both evaluators know it. */
interface End {
  readonly name: string;
  readonly literal: LiteralEnd;
  readonly own: PolicyEnd;
}

/** What the engine makes of a random cluster. */
export function derivedOf(cluster: RandomCluster): Derived {
  const items = [...cluster.namespaces, ...cluster.pods, ...cluster.policies, ...(cluster.others ?? [])];
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  const resources = parseManifest(text, 'random.json').documents.flatMap((one) => one.resources);
  const { blocksMatchPods } = cluster;
  const assume = blocksMatchPods === undefined ? {} : { ipBlockMatchesPods: blocksMatchPods };
  return new Derived(buildSnapshot({ scope: 'random', resources, assume }));
}

function endsOf(cluster: RandomCluster, derived: Derived): readonly End[] {
  const pods = cluster.pods.flatMap((pod): End[] => {
    const { name, namespace } = pod['metadata'] as { name: string; namespace: string };
    const { podIPs } = pod['status'] as { podIPs: { ip: string }[] };
    const own = derived.snapshot.pod(namespace, name);
    if (own === undefined) throw new Error(`${namespace}/${name} was not read`);
    return podIPs.map(({ ip }) => ({
      name: `${namespace}/${name} ${ip}`,
      literal: { kind: 'pod', pod, ip },
      own: { kind: 'pod', pod: own, ip },
    }));
  });
  const outside = outsiders.map((ip): End => {
    return { name: ip, literal: { kind: 'outside', ip }, own: { kind: 'address', ip } };
  });
  return [...pods, ...outside];
}

function sameFamily(a: End, b: End): boolean {
  return a.literal.ip.includes(':') === b.literal.ip.includes(':');
}

/** The first question that the two evaluators answer differently for a seed; `undefined` where they agree on all. */
export function disagreement(family: Family, seed: number): string | undefined {
  const cluster = family.cluster(seed);
  const derived = derivedOf(cluster);
  const ends = endsOf(cluster, derived);
  for (const source of ends) {
    for (const destination of ends) {
      if (!sameFamily(source, destination)) continue;
      if (source.literal.kind === 'outside' && destination.literal.kind === 'outside') continue;
      for (const protocol of protocols) {
        for (const port of askedPorts) {
          const literal = family.isAllowed(cluster, source.literal, destination.literal, protocol, port);
          const own = derived.decide(source.own, destination.own, protocol, port).action;
          if (own === (literal ? 'allow' : 'deny')) continue;
          return told(
            family,
            seed,
            cluster,
            `${source.name} → ${destination.name} ${port}/${protocol}: literal ${literal}, engine ${own}`,
          );
        }
      }
    }
  }
  return matrixDisagreement(family, seed, cluster, derived);
}

/** The same for the matrix, whose rows are workloads. Each random pod is one, seen by all of its addresses. */
function matrixDisagreement(
  family: Family,
  seed: number,
  cluster: RandomCluster,
  derived: Derived,
): string | undefined {
  const { matrix } = derived;
  const ends = endsOf(cluster, derived);
  const endOf = (name: string): readonly End[] => ends.filter((one) => `${one.name.split(' ')[0]}[Pod]` === name);
  for (const from of matrix.ends) {
    for (const to of matrix.ends) {
      if (from === to || from.workload.system || to.workload.system) continue;
      const set = matrix.allowed(from, to);
      for (const protocol of protocols) {
        for (const port of askedPorts) {
          const literal = endOf(from.name).some((source) =>
            endOf(to.name).some(
              (destination) =>
                sameFamily(source, destination) &&
                family.isAllowed(cluster, source.literal, destination.literal, protocol, port),
            ),
          );
          const own = set !== undefined && matrix.ports.has(set, protocol, port);
          if (own !== literal && isPlain(family, cluster)) {
            return told(
              family,
              seed,
              cluster,
              `matrix ${from.name} → ${to.name} ${port}/${protocol}: literal ${literal}, engine ${own}`,
            );
          }
        }
      }
    }
  }
  return undefined;
}

/** A row of the matrix stands for all addresses of a pod, which only dual-stack pods under ipBlocks can tell apart. */
function isPlain({ readsPackets }: Family, { pods, blocksMatchPods }: RandomCluster): boolean {
  const single = pods.every((pod) => (pod['status'] as { podIPs: unknown[] }).podIPs.length === 1);
  return single || (blocksMatchPods === false && readsPackets !== true);
}

function told({ name }: Family, seed: number, cluster: RandomCluster, what: string): string {
  return `${name}, seed ${seed}: ${what}\n${JSON.stringify(cluster, undefined, 1)}`;
}
