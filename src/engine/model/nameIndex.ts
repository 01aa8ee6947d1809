import type { ResourceRef } from './resource.ts';

/** What has a namespace and a name. */
interface Named {
  readonly ref: Pick<ResourceRef, 'namespace' | 'name'>;
}

/** Sorts by namespace, then by name, as UTF-16 code units. */
export function byNamespaceAndName({ ref: a }: Named, { ref: b }: Named): number {
  return compareTexts(a.namespace, b.namespace) || compareTexts(a.name, b.name);
}

function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** The place of the last element with a namespace and name, in a list sorted by them; -1 where there is none. */
export function placeOf(sorted: readonly Named[], ref: Named['ref']): number {
  const wanted = { ref };
  let [first, end] = [0, sorted.length];
  while (first < end) {
    const middle = (first + end) >>> 1;
    const one = sorted[middle];
    if (one === undefined || byNamespaceAndName(one, wanted) > 0) end = middle;
    else first = middle + 1;
  }
  const found = sorted[first - 1];
  return found !== undefined && byNamespaceAndName(found, wanted) === 0 ? first - 1 : -1;
}

/** Negative where each element comes after the one before it, 0 where some have one name, positive where some come before. */
function largestStep(list: readonly Named[]): number {
  let largest = -1;
  let before: Named | undefined;
  for (const one of list) {
    if (before !== undefined) largest = Math.max(largest, byNamespaceAndName(before, one));
    if (largest > 0) break;
    before = one;
  }
  return largest;
}

/**
 * Finds objects of one kind by namespace and name without a text or an entry for each: a list that is sorted by them, as
 * those of clusters are, is its own index. Of two with one name the later is found.
 */
export class NameIndex<T extends Named> {
  /** True where no two elements have one name. */
  readonly isUnique: boolean;
  readonly #sorted: readonly T[];

  private constructor(sorted: readonly T[], isUnique: boolean) {
    this.#sorted = sorted;
    this.isUnique = isUnique;
  }

  static of<T extends Named>(list: readonly T[]): NameIndex<T> {
    const order = largestStep(list);
    if (order <= 0) return new NameIndex(list, order < 0);
    const sorted = [...list].sort(byNamespaceAndName);
    return new NameIndex(sorted, largestStep(sorted) < 0);
  }

  /** The index with an element in the place of the one of its name; the same where there is none. */
  replacing(one: T): NameIndex<T> {
    const place = placeOf(this.#sorted, one.ref);
    return place < 0 ? this : new NameIndex(this.#sorted.with(place, one), this.isUnique);
  }

  get(namespace: string, name: string): T | undefined {
    return this.#sorted[placeOf(this.#sorted, { namespace, name })];
  }
}
