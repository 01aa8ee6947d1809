import { isObject, type JsonValue } from '../model/json.ts';
import { resolvePlain } from './scalars.ts';

/** A scalar as YAML text that reads back as the same value; quoted only where it must be, or as `quote` asks. */
export function scalarText(value: string | number | boolean | null, quote: '' | '"' | "'" = ''): string {
  if (typeof value !== 'string') return String(value);
  if (quote === '"' || hasSpecial(value)) return JSON.stringify(value);
  if (quote === "'" || !isPlain(value)) return `'${value.replaceAll("'", "''")}'`;
  return value;
}

function hasSpecial(text: string): boolean {
  return /[^\x20-\x7e\xa0-\ud7ff]/.test(text);
}

function isPlain(text: string): boolean {
  return /^[\w./][-\w./:@+=*%$]*$/.test(text) && !text.endsWith(':') && resolvePlain(text) === text;
}

/** A value in flow style on one line; as JSON where `json` is true. */
export function flowText(value: JsonValue, json: boolean): string {
  if (json) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item: JsonValue) => flowText(item, json)).join(', ')}]`;
  if (!isObject(value)) return scalarText(value as string | number | boolean | null);
  const members = Object.entries(value).map(([key, member]) => `${scalarText(key)}: ${flowText(member ?? null, json)}`);
  return members.length === 0 ? '{}' : `{${members.join(', ')}}`;
}

/**
 * A value in block style as lines without their indent. A mapping's sequences stand two columns deeper than their key.
 * Empty collections and scalars are one line.
 */
export function blockLines(value: JsonValue): readonly string[] {
  if (Array.isArray(value) && value.length > 0) return value.flatMap((item: JsonValue) => itemLines(item));
  if (!isObject(value) || Object.keys(value).length === 0) return [flowText(value, false)];
  return Object.entries(value).flatMap(([key, member]) => memberLines(key, member ?? null));
}

/** One member of a block mapping as lines without their indent. */
export function memberLines(key: string, value: JsonValue): readonly string[] {
  const lines = blockLines(value);
  const name = scalarText(key);
  if (!isBlock(value)) return [`${name}: ${lines[0] ?? ''}`];
  return [`${name}:`, ...lines.map((line) => `  ${line}`)];
}

/** One item of a block sequence as lines without their indent. */
export function itemLines(value: JsonValue): readonly string[] {
  return blockLines(value).map((line, index) => `${index === 0 ? '- ' : '  '}${line}`);
}

function isBlock(value: JsonValue): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}
