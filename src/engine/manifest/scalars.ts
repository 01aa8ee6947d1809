import type { JsonValue } from '../model/json.ts';

/** A plain scalar that JSON has no value for, as `.nan`; kubectl refuses the document. */
export const notJson: unique symbol = Symbol('not JSON');

const booleans: ReadonlyMap<string, boolean> = new Map([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((text) => [text, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((text) => [text, false] as const),
]);
const nulls: ReadonlySet<string> = new Set(['', '~', 'null', 'Null', 'NULL']);
const infinite = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const float = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const dotFloat = /^\.[0-9]+(?:[eE][-+]?[0-9]+)?$/;
const integer = /^([-+]?)(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)$/;

/**
 * The value of a plain (unquoted) scalar as `sigs.k8s.io/yaml` reads it, which is YAML 1.1 with go-yaml v2's
 * exceptions: `yes` and `y` are booleans, `0755` is octal, `1_000` is a number, base 60 and timestamps are strings.
 */
export function resolvePlain(text: string): JsonValue | typeof notJson {
  // Nearly every scalar of a manifest starts with a letter that no special form starts with.
  const first = text.charCodeAt(0);
  if (first > 0x39 && !'yYnNtTfFoO~'.includes(text[0] ?? '')) return text;
  if (nulls.has(text)) return null;
  const boolean = booleans.get(text);
  if (boolean !== undefined) return boolean;
  if (infinite.test(text)) return notJson;
  if (text[0] === '.') return dotFloat.test(text) ? finiteOr(Number(text), text) : text;
  if (!/^[-+0-9]/.test(text)) return text;
  const digits = text.replaceAll('_', '');
  const whole = integer.exec(digits);
  if (whole !== null) {
    const value = readInteger(whole[1] ?? '', whole[2] ?? '');
    if (value !== undefined) return value;
  }
  return float.test(digits) ? finiteOr(Number(digits), text) : text;
}

/** An integer of Go's base-0 syntax within 64 bits; past that go-yaml tries a float. */
function readInteger(sign: string, digits: string): number | undefined {
  const octal = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
  const size = BigInt(octal);
  if (size > (sign === '-' ? 0x8000000000000000n : 0xffffffffffffffffn)) return undefined;
  // Go reads an explicit plus sign only with a signed 64-bit number.
  if (sign === '+' && size > 0x7fffffffffffffffn) return undefined;
  return sign === '-' && size !== 0n ? -Number(size) : Number(size);
}

function finiteOr(value: number, text: string): number | string {
  return Number.isFinite(value) ? value : text;
}

/** A scalar with an explicit core tag, as go-yaml decodes it; `undefined` where the text does not fit the tag. */
export function resolveTagged(tag: string, text: string): JsonValue | typeof notJson | undefined {
  const plain = resolvePlain(text);
  switch (tag) {
    case 'tag:yaml.org,2002:bool':
      return typeof plain === 'boolean' ? plain : undefined;
    case 'tag:yaml.org,2002:null':
      return plain === null ? null : undefined;
    case 'tag:yaml.org,2002:int':
      return typeof plain === 'number' && Number.isInteger(plain) ? plain : undefined;
    case 'tag:yaml.org,2002:float':
      return typeof plain === 'number' || plain === notJson ? plain : undefined;
    case 'tag:yaml.org,2002:binary':
      return decodeBase64(text);
    default:
      return text;
  }
}

function decodeBase64(text: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll(/\s/g, '')), (char) => char.charCodeAt(0));
    return new TextDecoder().decode(bytes);
  } catch {
    return undefined;
  }
}

/** How a resolved key names a JSON member; `undefined` for a key that JSON can't have (null, not a number). */
export function keyText(value: JsonValue | typeof notJson): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(8)));
  return undefined;
}
