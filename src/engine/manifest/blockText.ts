/** The text of a block scalar, and where the first line behind it starts. */
export interface BlockText {
  readonly value: string;
  readonly end: number;
}

/**
 * Reads the lines of a `|` or `>` scalar from the start of its first line. `chomp` is '-', '+' or '' as written.
 * `undefined` for what implementations disagree on, and for errors: blank lines with more spaces than the indent,
 * folded lines with an indent of their own, no line at all, no line break at the end of the text.
 */
export function readBlockText(
  text: string,
  start: number,
  parent: number,
  folded: boolean,
  chomp: '' | '+' | '-',
): BlockText | undefined {
  const lines: string[] = [];
  const end = parent < 0 ? undefined : readLines(text, start, parent, lines);
  let last = lines.length;
  while (last > 0 && lines[last - 1] === '') last--;
  if (end === undefined || last === 0) return undefined;
  const content = lines.slice(0, last);
  const body = folded ? fold(content) : content.join('\n');
  if (body === undefined) return undefined;
  if (chomp === '-') return { value: body, end };
  return { value: body + '\n'.repeat(chomp === '+' ? lines.length - last + 1 : 1), end };
}

/** Collects the lines without their indent; the offset of the line that ends them, or `undefined`. */
function readLines(text: string, start: number, parent: number, lines: string[]): number | undefined {
  let indent = -1;
  let at = start;
  while (at < text.length) {
    const end = text.indexOf('\n', at);
    let first = at;
    while (text[first] === ' ') first++;
    const column = first - at;
    if (first === end) {
      // Spaces beyond the indent are content, or an error before the first line that tells the indent.
      if (column > 0 && column > indent) return undefined;
      lines.push('');
    } else {
      if (first < text.length && column <= parent) break;
      if (indent < 0) indent = column;
      // go-yaml ends a block scalar without a newline where the text has none.
      if (end < 0 || column < indent || text[first] === '\t') return undefined;
      lines.push(text.slice(at + indent, end));
    }
    at = end + 1;
  }
  return at;
}

/** Lines of a `>` scalar: a break is a space, blank lines are breaks. */
function fold(lines: readonly string[]): string | undefined {
  let result = '';
  let blank = 0;
  for (const line of lines) {
    if (line === '') {
      blank++;
      continue;
    }
    if (line.startsWith(' ')) return undefined;
    if (blank > 0) result += '\n'.repeat(blank);
    else if (result !== '') result += ' ';
    result += line;
    blank = 0;
  }
  return result;
}
