import type { Options } from './arguments.ts';

/** What a command prints to stdout, and the exit code of CONTRACT.md. */
export interface Outcome {
  /** In pieces where there may be more of it than memory takes. */
  readonly output: string | Iterable<string>;
  readonly exitCode: number;
}

/** One command of the program. Rejects with a UsageError for what it can't understand or read. */
export type Command = (options: Options) => Promise<Outcome>;

/** JSON as every command prints it, with the contract's version. */
export function jsonOutput(value: object): string {
  return `${JSON.stringify({ version: 1, ...value }, undefined, 2)}\n`;
}
