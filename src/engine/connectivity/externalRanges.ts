import { formatIp, parseCidr } from '../model/addresses.ts';
import type { Exchange } from '../model/lists.ts';
import { blocksOf } from '../policy/peers.ts';
import type { Direction, PolicyProgram } from '../policy/policy.ts';

/** A part of the address space outside the cluster that no policy of a direction can tell apart. */
export interface ExternalRange {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
  /** An address that stands for all of it. */
  readonly ip: string;
}

/** How many times the rules of a direction name each block or exception. */
export type BlockCounts = ReadonlyMap<string, number>;

/** The blocks of a direction once some programs came and others went; the same where that changes nothing. */
export function countBlocks(before: BlockCounts, programs: Exchange<PolicyProgram>, direction: Direction): BlockCounts {
  const named = (one: PolicyProgram): readonly string[] => blocksNamed(one, direction);
  const [come, gone] = [programs.come.flatMap(named), programs.gone.flatMap(named)];
  if (come.length + gone.length === 0) return before;
  const counts = new Map(before);
  for (const text of come) counts.set(text, (counts.get(text) ?? 0) + 1);
  for (const text of gone) {
    const left = (counts.get(text) ?? 0) - 1;
    if (left > 0) counts.set(text, left);
    else counts.delete(text);
  }
  return counts;
}

function blocksNamed({ rules }: PolicyProgram, direction: Direction): readonly string[] {
  return rules
    .filter((rule) => rule.direction === direction)
    .flatMap(({ peers = [] }) => peers.flatMap(blocksOf).flatMap(({ cidr, except }) => [cidr, ...except]));
}

/** Cuts the addresses outside, of both families, at every block. */
export function externalRanges(counts: BlockCounts): readonly ExternalRange[] {
  const blocks = [...counts.keys()].flatMap((text) => parseCidr(text) ?? []);
  return ([4, 6] as const).flatMap((family) => {
    const end = (1n << (family === 4 ? 32n : 128n)) - 1n;
    const starts = new Set([0n]);
    for (const block of blocks) {
      if (block.family !== family) continue;
      starts.add(block.first);
      if (block.last < end) starts.add(block.last + 1n);
    }
    const sorted = [...starts].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    return sorted.map((first, index): ExternalRange => {
      const next = sorted[index + 1];
      return { family, first, last: next === undefined ? end : next - 1n, ip: formatIp({ family, value: first }) };
    });
  });
}

/** `a.b.c.d-e.f.g.h`, inclusive. */
export function formatRange({ family, first, last }: ExternalRange): string {
  return `${formatIp({ family, value: first })}-${formatIp({ family, value: last })}`;
}
