import { formatIp, parseCidr } from '../model/addresses.ts';
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

/** Cuts the addresses outside, of both families, at every block and exception of a direction's rules. */
export function externalRanges(programs: readonly PolicyProgram[], direction: Direction): readonly ExternalRange[] {
  const blocks = programs.flatMap((program) =>
    program.rules
      .filter((rule) => rule.direction === direction)
      .flatMap((rule) => (rule.peers ?? []).flatMap(blocksOf).flatMap(({ cidr, except }) => [cidr, ...except]))
      .flatMap((text) => parseCidr(text) ?? []),
  );
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
