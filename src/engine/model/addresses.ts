/** An IPv4 or IPv6 address as a number; families are never equal to each other. */
export interface IpAddress {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** A CIDR block: the inclusive range of its addresses, and whether the text had bits set beyond the prefix. */
export interface CidrBlock {
  readonly family: 4 | 6;
  readonly prefix: number;
  readonly first: bigint;
  readonly last: bigint;
  /** `10.0.0.5/24` has host bits: Kubernetes accepts it and masks them. */
  readonly hostBits: boolean;
}

const v6Group = /^[0-9a-fA-F]{1,4}$/;

/**
 * Reads an address as Go's net.ParseIP does: no leading zeros in IPv4, `::` once in IPv6, no zone, IPv4-mapped IPv6
 * is IPv4. `undefined` for anything else.
 */
export function parseIp(text: string): IpAddress | undefined {
  if (!text.includes(':')) {
    const value = parseV4(text);
    return value === undefined ? undefined : { family: 4, value: BigInt(value) };
  }
  const value = parseV6(text);
  if (value === undefined) return undefined;
  return value >> 32n === 0xffffn ? { family: 4, value: value & 0xffffffffn } : { family: 6, value };
}

/** Clusters have an address a pod, and more, so each character is looked at once. */
function parseV4(text: string): number | undefined {
  let [value, part, digits, parts] = [0, 0, 0, 1];
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit === dot && digits > 0) {
      value = value * 256 + part;
      [part, digits, parts] = [0, 0, parts + 1];
    } else {
      const isLeadingZero = digits > 0 && part === 0;
      part = part * 10 + digit;
      digits++;
      if (digit < 0 || digit > 9 || isLeadingZero || part > 255) return undefined;
    }
  }
  return parts === 4 && digits > 0 ? value * 256 + part : undefined;
}

/** Where a dot stands when digits are counted from 0. */
const dot = -2;

function parseV6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = v6Groups(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? v6Groups(halves[1] ?? '', true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => 0n), ...tail];
  return groups.reduce((value, group) => (value << 16n) | group, 0n);
}

/** The 16-bit groups of one side of `::`; an embedded IPv4 address may end the last side. */
function v6Groups(text: string, last: boolean): bigint[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: bigint[] = [];
  for (const [index, part] of parts.entries()) {
    if (v6Group.test(part)) {
      groups.push(BigInt(`0x${part}`));
    } else if (last && index === parts.length - 1) {
      const v4 = parseV4(part);
      if (v4 === undefined) return undefined;
      groups.push(BigInt(v4 >>> 16), BigInt(v4 & 0xffff));
    } else return undefined;
  }
  return groups;
}

/** Writes an address in its shortest normal form (RFC 5952). */
export function formatIp(address: IpAddress): string {
  if (address.family === 4) {
    return [24n, 16n, 8n, 0n].map((shift) => ((address.value >> shift) & 255n).toString()).join('.');
  }
  const groups = Array.from({ length: 8 }, (_, i) => (address.value >> BigInt(112 - 16 * i)) & 0xffffn);
  const run = longestZeroRun(groups);
  const text = groups.map((group) => group.toString(16));
  if (run.length < 2) return text.join(':');
  return `${text.slice(0, run.start).join(':')}::${text.slice(run.start + run.length).join(':')}`;
}

function longestZeroRun(groups: readonly bigint[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0n) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}

/** The normal form of an address's text; the text itself where it is none. */
export function normalIp(text: string): string {
  // IPv4 has one way to be written.
  if (!text.includes(':')) return text;
  const address = parseIp(text);
  const normal = address === undefined ? text : formatIp(address);
  // Addresses are many; the text that is there already stands for both.
  return normal === text ? text : normal;
}

/** The family of an address's text, or `undefined` where it is none. */
export function familyOf(text: string): 'IPv4' | 'IPv6' | undefined {
  if (!text.includes(':')) return parseV4(text) === undefined ? undefined : 'IPv4';
  const address = parseIp(text);
  if (address === undefined) return undefined;
  return address.family === 4 ? 'IPv4' : 'IPv6';
}

/** Reads a CIDR as Go's net.ParseCIDR does; `undefined` where it is malformed. */
export function parseCidr(text: string): CidrBlock | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) return undefined;
  const address = parseIp(text.slice(0, slash));
  const digits = text.slice(slash + 1);
  if (address === undefined || !/^[0-9]{1,3}$/.test(digits)) return undefined;
  // An IPv4-mapped IPv6 address counts its prefix in 128 bits; nobody writes it, so it is refused.
  const bits = address.family === 4 ? 32 : 128;
  const prefix = Number(digits);
  if (prefix > bits || (address.family === 4 && text.includes(':'))) return undefined;
  const size = 1n << BigInt(bits - prefix);
  const first = address.value - (address.value % size);
  return { family: address.family, prefix, first, last: first + size - 1n, hostBits: first !== address.value };
}

/** True when the address is of the block's family and inside it. */
export function cidrContains(block: CidrBlock, address: IpAddress): boolean {
  return block.family === address.family && address.value >= block.first && address.value <= block.last;
}

/** True when every address of `inner` is in `outer`. */
export function cidrCovers(outer: CidrBlock, inner: CidrBlock): boolean {
  return outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last;
}

/** True when the two blocks share an address. */
export function cidrsOverlap(a: CidrBlock, b: CidrBlock): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last;
}

/** True when `ip` and `cidr` are well-formed and the one is in the other. */
export function ipInCidr(ip: string, cidr: string): boolean {
  const address = parseIp(ip);
  const block = parseCidr(cidr);
  return address !== undefined && block !== undefined && cidrContains(block, address);
}

/** True for an address of the loopback device. */
export function isLoopbackIp(ip: string): boolean {
  return ip === '::1' || ipInCidr(ip, '127.0.0.0/8');
}

/** The blocks of a list with commas between them; what is no block is left out. */
export function cidrsIn(text: string): readonly string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => parseCidr(one) !== undefined);
}

/** The n-th address of a block, counted from its first; wraps inside the block. */
export function nthAddress(block: CidrBlock, n: bigint): string {
  const size = block.last - block.first + 1n;
  return formatIp({ family: block.family, value: block.first + (((n % size) + size) % size) });
}
