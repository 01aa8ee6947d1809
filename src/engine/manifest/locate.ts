import { isAlias, isMap, isPair, isScalar, isSeq, type Node, type Pair, type Scalar } from 'yaml';
import type { FieldPath } from '../model/resource.ts';
import { documentSlices } from './parse.ts';
import { keyText, resolvePlain } from './scalars.ts';
import type { DocumentSlice } from './splitDocuments.ts';
import { longestTree, parseTree, type SyntaxTree } from './syntaxTree.ts';

/** A range of a file in UTF-16 offsets, end exclusive. */
export interface OffsetRange {
  readonly start: number;
  readonly end: number;
}

/** What stands at an offset: the document, the field, and whether the offset is on its key or its value. */
export interface FieldAt {
  readonly document: number;
  readonly path: FieldPath;
  readonly part: 'key' | 'value';
  readonly range: OffsetRange;
}

/**
 * The syntax trees of one text, parsed document by document when first needed. Both directions between offsets and
 * field paths go through here and nowhere else.
 */
export class FieldLocator {
  readonly #text: string;
  readonly #slices: readonly DocumentSlice[];
  readonly #trees = new Map<number, SyntaxTree>();

  constructor(text: string) {
    this.#text = text;
    this.#slices = documentSlices(text);
  }

  #tree(document: number): SyntaxTree | undefined {
    const slice = this.#slices[document];
    if (slice === undefined || slice.end - slice.start > longestTree) return undefined;
    let tree = this.#trees.get(document);
    if (tree === undefined) {
      tree = parseTree(this.#text, slice);
      this.#trees.set(document, tree);
    }
    return tree;
  }

  /**
   * Where a field stands. Falls back to the nearest ancestor that the text has, and to the key where a value is empty;
   * `undefined` only where there is no such document or it is empty. In a document too long for a syntax tree
   * everything is found at its start.
   */
  locate(document: number, path: FieldPath, part: 'key' | 'value'): OffsetRange | undefined {
    const tree = this.#tree(document);
    const root = tree?.document.contents as Node | null | undefined;
    const slice = this.#slices[document];
    if (tree === undefined && slice !== undefined) return { start: slice.start, end: slice.start };
    if (tree === undefined || root === null || root === undefined) return undefined;
    const found = descend(tree, root, path);
    const wanted = part === 'key' || found.missing ? (found.key ?? found.node) : (found.node ?? found.key);
    const whole = found.missing && found.key === undefined ? firstKey(root) : wanted;
    return rangeOf(tree, whole ?? root, this.#text);
  }

  /** The field at an offset; `undefined` outside every document or in text that is no YAML at all. */
  fieldAt(offset: number): FieldAt | undefined {
    const document = this.#slices.findIndex(({ start, end }) => offset >= start && offset <= end);
    const tree = this.#tree(document);
    const root = tree?.document.contents as Node | null | undefined;
    if (tree === undefined || root === null || root === undefined) return undefined;
    const found = ascend(tree, root, [], offset, this.#text);
    return found === undefined ? undefined : { document, ...found };
  }

  /** The documents' slices, in order. */
  get documents(): readonly DocumentSlice[] {
    return this.#slices;
  }

  /** The syntax node of a field, for edits. */
  nodeAt(
    document: number,
    path: FieldPath,
  ): { readonly tree: SyntaxTree; readonly node: Node | undefined; readonly key: Node | undefined } | undefined {
    const tree = this.#tree(document);
    const root = tree?.document.contents as Node | null | undefined;
    if (tree === undefined || root === null || root === undefined) return undefined;
    const found = descend(tree, root, path);
    return found.missing ? { tree, node: undefined, key: undefined } : { tree, node: found.node, key: found.key };
  }
}

interface Descent {
  readonly node: Node | undefined;
  readonly key: Node | undefined;
  /** True where the path leads further than the text. */
  readonly missing: boolean;
}

function descend(tree: SyntaxTree, root: Node, path: FieldPath): Descent {
  let node: Node | undefined = root;
  let key: Node | undefined;
  for (const step of path) {
    // An alias stands for text somewhere else, and that is what has fields.
    const holder: Node | undefined = isAlias(node) ? node.resolve(tree.document) : node;
    if (typeof step === 'number') {
      const item: unknown = isSeq(holder) ? holder.items[step] : undefined;
      if (item === undefined || item === null) return { node, key, missing: true };
      node = item as Node;
      continue;
    }
    const pair: Pair | undefined = isMap(holder) ? pairOf(tree, holder.items as readonly Pair[], step) : undefined;
    if (pair === undefined) return { node, key, missing: true };
    key = pair.key as Node;
    node = (pair.value as Node | null) ?? undefined;
  }
  return { node, key, missing: false };
}

/** The last pair of that name: of duplicate keys the last one counts. Merged mappings are looked at last. */
function pairOf(tree: SyntaxTree, items: readonly Pair[], name: string): Pair | undefined {
  const own = items.findLast((pair) => isPair(pair) && isScalar(pair.key) && nameOf(pair.key) === name);
  if (own !== undefined) return own;
  for (const pair of items) {
    if (!isPair(pair) || !isScalar(pair.key) || pair.key.value !== '<<') continue;
    const merged = isAlias(pair.value) ? pair.value.resolve(tree.document) : pair.value;
    const found = isMap(merged)
      ? merged.items.findLast((one) => isScalar(one.key) && nameOf(one.key) === name)
      : undefined;
    if (found !== undefined) return found as Pair;
  }
  return undefined;
}

/** The name of a key in the object: `yes` is the member `true` and `0x1F` the member `31`. */
function nameOf(key: Scalar): string {
  const text = String(key.value);
  return key.type === 'PLAIN' ? (keyText(resolvePlain(text)) ?? text) : text;
}

function firstKey(root: Node): Node | undefined {
  const first: unknown = isMap(root) ? root.items[0]?.key : undefined;
  return first === undefined || first === null ? undefined : (first as Node);
}

/** The range of a node without the blank space and comments that a block collection's end takes in. */
function rangeOf(tree: SyntaxTree, node: Node, text: string): OffsetRange {
  const [from, to] = node.range ?? [0, 0, 0];
  const start = tree.fileOffset(from);
  let end = Math.max(start, tree.fileOffset(to));
  while (end > start && /\s/.test(text[end - 1] ?? '')) end--;
  return { start, end };
}

type Found = Omit<FieldAt, 'document'>;

function ascend(tree: SyntaxTree, node: Node, path: FieldPath, offset: number, text: string): Found | undefined {
  if (isMap(node)) {
    for (const pair of node.items as readonly Pair[]) {
      const found = inPair(tree, pair, path, offset, text);
      if (found !== undefined) return found;
    }
  } else if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) {
      if (!holds(tree, item as Node | null, offset)) continue;
      return ascend(tree, item as Node, [...path, index], offset, text);
    }
  } else if (isScalar(node) || isAlias(node)) {
    return holds(tree, node, offset) ? { path, part: 'value', range: rangeOf(tree, node, text) } : undefined;
  }
  return holds(tree, node, offset) ? { path, part: 'value', range: rangeOf(tree, node, text) } : undefined;
}

function inPair(tree: SyntaxTree, pair: Pair, path: FieldPath, offset: number, text: string): Found | undefined {
  const key = pair.key as Node | null;
  const inner = [...path, isScalar(key) ? nameOf(key) : ''];
  if (key !== null && holds(tree, key, offset)) return { path: inner, part: 'key', range: rangeOf(tree, key, text) };
  const value = pair.value as Node | null;
  return value !== null && holds(tree, value, offset) ? ascend(tree, value, inner, offset, text) : undefined;
}

function holds(tree: SyntaxTree, node: Node | null, offset: number): boolean {
  const range = node?.range;
  if (range === undefined || range === null) return false;
  return offset >= tree.fileOffset(range[0]) && offset <= tree.fileOffset(range[1]);
}
