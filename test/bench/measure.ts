import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** One figure beside its goal. */
export interface Row {
  readonly what: string;
  readonly value: string;
  readonly goal: string;
}

/** A task's result and the CPU time of the whole process while it ran, in ms. */
export function cpu<T>(task: () => T): { readonly result: T; readonly ms: number } {
  const start = process.cpuUsage();
  const result = task();
  const { user, system } = process.cpuUsage(start);
  return { result, ms: (user + system) / 1000 };
}

/** Wall time of a task in ms. */
export function wall(task: () => void): number {
  const start = performance.now();
  task();
  return performance.now() - start;
}

/** The value below which a share of all lies. */
export function percentile(all: readonly number[], share: number): number {
  const sorted = [...all].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

/** A time for people. */
export const ms = (value: number): string => `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`;

setFlagsFromString('--expose_gc');
const collect: () => void = runInNewContext('gc');

/** Bytes of the heap and of typed arrays that are still in use, in MB. */
export function usedMegabytes(): number {
  // What only the first one finds unused goes with the second.
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1_000_000;
}

/** Prints figures as a table. */
export function print(rows: readonly Row[]): void {
  for (const { what, value, goal } of rows) console.log(`${what.padEnd(62)} ${value.padEnd(40)} ${goal}`);
}
