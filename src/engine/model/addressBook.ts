import { type CidrBlock, cidrContains, type IpAddress, parseIp } from './addresses.ts';

/** The addresses of one family, sorted, and who has each. */
interface Page<T> {
  readonly values: ArrayLike<number | bigint>;
  readonly owners: readonly T[];
}

type Pages<T> = Readonly<Record<IpAddress['family'], Page<T>>>;

/** An address and who has it. */
type Entry<T> = readonly [value: number | bigint, owner: T];

type AddressesOf<T> = (owner: T) => readonly string[];

/** Who has an address, for as many owners as a large cluster has pods: an IPv4 address takes 12 bytes. */
export class AddressBook<T> {
  readonly #pages: Pages<T>;
  readonly #addressesOf: AddressesOf<T>;

  private constructor(pages: Pages<T>, addressesOf: AddressesOf<T>) {
    this.#pages = pages;
    this.#addressesOf = addressesOf;
  }

  /** Texts that are no address are left out; of one address, owners stay in their order. */
  static of<T>(all: readonly T[], addressesOf: AddressesOf<T>): AddressBook<T> {
    const { 4: four, 6: six } = entriesOf(all, addressesOf);
    const pages = {
      4: { values: Uint32Array.from(four, ([value]) => Number(value)), owners: four.map(([, owner]) => owner) },
      6: { values: six.map(([value]) => value), owners: six.map(([, owner]) => owner) },
    };
    return new AddressBook(pages, addressesOf);
  }

  /** The book once some owners gave way to others; `undefined` where one of these has an address that is another's too. */
  exchanging(gone: readonly T[], come: readonly T[]): AddressBook<T> | undefined {
    const [old, now] = [entriesOf(gone, this.#addressesOf), entriesOf(come, this.#addressesOf)];
    const four = pageAfter(this.#pages[4], old[4], now[4], (length) => new Uint32Array(length));
    const six = pageAfter(this.#pages[6], old[6], now[6], (length) => new Array<bigint>(length));
    return four && six && new AddressBook({ 4: four, 6: six }, this.#addressesOf);
  }

  some(test: (owner: T) => boolean): boolean {
    return this.#pages[4].owners.some(test) || this.#pages[6].owners.some(test);
  }

  /** All who have an address. */
  at(ip: IpAddress): readonly T[] {
    const { values, owners } = this.#pages[ip.family];
    const wanted = ip.family === 4 ? Number(ip.value) : ip.value;
    const first = placeOf(values, wanted);
    let end = first;
    while (values[end] === wanted) end++;
    return owners.slice(first, end);
  }

  /** The first owner that counts, by address, in a block and outside of some exceptions; `undefined` where there is none. */
  firstIn(block: CidrBlock, except: readonly CidrBlock[], counts: (owner: T) => boolean = () => true): T | undefined {
    const { values, owners } = this.#pages[block.family];
    // Numbers are compared with numbers much faster than with others.
    const [first, last] = block.family === 4 ? [Number(block.first), Number(block.last)] : [block.first, block.last];
    let at = placeOf(values, first);
    for (;;) {
      const value = values[at];
      if (value === undefined || value > last) return undefined;
      const hole =
        except.length === 0
          ? undefined
          : except.find((one) => cidrContains(one, { family: block.family, value: BigInt(value) }));
      const owner = owners[at];
      if (hole !== undefined) at = placeOf(values, hole.last + 1n);
      else if (owner === undefined || counts(owner)) return owner;
      else at++;
    }
  }
}

/** The addresses of some owners by family, sorted; numbers are those of IPv4. */
function entriesOf<T>(all: readonly T[], addressesOf: AddressesOf<T>): Record<IpAddress['family'], Entry<T>[]> {
  const entries: Record<IpAddress['family'], Entry<T>[]> = { 4: [], 6: [] };
  for (const owner of all) {
    for (const text of addressesOf(owner)) {
      const ip = parseIp(text);
      if (ip !== undefined) entries[ip.family].push([ip.family === 4 ? Number(ip.value) : ip.value, owner]);
    }
  }
  for (const list of [entries[4], entries[6]]) list.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return entries;
}

/** A page without some of its entries and with others; `undefined` where an address would have an owner that it had and a new one. */
function pageAfter<T, V extends { [place: number]: number | bigint; readonly length: number }>(
  page: Page<T>,
  gone: readonly Entry<T>[],
  come: readonly Entry<T>[],
  make: (length: number) => V,
): Page<T> | undefined {
  const { values: before, owners: had } = page;
  const places = new Set(gone.map(([value, owner]) => had.indexOf(owner, placeOf(before, value))));
  const values = make(before.length - places.size + come.length);
  const owners: T[] = [];
  const add = (value: number | bigint, owner: T): void => {
    values[owners.length] = value;
    owners.push(owner);
  };
  let next = 0;
  for (let place = 0; place < before.length; place++) {
    const value = before[place] ?? 0;
    for (let one = come[next]; one !== undefined && one[0] < value; one = come[++next]) add(...one);
    if (places.has(place)) continue;
    if (come[next]?.[0] === value) return undefined;
    add(value, had[place] as T);
  }
  for (const one of come.slice(next)) add(...one);
  return { values, owners };
}

/** The first place whose address is not below. */
function placeOf(values: ArrayLike<number | bigint>, wanted: number | bigint): number {
  let [first, end] = [0, values.length];
  while (first < end) {
    const middle = (first + end) >>> 1;
    if ((values[middle] ?? 0) < wanted) first = middle + 1;
    else end = middle;
  }
  return first;
}
