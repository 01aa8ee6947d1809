/** The text of one YAML document in a file; offsets are UTF-16 code units, end exclusive. */
export interface DocumentSlice {
  readonly start: number;
  readonly end: number;
}

/**
 * Splits a file at lines of `---`, as kubectl's reader does; a comment may stand behind the dashes. A line with other
 * text there splits nothing.
 */
export function splitDocuments(text: string): readonly DocumentSlice[] {
  const slices: DocumentSlice[] = [];
  let start = text.startsWith('\uFEFF') ? 1 : 0;
  let at = text.startsWith('---', start) ? start : dashedLine(text, start);
  while (at >= 0) {
    const newline = text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline + 1;
    if (separator.test(text.slice(at, end))) {
      slices.push({ start, end: at });
      start = end;
    }
    at = dashedLine(text, end - 1);
  }
  slices.push({ start, end: text.length });
  return slices;
}

/** What Go's `unicode.IsSpace` takes for blank, and no more. */
const separator = /^---[ \t\r\n\v\f\x85\xa0]*(?:#|$)/;

/** Where the next line that starts with `---` starts, or -1. */
function dashedLine(text: string, from: number): number {
  const found = text.indexOf('\n---', from);
  return found < 0 ? -1 : found + 1;
}

/**
 * The range, in a document's own text, of a line of `---` with other text behind it: kubectl refuses it, though it is
 * YAML. `undefined` where there is none.
 */
export function badSeparator(own: string): DocumentSlice | undefined {
  const start = own.startsWith('---') ? 0 : dashedLine(own, 0);
  if (start < 0) return undefined;
  const newline = own.indexOf('\n', start);
  return { start, end: newline < 0 ? own.length : newline };
}
