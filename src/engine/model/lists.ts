/** What turns one list into another: from `at` on, `gone` made way for `come`. */
export interface ListEdit<T> {
  readonly at: number;
  readonly gone: readonly T[];
  readonly come: readonly T[];
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

/** What came into a list and what went out of it; what only moved is in neither. */
export function exchanged<T>(
  before: readonly T[],
  after: readonly T[],
): { readonly added: readonly T[]; readonly removed: readonly T[] } {
  const { gone, come } = listEdit(before, after);
  const [old, now] = [new Set(gone), new Set(come)];
  return { added: come.filter((one) => !old.has(one)), removed: gone.filter((one) => !now.has(one)) };
}

/** The elements that pass; the list itself where all do, which takes no memory. */
export function passing<T, S extends T = T>(list: readonly T[], test: (one: T) => one is S): readonly S[] {
  return list.every(test) ? list : list.filter(test);
}

/** True where two lists have identical elements at every place. */
export function sameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a === b || (a.length === b.length && a.every((one, index) => one === b[index]));
}
