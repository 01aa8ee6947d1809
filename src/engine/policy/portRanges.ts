import type { FieldPath } from '../model/resource.ts';
import type { PortMatch } from './policy.ts';

/** Ports from one number to another, inclusive, in order and apart. */
export type PortRanges = readonly (readonly [from: number, to: number])[];

/** Every port. */
export const allPorts: PortRanges = [[1, 65_535]];

/** The ranges of single ports. */
export function rangesOf(ports: readonly number[]): PortRanges {
  return [...new Set(ports)].sort((a, b) => a - b).map((port) => [port, port] as const);
}

/** The ports that are in both. */
export function common(a: PortRanges, b: PortRanges): PortRanges {
  return a.flatMap(([from, to]) =>
    b.flatMap(([start, end]): [number, number][] => {
      const [low, high] = [Math.max(from, start), Math.min(to, end)];
      return low <= high ? [[low, high]] : [];
    }),
  );
}

/** The ports of `a` that are not in `b`. */
export function without(a: PortRanges, b: PortRanges): PortRanges {
  let next = 1;
  const gaps: [number, number][] = [];
  for (const [from, to] of [...b].sort(([x], [y]) => x - y)) {
    if (from > next) gaps.push([next, from - 1]);
    next = Math.max(next, to + 1);
  }
  if (next <= 65_535) gaps.push([next, 65_535]);
  return common(a, gaps);
}

/** The ranges as ports of TCP in a rule. */
export function tcpPorts(ranges: PortRanges, path: FieldPath): readonly PortMatch[] {
  return ranges.map(([from, to]) => ({ kind: 'range', protocol: 'TCP', from, to, path }));
}
