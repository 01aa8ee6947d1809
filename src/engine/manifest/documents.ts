import { t } from '@vscode/l10n';
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import type { JsonObject, JsonValue } from '../model/json.ts';
import { readPlainYaml } from './plainYaml.ts';
import { indentContinuations } from './reindent.ts';
import { keyText, notJson, resolvePlain, resolveTagged } from './scalars.ts';

/** The text of one YAML document in a file; offsets are UTF-16 code units, end exclusive. */
export interface DocumentSlice {
  readonly start: number;
  readonly end: number;
}

/** A document's syntax tree with a way back to the file's offsets. */
export interface SyntaxTree {
  readonly document: Document.Parsed | Document;
  /** Length of the text that the tree was parsed from, and whether it lacks a last newline. */
  readonly length: number;
  readonly unterminated: boolean;
  /** Offset in the file for an offset in the tree. */
  fileOffset(offset: number): number;
}

/** Something wrong at a place in the file. */
export interface TextProblem {
  readonly code: 'manifest-syntax' | 'manifest-duplicate-key';
  readonly message: string;
  readonly start: number;
  readonly end: number;
}

/** A document read as kubectl reads it. `value` is absent where kubectl would refuse the text. */
export interface DocumentValue {
  readonly value?: JsonValue;
  readonly problems: readonly TextProblem[];
}

/** A document larger than this is not read: 5 MB of one List is the largest known in repositories. */
const largestDocument = 8_000_000;
/** npm `yaml` takes time with the square of the anchors; nobody writes this many by hand. */
const mostAliases = 500;
/** Values that aliases may expand to, as go-yaml bounds them against alias bombs. */
const mostExpanded = 200_000;

/** Splits a file at lines of `---`, as kubectl's reader does. A line with other text behind the dashes splits nothing. */
export function splitDocuments(text: string): readonly DocumentSlice[] {
  const slices: DocumentSlice[] = [];
  const separator = /^---[ \t]*(?:#[^\n]*|)\r?$/gm;
  let start = text.startsWith('\uFEFF') ? 1 : 0;
  for (const match of text.matchAll(separator)) {
    if (match.index < start) continue;
    slices.push({ start, end: match.index });
    start = Math.min(match.index + match[0].length + 1, text.length);
  }
  slices.push({ start, end: text.length });
  return slices;
}

const yamlOptions = {
  schema: 'failsafe',
  uniqueKeys: false,
  prettyErrors: false,
  logLevel: 'silent',
  version: '1.1',
} as const;

/** The syntax tree of one document, after mending the indentation that only npm `yaml` minds. */
export function parseTree(text: string, slice: DocumentSlice): SyntaxTree {
  const own = text.slice(slice.start, slice.end);
  const document = parseDocument(own, yamlOptions);
  const unterminated = !own.endsWith('\n');
  const direct: SyntaxTree = {
    document,
    length: own.length,
    unterminated,
    fileOffset: (offset) => slice.start + Math.min(offset, own.length),
  };
  if (!document.errors.some(({ code }) => code === 'BAD_INDENT' || code === 'MISSING_CHAR')) return direct;
  const mended = indentContinuations(own);
  if (mended === undefined) return direct;
  const again = parseDocument(mended.text, yamlOptions);
  if (again.errors.length >= document.errors.length) return direct;
  const fileOffset = (offset: number): number => slice.start + mended.originalOffset(offset);
  return { document: again, length: mended.text.length, unterminated, fileOffset };
}

/** Reads one document to a JSON value and its problems. Never throws. */
export function readDocument(text: string, slice: DocumentSlice): DocumentValue {
  const guarded = guard(text, slice);
  if (guarded !== undefined) return { problems: [guarded] };
  const plain = readPlainYaml(text.slice(slice.start, slice.end));
  if (plain !== undefined) return { value: plain, problems: [] };
  return readTree(text, slice);
}

/** As {@link readDocument}, by way of the syntax tree whatever the text. */
export function readTree(text: string, slice: DocumentSlice): DocumentValue {
  const tree = parseTree(text, slice);
  // One document is read, as go-yaml's Unmarshal does; npm `yaml` calls the rest of the text an error.
  const errors = tree.document.errors.filter(({ code }) => code !== 'MULTIPLE_DOCS');
  if (errors.length > 0) {
    // What follows the first error is mostly its echo.
    const [first] = errors;
    const at = first?.pos ?? [0, 0];
    return { problems: [problem(tree, at[0], at[1], t('YAML syntax: {0}', first?.message ?? ''))] };
  }
  return new TreeReader(tree).read();
}

function problem(tree: SyntaxTree, start: number, end: number, message: string): TextProblem {
  const from = tree.fileOffset(start);
  return { code: 'manifest-syntax', message, start: from, end: Math.max(from, tree.fileOffset(end)) };
}

/** Refuses what would take too long or too much memory to read, before reading it. */
function guard(text: string, { start, end }: DocumentSlice): TextProblem | undefined {
  const place = { code: 'manifest-syntax' as const, start, end: Math.min(end, start + 1) };
  if (end - start > largestDocument) {
    return {
      ...place,
      message: t('This document has {0} characters; Podpath reads at most {1}', end - start, largestDocument),
    };
  }
  const own = text.slice(start, end);
  if (!own.includes('*') || !own.includes('&')) return undefined;
  const aliases = own.match(/(?:^|[\s,[{])\*[^\s,\]}*]/gm)?.length ?? 0;
  const anchors = own.match(/(?:^|[\s,[{])&[^\s,\]}&]/gm)?.length ?? 0;
  if (anchors === 0 || aliases <= mostAliases) return undefined;
  return { ...place, message: t('This document has {0} aliases; Podpath reads at most {1}', aliases, mostAliases) };
}

/** Turns a syntax tree into the value that `sigs.k8s.io/yaml` gives. */
class TreeReader {
  readonly #tree: SyntaxTree;
  readonly #problems: TextProblem[] = [];
  readonly #anchors = new Map<string, Node>();
  readonly #open = new Set<Node>();
  #expanded = 0;
  #failed = false;

  constructor(tree: SyntaxTree) {
    this.#tree = tree;
  }

  read(): DocumentValue {
    const value = this.#value(this.#tree.document.contents as Node | null, false);
    return this.#failed ? { problems: this.#problems } : { value, problems: this.#problems };
  }

  #fail(node: Node | null, message: string): null {
    if (!this.#failed) {
      const range = node?.range ?? [0, 0, 0];
      this.#problems.push(problem(this.#tree, range[0], range[1], message));
    }
    this.#failed = true;
    return null;
  }

  /** `copy` is true under an alias: its problems were told where the text stands. */
  #value(node: Node | null, copy: boolean): JsonValue {
    if (node === null || node === undefined || this.#failed) return null;
    if (copy && ++this.#expanded > mostExpanded) {
      return this.#fail(node, t('Aliases expand to more than {0} values', mostExpanded));
    }
    if (!isAlias(node) && node.anchor) this.#anchors.set(node.anchor, node);
    if (isScalar(node)) return this.#scalar(node);
    if (isMap(node)) return this.#map(node, copy);
    if (isSeq(node)) return node.items.map((item) => this.#value(item as Node | null, copy));
    return isAlias(node) ? this.#alias(node) : null;
  }

  #alias(node: Alias): JsonValue {
    const target = this.#anchors.get(node.source);
    if (target === undefined) return this.#fail(node, t("Unknown anchor '{0}'", node.source));
    if (this.#open.has(target)) return this.#fail(node, t("Anchor '{0}' contains itself", node.source));
    return this.#value(target, true);
  }

  #scalar(node: Scalar): JsonValue {
    const value = this.#resolve(node);
    if (value === notJson) return this.#fail(node, t('{0} has no JSON form', node.source ?? ''));
    if (value === undefined) return this.#fail(node, t('{0} is not a {1}', node.source ?? '', node.tag ?? ''));
    return value;
  }

  #resolve(node: Scalar): JsonValue | typeof notJson | undefined {
    const text = this.#text(node);
    if (node.tag !== undefined && node.tag !== '!') return resolveTagged(node.tag, text);
    if (node.tag === '!' || (node.type !== 'PLAIN' && node.type !== undefined && node.type !== null)) return text;
    return resolvePlain(text);
  }

  /** A block scalar at the very end of a text without a last newline has none in go-yaml; npm `yaml` adds one. */
  #text(node: Scalar): string {
    const text = String(node.value ?? '');
    const block = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED';
    const atEnd =
      block && text.endsWith('\n') && this.#tree.unterminated && (node.range?.[1] ?? 0) >= this.#tree.length;
    return atEnd ? text.slice(0, -1) : text;
  }

  #map(map: YAMLMap, copy: boolean): JsonValue {
    const result: Record<string, JsonValue> = {};
    const own = new Set<string>();
    this.#open.add(map);
    for (const pair of map.items) {
      if (!isPair(pair)) continue;
      const key = pair.key as Node | null;
      if (isScalar(key) && key.type === 'PLAIN' && key.value === '<<') {
        this.#merge(pair.value as Node | null, result);
        continue;
      }
      const name = this.#key(key);
      if (name === undefined) break;
      if (own.has(name) && !copy) this.#duplicate(key, name);
      own.add(name);
      setMember(result, name, this.#value(pair.value as Node | null, copy));
    }
    this.#open.delete(map);
    return result as JsonObject;
  }

  #key(key: Node | null): string | undefined {
    const node = isAlias(key) ? (this.#anchors.get(key.source) ?? key) : key;
    if (node !== null && !isAlias(node) && node.anchor) this.#anchors.set(node.anchor, node);
    const value = isScalar(node) ? this.#resolve(node) : node === null ? null : undefined;
    const name = value === undefined ? undefined : keyText(value);
    if (name === undefined) this.#fail(key, t('A key must be a string, a number or a boolean'));
    return name;
  }

  #duplicate(key: Node | null, name: string): void {
    const range = key?.range ?? [0, 0, 0];
    const message = t("Key '{0}' stands twice in this mapping; the last one counts", name);
    this.#problems.push({ ...problem(this.#tree, range[0], range[1], message), code: 'manifest-duplicate-key' });
  }

  /** Merges in the order of the text, as go-yaml v2 does: later keys win, whether merged or written. */
  #merge(node: Node | null, into: Record<string, JsonValue>): void {
    const source = isAlias(node) ? this.#anchors.get(node.source) : node;
    const sources = isSeq(source) && !isAlias(node) ? ([...source.items].reverse() as Node[]) : [node];
    for (const one of sources) {
      const target = isAlias(one) ? this.#anchors.get(one.source) : one;
      if (target === undefined || target === null || !isMap(target)) {
        this.#fail(node, t('A merge key needs a mapping or a list of mappings'));
        return;
      }
      const merged = this.#value(one, isAlias(one)) as Record<string, JsonValue> | null;
      for (const [key, value] of Object.entries(merged ?? {})) setMember(into, key, value);
    }
  }
}

/** `__proto__` is an ordinary key in JSON; plain assignment would set the prototype. */
function setMember(object: Record<string, JsonValue>, key: string, value: JsonValue): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    object[key] = value;
  }
}
