// X.509 certificates for tests, with no more of DER than they need: signed by an authority of their own, valid when asked.
import { createSign, generateKeyPairSync, randomBytes } from 'node:crypto';

/** One value of DER: its tag, its length, its bytes (ITU-T X.690, 8.1). */
function der(tag, ...parts) {
  const content = Buffer.concat(parts);
  const size = content.length;
  if (size < 0x80) return Buffer.concat([Buffer.from([tag, size]), content]);
  const bytes = size < 0x100 ? [size] : [size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, 0x80 | bytes.length, ...bytes]), content]);
}

const sequence = (...parts) => der(0x30, ...parts);
const set = (...parts) => der(0x31, ...parts);
const octets = (content) => der(0x04, content);
const bits = (content) => der(0x03, Buffer.from([0]), content);
const yes = der(0x01, Buffer.from([0xff]));

/** An object identifier. */
function oid(text) {
  const [first, second, ...rest] = text.split('.').map(Number);
  const base128 = (value) => {
    const bytes = [value & 0x7f];
    for (let more = value >> 7; more > 0; more >>= 7) bytes.unshift(0x80 | (more & 0x7f));
    return bytes;
  };
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'));

/** A time as GeneralizedTime, to the second. */
function time(milliseconds) {
  const text = new Date(milliseconds).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return der(0x18, Buffer.from(text));
}

/** Kubernetes takes the common name for the user and the organizations for the groups. */
function nameOf({ name, groups = [] }) {
  const part = (type, text) => set(sequence(oid(type), der(0x0c, Buffer.from(text))));
  return sequence(...groups.map((group) => part('2.5.4.10', group)), part('2.5.4.3', name));
}

function extensions({ isAuthority, usage, address }) {
  const one = (id, value, critical = false) => sequence(oid(id), ...(critical ? [yes] : []), octets(value));
  const list = isAuthority
    ? [one('2.5.29.19', sequence(yes), true)]
    : [
        one('2.5.29.37', sequence(oid(`1.3.6.1.5.5.7.3.${usage === 'server' ? 1 : 2}`))),
        ...(address === undefined ? [] : [one('2.5.29.17', sequence(der(0x87, Buffer.from(address.split('.')))))]),
      ];
  return der(0xa3, sequence(...list));
}

const day = 24 * 3600 * 1000;

/**
 * A certificate and its key as PEM. Without an `issuer` (what this function gave before) it signs itself, as an authority.
 * `from` and `to` say when it is valid, in ms since 1970; the days around now where they are absent.
 * @param {{ name: string, groups?: string[], usage?: 'server' | 'client', address?: string, issuer?: any, from?: number, to?: number }} wanted
 * @returns {{ cert: string, key: string, subject: Buffer, privateKey: import('node:crypto').KeyObject }}
 */
export function certificate({ name, groups, usage, address, issuer, from = Date.now() - day, to = Date.now() + day }) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = nameOf({ name, groups });
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ecdsaWithSha256,
    issuer?.subject ?? subject,
    sequence(time(from), time(to)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    extensions({ isAuthority: issuer === undefined, usage, address }),
  );
  const signature = createSign('sha256')
    .update(body)
    .sign(issuer?.privateKey ?? privateKey);
  const text = sequence(body, ecdsaWithSha256, bits(signature)).toString('base64').replaceAll(/.{64}/g, '$&\n');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    subject,
    privateKey,
  };
}
