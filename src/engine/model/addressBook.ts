import { type CidrBlock, cidrContains, type IpAddress, parseIp } from './addresses.ts';

/** Who has an address of a block, for as many owners as a large cluster has pods: IPv4 takes 12 bytes each. */
export class AddressBook<T> {
  /** IPv4 addresses, sorted, with their owners. */
  readonly #values: Uint32Array;
  readonly #owners: readonly T[];
  readonly #others: readonly (readonly [IpAddress, T])[];

  /** Texts that are no address are left out. */
  constructor(all: Iterable<T>, addressesOf: (owner: T) => readonly string[]) {
    const entries = [...all].flatMap((owner) =>
      addressesOf(owner).flatMap((text) => {
        const ip = parseIp(text);
        return ip === undefined ? [] : [[ip, owner] as const];
      }),
    );
    const numbers = entries.flatMap(([ip, owner]) => (ip.family === 4 ? [[Number(ip.value), owner] as const] : []));
    numbers.sort(([a], [b]) => a - b);
    this.#values = Uint32Array.from(numbers, ([value]) => value);
    this.#owners = numbers.map(([, owner]) => owner);
    this.#others = entries.filter(([{ family }]) => family === 6);
  }

  /** The owner of the lowest address in a block and outside of some exceptions; `undefined` where there is none. */
  firstIn(block: CidrBlock, except: readonly CidrBlock[]): T | undefined {
    const around = (ip: IpAddress): CidrBlock | undefined => except.find((one) => cidrContains(one, ip));
    if (block.family === 6) {
      return this.#others.find(([ip]) => cidrContains(block, ip) && around(ip) === undefined)?.[1];
    }
    const last = Number(block.last);
    let at = this.#placeOf(Number(block.first));
    for (;;) {
      const value = this.#values[at];
      if (value === undefined || value > last) return undefined;
      const hole = around({ family: 4, value: BigInt(value) });
      if (hole === undefined) return this.#owners[at];
      at = this.#placeOf(Number(hole.last) + 1);
    }
  }

  /** The first place whose address is not below. */
  #placeOf(wanted: number): number {
    let [first, end] = [0, this.#values.length];
    while (first < end) {
      const middle = (first + end) >>> 1;
      if ((this.#values[middle] ?? 0) < wanted) first = middle + 1;
      else end = middle;
    }
    return first;
  }
}
