import { plainLines } from '../engine/index.ts';

/** Says a sentence of the program's own, on stderr. What servers say may be in it, which a terminal must not obey. */
export function say(sentence: string): void {
  process.stderr.write(`podpath: ${plainLines(sentence)}\n`);
}
