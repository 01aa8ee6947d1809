import type { BackoffLimits } from './backoff.ts';

/** How long things may take; tests make it short, a person never needs to. */
export interface ClusterTiming {
  /** The longest wait for an answer to begin, or to go on. */
  readonly requestMs: number;
  /** The longest wait for a credential plugin, which may ask a person. */
  readonly pluginMs: number;
  /** A watch that brought nothing for so long is opened again. Bookmarks come about every minute. */
  readonly idleMs: number;
  /** How often a watch is opened anew, in seconds; the server ends it. */
  readonly watchSeconds: number;
  /** How often the kinds that the server has are looked at; it also shows whether the server is there. */
  readonly discoveryMs: number;
  /** How often something forbidden is tried again. */
  readonly recheckMs: number;
  /** A clock that jumped so far says that the machine slept: connections are made anew. */
  readonly sleptMs: number;
  /** Changes within this time are told together. */
  readonly batchMs: number;
  /** How long the kinds of a first answer have the connection for themselves. */
  readonly firstMs: number;
  readonly backoff: BackoffLimits;
}

/** What holds where nothing else is said. */
export const usualTiming: ClusterTiming = {
  requestMs: 30_000,
  pluginMs: 60_000,
  idleMs: 100_000,
  watchSeconds: 270,
  discoveryMs: 20_000,
  recheckMs: 60_000,
  sleptMs: 10_000,
  batchMs: 50,
  firstMs: 2_000,
  backoff: { firstMs: 250, mostMs: 30_000 },
};
