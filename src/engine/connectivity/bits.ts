/**
 * A set of small numbers, kept as the 32-bit words from `lo` on; words outside are zero. Pods stand by namespace, so the
 * pods of one namespace are a word or two. Never changed once made.
 */
export interface Bits {
  readonly lo: number;
  readonly words: Uint32Array;
}

/** No number at all. */
export const noBits: Bits = { lo: 0, words: new Uint32Array(0) };

/** The set of some numbers, in any order. */
export function bitsOf(indices: readonly number[]): Bits {
  let first = Number.POSITIVE_INFINITY;
  let last = -1;
  for (const index of indices) {
    if (index < first) first = index;
    if (index > last) last = index;
  }
  if (last < 0) return noBits;
  const lo = first >>> 5;
  const words = new Uint32Array((last >>> 5) - lo + 1);
  for (const index of indices) words[(index >>> 5) - lo] = (words[(index >>> 5) - lo] ?? 0) | (1 << (index & 31));
  return { lo, words };
}

/** The numbers from `first` to before `end`. */
export function bitsBetween(first: number, end: number): Bits {
  if (end <= first) return noBits;
  const lo = first >>> 5;
  const words = new Uint32Array(((end - 1) >>> 5) - lo + 1).fill(0xffffffff);
  words[0] = (words[0] ?? 0) & (0xffffffff << (first & 31));
  const rest = end & 31;
  if (rest !== 0) words[words.length - 1] = (words[words.length - 1] ?? 0) & ~(0xffffffff << rest);
  return { lo, words };
}

/** The numbers of some runs, each from `first` to before `end`, sorted and apart. */
export function bitsOfRuns(runs: readonly { readonly first: number; readonly end: number }[]): Bits {
  const all = runs.filter(({ first, end }) => first < end);
  const [first, last] = [all[0], all.at(-1)];
  if (first === undefined || last === undefined) return noBits;
  const lo = first.first >>> 5;
  const words = new Uint32Array(((last.end - 1) >>> 5) - lo + 1);
  for (const run of all) {
    const part = bitsBetween(run.first, run.end);
    for (let i = 0; i < part.words.length; i++) {
      words[part.lo - lo + i] = (words[part.lo - lo + i] ?? 0) | (part.words[i] ?? 0);
    }
  }
  return { lo, words };
}

/** True when the number is in the set. */
export function hasBit({ lo, words }: Bits, index: number): boolean {
  return (((words[(index >>> 5) - lo] ?? 0) >>> (index & 31)) & 1) === 1;
}

/** True for the empty set. */
export function isEmpty({ words }: Bits): boolean {
  for (const word of words) if (word !== 0) return false;
  return true;
}

/** How many numbers are in the set. */
export function countBits({ words }: Bits): number {
  let count = 0;
  for (const word of words) {
    let rest = word - ((word >>> 1) & 0x55555555);
    rest = (rest & 0x33333333) + ((rest >>> 2) & 0x33333333);
    count += (((rest + (rest >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
  }
  return count;
}

/** What is in both. */
export function both(a: Bits, b: Bits): Bits {
  const lo = Math.max(a.lo, b.lo);
  const end = Math.min(a.lo + a.words.length, b.lo + b.words.length);
  if (end <= lo) return noBits;
  const words = new Uint32Array(end - lo);
  for (let i = lo; i < end; i++) words[i - lo] = (a.words[i - a.lo] ?? 0) & (b.words[i - b.lo] ?? 0);
  return { lo, words };
}

/** What is in `a` and not in `b`. */
export function minus(a: Bits, b: Bits): Bits {
  const words = a.words.slice();
  const end = Math.min(a.lo + words.length, b.lo + b.words.length);
  for (let i = Math.max(a.lo, b.lo); i < end; i++) words[i - a.lo] = (words[i - a.lo] ?? 0) & ~(b.words[i - b.lo] ?? 0);
  return { lo: a.lo, words };
}

/** What is in either. */
export function either(a: Bits, b: Bits): Bits {
  if (a.words.length === 0) return b;
  if (b.words.length === 0) return a;
  const lo = Math.min(a.lo, b.lo);
  const end = Math.max(a.lo + a.words.length, b.lo + b.words.length);
  const words = new Uint32Array(end - lo);
  words.set(a.words, a.lo - lo);
  for (let i = 0; i < b.words.length; i++) words[b.lo - lo + i] = (words[b.lo - lo + i] ?? 0) | (b.words[i] ?? 0);
  return { lo, words };
}

/** Adds a set to words that begin at number 0, in place. */
export function addTo(target: Uint32Array, { lo, words }: Bits): void {
  for (let i = 0; i < words.length; i++) target[lo + i] = (target[lo + i] ?? 0) | (words[i] ?? 0);
}

/** Adds what two sets have in common. */
export function addBoth(target: Uint32Array, a: Bits, b: Bits): void {
  const end = Math.min(a.lo + a.words.length, b.lo + b.words.length);
  for (let i = Math.max(a.lo, b.lo); i < end; i++) {
    target[i] = (target[i] ?? 0) | ((a.words[i - a.lo] ?? 0) & (b.words[i - b.lo] ?? 0));
  }
}

/** Calls back for each number of a set, in order. */
export function eachMember({ lo, words }: Bits, use: (index: number) => void): void {
  for (let i = 0; i < words.length; i++) {
    let word = words[i] ?? 0;
    while (word !== 0) {
      use(((lo + i) << 5) + 31 - Math.clz32(word & -word));
      word &= word - 1;
    }
  }
}

/** The numbers of a set, in order. */
export function* members({ lo, words }: Bits): Generator<number> {
  for (let i = 0; i < words.length; i++) {
    let word = words[i] ?? 0;
    while (word !== 0) {
      const bit = 31 - Math.clz32(word & -word);
      yield ((lo + i) << 5) + bit;
      word &= word - 1;
    }
  }
}
