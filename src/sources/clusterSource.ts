import { t } from '@vscode/l10n';
import type { LiveKind } from '../engine/index.ts';
import {
  liveKinds,
  type Resource,
  type ResourceRef,
  sameJson,
  type UnreadKind,
  unreadSentences,
} from '../engine/index.ts';
import { Backoff, sleep } from './backoff.ts';
import { ClusterTransport, type Failure, isFailure } from './clusterTransport.ts';
import { Discovery, type ServedKind } from './discovery.ts';
import { KindFollower } from './kindFollower.ts';
import type { AccessProblem, ClusterAccess, ClusterChoice } from './kubeconfig.ts';
import type { ReflectorState } from './reflector.ts';
import { type ClusterTiming, usualTiming } from './timing.ts';

/**
 * How a cluster stands. `connecting` until everything was read once; `live` while every watch is open that may be; `stale` when one is
 * not: what was read last is kept, and may be old since then (ms since 1970); `forbidden` when the server takes the user
 * for nobody, or shows nothing at all; `disconnected` when it was never reached, or was left.
 */
export type ClusterState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'stale'; readonly since: number; readonly reason: string }
  | { readonly kind: 'forbidden'; readonly reason: string }
  | { readonly kind: 'disconnected'; readonly reason: string };

/** What changed since the last time, in the order that it was heard: an object that changed twice is there twice. */
export interface ClusterChange {
  readonly state: ClusterState;
  readonly changed: readonly Resource[];
  readonly removed: readonly ResourceRef[];
}

/** Everything that is known of a cluster at one moment. */
export interface ClusterSnapshot {
  readonly context: string;
  readonly state: ClusterState;
  /** Sorted by kind, namespace and name. */
  readonly resources: readonly Resource[];
  /** What could not be read, each a sentence; empty when nothing is missing. */
  readonly missing: readonly string[];
  /** The kinds among it. */
  readonly unread: readonly UnreadKind[];
  /** True until everything was read once: it is the Services, with their namespaces, nodes and EndpointSlices, alone. */
  readonly isLoading: boolean;
}

/** What to read, and how. */
export interface ClusterSourceOptions {
  readonly access: ClusterAccess;
  /** Where a kind may not be listed in the whole cluster, it is read in these; empty: in the context's own namespace. */
  readonly namespaces: readonly string[];
  /** False: everything is read once. */
  readonly watch: boolean;
  readonly timing?: Partial<ClusterTiming>;
  readonly kinds?: readonly LiveKind[];
  readonly onChange?: (change: ClusterChange) => void;
}

/**
 * Reads a kubeconfig by client-node, which is loaded only now: it is large, and most runs never need it.
 */
export async function openKubeconfig(choice: ClusterChoice): Promise<ClusterAccess | AccessProblem> {
  const { readKubeconfig } = await import('./kubeconfig.ts');
  return readKubeconfig(choice);
}

/** The contexts of a kubeconfig. */
export async function kubeContexts(
  kubeconfig: string | undefined,
): Promise<ReturnType<typeof import('./kubeconfig.ts').listContexts>> {
  const { listContexts } = await import('./kubeconfig.ts');
  return listContexts(kubeconfig);
}

/**
 * A running cluster: every kind that the engine reads, listed and then watched. It only ever asks GET. What it delivers
 * has no Secrets and no environment values, and stays as it was last seen while the server can't be reached.
 */
export class ClusterSource {
  readonly #options: ClusterSourceOptions;
  readonly #timing: ClusterTiming;
  readonly #transport: ClusterTransport;
  readonly #discovery: Discovery;
  readonly #followers = new Map<string, KindFollower>();
  readonly #stop = new AbortController();
  /** Ends the look at hand for the kinds of the server, or the pause before the next one. */
  #round = new AbortController();
  #changed: Resource[] = [];
  #removed: ResourceRef[] = [];
  readonly #waiting = new Set<() => void>();
  #isDiscovered = false;
  #wasComplete = false;
  #silent: readonly string[] = [];
  #failure: { readonly failure: Failure; readonly since: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #told: ClusterState = { kind: 'connecting' };
  #ended: Promise<void> = Promise.resolve();

  constructor(options: ClusterSourceOptions) {
    this.#options = options;
    this.#timing = { ...usualTiming, ...options.timing };
    this.#transport = new ClusterTransport(options.access, this.#timing);
    this.#discovery = new Discovery(this.#transport, options.kinds ?? liveKinds);
  }

  /** Begins to read; what comes is told to `onChange`. */
  start(): void {
    this.#ended = this.#discover();
    if (this.#options.watch) this.#watchClock();
  }

  /**
   * While a machine sleeps its connections end without a word, and its timers stand still: the clock alone has moved when
   * it wakes. Everything is asked anew then, by new connections.
   */
  #watchClock(): void {
    const { sleptMs } = this.#timing;
    let last = Date.now();
    const timer = setInterval(
      () => {
        const passed = Date.now() - last;
        last = Date.now();
        if (passed > sleptMs) this.#reconnect();
      },
      Math.min(1_000, sleptMs / 2),
    );
    this.#stop.signal.addEventListener('abort', () => clearInterval(timer));
  }

  #reconnect(): void {
    this.#transport.disconnect();
    for (const one of this.#followers.values()) one.kick();
    this.#round.abort();
  }

  /** Ends every request. The last snapshot stays. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#round.abort();
    for (const one of this.#followers.values()) one.stop();
    await this.#ended;
    await Promise.all([...this.#followers.values()].map((one) => one.ended));
    clearTimeout(this.#timer);
    this.#wake();
  }

  get state(): ClusterState {
    if (this.#stop.signal.aborted) return { kind: 'disconnected', reason: t('It was left') };
    const states = [...this.#followers.values()].flatMap((one) => one.states);
    const refused = this.#unauthorized(states);
    if (refused !== undefined) return refused;
    if (!this.#isDiscovered || states.some((one) => one.kind === 'connecting')) return this.#early(states);
    const known = states.filter((one) => one.kind !== 'absent');
    const forbidden = known.find((one) => one.kind === 'forbidden');
    if (forbidden !== undefined && known.every((one) => one.kind === 'forbidden')) {
      return { kind: 'forbidden', reason: forbidden.failure.message };
    }
    return this.#staleness(states) ?? { kind: 'live' };
  }

  /** The server answers, and takes the user for nobody, or says not even which kinds it has: no lost connection. */
  #unauthorized(states: readonly ReflectorState[]): ClusterState | undefined {
    const asked = this.#failure?.failure;
    if (asked?.failure === 'forbidden' && !this.#isDiscovered) return { kind: 'forbidden', reason: asked.message };
    const failures = [asked, ...states.map((one) => ('failure' in one ? one.failure : undefined))];
    const found = failures.find((one) => one?.failure === 'unauthorized');
    return found && { kind: 'forbidden', reason: found.message };
  }

  #early(states: readonly ReflectorState[]): ClusterState {
    if (this.#wasComplete) return this.#staleness(states) ?? { kind: 'live' };
    const failed = states.find((one) => one.kind === 'connecting' && one.failure !== undefined);
    const failure = this.#failure?.failure ?? (failed?.kind === 'connecting' ? failed.failure : undefined);
    return failure === undefined ? { kind: 'connecting' } : { kind: 'disconnected', reason: failure.message };
  }

  #staleness(states: readonly ReflectorState[]): ClusterState | undefined {
    const stale = states.filter((one) => one.kind === 'stale');
    const failure = stale[0]?.failure ?? this.#failure?.failure;
    if (failure === undefined) return undefined;
    const since = Math.min(...stale.map((one) => one.since), this.#failure?.since ?? Number.POSITIVE_INFINITY);
    return { kind: 'stale', since, reason: failure.message };
  }

  /** How many objects are known so far. */
  get size(): number {
    return [...this.#followers.values()].reduce((sum, one) => sum + one.size, 0);
  }

  /** True as soon as {@link snapshot} has Services and their endpoints. */
  get hasFirst(): boolean {
    const first = [...this.#followers.values()].filter((one) => one.isFirst);
    return first.length > 0 && first.every(({ states }) => states.every((one) => one.kind !== 'connecting'));
  }

  /** Everything that is known now. */
  snapshot(): ClusterSnapshot {
    const isLoading = !this.#wasComplete && this.#options.watch && this.state.kind !== 'live';
    const followers = [...this.#followers.values()].filter((one) => !isLoading || one.isFirst);
    const forbidden = followers.flatMap((one) => one.unread ?? []);
    const silent = this.#silent.map((group) => t('The API {0} does not answer: its objects are not known', group));
    return {
      context: this.#options.access.context,
      state: this.state,
      resources: followers.sort((a, b) => (a.order < b.order ? -1 : 1)).flatMap((one) => one.resources()),
      missing: [...unreadSentences(forbidden), ...this.#unwatched(followers), ...new Set(silent)],
      unread: [...forbidden, ...this.#unreadOfSilent()],
      isLoading,
    };
  }

  #unwatched(followers: readonly KindFollower[]): readonly string[] {
    const names = followers.filter((one) => one.isListedOnly).map(({ name }) => name);
    const seconds = this.#timing.recheckMs / 1000;
    return names.length === 0
      ? []
      : [
          t(
            'You may list these and not watch them; they are read again about every {0} s: {1}',
            seconds,
            names.join(', '),
          ),
        ];
  }

  /** Kinds of groups that do not answer, as far as nothing of them was read before. */
  #unreadOfSilent(): readonly UnreadKind[] {
    const kinds = this.#options.kinds ?? liveKinds;
    const isSilent = (group: string): boolean => this.#silent.some((one) => one.startsWith(`${group}/`));
    const followed = new Set([...this.#followers.values()].map((one) => one.order));
    return kinds
      .filter(({ group, kind }) => isSilent(group) && !followed.has(`${group}/${kind}`))
      .map(({ group, kind }) => ({ group, kind, plural: kind, namespaced: false, readIn: [] }));
  }

  /**
   * Resolves with the state when everything was read once, the server refused the user, or, after `patienceMs`, with the
   * state as it is then. A server that was never reached gets `unreachedMs`.
   */
  async settled(patienceMs: number, unreachedMs = patienceMs): Promise<ClusterState> {
    const isHopeless = (): boolean =>
      this.#failure !== undefined && !this.#isDiscovered && Date.now() - this.#failure.since >= unreachedMs;
    await this.#until(() => this.#isSettled() || isHopeless(), patienceMs);
    return this.state;
  }

  async #until(isTrue: () => boolean, patienceMs: number): Promise<void> {
    const end = Date.now() + patienceMs;
    while (!isTrue() && Date.now() < end && !this.#stop.signal.aborted) {
      await new Promise<void>((done) => {
        const timer = setTimeout(done, Math.max(0, end - Date.now()));
        const wake = (): void => {
          clearTimeout(timer);
          this.#waiting.delete(wake);
          done();
        };
        this.#waiting.add(wake);
      });
    }
  }

  #isSettled(): boolean {
    const { kind } = this.state;
    return kind === 'live' || kind === 'forbidden' || kind === 'stale';
  }

  /** Looks for the kinds that the server has, again and again: kinds come and go with their CRDs. */
  async #discover(): Promise<void> {
    const backoff = new Backoff(this.#timing.backoff);
    while (!this.#stop.signal.aborted) {
      this.#round = new AbortController();
      const { signal } = this.#round;
      const found = await this.#discovery.ask(signal);
      if (this.#stop.signal.aborted) return;
      if (isFailure(found)) {
        this.#failure = { failure: found, since: this.#failure?.since ?? Date.now() };
        this.#tell();
        await sleep(backoff.next(found.retryAfterMs), signal);
        continue;
      }
      backoff.reset();
      const wasLost = this.#failure !== undefined && this.#isDiscovered;
      this.#failure = undefined;
      this.#silent = found.silent;
      if (!this.#isDiscovered && this.#options.watch) await this.#followFirst(found.served);
      // Nothing may begin after a stop: nobody would end it.
      if (this.#stop.signal.aborted) return;
      this.#follow(found.served);
      this.#isDiscovered = true;
      // Watches may hang on connections that nobody serves any more.
      if (wasLost) for (const one of this.#followers.values()) one.kick();
      this.#tell();
      if (!this.#options.watch) return;
      await sleep(this.#timing.discoveryMs * (0.75 + Math.random() / 2), signal);
    }
  }

  /** Pods are most of what a large cluster has; the rest comes before them where it is quick. */
  async #followFirst(served: readonly ServedKind[]): Promise<void> {
    this.#follow(served.filter(({ kind }) => kind.isFirst));
    await this.#until(() => this.hasFirst, this.#timing.firstMs);
  }

  #follow(served: readonly ServedKind[]): void {
    const wanted = new Map(served.map((one) => [keyOf(one), one]));
    for (const [key, follower] of this.#followers) {
      // A group that does not answer now had its kinds before: they are kept.
      const isSilent = this.#silent.some((group) => key.startsWith(`${group}/`));
      if (!wanted.has(key) && isSilent && !follower.isAbsent) continue;
      if (!wanted.has(key) || follower.isAbsent) {
        follower.drop();
        this.#followers.delete(key);
      }
    }
    for (const [key, one] of wanted) {
      if (this.#followers.has(key)) continue;
      const follower = new KindFollower({
        transport: this.#transport,
        access: this.#options.access,
        namespaces: this.#options.namespaces,
        served: one,
        timing: this.#timing,
        watch: this.#options.watch,
        changed: (resource) => {
          this.#changed.push(resource);
          this.#tellSoon();
        },
        removed: (ref) => {
          this.#removed.push(ref);
          this.#tellSoon();
        },
        stateChanged: () => this.#tell(),
      });
      this.#followers.set(key, follower);
      follower.start();
    }
  }

  /** Changes that come together are told together. */
  #tell(): void {
    this.#wasComplete ||= this.#isSettled() && this.state.kind === 'live';
    this.#wake();
    this.#tellSoon();
  }

  /** Every object of a large list comes by here. */
  #tellSoon(): void {
    if (this.#timer !== undefined) return;
    if (this.#options.onChange === undefined) {
      [this.#changed, this.#removed] = [[], []];
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#stop.signal.aborted) return;
      const { state } = this;
      const [changed, removed] = [this.#changed, this.#removed];
      [this.#changed, this.#removed] = [[], []];
      if (changed.length === 0 && removed.length === 0 && sameJson({ ...state }, { ...this.#told })) return;
      this.#told = state;
      this.#options.onChange?.({ state, changed, removed });
    }, this.#timing.batchMs);
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}

/** A kind's place among the followers: `group/version/kind`. */
function keyOf({ kind, version }: ServedKind): string {
  return `${kind.group}/${version}/${kind.kind}`;
}
