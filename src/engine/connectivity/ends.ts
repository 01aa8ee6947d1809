import type { Workload } from '../model/cluster.ts';
import type { Exchange } from '../model/lists.ts';
import type { PolicySet } from '../policy/policySet.ts';
import { type ConnectivityEnd, endsOfWorkload, type PodClasses } from './classes.ts';

/** The rows and columns of a matrix: the user's workloads, by name. */
export interface Ends {
  readonly list: readonly ConnectivityEnd[];
  readonly byName: ReadonlyMap<string, ConnectivityEnd>;
  /** Workloads that other policies over the same classes may split otherwise, with the ends that they are now. */
  readonly split: ReadonlyMap<Workload, readonly ConnectivityEnd[]>;
}

/** The ends of some workloads; those invented are left out. */
export function endsOf(workloads: readonly Workload[], classes: PodClasses, policies: PolicySet): Ends {
  const split = new Map<Workload, readonly ConnectivityEnd[]>();
  const ends = workloads.flatMap((workload) => {
    if (workload.system) return [];
    const own = endsOfWorkload(workload, classes, policies);
    if (own.mayDiffer) split.set(workload, own.ends);
    return own.ends;
  });
  const list = ends.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { list, byName: new Map(list.map((one) => [one.name, one])), split };
}

/** The ends once some workloads gave way to others; `undefined` where ends of other names come of that. */
export function endsAfter(
  { list, split }: Ends,
  { gone, come }: Exchange<Workload>,
  classes: PodClasses,
  policies: PolicySet,
): Ends | undefined {
  const own = endsOf(come, classes, policies);
  const left = new Set(gone);
  const old = list.filter(({ workload }) => left.has(workload));
  if (old.length !== own.list.length || !old.every(({ name }) => own.byName.has(name))) return undefined;
  const now = list.map((one) => (left.has(one.workload) ? (own.byName.get(one.name) ?? one) : one));
  const stillSplit = [...split].filter(([workload]) => !left.has(workload));
  return {
    list: now,
    byName: new Map(now.map((one) => [one.name, one])),
    split: new Map([...stillSplit, ...own.split]),
  };
}

/** True where the same workloads and classes still have these ends under other policies. */
export function stillHolds({ split }: Ends, classes: PodClasses, policies: PolicySet): boolean {
  return [...split].every(([workload, before]) => {
    const { ends } = endsOfWorkload(workload, classes, policies);
    return (
      ends.length === before.length &&
      ends.every((one, index) => one.name === before[index]?.name && one.podClass === before[index]?.podClass)
    );
  });
}
