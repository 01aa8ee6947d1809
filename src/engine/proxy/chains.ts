import { sha256 } from '@noble/hashes/sha2.js';
import { remembering } from '../model/memo.ts';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Names of chains that are remembered: whoever looks at a trace looks at the next one of the same Service. */
const most = 20_000;
const longHash = remembering(most, base32);
/** Characters of the longest name. */
const longest = 16;
const encoder = new TextEncoder();

/** The first `length` characters of the base32 form of a text's SHA-256, as kube-proxy names chains. */
function hash(text: string, length: number): string {
  return longHash(text).slice(0, length);
}

function base32(text: string): string {
  const bytes = sha256(encoder.encode(text));
  let result = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5 && result.length < longest) {
      bits -= 5;
      result += alphabet[(held >> bits) & 31] ?? '';
      held &= (1 << bits) - 1;
    }
  }
  return result;
}

/** The chains of a Service port in iptables mode. */
export interface ServiceChains {
  /** Cluster policy: all endpoints. */
  readonly service: string;
  /** Local policy: the node's endpoints. */
  readonly local: string;
  /** Entry of traffic from outside. */
  readonly external: string;
  /** loadBalancerSourceRanges. */
  readonly firewall: string;
}

/** `ns/name:portname`, without the colon for an unnamed port: what kube-proxy hashes. */
export function servicePortName(namespace: string, name: string, portName: string): string {
  return portName === '' ? `${namespace}/${name}` : `${namespace}/${name}:${portName}`;
}

/** The iptables chains of a Service port. Source: pkg/proxy/iptables, portProtoHash. */
export function serviceChains(portName: string, protocol: string): ServiceChains {
  const id = hash(portName + protocol.toLowerCase(), 16);
  return { service: `KUBE-SVC-${id}`, local: `KUBE-SVL-${id}`, external: `KUBE-EXT-${id}`, firewall: `KUBE-FW-${id}` };
}

/** The iptables chain of one endpoint (`ip:port`) of a Service port. */
export function endpointChain(portName: string, protocol: string, endpoint: string): string {
  return `KUBE-SEP-${hash(portName + protocol.toLowerCase() + endpoint, 16)}`;
}

/** The chains of a Service port in nftables mode; `base` is `ns/name/proto/port`. Source: pkg/proxy/nftables. */
export function nftServiceChains(base: string): {
  readonly service: string;
  readonly external: string;
  readonly firewall: string;
} {
  const name = `${hash(base, 8)}-${base}`;
  return { service: `service-${name}`, external: `external-${name}`, firewall: `firewall-${name}` };
}

/** The chain and affinity set of one endpoint in nftables mode; `base` is `ns/name/proto/port__ip/port`. */
export function nftEndpointChain(base: string): { readonly chain: string; readonly affinitySet: string } {
  const name = `${hash(base, 8)}-${base}`;
  return { chain: `endpoint-${name}`, affinitySet: `affinity-${name}` };
}

/** The probability that kube-proxy prints for choosing one of the `n` endpoints that are left: ten decimals, as %0.10f. */
export function probabilityText(n: number): string {
  // Go multiplies 1/n out in binary and prints it; toFixed rounds the same double the same way.
  return (1 / n).toFixed(10);
}
