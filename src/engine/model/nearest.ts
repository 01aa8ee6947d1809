/** How many changes of one character, or swaps of two neighbours, lead from one text to the other (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swapped ? (before[j - 2] ?? 0) + 1 : change;
      row.push(Math.min(change, swap, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    before = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}

/** The candidate that `text` is most likely a slip of; `undefined` where none is close. Long untrusted texts are compared by their first 63 characters. */
export function nearest(text: string, candidates: Iterable<string>): string | undefined {
  const own = text.slice(0, 63);
  let best: string | undefined;
  let least = Math.max(1, Math.floor(own.length / 3)) + 1;
  for (const candidate of candidates) {
    if (candidate === '' || candidate === text) continue;
    const steps = distance(own, candidate.slice(0, 63));
    if (steps < least) {
      best = candidate;
      least = steps;
    }
  }
  return best;
}
