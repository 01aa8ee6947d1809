/** Directives of Go templates (Helm, gomplate), Jinja and ERB; a directive may span lines. */
const directive = /\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}|<%[\s\S]*?%>/g;

/** A directive that starts a line without indent, where YAML has no place for it. */
const ownLine = /^(?:\{\{(?!\})|\{%|<%)/m;

/** What only charts write: their control structures, their objects and their functions. */
const chart =
  /\{\{-?\s*(?:(?:if|else|end|range|with|define|template|block)\b|include\s|\/\*|\$?\.(?:Values|Release|Chart|Capabilities)\b)/;

/** True where a text is a template at first sight, so that reading it as YAML is not worth the time. */
export function startsAsTemplate(text: string): boolean {
  return ownLine.test(text);
}

/** True where a text holds what only Helm charts write. */
export function isChartTemplate(text: string): boolean {
  return text.includes('{{') && chart.test(text);
}

/** True for text with any template directive in it, as an unrendered name. */
export function hasDirective(text: string): boolean {
  return text.search(directive) >= 0;
}

/**
 * Tells a template from YAML that is broken for another reason, for a text that could not be read: in a template the
 * directives are to blame, and text of the same length that has none in their place can be read.
 */
export function isTemplate(text: string, canBeRead: (text: string) => boolean): boolean {
  if (!hasDirective(text)) return false;
  if (startsAsTemplate(text)) return true;
  const lines = /^[ \t]*(?:(?:\{\{|\{%|<%).*?(?:\}\}|%\}|%>)[ \t]*)+$/m.test(text);
  if (lines && chart.test(text)) return true;
  return canBeRead(text.replaceAll(directive, (found) => 'x'.repeat(found.length)));
}
