import { liveResource } from '../engine/index.ts';
import { Backoff, sleep } from './backoff.ts';
import { isFailure } from './clusterTransport.ts';
import type { ReflectorSetup, ReflectorState } from './reflector.ts';

/**
 * One Namespace of a user who may not list them all: rights in a namespace allow its own object to be read, and nothing
 * but that, so there is no watch and it is read again from time to time. Source: kubernetes.io, Using RBAC Authorization.
 */
export class NamespaceReader {
  readonly #setup: ReflectorSetup;
  readonly #stop = new AbortController();
  #state: ReflectorState = { kind: 'connecting' };

  constructor(setup: ReflectorSetup) {
    this.#setup = setup;
  }

  get state(): ReflectorState {
    return this.#state;
  }

  /** Resolves when it was stopped, or has read once where nothing more is wanted. */
  async run(): Promise<void> {
    const { timing, watch } = this.#setup;
    const backoff = new Backoff(timing.backoff);
    while (!this.#stop.signal.aborted) {
      const isRead = await this.#read();
      if (this.#stop.signal.aborted || (isRead && !watch)) return;
      if (isRead) backoff.reset();
      await sleep(isRead ? timing.discoveryMs : backoff.next(), this.#stop.signal);
    }
  }

  stop(): void {
    this.#stop.abort();
  }

  /** It has no connection to lose. */
  kick(): void {}

  #become(state: ReflectorState): void {
    this.#state = state;
    this.#setup.sink.state(state);
  }

  /** False where the answer is worth another attempt soon. */
  async #read(): Promise<boolean> {
    const { transport, context, served, selection, sink } = this.#setup;
    const path = `/api/${served.version}/namespaces/${encodeURIComponent(selection.namespace)}`;
    const answer = await transport.json(path, this.#stop.signal);
    if (this.#stop.signal.aborted) return true;
    if (!isFailure(answer)) {
      const resource = liveResource(answer.body, { group: '', version: served.version, kind: 'Namespace' }, context);
      sink.keep(new Set(resource === undefined ? [] : [sink.put(resource)]));
      this.#become({ kind: 'live' });
      return true;
    }
    switch (answer.failure) {
      case 'absent':
      case 'gone':
        sink.keep(new Set());
        this.#become({ kind: 'live' });
        return true;
      case 'forbidden':
        sink.keep(new Set());
        this.#become({ kind: 'forbidden', failure: answer });
        return true;
      case 'unauthorized':
      case 'unreachable': {
        const since = this.#state.kind === 'stale' ? this.#state.since : Date.now();
        const wasRead = this.#state.kind === 'live' || this.#state.kind === 'stale';
        this.#become(wasRead ? { kind: 'stale', since, failure: answer } : { kind: 'connecting', failure: answer });
        return false;
      }
      default:
        return answer.failure satisfies never;
    }
  }
}
