/** How long to wait between attempts, in milliseconds. */
export interface BackoffLimits {
  readonly firstMs: number;
  readonly mostMs: number;
}

/**
 * Doubling pauses with jitter: each is between half of the step and all of it, so that many clients that lost one server
 * do not come back to it at one moment. As client-go's reflector does (k8s.io/client-go/tools/cache).
 */
export class Backoff {
  readonly #limits: BackoffLimits;
  #step: number;

  constructor(limits: BackoffLimits) {
    this.#limits = limits;
    this.#step = limits.firstMs;
  }

  /** The next pause; never shorter than what the server asked for by Retry-After. */
  next(atLeastMs = 0): number {
    const pause = this.#step * (0.5 + Math.random() / 2);
    this.#step = Math.min(this.#step * 2, this.#limits.mostMs);
    return Math.max(pause, atLeastMs * (1 + Math.random() / 4));
  }

  /** After a success. */
  reset(): void {
    this.#step = this.#limits.firstMs;
  }
}

/** Resolves after a time, or at once when the signal is given; never rejects, and keeps no process alive by itself. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) {
      done();
      return;
    }
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      done();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
