import type { JsonValue } from '../model/json.ts';
import { readBlockText } from './blockText.ts';
import { keyText, notJson, resolvePlain } from './scalars.ts';

/**
 * Reads the YAML that nearly every manifest is written in, straight to values and several times faster than a syntax
 * tree: block mappings and sequences, scalars, block scalars, flow collections. `undefined` where the text has
 * anything else or anything wrong (anchors, tags, duplicate keys, tabs, errors): the full reader takes those, so this
 * one never judges a text.
 */
export function readPlainYaml(text: string): JsonValue | undefined {
  if (unusual.test(text)) return undefined;
  try {
    return new PlainReader(text.includes('\r') ? text.replaceAll('\r\n', '\n') : text).read();
  } catch (error) {
    if (error === notPlain) return undefined;
    throw error;
  }
}

/** Line breaks that only YAML 1.1 knows, characters that it forbids, and carriage returns that end no line. */
const unusual = /[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]|\r(?!\n)/;

/** Thrown without a stack trace, because it is part of the ordinary way. */
const notPlain: unique symbol = Symbol('not plain YAML');

const deepest = 100;
/** go-yaml lets a key be 1,024 bytes away from its colon. */
const longestKey = 250;
const plainEscapes = /^(?:[^\\]|\\["\\/bfnrt]|\\u(?![dD][89a-fA-F])[0-9a-fA-F]{4})*$/;
/** No plain scalar starts with one of these; a dash, a question mark and a colon depend on what follows. */
const indicators = ',[]{}#&*!|>\'"%@`';

const tab = 0x09;
const newline = 0x0a;
const space = 0x20;
const quotation = 0x22;
const hash = 0x23;
const apostrophe = 0x27;
const dash = 0x2d;
const colon = 0x3a;

/**
 * `#at` is the cursor. Every method that reads a block value starts at its first character, with `#indent` its column,
 * and leaves the cursor at the first character of the next line that has content, `#indent` being that line's indent
 * or -1 at the end of the text.
 */
class PlainReader {
  readonly #text: string;
  #at = 0;
  #indent = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): JsonValue {
    this.#nextLine();
    if (this.#indent < 0) return null;
    const value = this.#block(-1);
    if (this.#indent >= 0) throw notPlain;
    return value;
  }

  /** From the start of a line over blank lines and comments to content. */
  #nextLine(): void {
    const text = this.#text;
    let at = this.#at;
    for (;;) {
      const start = at;
      let code = text.charCodeAt(at);
      while (code === space) code = text.charCodeAt(++at);
      if (code === newline) at++;
      else if (code === hash) at = this.#lineEnd(at) + 1;
      else if (code === tab) throw notPlain;
      else {
        this.#indent = at >= text.length ? -1 : at - start;
        this.#at = at;
        return;
      }
    }
  }

  /** From the end of a value to the start of the next line; only spaces and a comment may be left. */
  #finishLine(): void {
    const text = this.#text;
    const start = this.#at;
    let code = text.charCodeAt(this.#at);
    while (code === space) code = text.charCodeAt(++this.#at);
    if (code === newline) this.#at++;
    else if (code === hash && this.#at > start) this.#at = this.#lineEnd(this.#at) + 1;
    else if (this.#at < text.length) throw notPlain;
  }

  #lineEnd(at: number): number {
    const end = this.#text.indexOf('\n', at);
    return end < 0 ? this.#text.length : end;
  }

  /** True for a blank, a line break or the end of the text: what makes an indicator of `-` and `:`. */
  #isBlank(at: number): boolean {
    const code = this.#text.charCodeAt(at);
    return code === space || code === newline || code === tab || at >= this.#text.length;
  }

  #atDash(): boolean {
    return this.#text.charCodeAt(this.#at) === dash && this.#isBlank(this.#at + 1);
  }

  /** Skips spaces; true if nothing but a comment follows on the line, which is then finished. */
  #restIsEmpty(): boolean {
    const text = this.#text;
    let at = this.#at;
    let code = text.charCodeAt(at);
    while (code === space) code = text.charCodeAt(++at);
    if (code !== newline && code !== hash && at < text.length) {
      this.#at = at;
      return false;
    }
    this.#finishLine();
    this.#nextLine();
    return true;
  }

  #block(parent: number): JsonValue {
    if (this.#atDash()) return this.#sequence(this.#indent);
    const indent = this.#indent;
    const key = this.#key();
    return key === undefined ? this.#inline(parent) : this.#mapping(indent, key);
  }

  #mapping(indent: number, first: string): JsonValue {
    if (++this.#depth > deepest) throw notPlain;
    const result: Record<string, JsonValue> = {};
    for (let key: string | undefined = first; ; key = this.#key()) {
      if (key === undefined || key === '__proto__' || Object.hasOwn(result, key)) throw notPlain;
      result[key] = this.#member(indent);
      if (this.#indent > indent) throw notPlain;
      if (this.#indent < indent) break;
    }
    this.#depth--;
    return result;
  }

  /** What follows the colon of a key; a sequence there need not be deeper than the key. */
  #member(indent: number): JsonValue {
    if (!this.#restIsEmpty()) return this.#inline(indent);
    if (this.#indent > indent) return this.#block(indent);
    return this.#indent === indent && this.#atDash() ? this.#sequence(indent) : null;
  }

  #sequence(indent: number): JsonValue {
    if (++this.#depth > deepest) throw notPlain;
    const items: JsonValue[] = [];
    do {
      const start = this.#at++;
      if (this.#restIsEmpty()) {
        items.push(this.#indent > indent ? this.#block(indent) : null);
      } else {
        this.#indent = indent + this.#at - start;
        items.push(this.#block(indent));
      }
      if (this.#indent > indent) throw notPlain;
    } while (this.#indent === indent && this.#atDash());
    this.#depth--;
    return items;
  }

  /** Reads a key and its colon; `undefined`, the cursor where it was, if the line has none. */
  #key(): string | undefined {
    const text = this.#text;
    const start = this.#at;
    const code = text.charCodeAt(start);
    if (code === quotation || code === apostrophe) {
      const key = this.#quoted();
      if (text.charCodeAt(this.#at) === colon && this.#isBlank(this.#at + 1)) {
        this.#at++;
        return key;
      }
      this.#at = start;
      return undefined;
    }
    if (indicators.includes(text[start] ?? '')) return undefined;
    const end = this.#plainEnd(start);
    if (text.charCodeAt(end) !== colon) return undefined;
    const raw = text.slice(start, end);
    if (code === dash || raw === '<<' || raw.endsWith(' ') || raw.length > longestKey) throw notPlain;
    const key = keyText(resolvePlain(raw));
    if (key === undefined) throw notPlain;
    this.#at = end + 1;
    return key;
  }

  /** Where plain text ends: at a colon that makes it a key, before a comment, or at the end of the line. */
  #plainEnd(start: number): number {
    const text = this.#text;
    const first = text.charCodeAt(start);
    if (first === colon || first === 0x3f || (first === dash && this.#isBlank(start + 1))) throw notPlain;
    for (let at = start; ; at++) {
      const code = text.charCodeAt(at);
      if (code > colon) continue;
      if (code === newline || at >= text.length) return at;
      if (code === colon && this.#isBlank(at + 1)) return at;
      if (code === hash && text.charCodeAt(at - 1) === space) return at;
      if (code === tab) throw notPlain;
    }
  }

  /** A value on the line of its key or dash. */
  #inline(parent: number): JsonValue {
    const char = this.#text[this.#at] ?? '';
    if (char === '|' || char === '>') return this.#blockScalar(parent);
    if (char === '"' || char === "'" || char === '[' || char === '{') {
      const value = this.#flowValue();
      this.#finishLine();
      this.#nextLine();
      return value;
    }
    if (indicators.includes(char)) throw notPlain;
    return this.#plain(parent);
  }

  /** A plain scalar with its continuation lines, which are those deeper than the parent. */
  #plain(parent: number): JsonValue {
    const text = this.#text;
    let end = this.#plainEnd(this.#at);
    let value = text.slice(this.#at, end).trimEnd();
    for (;;) {
      this.#at = end;
      if (text.charCodeAt(end) === colon) throw notPlain;
      const commented = text.charCodeAt(end) === hash;
      if (commented) this.#at = this.#lineEnd(end);
      this.#at++;
      const start = this.#at;
      this.#nextLine();
      if (commented || this.#indent <= parent) break;
      const between = text.slice(start, this.#at);
      // A comment ends the scalar, and what stands deeper behind it is an error.
      if (between.includes('#')) throw notPlain;
      end = this.#plainEnd(this.#at);
      const blank = between.split('\n').length - 1;
      value += (blank === 0 ? ' ' : '\n'.repeat(blank)) + text.slice(this.#at, end).trimEnd();
    }
    const resolved = resolvePlain(value);
    if (resolved === notJson) throw notPlain;
    return resolved;
  }

  /** A quoted scalar on one line. */
  #quoted(): string {
    const text = this.#text;
    const start = this.#at + 1;
    const quote = text[this.#at] ?? '';
    let end = text.indexOf(quote, start);
    let escaped = false;
    if (quote === "'") {
      for (; text[end + 1] === "'" && end >= 0; end = text.indexOf(quote, end + 2)) escaped = true;
    } else {
      for (let at = start; at < end || end < 0; at++) {
        const code = text.charCodeAt(at);
        if (code === newline || at >= text.length) throw notPlain;
        if (code !== 0x5c) continue;
        escaped = true;
        at++;
        if (at >= end) end = text.indexOf(quote, at + 1);
      }
    }
    const inner = text.slice(start, end);
    if (end < 0 || inner.includes('\n') || inner.includes('\t')) throw notPlain;
    this.#at = end + 1;
    if (!escaped) return inner;
    if (quote === "'") return inner.replaceAll("''", "'");
    if (!plainEscapes.test(inner)) throw notPlain;
    return JSON.parse(`"${inner}"`) as string;
  }

  /** A quoted scalar, a flow collection, or a plain scalar inside one. */
  #flowValue(): JsonValue {
    const char = this.#text[this.#at] ?? '';
    if (char === '"' || char === "'") return this.#quoted();
    if (char === '[') return this.#flowSequence();
    if (char === '{') return this.#flowMapping();
    const value = resolvePlain(this.#flowPlain());
    if (value === notJson) throw notPlain;
    return value;
  }

  #flowSequence(): JsonValue {
    if (++this.#depth > deepest) throw notPlain;
    const items: JsonValue[] = [];
    this.#at++;
    if (!this.#flowEnds(']')) {
      do items.push(this.#flowValue());
      while (!this.#flowNext(']'));
    }
    this.#depth--;
    return items;
  }

  #flowMapping(): JsonValue {
    if (++this.#depth > deepest) throw notPlain;
    const result: Record<string, JsonValue> = {};
    this.#at++;
    if (!this.#flowEnds('}')) {
      do {
        const char = this.#text[this.#at] ?? '';
        const key = char === '"' || char === "'" ? this.#quoted() : keyText(resolvePlain(this.#flowKey()));
        if (key === undefined || key === '__proto__' || Object.hasOwn(result, key)) throw notPlain;
        if (this.#text.charCodeAt(this.#at++) !== colon || this.#text.charCodeAt(this.#at++) !== space) throw notPlain;
        this.#skipSpaces();
        result[key] = this.#flowValue();
      } while (!this.#flowNext('}'));
    }
    this.#depth--;
    return result;
  }

  #flowKey(): string {
    const key = this.#flowPlain();
    if (key === '<<') throw notPlain;
    return key;
  }

  /** Plain text of letters, digits and what means nothing in a flow collection. */
  #flowPlain(): string {
    const text = this.#text;
    const start = this.#at;
    if (!/[-\w./$+=~]/.test(text[start] ?? '') || this.#atDash()) throw notPlain;
    let at = start;
    while (/[-\w./$+=~*@%()<>^;|& ]/.test(text[at] ?? '')) at++;
    this.#at = at;
    const raw = text.slice(start, at);
    if (text.charCodeAt(at) === colon && raw.endsWith(' ')) throw notPlain;
    return raw.trimEnd();
  }

  /** Blanks, line breaks and comments between the parts of a flow collection; the column means nothing there. */
  #skipSpaces(): void {
    const text = this.#text;
    const start = this.#at;
    let code = text.charCodeAt(this.#at);
    while (code === space || code === newline || (code === hash && this.#at > start)) {
      if (code === hash) this.#at = this.#lineEnd(this.#at) - 1;
      else if (code === newline && text.startsWith('...', this.#at + 1)) throw notPlain;
      code = text.charCodeAt(++this.#at);
    }
  }

  #flowEnds(close: string): boolean {
    this.#skipSpaces();
    if (this.#text[this.#at] !== close) return false;
    this.#at++;
    return true;
  }

  /** True at the end of the collection, a comma before it or not; else steps over the comma. */
  #flowNext(close: string): boolean {
    if (this.#flowEnds(close)) return true;
    if (this.#text[this.#at++] !== ',') throw notPlain;
    return this.#flowEnds(close);
  }

  /** `|` and `>` without an explicit indent. */
  #blockScalar(parent: number): JsonValue {
    const folded = this.#text[this.#at++] === '>';
    const sign = this.#text[this.#at] ?? '';
    const chomp = sign === '+' || sign === '-' ? sign : '';
    if (chomp !== '') this.#at++;
    this.#finishLine();
    const block = readBlockText(this.#text, this.#at, parent, folded, chomp);
    if (block === undefined) throw notPlain;
    this.#at = block.end;
    this.#nextLine();
    return block.value;
  }
}
