import type { Protocol } from './cluster.ts';

/** An inclusive range of ports of one protocol. */
export interface PortRange {
  readonly protocol: Protocol;
  readonly from: number;
  readonly to: number;
}

const protocols: readonly Protocol[] = ['SCTP', 'TCP', 'UDP'];
const lastPort = 65_535;
const stride = 65_536;

/** A set of ports: sorted, disjoint, not adjacent `[first, last]` pairs over `protocol × 65536 + port`. */
type Spans = readonly number[];

/**
 * Sets of ports, one number a distinct set, so that equal sets are equal numbers and each union, intersection or
 * difference is computed once. A cluster has few distinct sets (about 200 at its largest), whatever its size.
 */
export class PortSets {
  readonly #spans: Spans[] = [];
  readonly #keys: string[] = [];
  readonly #ids = new Map<string, number>();
  readonly #unions = new Map<number, number>();
  readonly #meets = new Map<number, number>();
  readonly #differences = new Map<number, number>();
  /** The empty set. */
  readonly none: number;
  /** Ports 1–65535 of each protocol. */
  readonly all: number;

  constructor() {
    this.none = this.#intern([]);
    this.all = this.of(protocols.map((protocol) => ({ protocol, from: 1, to: lastPort })));
  }

  /** The set of some ranges, which may overlap. */
  of(ranges: readonly PortRange[]): number {
    const pairs = ranges.map(({ protocol, from, to }): readonly [number, number] => {
      const base = protocols.indexOf(protocol) * stride;
      return [base + from, base + to];
    });
    return this.#intern(normalise(pairs));
  }

  union(a: number, b: number): number {
    if (a === b || b === this.none) return a;
    if (a === this.none) return b;
    return this.#memo(this.#unions, a, b, (x, y) => normalise([...pairsOf(x), ...pairsOf(y)]));
  }

  intersection(a: number, b: number): number {
    if (a === b || b === this.all) return a;
    if (a === this.all) return b;
    if (a === this.none || b === this.none) return this.none;
    return this.#memo(this.#meets, a, b, meet);
  }

  /** The ports of `a` that are not in `b`. */
  difference(a: number, b: number): number {
    if (a === b || a === this.none || b === this.all) return this.none;
    if (b === this.none) return a;
    const key = a * 0x4000000 + b;
    let id = this.#differences.get(key);
    if (id === undefined) {
      id = this.#intern(without(this.#spans[a] ?? [], this.#spans[b] ?? []));
      this.#differences.set(key, id);
    }
    return id;
  }

  /** Equal for equal sets, also of another {@link PortSets}. */
  key(set: number): string {
    return this.#keys[set] ?? '';
  }

  has(set: number, protocol: Protocol, port: number): boolean {
    const value = protocols.indexOf(protocol) * stride + port;
    return pairsOf(this.#spans[set] ?? []).some(([first, last]) => first <= value && value <= last);
  }

  /** The ranges of a set, sorted by protocol name and port. */
  ranges(set: number): readonly PortRange[] {
    return pairsOf(this.#spans[set] ?? []).map(([first, last]) => ({
      protocol: protocols[Math.floor(first / stride)] ?? 'TCP',
      from: first % stride,
      to: last % stride,
    }));
  }

  #memo(memo: Map<number, number>, a: number, b: number, make: (x: Spans, y: Spans) => Spans): number {
    const key = Math.min(a, b) * 0x4000000 + Math.max(a, b);
    let id = memo.get(key);
    if (id === undefined) {
      id = this.#intern(make(this.#spans[a] ?? [], this.#spans[b] ?? []));
      memo.set(key, id);
    }
    return id;
  }

  #intern(spans: Spans): number {
    const key = spans.join(',');
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#spans.push(spans) - 1;
      this.#keys.push(key);
      this.#ids.set(key, id);
    }
    return id;
  }
}

function pairsOf(spans: Spans): (readonly [number, number])[] {
  const pairs: (readonly [number, number])[] = [];
  for (let i = 0; i + 1 < spans.length; i += 2) pairs.push([spans[i] ?? 0, spans[i + 1] ?? 0]);
  return pairs;
}

function normalise(pairs: readonly (readonly [number, number])[]): Spans {
  const result: number[] = [];
  for (const [first, last] of [...pairs].sort((a, b) => a[0] - b[0])) {
    const end = result.at(-1);
    if (end !== undefined && first <= end + 1) result[result.length - 1] = Math.max(end, last);
    else result.push(first, last);
  }
  return result;
}

function meet(x: Spans, y: Spans): Spans {
  const result: (readonly [number, number])[] = [];
  for (const [a, b] of pairsOf(x)) {
    for (const [c, d] of pairsOf(y)) {
      const first = Math.max(a, c);
      const last = Math.min(b, d);
      if (first <= last) result.push([first, last]);
    }
  }
  return normalise(result);
}

function without(x: Spans, y: Spans): Spans {
  let rest = pairsOf(x);
  for (const [first, last] of pairsOf(y)) {
    rest = rest.flatMap(([a, b]): (readonly [number, number])[] => {
      if (last < a || first > b) return [[a, b]];
      return [...(a < first ? [[a, first - 1] as const] : []), ...(b > last ? [[last + 1, b] as const] : [])];
    });
  }
  return normalise(rest);
}

/** Ports in words: `TCP 80,443; UDP 53`, or `all ports`. */
export function formatPortRanges(ranges: readonly PortRange[], allPorts: string): string {
  const whole = protocols.every((protocol) =>
    ranges.some((one) => one.protocol === protocol && one.from === 1 && one.to === lastPort),
  );
  if (whole) return allPorts;
  return protocols
    .map((protocol) => {
      const own = ranges.filter((one) => one.protocol === protocol);
      return own.length === 0
        ? ''
        : `${protocol} ${own.map(({ from, to }) => (from === to ? String(from) : `${from}-${to}`)).join(',')}`;
    })
    .filter((text) => text !== '')
    .join('; ');
}

/** An IANA service name, as Kubernetes takes for ports: validation.IsValidPortName of k8s.io/apimachinery. */
const portName = /^(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** True for a text that can be the name of a container port. */
export function isPortName(name: string): boolean {
  return portName.test(name);
}
