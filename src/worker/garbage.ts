import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Nobody waits for a worker that had nothing to do for so long. */
const quietMs = 5_000;
/** Less garbage than this is not worth the pause: about a third of a second in the largest cluster. */
const worthBytes = 64e6;

/**
 * Gives back what reading a large cluster left behind. V8 collects when it needs room; a worker that only waits for the
 * next question would keep half as much again as it uses.
 */
export class Garbage {
  #timer: NodeJS.Timeout | undefined;
  /** In use after the last collection. */
  #kept = 0;

  /** Something was read or answered: the quiet starts anew. */
  add(): void {
    this.#timer ??= setTimeout(() => this.#collect(), quietMs).unref();
    this.#timer.refresh();
  }

  #collect(): void {
    this.#timer = undefined;
    if (used() - this.#kept < worthBytes) return;
    // The flag gives new contexts the function. A plain collection would keep its half-empty pages.
    setFlagsFromString('--expose-gc');
    runInNewContext("gc({ type: 'major', flavor: 'last-resort' })");
    this.#kept = used();
  }
}

function used(): number {
  return getHeapStatistics().used_heap_size;
}
