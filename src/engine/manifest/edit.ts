import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import type { FixChange } from '../diagnostics/rule.ts';
import type { JsonValue } from '../model/json.ts';
import type { FieldPath } from '../model/resource.ts';
import { sameJson } from '../model/sameJson.ts';
import { changeValue } from './changes.ts';
import { FieldLocator } from './locate.ts';
import { type ReadDocument, readDocuments } from './parse.ts';
import type { SyntaxTree } from './syntaxTree.ts';
import { blockLines, flowText, itemLines, memberLines, scalarText } from './yamlText.ts';

/** A replacement of a part of a text; offsets are UTF-16 code units, end exclusive. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly newText: string;
}

/** Which object of a file is meant; `Origin` of a manifest fits. */
export interface ObjectPlace {
  readonly document: number;
  readonly prefix: FieldPath;
}

/**
 * The edits that make the changes to one object, leaving comments, quotes and indent as they are. `undefined` where
 * a change does not fit the text, or where the text after it would not read as exactly the changed value.
 */
export function editsFor(
  text: string,
  place: ObjectPlace,
  changes: readonly FixChange[],
): readonly TextEdit[] | undefined {
  let current = text;
  let documents = readDocuments(text);
  const edits: TextEdit[] = [];
  for (const change of changes) {
    const edit = editFor(current, place, change);
    if (edit === undefined) return undefined;
    edits.push(edit);
    const next = applyEdit(current, edit);
    const after = readDocuments(next);
    if (!isChanged(documents, after, place, change)) return undefined;
    current = next;
    documents = after;
  }
  // Later edits know only the text that earlier ones made, so several become one.
  return edits.length < 2 ? edits : [difference(text, current)];
}

function applyEdit(text: string, { start, end, newText }: TextEdit): string {
  return text.slice(0, start) + newText + text.slice(end);
}

/** One edit that turns a text into another, as short as one edit can be. */
function difference(before: string, after: string): TextEdit {
  const longest = Math.min(before.length, after.length);
  let start = 0;
  while (start < longest && before[start] === after[start]) start++;
  let same = 0;
  while (same < longest - start && before[before.length - 1 - same] === after[after.length - 1 - same]) same++;
  return { start, end: before.length - same, newText: after.slice(start, after.length - same) };
}

/** True where the texts differ by the change and by nothing else. */
function isChanged(
  before: readonly ReadDocument[],
  after: readonly ReadDocument[],
  place: ObjectPlace,
  change: FixChange,
): boolean {
  const expected = before.map(({ value }) => value);
  if (change.kind === 'document') {
    const content = expected.filter((value) => value !== undefined && value !== null);
    const now = after.map(({ value }) => value).filter((value) => value !== undefined && value !== null);
    return sameJson(now as JsonValue[], [...content, change.object] as JsonValue[]);
  }
  const old = expected[place.document];
  const wanted = old === undefined ? undefined : changeValue(old, place.prefix, change);
  if (wanted === undefined || after.length !== before.length) return false;
  expected[place.document] = wanted;
  return after.every(({ value }, index) => sameJson(value, expected[index]));
}

function editFor(text: string, place: ObjectPlace, change: FixChange): TextEdit | undefined {
  if (change.kind === 'document') return appendDocument(text, change.object as JsonValue);
  const editor = new NodeEditor(text, place.document);
  const path = [...place.prefix, ...change.path];
  switch (change.kind) {
    case 'set':
      return editor.set(path, change.value);
    case 'member':
      return editor.set([...path, change.key], change.value as JsonValue);
    case 'rename-key':
      return editor.renameKey(path, change.key);
    case 'append':
      return editor.append(path, change.item as JsonValue);
    case 'join':
      return editor.join(path);
    case 'remove':
      return editor.remove(path);
    default:
      return change satisfies never;
  }
}

function appendDocument(text: string, object: JsonValue): TextEdit {
  const end = text.length;
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const atLineStart = text === '' || text.endsWith('\n');
  if (/^\s*\{/.test(text)) {
    return { start: end, end, newText: `${atLineStart ? '' : newline}${JSON.stringify(object, null, 2)}${newline}` };
  }
  const separate = text.trim() !== '' && !/(?:^|\n)---[^\n]*\s*$/.test(text);
  const lines = [...(separate ? ['---'] : []), ...blockLines(object)];
  return { start: end, end, newText: `${atLineStart ? '' : newline}${lines.join(newline)}${newline}` };
}

type Collection = YAMLMap | YAMLSeq;

/** Makes the edit for one change of one document. */
class NodeEditor {
  readonly #text: string;
  readonly #document: number;
  readonly #locator: FieldLocator;
  readonly #newline: string;
  readonly #json: boolean;

  constructor(text: string, document: number) {
    this.#text = text;
    this.#document = document;
    this.#locator = new FieldLocator(text);
    this.#newline = text.includes('\r\n') ? '\r\n' : '\n';
    const start = this.#locator.documents[document]?.start ?? 0;
    this.#json = /^\s*[{[]\s*(?:["{[\]}])/.test(text.slice(start, start + 200));
  }

  #find(path: FieldPath): { tree: SyntaxTree; node: Node | undefined; key: Node | undefined } | undefined {
    return this.#locator.nodeAt(this.#document, path);
  }

  /** Sets the value at a path, which may be missing; mappings that lack on the way are made. */
  set(path: FieldPath, value: JsonValue): TextEdit | undefined {
    const found = this.#find(path);
    if (found === undefined) return undefined;
    const { tree, node, key } = found;
    if (node !== undefined && !isEmptyNode(node)) return this.#replace(tree, node, path, value);
    if (key !== undefined) return this.#fill(tree, key, path, value);
    const last = path.at(-1);
    if (typeof last !== 'string') return undefined;
    const parent = path.slice(0, -1);
    const holder = this.#find(parent);
    if (holder?.node === undefined || isEmptyNode(holder.node)) return this.set(parent, { [last]: value });
    return isMap(holder.node) ? this.#insertMember(holder.tree, holder.node, parent, last, value) : undefined;
  }

  #replace(tree: SyntaxTree, node: Node, path: FieldPath, value: JsonValue): TextEdit | undefined {
    if (isAlias(node) || node.tag !== undefined || node.anchor) return undefined;
    const { start, end } = this.#range(tree, node);
    if (typeof value === 'object' && value !== null) return this.#replaceByCollection(tree, node, path, value);
    if (!isScalar(node) || node.type?.startsWith('BLOCK') === true) return undefined;
    const quote = node.type === 'QUOTE_DOUBLE' ? '"' : node.type === 'QUOTE_SINGLE' ? "'" : '';
    return { start, end, newText: this.#json ? JSON.stringify(value) : scalarText(value, quote) };
  }

  /** An empty flow collection gives way to block style; other values are replaced in flow style. */
  #replaceByCollection(tree: SyntaxTree, node: Node, path: FieldPath, value: JsonValue): TextEdit | undefined {
    const { start, end } = this.#range(tree, node);
    const column = this.#childColumn(path);
    const empty = (isMap(node) || isSeq(node)) && node.items.length === 0;
    if (this.#json || !empty || column === undefined) return { start, end, newText: flowText(value, this.#json) };
    let from = start;
    while (this.#text[from - 1] === ' ') from--;
    return { start: from, end, newText: this.#lines(blockLines(value), column) };
  }

  /** Gives a key without a value its value. */
  #fill(tree: SyntaxTree, key: Node, path: FieldPath, value: JsonValue): TextEdit | undefined {
    const colon = this.#text.indexOf(':', this.#range(tree, key).end);
    if (colon < 0) return undefined;
    const column = this.#childColumn(path);
    const block = typeof value === 'object' && value !== null && column !== undefined;
    const newText = block ? this.#lines(blockLines(value), column) : ` ${flowText(value, this.#json)}`;
    return { start: colon + 1, end: colon + 1, newText };
  }

  #insertMember(tree: SyntaxTree, map: YAMLMap, path: FieldPath, key: string, value: JsonValue): TextEdit | undefined {
    if (map.flow === true) {
      if (map.items.length === 0) return this.#replaceByCollection(tree, map, path, { [key]: value });
      const name = this.#json ? JSON.stringify(key) : scalarText(key);
      return this.#intoFlow(tree, map, `${name}: ${flowText(value, this.#json)}`);
    }
    return this.#afterLast(tree, map, memberLines(key, value));
  }

  /** Adds an item at the end of the sequence at a path; makes the sequence where there is none. */
  append(path: FieldPath, item: JsonValue): TextEdit | undefined {
    const found = this.#find(path);
    if (found === undefined) return undefined;
    const { tree, node } = found;
    if (node === undefined || isEmptyNode(node)) return this.set(path, [item]);
    if (!isSeq(node)) return undefined;
    if (node.flow !== true) return this.#afterLast(tree, node, itemLines(item));
    if (node.items.length === 0) return this.#replaceByCollection(tree, node, path, [item]);
    return this.#intoFlow(tree, node, flowText(item, this.#json));
  }

  /** Joins the item at a path with the next one: of a block sequence by taking away the second dash. */
  join(path: FieldPath): TextEdit | undefined {
    const index = path.at(-1);
    if (typeof index !== 'number') return undefined;
    const first = this.#find(path);
    const second = this.#find([...path.slice(0, -1), index + 1]);
    if (first?.node === undefined || second?.node === undefined) return undefined;
    const from = this.#range(first.tree, first.node);
    const to = this.#range(second.tree, second.node);
    if (isMap(first.node) && first.node.flow === true) {
      return { start: from.end - 1, end: to.start + 1, newText: ', ' };
    }
    const dash = this.#text.lastIndexOf('-', to.start - 1);
    if (this.#text.slice(dash + 1, to.start).trim() !== '') return undefined;
    return { start: dash, end: dash + 1, newText: ' ' };
  }

  /** Takes an item away: of a block sequence its lines, of a flow sequence also the comma behind or before it. */
  remove(path: FieldPath): TextEdit | undefined {
    const index = path.at(-1);
    const found = this.#find(path);
    const list = this.#find(path.slice(0, -1))?.node;
    if (typeof index !== 'number' || found?.node === undefined || !isSeq(list)) return undefined;
    const own = this.#range(found.tree, found.node);
    if (list.flow === true) {
      const next = list.items[index + 1] as Node | undefined;
      if (next !== undefined) return { start: own.start, end: this.#range(found.tree, next).start, newText: '' };
      const before = list.items[index - 1] as Node | undefined;
      return before && { start: this.#range(found.tree, before).end, end: own.end, newText: '' };
    }
    const start = this.#lineStart(own.start);
    const newline = this.#text.indexOf('\n', own.end);
    const dash = this.#text.lastIndexOf('-', own.start - 1);
    if (this.#text.slice(start, dash).trim() !== '') return undefined;
    // Without a line behind it the break before it goes.
    if (newline < 0) return { start: Math.max(0, start - this.#newline.length), end: this.#text.length, newText: '' };
    return { start, end: newline + 1, newText: '' };
  }

  renameKey(path: FieldPath, name: string): TextEdit | undefined {
    const found = this.#find(path);
    if (found?.key === undefined || !isScalar(found.key)) return undefined;
    const quote = found.key.type === 'QUOTE_DOUBLE' ? '"' : found.key.type === 'QUOTE_SINGLE' ? "'" : '';
    return { ...this.#range(found.tree, found.key), newText: scalarText(name, quote) };
  }

  /** Behind the last member or item of a block collection, past a comment on its line. */
  #afterLast(tree: SyntaxTree, collection: Collection, lines: readonly string[]): TextEdit | undefined {
    const last = lastNode(collection);
    const first = this.#range(tree, collection).start;
    if (last === undefined) return undefined;
    const end = this.#range(tree, last).end;
    const newline = this.#text.indexOf('\n', end);
    let at = newline < 0 ? this.#text.length : newline;
    if (this.#text[at - 1] === '\r') at--;
    return { start: at, end: at, newText: this.#lines(lines, this.#column(first)) };
  }

  #intoFlow(tree: SyntaxTree, collection: Collection, item: string): TextEdit | undefined {
    const last = lastNode(collection);
    if (last === undefined) return undefined;
    const at = this.#range(tree, last).end;
    // A collection written over several lines gets its new item on a line like the last one's.
    const first = isMap(collection) ? (collection.items.at(-1)?.key as Node) : (collection.items.at(-1) as Node);
    const start = this.#range(tree, first).start;
    const alone = this.#text.slice(this.#lineStart(start), start).trim() === '';
    const between = alone ? this.#newline + ' '.repeat(this.#column(start)) : ' ';
    return { start: at, end: at, newText: `,${between}${item}` };
  }

  /** Where children of a member of a block mapping are to be indented; `undefined` inside flow style or an item. */
  #childColumn(path: FieldPath): number | undefined {
    if (typeof path.at(-1) !== 'string') return undefined;
    const parent = this.#find(path.slice(0, -1));
    if (parent?.node === undefined || !isMap(parent.node) || parent.node.flow === true) return undefined;
    return this.#column(this.#range(parent.tree, parent.node).start) + 2;
  }

  #lines(lines: readonly string[], column: number): string {
    return lines.map((line) => this.#newline + ' '.repeat(column) + line).join('');
  }

  #lineStart(at: number): number {
    return this.#text.lastIndexOf('\n', at - 1) + 1;
  }

  #column(at: number): number {
    return at - this.#lineStart(at);
  }

  /** The range of a node without the blanks and line breaks at its end. */
  #range(tree: SyntaxTree, node: Node): { start: number; end: number } {
    const [from, to] = node.range ?? [0, 0, 0];
    const start = tree.fileOffset(from);
    let end = tree.fileOffset(to);
    while (end > start && /\s/.test(this.#text[end - 1] ?? '')) end--;
    return { start, end };
  }
}

function isEmptyNode(node: Node): boolean {
  return isScalar(node) && node.type === 'PLAIN' && node.source === '' && !node.anchor;
}

/** The deepest node at the end of a collection, where its text ends; comments behind it are not part of it. */
function lastNode(collection: Collection): Node | undefined {
  const last: unknown = collection.items.at(-1);
  if (last === undefined) return undefined;
  const node = isMap(collection) ? ((last as Pair).value as Node | null) : (last as Node | null);
  if (node !== null && node !== undefined && (isMap(node) || isSeq(node)) && node.flow !== true) {
    return lastNode(node) ?? node;
  }
  if (node !== null && node !== undefined && !isEmptyNode(node)) return node;
  return isMap(collection) ? ((last as Pair).key as Node) : (node ?? undefined);
}
