import type { JsonValue } from '../model/json.ts';
import type { FieldPath } from '../model/resource.ts';
import { FieldLocator, type OffsetRange } from './locate.ts';

/** What is being typed at an offset of a text that need not be YAML yet. */
export interface HalfTyped {
  /** The document as far as it can be read, with every scalar as its text; what is being typed has some value of no meaning. */
  readonly object: JsonValue;
  /** The field whose value is typed; for a key, the path that it would have, its last step of no meaning. */
  readonly path: FieldPath;
  readonly part: 'key' | 'value';
  /** The word at the offset, which a completion replaces; empty where there is none. */
  readonly range: OffsetRange;
  /** True within quotes. */
  readonly isQuoted: boolean;
  /** True for a key that has its colon already. */
  readonly hasColon: boolean;
}

/** A document longer than this takes longer to read than a person waits while typing. */
const longest = 200_000;

/** Stands for what is being typed; no manifest has it. */
const marker = 'podpathZzCursor';

/** A word alone above a key of the same depth: without a colon the two would read as one key. */
const keyWithoutColon = /^(( *)[\w./-]+)[ \t]*\n(?=\2["'\w./-]+:)/gm;

const ofWord = /[\w./-]/;

/**
 * What is being typed at an offset; `undefined` in comments, in prose, and where even a lenient parser finds no field.
 * The word there is replaced by a mark that makes the line YAML, and the mark is looked up.
 */
export function halfTypedAt(text: string, offset: number): HalfTyped | undefined {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  if (/(?:^|\s)#/.test(text.slice(lineStart, offset))) return undefined;
  let start = offset;
  while (start > lineStart && ofWord.test(text[start - 1] ?? '')) start--;
  // The dash of a list's item is no part of the word.
  if (/^-\s*$/.test(text.slice(start, offset)) && text.slice(lineStart, start).trim() === '') return undefined;
  let end = offset;
  while (ofWord.test(text[end] ?? '')) end++;
  const newline = text.indexOf('\n', end);
  const behind = text.slice(end, newline < 0 ? text.length : newline);
  const hasColon = /^["']?[ \t]*:(?:\s|$)/.test(behind);
  // A word alone on its line is a key that has no colon yet.
  const isAlone = text.slice(lineStart, start).trim() === '' && behind.trim() === '';
  const above = text.slice(0, start).replaceAll(keyWithoutColon, '$1:\n');
  const mended = `${above}${marker}${isAlone ? ':' : ''}${text.slice(end)}`;
  const locator = new FieldLocator(mended);
  const document = locator.documents.find((one) => above.length >= one.start && above.length <= one.end);
  if (document === undefined || document.end - document.start > longest) return undefined;
  const field = locator.fieldAt(above.length);
  const typed = mended.slice(field?.range.start, field?.range.end);
  if (field === undefined || !typed.includes(marker) || /\s/.test(typed)) return undefined;
  const object = textValue(locator, field.document);
  if (object === undefined) return undefined;
  const isQuoted = text[start - 1] === '"' || text[start - 1] === "'";
  return { object, path: field.path, part: field.part, range: { start, end }, isQuoted, hasColon };
}

/** Scalars stay text: what they mean to kubectl is of no use in a text that kubectl can't read yet. */
function textValue(locator: FieldLocator, document: number): JsonValue | undefined {
  try {
    return locator.nodeAt(document, [])?.tree.document.toJS({ maxAliasCount: 100 }) as JsonValue | undefined;
  } catch {
    // An alias without its anchor, or aliases that hold each other.
    return undefined;
  }
}
