/** Where a cursor stands in text that may not be YAML yet. */
export interface TypedPlace {
  /** Keys from the document's root to the cursor; `-` for an item of a list. The last is the key whose value is typed. */
  readonly path: readonly string[];
  /** `key`: a key is being typed below `path`; `value`: the value of the last key. */
  readonly typing: 'key' | 'value';
  /** Lines of the document, and which of them the cursor is in. */
  readonly lines: readonly string[];
  readonly line: number;
}

interface Line {
  /** Columns before the key, the dashes of list items included. */
  readonly indent: number;
  readonly dashes: readonly number[];
  readonly key: string | undefined;
  readonly rest: string;
}

/**
 * Reads the place of a cursor from indentation alone, as people see it, so that a line which is not finished hides nothing.
 * Block style only: inside braces and brackets there is nothing to find.
 */
export function typedPlace(text: string, offset: number): TypedPlace {
  const before = text.slice(0, offset);
  const start = Math.max(0, before.lastIndexOf('\n---') + 1);
  const end = text.indexOf('\n---', offset);
  const lines = text.slice(start, end < 0 ? undefined : end).split('\n');
  const line = text.slice(start, offset).split('\n').length - 1;
  const column = offset - (before.lastIndexOf('\n') + 1);
  const current = readLine((lines[line] ?? '').slice(0, column));
  const path = pathAbove(lines, line, current);
  return current.key === undefined
    ? { path, typing: valueOfItem(current, path) ? 'value' : 'key', lines, line }
    : { path: [...path, current.key], typing: 'value', lines, line };
}

/** A bare word behind a dash is an item of a list of texts, as under `values`. */
function valueOfItem({ dashes }: Line, path: readonly string[]): boolean {
  return dashes.length > 0 && path.at(-2) === 'values';
}

function readLine(text: string): Line {
  const dashes: number[] = [];
  let at = text.length - text.trimStart().length;
  while (text[at] === '-' && (text[at + 1] === ' ' || text[at + 1] === undefined)) {
    dashes.push(at);
    at++;
    while (text[at] === ' ') at++;
  }
  const found = /^("[^"]*"|'[^']*'|[^\s:#{}[\]][^:#{}[\]]*?)\s*:(?:\s+(.*)|$)/.exec(text.slice(at));
  const key = found?.[1]?.replaceAll(/^["']|["']$/g, '');
  return { indent: at, dashes, key, rest: found?.[2] ?? text.slice(at) };
}

/** The keys above a line that it stands below: each is less indented than all that follow. */
function pathAbove(lines: readonly string[], from: number, current: Line): readonly string[] {
  const path: string[] = [];
  let indent = current.indent;
  const climb = (dashes: readonly number[]): void => {
    for (const dash of [...dashes].reverse()) {
      if (dash >= indent) continue;
      path.unshift('-');
      indent = dash;
    }
  };
  climb(current.dashes);
  for (let at = from - 1; at >= 0 && (indent > 0 || path[0] === '-'); at--) {
    const text = lines[at] ?? '';
    if (text.trim() === '' || text.trimStart().startsWith('#')) continue;
    const line = readLine(text);
    // A list may stand as far left as the key that it belongs to.
    const isOwner = line.indent < indent || (path[0] === '-' && line.indent === indent && line.dashes.length === 0);
    if (line.key !== undefined && isOwner) {
      path.unshift(line.key);
      indent = line.indent;
    }
    climb(line.dashes);
  }
  return path;
}
