import { formatIp } from '../model/addresses.ts';
import type { ExternalRange } from './externalRanges.ts';

/** The fewest CIDRs that cover a range of addresses exactly, in order. */
export function blocksOfRange({
  family,
  first,
  last,
}: Pick<ExternalRange, 'family' | 'first' | 'last'>): readonly string[] {
  const bits = family === 4 ? 32 : 128;
  const blocks: string[] = [];
  for (let at = first; at <= last; ) {
    let size = 0;
    // The largest block that begins here and does not pass the end.
    while (size < bits && at % (1n << BigInt(size + 1)) === 0n && at + (1n << BigInt(size + 1)) - 1n <= last) size++;
    blocks.push(`${formatIp({ family, value: at })}/${bits - size}`);
    at += 1n << BigInt(size);
  }
  return blocks;
}
