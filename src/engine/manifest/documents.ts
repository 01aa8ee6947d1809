import { t } from '@vscode/l10n';
import { isMap, isSeq, type Node } from 'yaml';
import type { JsonValue } from '../model/json.ts';
import type { ManifestProblem } from './manifest.ts';
import { readPlainYaml } from './plainYaml.ts';
import { badSeparator, type DocumentSlice } from './splitDocuments.ts';
import { longestTree, parseTree, type SyntaxTree } from './syntaxTree.ts';
import { isTemplate, startsAsTemplate } from './template.ts';
import { type DocumentValue, problemAt, readTreeValue } from './treeReader.ts';

/** A document larger than this is not read: 5 MB of one List is the largest known in repositories. */
const largestDocument = 8_000_000;
/** npm `yaml` takes time with the square of the anchors; nobody writes this many by hand. */
const mostAliases = 500;

/** Reads one document to a JSON value and its problems. Never throws. */
export function readDocument(text: string, slice: DocumentSlice): DocumentValue {
  const own = text.slice(slice.start, slice.end);
  const refused = guard(own, slice);
  if (refused !== undefined) return { problems: [refused] };
  const plain = readPlainYaml(own);
  if (plain !== undefined) return { value: plain, problems: [] };
  const misread = forbidden(own);
  if (misread !== undefined) {
    const { start, end, message } = misread;
    return { problems: [{ code: 'manifest-syntax', message, start: slice.start + start, end: slice.start + end }] };
  }
  if (startsAsTemplate(own)) return { problems: [notRendered(text, slice)] };
  if (own.length > longestTree) return { problems: [tooLong(slice, longestTree)] };
  const read = readTree(text, slice);
  if (read.value !== undefined || !isTemplate(own, canBeRead)) return read;
  return { problems: [notRendered(text, slice)] };
}

/** The value of YAML that stands in a field of an object; `undefined` where there is none or it can't be read. */
export function readEmbedded(text: string): JsonValue | undefined {
  return readDocument(text, { start: 0, end: text.length }).value;
}

function canBeRead(text: string): boolean {
  const { value, problems } = readTree(text, { start: 0, end: text.length });
  return value !== undefined && problems.every(({ code }) => code !== 'manifest-syntax');
}

/** What kubectl refuses before or beside YAML's grammar; offsets in the document's own text. */
function forbidden(own: string): (DocumentSlice & { readonly message: string }) | undefined {
  const separator = badSeparator(own);
  if (separator !== undefined) {
    return { ...separator, message: t('Behind --- only a comment may stand: kubectl refuses other text there') };
  }
  const control = controlCharacter.exec(own);
  if (control === null) return undefined;
  const code = control[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  const message = t('The control character U+{0} is not allowed in YAML', code);
  return { start: control.index, end: control.index + control[0].length, message };
}

/** What go-yaml's reader refuses wherever it stands. */
const controlCharacter = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** The one thing that is said about a template: that it was not read. */
export function notRendered(text: string, slice: DocumentSlice): ManifestProblem {
  const found = /\{\{|\{%|<%/.exec(text.slice(slice.start, slice.end));
  const start = slice.start + (found?.index ?? 0);
  const newline = text.indexOf('\n', start);
  return {
    code: 'manifest-not-rendered',
    message: t('Template text is not read: render it first, for example with helm template'),
    start,
    end: newline < 0 || newline > slice.end ? slice.end : newline,
  };
}

/** As {@link readDocument}, by way of the syntax tree whatever the text. */
export function readTree(text: string, slice: DocumentSlice): DocumentValue {
  const tree = parseTree(text, slice);
  // One document is read, as go-yaml's Unmarshal does; npm `yaml` calls the rest of the text an error.
  const [first] = tree.document.errors.filter(({ code }) => code !== 'MULTIPLE_DOCS');
  if (first === undefined) {
    const tab = forbiddenTab(tree);
    if (tab === undefined) return readTreeValue(tree);
    return { problems: [problemAt(tree, tab, tab + 1, t('YAML syntax: a tab indents nothing; use spaces'))] };
  }
  // What follows the first error is mostly its echo.
  const [start, end] = first.pos;
  if (first.code !== 'UNEXPECTED_TOKEN' || !isLeftOver(tree, start)) {
    const overflow = first.message.includes('call stack');
    const message = overflow
      ? t('This document nests too deeply, or a bracket or quote in it is not closed')
      : t('YAML syntax: {0}', first.message);
    return { problems: [atText(text, slice, problemAt(tree, start, end, message))] };
  }
  const read = readTreeValue(tree);
  const message = t('The document ends above this line: kubectl ignores what follows. Check the indentation');
  return { ...read, problems: [...read.problems, problemAt(tree, start, end, message)] };
}

/** A document that ends too early is told at its last character, where there is something to see. */
function atText(text: string, { start, end }: DocumentSlice, problem: ManifestProblem): ManifestProblem {
  const last = start + text.slice(start, end).trimEnd().length;
  return problem.start < last || last === start ? problem : { ...problem, start: last - 1, end: last };
}

/** True for text behind the end of the root: go-yaml reads the root and does not look further. */
function isLeftOver({ document, text }: SyntaxTree, at: number): boolean {
  const root = document.contents;
  const range = root?.range;
  if (range === undefined || range === null || at < range[1]) return false;
  if ((isMap(root) || isSeq(root)) && root.flow !== true) return columnOf(text, at) < columnOf(text, range[0]);
  return true;
}

function columnOf(text: string, at: number): number {
  return at - text.lastIndexOf('\n', at - 1) - 1;
}

/** A tab at the start of a line of block context, also of a blank or comment line; npm `yaml` lets those pass. */
function forbiddenTab({ document, text }: SyntaxTree): number | undefined {
  for (let at = text.startsWith('\t') ? 0 : tabbedLine(text, 0); at >= 0; at = tabbedLine(text, at)) {
    if (!isInsideText(document.contents as Node | null, at)) return at;
  }
  return undefined;
}

function tabbedLine(text: string, from: number): number {
  return text.indexOf('\n\t', from) + 1 || -1;
}

/** True inside a flow collection or a scalar, where tabs are blanks or content. */
function isInsideText(node: Node | null, at: number): boolean {
  const range = node?.range;
  if (range === undefined || range === null || at < range[0] || at >= range[1]) return false;
  if (isMap(node) && node.flow !== true) {
    return node.items.some((pair) => isInsideText(pair.key as Node | null, at) || isInsideText(pair.value as Node, at));
  }
  if (isSeq(node) && node.flow !== true) return node.items.some((item) => isInsideText(item as Node | null, at));
  return true;
}

function tooLong({ start, end }: DocumentSlice, limit: number): ManifestProblem {
  const simple = limit === longestTree;
  const message = simple
    ? t(
        'This document has {0} characters; with anchors, tags or errors in it Podpath reads at most {1}',
        end - start,
        limit,
      )
    : t('This document has {0} characters; Podpath reads at most {1}', end - start, limit);
  return { code: 'manifest-syntax', message, start, end: start + 1 };
}

/** Refuses what would take too long or too much memory to read, before reading it. */
function guard(own: string, { start, end }: DocumentSlice): ManifestProblem | undefined {
  const place = { code: 'manifest-syntax' as const, start, end: Math.min(end, start + 1) };
  if (end - start > largestDocument) return tooLong({ start, end }, largestDocument);
  if (!own.includes('*') || !own.includes('&')) return undefined;
  const aliases = own.match(/(?:^|[\s,[{])\*[^\s,\]}*]/gm)?.length ?? 0;
  const anchors = own.match(/(?:^|[\s,[{])&[^\s,\]}&]/gm)?.length ?? 0;
  if (anchors === 0 || aliases <= mostAliases) return undefined;
  return { ...place, message: t('This document has {0} aliases; Podpath reads at most {1}', aliases, mostAliases) };
}
