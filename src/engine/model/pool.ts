import { type CidrBlock, nthAddress } from './addresses.ts';
import { stableHash } from './hash.ts';

/**
 * Hands out numbers or addresses by the hash of a name, so that a thing keeps its value when others come and go;
 * a taken value moves on to the next free one.
 */
export class SimulationPool {
  readonly #taken = new Set<string>();
  /** Where the search from a place went on to: what is taken stays taken, so the pods of one workload need not begin anew. */
  readonly #searched = new Map<string, number>();

  /** Marks a value that a real object has. */
  reserve(value: string): void {
    this.#taken.add(value);
  }

  /** A free address of the block for `name`, leaving out the first `skip` addresses and the last; '' where none is free. */
  address(block: CidrBlock, name: string, skip: number): string {
    const usable = block.last - block.first - BigInt(skip);
    if (usable <= 0n) return '';
    const slots = usable > 65_536n ? 65_536 : Number(usable);
    const start = stableHash(name) % slots;
    const place = `${block.first} ${skip} ${start}`;
    for (let step = this.#searched.get(place) ?? 0; step < slots; step++) {
      const text = nthAddress(block, BigInt(skip + ((start + step) % slots)));
      if (!this.#take(text)) continue;
      this.#searched.set(place, step + 1);
      return text;
    }
    this.#searched.set(place, slots);
    return '';
  }

  /** A free number of `from…to` for `name` within a set of its own; 0 where none is free. */
  number(set: string, from: number, to: number, name: string): number {
    const slots = to - from + 1;
    const start = stableHash(name) % slots;
    for (let step = 0; step < slots; step++) {
      const value = from + ((start + step) % slots);
      if (this.#take(`${set}/${value}`)) return value;
    }
    return 0;
  }

  #take(text: string): boolean {
    if (this.#taken.has(text)) return false;
    this.#taken.add(text);
    return true;
  }
}
