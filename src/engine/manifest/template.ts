/** A directive of Go templates (Helm, gomplate), Jinja or ERB; it may span lines. */
const directive = String.raw`(?:\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}|<%[\s\S]*?%>)`;
const anywhere = new RegExp(directive, 'g');
const wholeLines = new RegExp(`^[ \\t]*(?:${directive}[ \\t]*)+\\r?$`, 'gm');

/** A directive that starts a line without indent, where YAML has no place for it. */
const unindented = /^(?:\{\{(?!\})|\{%|<%)/m;

/** What only charts write: the objects that Helm provides, and named templates. */
const chart = /\{\{[^}]*(?:\.(?:Values|Release|Chart|Capabilities)\b|\b(?:include|tpl)\s)/;

/** True where a text is a template at first sight, so that reading it as YAML is not worth the time. */
export function startsAsTemplate(text: string): boolean {
  return unindented.test(text);
}

/** True where a text holds what only Helm charts write. */
export function isChartTemplate(text: string): boolean {
  return text.includes('{{') && (chart.test(text) || unindented.test(text));
}

/** True for text with any template directive in it, as an unrendered name. */
export function hasDirective(text: string): boolean {
  return text.search(anywhere) >= 0;
}

/**
 * Tells a template from YAML that is broken for another reason, for a text that could not be read: in a template the
 * directives are to blame, and text that has none in their place can be read.
 */
export function isTemplate(text: string, canBeRead: (text: string) => boolean): boolean {
  if (!hasDirective(text)) return false;
  if (chart.test(text) || unindented.test(text)) return true;
  const commented = text.replaceAll(wholeLines, (found) => found.replaceAll(/[^\n]+/g, '#'));
  return canBeRead(commented.replaceAll(anywhere, 'x'));
}
