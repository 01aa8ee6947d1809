import { type CidrBlock, cidrContains, type IpAddress, parseIp } from './addresses.ts';

/** The addresses of one family, sorted, and who has each. */
interface Page<T> {
  readonly values: ArrayLike<number | bigint>;
  readonly owners: readonly T[];
}

/** Who has an address, for as many owners as a large cluster has pods: an IPv4 address takes 12 bytes. */
export class AddressBook<T> {
  readonly #pages: Readonly<Record<IpAddress['family'], Page<T>>>;

  /** Texts that are no address are left out; of one address, owners stay in their order. */
  constructor(all: Iterable<T>, addressesOf: (owner: T) => readonly string[]) {
    const four: (readonly [number, T])[] = [];
    const six: (readonly [bigint, T])[] = [];
    for (const owner of all) {
      for (const text of addressesOf(owner)) {
        const ip = parseIp(text);
        if (ip?.family === 4) four.push([Number(ip.value), owner]);
        else if (ip !== undefined) six.push([ip.value, owner]);
      }
    }
    four.sort(([a], [b]) => a - b);
    six.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    this.#pages = {
      4: { values: Uint32Array.from(four, ([value]) => value), owners: four.map(([, owner]) => owner) },
      6: { values: six.map(([value]) => value), owners: six.map(([, owner]) => owner) },
    };
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

  /** The owner of the lowest address in a block and outside of some exceptions; `undefined` where there is none. */
  firstIn(block: CidrBlock, except: readonly CidrBlock[]): T | undefined {
    const { values, owners } = this.#pages[block.family];
    let at = placeOf(values, block.first);
    for (;;) {
      const value = values[at];
      if (value === undefined || value > block.last) return undefined;
      const ip: IpAddress = { family: block.family, value: BigInt(value) };
      const hole = except.find((one) => cidrContains(one, ip));
      if (hole === undefined) return owners[at];
      at = placeOf(values, hole.last + 1n);
    }
  }
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
