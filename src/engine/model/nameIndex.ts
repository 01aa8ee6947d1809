import { type Exchange, type Splice, spliced } from './lists.ts';
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
  const place = firstAfter(sorted, ref) - 1;
  const found = sorted[place];
  return found !== undefined && byNamespaceAndName(found, { ref }) === 0 ? place : -1;
}

/** The place of the first element that comes after a namespace and name. */
function firstAfter(sorted: readonly Named[], ref: Named['ref']): number {
  const wanted = { ref };
  let [first, end] = [0, sorted.length];
  while (first < end) {
    const middle = (first + end) >>> 1;
    const one = sorted[middle];
    if (one === undefined || byNamespaceAndName(one, wanted) > 0) end = middle;
    else first = middle + 1;
  }
  return first;
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
  /** True where the list was sorted already. */
  readonly isInOrder: boolean;
  /** Sorted by namespace and name. */
  readonly sorted: readonly T[];

  private constructor(sorted: readonly T[], { isUnique, isInOrder }: Pick<NameIndex<T>, 'isUnique' | 'isInOrder'>) {
    this.sorted = sorted;
    this.isUnique = isUnique;
    this.isInOrder = isInOrder;
  }

  static of<T extends Named>(list: readonly T[]): NameIndex<T> {
    const order = largestStep(list);
    if (order <= 0) return new NameIndex(list, { isUnique: order < 0, isInOrder: true });
    const sorted = [...list].sort(byNamespaceAndName);
    return new NameIndex(sorted, { isUnique: largestStep(sorted) < 0, isInOrder: false });
  }

  /** The index of the list after splices that leave it sorted. */
  spliced(splices: readonly Splice<T>[]): NameIndex<T> {
    return new NameIndex(spliced(this.sorted, splices), this);
  }

  /**
   * How some elements of a sorted list give way to others; `undefined` where the list is not sorted, does not hold what is
   * to go, or would come to hold two of one name.
   */
  splicesFor({ gone, come }: Exchange<T>): readonly Splice<T>[] | undefined {
    if (!this.isInOrder || !this.isUnique) return undefined;
    const left = new Set<number>();
    for (const one of gone) {
      const place = placeOf(this.sorted, one.ref);
      if (this.sorted[place] !== one) return undefined;
      left.add(place);
    }
    const added = new Map<number, T[]>();
    for (const one of come.toSorted(byNamespaceAndName)) {
      const after = firstAfter(this.sorted, one.ref);
      const before = this.sorted[after - 1];
      const isThere = before !== undefined && byNamespaceAndName(before, one) === 0;
      const at = isThere ? after - 1 : after;
      const others = added.get(at) ?? [];
      const isTaken = isThere && !left.has(at);
      const last = others.at(-1);
      if (isTaken || (last !== undefined && byNamespaceAndName(last, one) === 0)) return undefined;
      added.set(at, [...others, one]);
    }
    const places = [...new Set([...left, ...added.keys()])].sort((a, b) => a - b);
    return places.map((at) => ({ at, gone: left.has(at) ? 1 : 0, come: added.get(at) ?? [] }));
  }

  inNamespace(namespace: string): readonly T[] {
    const first = firstAfter(this.sorted, { namespace, name: '' });
    let end = first;
    while (this.sorted[end]?.ref.namespace === namespace) end++;
    return this.sorted.slice(first, end);
  }

  /** The index with an element in the place of the one of its name; the same where there is none. */
  replacing(one: T): NameIndex<T> {
    const place = placeOf(this.sorted, one.ref);
    return place < 0 ? this : new NameIndex(this.sorted.with(place, one), this);
  }

  get(namespace: string, name: string): T | undefined {
    return this.sorted[placeOf(this.sorted, { namespace, name })];
  }
}
