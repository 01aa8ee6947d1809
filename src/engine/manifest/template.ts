/** How directives of Go templates (Helm, gomplate), Jinja or ERB open and close; they may span lines. */
const closers: Readonly<Record<string, string>> = { '{{': '}}', '{%': '%}', '<%': '%>' };
const opener = /\{\{|\{%|<%/g;

/** A directive that starts a line without indent, where YAML has no place for it. */
const unindented = /^(?:\{\{(?!\})|\{%|<%)/m;

/** What only charts write: the objects that Helm provides, and named templates. */
const chartWords = /\.(?:Values|Release|Chart|Capabilities)\b|\b(?:include|tpl)\s/;

interface Span {
  readonly start: number;
  readonly end: number;
}

/** The directives of a text in its order. Text is hostile: one that only opens is looked through once, not once for each. */
function* directives(text: string): Generator<Span> {
  const unclosed = new Set<string>();
  opener.lastIndex = 0;
  let at = 0;
  for (let found = nextOpener(text, at); found !== null; found = nextOpener(text, at)) {
    const [open] = found;
    const close = unclosed.has(open) ? -1 : text.indexOf(closers[open] ?? '', found.index + 2);
    if (close < 0) unclosed.add(open);
    else yield { start: found.index, end: close + 2 };
    at = close < 0 ? found.index + 1 : close + 2;
  }
}

function nextOpener(text: string, from: number): RegExpExecArray | null {
  opener.lastIndex = from;
  return opener.exec(text);
}

/** True where a text is a template at first sight, so that reading it as YAML is not worth the time. */
export function startsAsTemplate(text: string): boolean {
  return unindented.test(text);
}

/** True where a text holds what only Helm charts write. */
export function isChartTemplate(text: string): boolean {
  return text.includes('{{') && (hasChartWords(text) || unindented.test(text));
}

/** True where such a word stands between `{{` and the next brace that closes. */
function hasChartWords(text: string): boolean {
  for (let start = text.indexOf('{{'); start >= 0; ) {
    const brace = text.indexOf('}', start);
    const end = brace < 0 ? text.length : brace;
    if (chartWords.test(text.slice(start, end))) return true;
    start = text.indexOf('{{', end);
  }
  return false;
}

/** True for text with any template directive in it, as an unrendered name. */
export function hasDirective(text: string): boolean {
  return directives(text).next().done !== true;
}

/**
 * Tells a template from YAML that is broken for another reason, for a text that could not be read: in a template the
 * directives are to blame, and text that has none in their place can be read.
 */
export function isTemplate(text: string, canBeRead: (text: string) => boolean): boolean {
  if (!hasDirective(text)) return false;
  if (hasChartWords(text) || unindented.test(text)) return true;
  return canBeRead(withoutDirectives(text));
}

/** Lines of nothing but directives become comments, every other directive a word. */
function withoutDirectives(text: string): string {
  const parts: string[] = [];
  let at = 0;
  for (const { start, end } of runs(text)) {
    const lineStart = text.lastIndexOf('\n', start - 1) + 1;
    const newline = text.indexOf('\n', end);
    const lineEnd = newline < 0 ? text.length : newline;
    const isWhole = lineStart >= at && isBlank(text.slice(lineStart, start)) && isBlank(text.slice(end, lineEnd));
    const own = text.slice(start, end);
    parts.push(text.slice(at, start), isWhole ? own.replaceAll(/[^\n]+/g, '#') : 'x');
    at = end;
  }
  return parts.join('') + text.slice(at);
}

/** Directives with only blanks between them, as one. */
function* runs(text: string): Generator<Span> {
  let run: Span | undefined;
  for (const one of directives(text)) {
    const joins = run !== undefined && one.start - run.end < 1000 && /^[ \t]*$/.test(text.slice(run.end, one.start));
    if (run !== undefined && !joins) yield run;
    run = run !== undefined && joins ? { start: run.start, end: one.end } : one;
  }
  if (run !== undefined) yield run;
}

function isBlank(text: string): boolean {
  return /^[ \t]*\r?$/.test(text);
}
