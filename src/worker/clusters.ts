import { performance } from 'node:perf_hooks';
import { t } from '@vscode/l10n';
import { type ClusterObjects, sameList } from '../engine/index.ts';
import type { ChosenCluster, ClusterStatus } from '../protocol.ts';
import { ClusterSource, openKubeconfig } from '../sources/clusterSource.ts';
import type { ClusterAccess } from '../sources/kubeconfig.ts';

/** Changes of clusters within this time are one analysis. */
const gatherMs = 120;
/** While the thread had this much to do since the last analysis the next one waits, but never longer than `longestMs`. */
const busy = 0.5;
const longestMs = 5_000;

interface Followed {
  readonly chosen: ChosenCluster;
  source?: ClusterSource;
  access?: ClusterAccess;
  /** Why there is no source. */
  problem?: string;
  /** As the engine was told last; absent until everything was read once. */
  objects?: ClusterObjects;
  isLeft: boolean;
}

/** Tells the clusters as they are now. */
export interface ClusterListener {
  /** Objects of a cluster came, went or changed; a cluster was left. */
  readonly objects: (clusters: readonly ClusterObjects[]) => void;
  readonly statuses: (clusters: readonly ClusterStatus[]) => void;
}

/** The running clusters that the user chose. A cluster that is lost keeps what it showed last, and is said to be stale. */
export class Clusters {
  readonly #listener: ClusterListener;
  #followed: readonly Followed[] = [];
  #changed = false;
  #timer: NodeJS.Timeout | undefined;
  /** As it was when the engine was last told something. */
  #load = performance.eventLoopUtilization();
  /** How many clusters the engine knows. */
  #told = 0;

  constructor(listener: ClusterListener) {
    this.#listener = listener;
  }

  /** Connects to those that are new, and leaves those that are chosen no more. */
  choose(clusters: readonly ChosenCluster[]): void {
    const isSame = (one: Followed, chosen: ChosenCluster): boolean =>
      one.problem === undefined && JSON.stringify(one.chosen) === JSON.stringify(chosen);
    const kept = clusters.map((chosen) => this.#followed.find((one) => isSame(one, chosen)) ?? this.#open(chosen));
    for (const one of this.#followed) {
      if (kept.includes(one)) continue;
      one.isLeft = true;
      void one.source?.stop().then(() => one.access?.disconnect());
    }
    this.#followed = kept;
    this.#changed = true;
    this.#soon();
  }

  /**
   * The way to a cluster that is followed and whose objects are those of now; a sentence for every other one. A window that
   * is not trusted follows none.
   */
  accessTo(context: string): ClusterAccess | { readonly problem: string } {
    const followed = this.#followed.find(({ chosen }) => chosen.context === context);
    if (followed?.access === undefined) return { problem: t('Context {0} is not connected', context) };
    const { state, reason } = statusOf(followed);
    return state === 'live'
      ? followed.access
      : { problem: t('Context {0} is not live: {1}', context, reason || state) };
  }

  #open(chosen: ChosenCluster): Followed {
    const followed: Followed = { chosen, isLeft: false };
    void this.#connect(followed);
    return followed;
  }

  async #connect(followed: Followed): Promise<void> {
    const { context, kubeconfig, namespaces } = followed.chosen;
    const access = await openKubeconfig({ context, ...(kubeconfig ? { kubeconfig } : {}) });
    if (followed.isLeft) return;
    if ('problem' in access) {
      followed.problem = access.problem;
      this.#soon();
      return;
    }
    const source = new ClusterSource({ access, namespaces, watch: true, onChange: () => this.#heard(followed) });
    followed.source = source;
    followed.access = access;
    source.start();
    this.#soon();
  }

  #heard(followed: Followed): void {
    if (followed.isLeft) return;
    this.#changed = true;
    this.#soon();
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => this.#tellWhenIdle(performance.now()), gatherMs);
  }

  /** Answers about a large cluster take longer than its next change: most of the time stays for questions, and for others. */
  #tellWhenIdle(since: number): void {
    const { utilization } = performance.eventLoopUtilization(this.#load);
    const isAwaited = this.#followed.some(isAwaiting);
    if (!isAwaited && utilization > busy && performance.now() - since < longestMs) {
      this.#timer = setTimeout(() => this.#tellWhenIdle(since), gatherMs);
      return;
    }
    this.#timer = undefined;
    this.#load = performance.eventLoopUtilization();
    this.#tell();
  }

  #tell(): void {
    const before = this.#followed.map((one) => one.objects);
    for (const one of this.#followed) if (this.#changed) this.#read(one);
    this.#changed = false;
    this.#listener.statuses(this.#followed.map(statusOf));
    const known = this.#followed.flatMap((one) => one.objects ?? []);
    const isSame = this.#followed.every((one, index) => one.objects === before[index]);
    if (isSame && known.length === this.#told) return;
    this.#told = known.length;
    this.#listener.objects(known);
  }

  /** The Services of a large cluster are known long before its pods. */
  #read(one: Followed): void {
    const { source } = one;
    if (source === undefined || (!source.hasFirst && one.objects === undefined)) return;
    const { context, resources, missing, unread, isLoading } = source.snapshot();
    const before = one.objects;
    const isSame =
      before !== undefined &&
      sameList(before.resources, resources) &&
      sameList(before.missing, missing) &&
      before.isLoading === isLoading;
    if (!isSame) one.objects = { context, resources, missing, unread, isLoading };
  }

  /** Ends every connection. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await Promise.all(this.#followed.map((one) => one.source?.stop()));
  }
}

/** The first that a user sees of a cluster, and the whole of it, are worth more than a thread with time to spare. */
function isAwaiting({ source, objects }: Followed): boolean {
  if (source === undefined) return false;
  if (objects === undefined) return source.hasFirst;
  return objects.isLoading === true && source.state.kind === 'live';
}

function statusOf({ chosen, source, problem, objects }: Followed): ClusterStatus {
  const { context } = chosen;
  const known = { context, objects: source?.size ?? 0, missing: objects?.missing ?? [] };
  if (problem !== undefined) return { ...known, state: 'unusable', reason: problem };
  const state = source?.state ?? ({ kind: 'connecting' } as const);
  switch (state.kind) {
    case 'connecting':
      return { ...known, state: 'connecting', reason: '' };
    case 'live':
      return { ...known, state: 'live', reason: '' };
    case 'stale':
      return { ...known, state: 'stale', reason: state.reason, since: state.since };
    case 'forbidden':
      return { ...known, state: 'forbidden', reason: state.reason || t('The server shows nothing to this user') };
    case 'disconnected':
      return { ...known, state: 'disconnected', reason: state.reason };
    default:
      return state satisfies never;
  }
}
