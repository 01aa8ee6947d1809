import { t } from '@vscode/l10n';
import { type JsonObject, type JsonValue, liveResource, type Resource } from '../engine/index.ts';
import { Backoff, sleep } from './backoff.ts';
import { type ClusterTransport, type Failure, failureOf, isFailure } from './clusterTransport.ts';
import type { ServedKind } from './discovery.ts';
import type { ClusterTiming } from './timing.ts';

/**
 * What a reflector knows of its objects: `live` is as good as the server; `stale` is the last that it had; `listed` may
 * not be watched, and is listed again from time to time; `forbidden` and `absent` (a kind that is gone) have none.
 */
export type ReflectorState =
  | { readonly kind: 'connecting'; readonly failure?: Failure }
  | { readonly kind: 'live' }
  | { readonly kind: 'stale'; readonly since: number; readonly failure: Failure }
  | { readonly kind: 'listed'; readonly failure: Failure }
  | { readonly kind: 'forbidden'; readonly failure: Failure }
  | { readonly kind: 'absent' };

/** Which objects of a kind one reflector follows. `''` is all namespaces. */
export interface Selection {
  readonly namespace: string;
  /** A query such as `fieldSelector=metadata.name%3Distio`, or ''. */
  readonly query: string;
  /** True for an object that the selection may hold, by its namespace and name. */
  readonly holds: (namespace: string, name: string) => boolean;
}

/** Where a reflector puts what it reads. */
export interface ReflectorSink {
  /** True where nothing of the kind is known. */
  readonly isEmpty: () => boolean;
  /** Everything of the selection is one of these: whatever else there was is gone. */
  readonly keep: (seen: ReadonlySet<Resource>) => void;
  /** Answers with the object that is kept: the one that was there where nothing changed. */
  readonly put: (resource: Resource) => Resource;
  readonly remove: (namespace: string, name: string) => void;
  readonly state: (state: ReflectorState) => void;
}

/** Everything that a reflector works with. */
export interface ReflectorSetup {
  readonly transport: ClusterTransport;
  readonly context: string;
  readonly served: ServedKind;
  readonly selection: Selection;
  readonly timing: ClusterTiming;
  readonly sink: ReflectorSink;
  /** False: the list is all that is wanted. */
  readonly watch: boolean;
}

const nothing: ReadonlySet<Resource> = new Set();

/** Objects a page, as kubectl asks for them. */
const pageSize = 500;
/** A watch that brought nothing but broken lines so often is replaced by a new list. */
const mostBroken = 3;

/** A watch that held so long was no part of an outage. */
const steadyMs = 10_000;

/** What came of a list or a watch: the version to go on from. `undefined`: list again. */
type Step = { readonly version: string | undefined; readonly failure?: Failure };

/**
 * Follows one kind: everything there is, by a watch that begins with it or by a list in pages, then what changes, by a
 * watch with bookmarks, again and again. What can't be read is asked for again with growing pauses; what was read stays
 * until something newer is. Source: kubernetes.io, Kubernetes API Concepts, Efficient detection of changes, Streaming
 * lists (KEP-3157); k8s.io/client-go/tools/cache/reflector.go.
 */
export class Reflector {
  readonly #setup: ReflectorSetup;
  readonly #backoff: Backoff;
  readonly #stop = new AbortController();
  /** Ends the request or the pause at hand, not the reflector. */
  #current = new AbortController();
  #state: ReflectorState = { kind: 'connecting' };
  #broken = 0;
  /** The next time that all is wanted it is streamed. */
  #streams: boolean;
  /** The last stream was allowed, whatever became of it. */
  #mayStream = false;
  /** Nothing was watched since the last list. */
  #isFresh = false;

  constructor(setup: ReflectorSetup) {
    this.#setup = setup;
    this.#streams = this.#canStream;
    this.#backoff = new Backoff(setup.timing.backoff);
    this.#stop.signal.addEventListener('abort', () => this.#current.abort());
  }

  get state(): ReflectorState {
    return this.#state;
  }

  get #canStream(): boolean {
    return this.#setup.served.streams && this.#setup.watch;
  }

  get #recheckMs(): number {
    return this.#setup.timing.recheckMs * (0.75 + Math.random() / 2);
  }

  /** Resolves when the reflector was stopped, has its one list, or its kind is gone. */
  async run(): Promise<void> {
    let version: string | undefined;
    while (!this.#stop.signal.aborted) {
      this.#current = new AbortController();
      const isListed = version === undefined && !this.#streams;
      const step = isListed ? await this.#list() : await this.#watch(version);
      if (this.#stop.signal.aborted) return;
      version = step.version;
      if (step.failure === undefined) {
        if (!this.#setup.watch) return;
        continue;
      }
      if (!(await this.#recover(step.failure))) return;
      if (step.failure.failure === 'forbidden') version = undefined;
    }
  }

  stop(): void {
    this.#stop.abort();
  }

  /** Tries again at once: the connection at hand may be to a server that is gone. */
  kick(): void {
    this.#backoff.reset();
    this.#current.abort();
  }

  #become(state: ReflectorState): void {
    this.#state = state;
    this.#setup.sink.state(state);
  }

  /** Waits as the failure asks for. False where there is nothing to wait for. */
  async #recover(failure: Failure): Promise<boolean> {
    const { sink } = this.#setup;
    switch (failure.failure) {
      case 'gone':
        // Not an outage: the next list says all there is. A server that forgets while it is read gets time.
        await sleep(this.#backoff.next(), this.#current.signal);
        return true;
      case 'absent':
        sink.keep(nothing);
        this.#become({ kind: 'absent' });
        return false;
      case 'forbidden':
        // Once: by the next time single namespaces may have been read instead.
        if (this.#state.kind !== 'forbidden') sink.keep(nothing);
        this.#become({ kind: 'forbidden', failure });
        await sleep(this.#recheckMs, this.#current.signal);
        // Who may watch and not list is shown everything by a stream.
        this.#streams = this.#canStream;
        return true;
      case 'unauthorized':
      case 'unreachable':
        this.#fail(failure);
        await sleep(this.#backoff.next(failure.retryAfterMs), this.#current.signal);
        return true;
      default:
        return failure.failure satisfies never;
    }
  }

  /** The last good objects stay; since when they are the last is told once. */
  #fail(failure: Failure): void {
    const before = this.#state;
    if (before.kind === 'stale') this.#become({ ...before, failure });
    else if (before.kind === 'live' || before.kind === 'listed')
      this.#become({ kind: 'stale', since: Date.now(), failure });
    else this.#become({ kind: 'connecting', failure });
  }

  get #path(): string {
    const { kind, version, plural } = this.#setup.served;
    const { namespace } = this.#setup.selection;
    const root = kind.group === '' ? `/api/${version}` : `/apis/${kind.group}/${version}`;
    return namespace === '' ? `${root}/${plural}` : `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
  }

  #query(parts: Readonly<Record<string, string>>): string {
    const own = this.#setup.selection.query;
    return `${this.#path}?${new URLSearchParams(parts)}${own === '' ? '' : `&${own}`}`;
  }

  async #list(): Promise<Step> {
    const { transport, sink, watch } = this.#setup;
    const seen = new Set<Resource>();
    let next = '';
    let version = '';
    do {
      const page = this.#query({ limit: String(pageSize), ...(next === '' ? {} : { continue: next }) });
      const answer = await transport.json(page, this.#current.signal);
      if (isFailure(answer)) return this.#unlisted(answer);
      const { items, metadata } = answer.body;
      if (!isList(items)) {
        const message = t('the list of {0} has no items', this.#setup.served.plural);
        return { version: undefined, failure: { failure: 'unreachable', message } };
      }
      // Page by page: two lists of a large cluster are never held at once.
      for (const item of items ?? []) {
        for (const resource of this.#read(item)) seen.add(sink.put(resource));
      }
      version = stringMember(metadata, 'resourceVersion');
      next = stringMember(metadata, 'continue');
    } while (next !== '');
    sink.keep(seen);
    this.#broken = 0;
    this.#isFresh = true;
    // Without a watch this is as live as it gets.
    if (!watch || this.#state.kind === 'connecting' || this.#state.kind === 'forbidden') this.#become({ kind: 'live' });
    return { version };
  }

  /** Rights to watch alone are enough for a stream; one that was cut is made again. */
  async #unlisted(failure: Failure): Promise<Step> {
    if (failure.failure !== 'forbidden' || !this.#mayStream) return { version: undefined, failure };
    this.#streams = true;
    await sleep(this.#backoff.next(), this.#current.signal);
    return { version: undefined };
  }

  /** What may be listed and not watched stays, and is listed again from time to time; so is asked whether it still may be. */
  async #unwatched(failure: Failure): Promise<Step> {
    this.#streams = false;
    if (this.#isFresh) {
      this.#become({ kind: 'listed', failure });
      await sleep(this.#recheckMs, this.#current.signal);
    }
    return { version: undefined };
  }

  /**
   * Every event moves the version on; so does a bookmark, which brings nothing else. Without a version to go on from, the
   * watch begins with everything there is, and counts as one only when the server has said that this was all.
   */
  async #watch(from: string | undefined): Promise<Step> {
    const { transport, timing, sink } = this.#setup;
    let version = from;
    let isFirst = from === undefined;
    // Where nothing was known, nothing can be gone.
    const seen = isFirst && !sink.isEmpty() ? new Set<Resource>() : undefined;
    let wasOpen = false;
    const started = Date.now();
    const end = await transport.lines(this.#watchPath(from), this.#current.signal, timing.idleMs, {
      open: () => {
        wasOpen = true;
        this.#isFresh = false;
        if (!isFirst) this.#become({ kind: 'live' });
      },
      line: (event) => {
        const read = this.#event(event, isFirst ? seen : undefined);
        if (isFailure(read)) return read;
        if (isFirst) {
          if (!endsInitialEvents(event)) return undefined;
          if (seen !== undefined) sink.keep(seen);
          isFirst = false;
          this.#become({ kind: 'live' });
        }
        version = read;
        this.#backoff.reset();
        this.#broken = 0;
        return undefined;
      },
    });
    if (isFirst) {
      // Pages go on after an interruption, and say in their own words what may not be read.
      this.#streams = false;
      this.#mayStream = wasOpen;
      return wasOpen && end !== 'closed' ? { version: undefined, failure: end } : { version: undefined };
    }
    if (Date.now() - started > steadyMs) this.#backoff.reset();
    if (end === 'closed') {
      // A server that closes each watch at once is not asked in a tight loop.
      if (Date.now() - started < 1000 && version === from) await sleep(this.#backoff.next(), this.#current.signal);
      return { version };
    }
    if (end.failure === 'gone') {
      if (version === from) await sleep(this.#backoff.next(), this.#current.signal);
      return { version: undefined };
    }
    if (end.failure === 'forbidden' && from !== undefined) return this.#unwatched(end);
    // A server that can't be reached says nothing about the version.
    if (wasOpen && version === from) this.#broken++;
    return { version: this.#broken >= mostBroken ? undefined : version, failure: end };
  }

  #watchPath(from: string | undefined): string {
    return this.#query({
      watch: '1',
      allowWatchBookmarks: 'true',
      ...(from === undefined
        ? { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' }
        : { resourceVersion: from }),
      // Not all at once: each watch ends at another moment.
      timeoutSeconds: String(Math.round(this.#setup.timing.watchSeconds * (1 + Math.random() / 4))),
    });
  }

  /** Takes an event in; answers with the version that it stands for. `seen` learns which objects there are. */
  #event(event: JsonObject, seen: Set<Resource> | undefined): string | Failure {
    const { sink } = this.#setup;
    const object = event['object'];
    const metadata = jsonMember(object, 'metadata');
    const version = stringMember(metadata, 'resourceVersion');
    switch (event['type']) {
      case 'ADDED':
      case 'MODIFIED':
        for (const resource of this.#read(object)) {
          const kept = sink.put(resource);
          seen?.add(kept);
        }
        break;
      case 'DELETED':
        sink.remove(stringMember(metadata, 'namespace'), stringMember(metadata, 'name'));
        break;
      case 'BOOKMARK':
        break;
      case 'ERROR':
        return errorEvent(object);
      default:
        return { failure: 'unreachable', message: t('an event of no known type') };
    }
    return version === '' ? { failure: 'unreachable', message: t('an event without a version') } : version;
  }

  #read(item: JsonValue | undefined): readonly Resource[] {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return [];
    const { served, context } = this.#setup;
    const { group, kind } = served.kind;
    const resource = liveResource(item as JsonObject, { group, version: served.version, kind }, context);
    return resource === undefined ? [] : [resource];
  }
}

/** A Status in the place of an object. */
function errorEvent(status: JsonValue | undefined): Failure {
  const record = (typeof status === 'object' && status !== null ? status : {}) as JsonObject;
  const code = typeof record['code'] === 'number' ? record['code'] : 500;
  return { failure: failureOf(code), message: stringMember(record, 'message') || `HTTP ${code}` };
}

/** The bookmark after which a watch that began with everything there is goes on with what changes. */
function endsInitialEvents({ type, object }: JsonObject): boolean {
  const metadata = jsonMember(object, 'metadata');
  return (
    type === 'BOOKMARK' && stringMember(jsonMember(metadata, 'annotations'), 'k8s.io/initial-events-end') === 'true'
  );
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] | null {
  // A typed nil slice of Go is written as null.
  return Array.isArray(value) || value === null;
}

function jsonMember(value: JsonValue | undefined, name: string): JsonValue | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return (value as JsonObject)[name];
}

function stringMember(value: JsonValue | undefined, name: string): string {
  const found = jsonMember(value, name);
  return typeof found === 'string' ? found : '';
}
