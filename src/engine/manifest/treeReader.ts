import { t } from '@vscode/l10n';
import { type Alias, isAlias, isMap, isPair, isScalar, isSeq, type Node, type Scalar, type YAMLMap } from 'yaml';
import type { JsonObject, JsonValue } from '../model/json.ts';
import type { ManifestProblem } from './manifest.ts';
import { keyText, notJson, resolvePlain, resolveTagged } from './scalars.ts';
import type { SyntaxTree } from './syntaxTree.ts';

/** A document read as kubectl reads it. `value` is absent where kubectl would refuse the text. */
export interface DocumentValue {
  readonly value?: JsonValue;
  readonly problems: readonly ManifestProblem[];
}

/** Values that aliases may expand to, as go-yaml bounds them against alias bombs. */
const mostExpanded = 200_000;

/** How deep values may nest, so that no function that walks them overflows its stack. */
export const deepestValue = 500;

/** What is said about a value that nests deeper. */
export function tooDeep(): string {
  return t('This nests deeper than {0} levels', deepestValue);
}

/** The value of a tree without syntax errors, and keys that stand twice. */
export function readTreeValue(tree: SyntaxTree): DocumentValue {
  return new TreeReader(tree).read();
}

/** A problem at offsets of a tree. */
export function problemAt(tree: SyntaxTree, start: number, end: number, message: string): ManifestProblem {
  const from = tree.fileOffset(start);
  return { code: 'manifest-syntax', message, start: from, end: Math.max(from, tree.fileOffset(end)) };
}

/** Turns a syntax tree into the value that `sigs.k8s.io/yaml` gives. */
class TreeReader {
  readonly #tree: SyntaxTree;
  readonly #problems: ManifestProblem[] = [];
  readonly #anchors = new Map<string, Node>();
  readonly #open = new Set<Node>();
  #expanded = 0;
  #failed = false;
  #depth = 0;

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
      this.#problems.push(problemAt(this.#tree, range[0], range[1], message));
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
    if (!isAlias(node) && node.anchor) this.#anchor(node, node.anchor);
    if (isScalar(node)) return this.#scalar(node);
    if (++this.#depth > deepestValue) return this.#fail(node, tooDeep());
    const value = this.#collection(node, copy);
    this.#depth--;
    return value;
  }

  #collection(node: Node, copy: boolean): JsonValue {
    if (isMap(node)) return this.#map(node, copy);
    if (isSeq(node)) return node.items.map((item) => this.#value(item as Node | null, copy));
    return isAlias(node) ? this.#alias(node) : null;
  }

  /** npm `yaml` takes any character into a name, go-yaml these. */
  #anchor(node: Node, name: string): void {
    if (!/^[-\w]+$/.test(name)) this.#fail(node, t("'{0}' is no name for an anchor", name));
    this.#anchors.set(name, node);
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
      block && text.endsWith('\n') && this.#tree.unterminated && (node.range?.[1] ?? 0) >= this.#tree.text.length;
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
    if (node !== null && !isAlias(node) && node.anchor) this.#anchor(node, node.anchor);
    const range = node?.range ?? [0, 0, 0];
    if (this.#tree.text.slice(range[0], range[1]).includes('\n')) {
      this.#fail(key, t('A key must stand on one line'));
      return undefined;
    }
    const value = isScalar(node) ? this.#resolve(node) : node === null ? null : undefined;
    const name = value === undefined ? undefined : keyText(value);
    if (name === undefined) this.#fail(key, t('A key must be a string, a number or a boolean'));
    return name;
  }

  #duplicate(key: Node | null, name: string): void {
    const range = key?.range ?? [0, 0, 0];
    const message = t("Key '{0}' stands twice in this mapping; the last one counts", name);
    this.#problems.push({ ...problemAt(this.#tree, range[0], range[1], message), code: 'manifest-duplicate-key' });
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
