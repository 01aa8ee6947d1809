/** What went out of a list, and what came into it. */
export interface Exchange<T> {
  readonly gone: readonly T[];
  readonly come: readonly T[];
}

/** What turns one list into another: from `at` on, `gone` made way for `come`. */
export interface ListEdit<T> extends Exchange<T> {
  readonly at: number;
}

/** The shortest edit of one stretch; elements are the same where they are identical. */
export function listEdit<T>(before: readonly T[], after: readonly T[]): ListEdit<T> {
  const most = Math.min(before.length, after.length);
  let at = 0;
  while (at < most && before[at] === after[at]) at++;
  let end = 0;
  while (end < most - at && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  return { at, gone: before.slice(at, before.length - end), come: after.slice(at, after.length - end) };
}

/** What went out of a list and what came into it; what only moved is in neither. */
export function exchangeOf<T>(before: readonly T[], after: readonly T[]): Exchange<T> {
  const { gone, come } = listEdit(before, after);
  const [old, now] = [new Set(gone), new Set(come)];
  return { gone: gone.filter((one) => !now.has(one)), come: come.filter((one) => !old.has(one)) };
}

/**
 * The same of two lists that are sorted by `order`, by one walk that looks only at elements that differ. In lists
 * that are not sorted some that stayed are in both.
 */
export function sortedExchange<T>(
  before: readonly T[],
  after: readonly T[],
  order: (a: T, b: T) => number,
): Exchange<T> {
  const gone: T[] = [];
  const come: T[] = [];
  let place = 0;
  for (let i = 0; i < after.length; i++) {
    const one = after[i] as T;
    let old = before[place];
    while (old !== one && place < before.length && order(old as T, one) <= 0) {
      gone.push(old as T);
      old = before[++place];
    }
    if (old === one) place++;
    else come.push(one);
  }
  for (; place < before.length; place++) gone.push(before[place] as T);
  return { gone, come };
}

/** In a list: from the place `at` on, `gone` elements make way for others. */
export interface Splice<T> {
  readonly at: number;
  readonly gone: number;
  readonly come: readonly T[];
}

/** The list after splices at ascending places. */
export function spliced<T>(list: readonly T[], splices: readonly Splice<T>[]): readonly T[] {
  const result: T[] = [];
  let place = 0;
  for (const { at, gone, come } of splices) {
    for (; place < at; place++) result.push(list[place] as T);
    result.push(...come);
    place += gone;
  }
  for (; place < list.length; place++) result.push(list[place] as T);
  return result;
}

/** The elements that pass; the list itself where all do, which takes no memory. */
export function passing<T, S extends T = T>(list: readonly T[], test: (one: T) => one is S): readonly S[] {
  return list.every(test) ? list : list.filter(test);
}

/** True where two lists have identical elements at every place. */
export function sameList<T>(a: readonly T[], b: readonly T[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
