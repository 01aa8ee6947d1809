/** Text with spaces inserted, and the way back to the offsets of the original. */
export interface ReindentedText {
  readonly text: string;
  originalOffset(offset: number): number;
}

/**
 * Indents the continuation lines of flow collections and quoted scalars. go-yaml lets them start at any column, npm
 * `yaml` wants them deeper than their parent; leading spaces mean nothing in either construct.
 * `undefined` where there is no such line.
 */
export function indentContinuations(text: string): ReindentedText | undefined {
  const inserts = continuationLines(text);
  if (inserts.length === 0) return undefined;
  let result = '';
  let from = 0;
  for (const { at, count } of inserts) {
    result += text.slice(from, at) + ' '.repeat(count);
    from = at;
  }
  return { text: result + text.slice(from), originalOffset: (offset) => shiftBack(inserts, offset) };
}

interface Insert {
  readonly at: number;
  readonly count: number;
}

function shiftBack(inserts: readonly Insert[], offset: number): number {
  let added = 0;
  for (const { at, count } of inserts) {
    if (offset <= at + added) break;
    added = Math.min(added + count, offset - at);
  }
  return offset - added;
}

/** Where a scan stands: in block context, or inside flow collections, or inside a quoted scalar (of a flow or not). */
interface ScanState {
  depth: number;
  quote: '' | '"' | "'";
  /** Indent that continuation lines need; that of the line where the construct began. */
  base: number;
  /** Indent of a line that ends with `|` or `>`: deeper lines are its text. */
  block: number;
}

function continuationLines(text: string): Insert[] {
  const inserts: Insert[] = [];
  const state: ScanState = { depth: 0, quote: '', base: 0, block: -1 };
  let start = 0;
  while (start < text.length) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(start, end);
    // Tabs do not indent in YAML, so only spaces count.
    const indent = /^ */.exec(line)?.[0].length ?? 0;
    const blank = line.trim() === '';
    const inside = state.depth > 0 || state.quote !== '';
    if (inside && !blank && indent <= state.base) inserts.push({ at: start, count: state.base + 2 - indent });
    if (inside) scanLine(line, 0, state);
    else if (!blank && (state.block < 0 || indent <= state.block)) startLine(line, indent, state);
    start = end + 1;
  }
  return inserts;
}

function startLine(line: string, indent: number, state: ScanState): void {
  state.block = /(?:^|[\s:-])[|>][-+0-9]*\s*(?:#.*)?$/.test(line) ? indent : -1;
  // The parent of what starts here is at least as deep as the last dash or key of the line.
  const dashes = /^(?:\s*- +)*/.exec(line)?.[0].length ?? indent;
  state.base = Math.max(indent, dashes);
  scanLine(line, 0, state);
}

/** Follows brackets and quotes through one line. Quotes open only where a value can begin. */
function scanLine(line: string, from: number, state: ScanState): void {
  for (let i = from; i < line.length; i++) {
    const char = line[i] ?? '';
    if (state.quote !== '') {
      if (char === '\\' && state.quote === '"') i++;
      else if (char === state.quote && char === "'" && line[i + 1] === "'") i++;
      else if (char === state.quote) state.quote = '';
    } else if (char === '#' && (i === 0 || /\s/.test(line[i - 1] ?? ''))) return;
    else if ((char === '"' || char === "'") && canBegin(line, i, state)) state.quote = char;
    else if ((char === '[' || char === '{') && canBegin(line, i, state)) state.depth++;
    else if ((char === ']' || char === '}') && state.depth > 0) state.depth--;
  }
}

function canBegin(line: string, at: number, state: ScanState): boolean {
  const before = line.slice(0, at).trimEnd();
  const spaced = before.length < at;
  if (before === '') return true;
  const last = before.at(-1) ?? '';
  if (state.depth > 0) return '[{,:'.includes(last);
  return spaced && (last === ':' || last === '-' || last === '?' || /[&!][^\s]*$/.test(before));
}
