import { t } from '@vscode/l10n';
import { everything, type LabelRequirement, type LabelSelector, nothing, podFacts } from '../model/labels.ts';

/** Where a selector's text stops making sense. */
export class SelectorError extends Error {}

/** What a key of a selector means: another key, or a value that all pods have and nothing else. */
export type KeyOf = (key: string) => string | { readonly constant: string };

/** What the words of a selector mean where it stands; without `global` it must not say `global()`. */
export interface Vocabulary {
  readonly keyOf: KeyOf;
  readonly all: LabelSelector;
  readonly global?: LabelSelector;
}

const labels: Vocabulary = { keyOf: (key) => key, all: everything };

// Calico knows no other white space, so text of several lines is none of its selectors.
const token =
  /[ \t]*(?:(&&|\|\||==|!=|!|\(|\)|\{|\}|,)|(has\([ \t]*[\w./-]+[ \t]*\)|(?:all|global)\([ \t]*\))|'([^']*)'|"([^"]*)"|([\w./-]+))/y;

// After a key an operator may stand without a space behind it, and its two words without one between them.
const operator = /[ \t]*(contains|starts[ \t]*with|ends[ \t]*with|not[ \t]*in|in)/y;

/** One token: punctuation or an operator, a call, a key, or a text in quotes. */
type Token = { readonly kind: 'mark' | 'call' | 'key' | 'text'; readonly text: string };

/**
 * Reads a selector of Calico: `a == 'b' && (has(c) || !(d in {'e', 'f'}))`. An empty one is `all()`. Throws a
 * {@link SelectorError} for text that is none.
 * Source: projectcalico/calico libcalico-go/lib/selector (tokenizer, parser); docs, GlobalNetworkPolicy, "Selectors".
 */
export function readCalicoSelector(text: string, words: Vocabulary = labels): LabelSelector {
  const tokens = tokensOf(text);
  if (tokens.length === 0) return words.all;
  const selector = new Parser(tokens, words).whole();
  if (selector !== words.global && tokens.some((one) => one.kind === 'call' && one.text === 'global()')) {
    throw new SelectorError(t('global() can not go with anything else'));
  }
  return selector;
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const end = text.replace(/[ \t]+$/, '').length;
  for (let at = 0; at < end; ) {
    const words = tokens.at(-1)?.kind === 'key' ? matchAt(operator, text, at) : null;
    const match = words ?? matchAt(token, text, at);
    if (match === null) throw new SelectorError(t('{0} is not expected', text.slice(at).trim().slice(0, 12)));
    tokens.push(words === null ? tokenOf(match) : { kind: 'mark', text: (words[1] ?? '').replace(/[ \t]+/g, '') });
    at += match[0].length;
  }
  return tokens;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function tokenOf([, mark, call, single, double, key]: RegExpExecArray): Token {
  if (mark !== undefined) return { kind: 'mark', text: mark };
  if (call !== undefined) return { kind: 'call', text: call.replace(/[ \t]+/g, '') };
  return key === undefined ? { kind: 'text', text: single ?? double ?? '' } : { kind: 'key', text: key };
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #words: Vocabulary;
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], words: Vocabulary) {
    this.#tokens = tokens;
    this.#words = words;
  }

  whole(): LabelSelector {
    const selector = this.#or();
    const rest = this.#tokens[this.#at];
    if (rest !== undefined) throw new SelectorError(t('{0} is not expected', rest.text));
    return selector;
  }

  #or(): LabelSelector {
    const parts = [this.#and()];
    while (this.#takes('||')) parts.push(this.#and());
    return parts.length === 1 ? (parts[0] ?? everything) : { requirements: [], anyOf: [parts] };
  }

  #and(): LabelSelector {
    const parts = [this.#not()];
    while (this.#takes('&&')) parts.push(this.#not());
    return parts.length === 1 ? (parts[0] ?? everything) : allOf(parts);
  }

  #not(): LabelSelector {
    let negated = false;
    while (this.#takes('!')) negated = !negated;
    const selector = this.#atom();
    return negated ? { requirements: [], noneOf: [selector] } : selector;
  }

  #atom(): LabelSelector {
    if (this.#takes('(')) {
      if (++this.#depth > 200) throw new SelectorError(t('it has too many parentheses'));
      const inner = this.#or();
      this.#depth--;
      this.#expect(')');
      return inner;
    }
    const next = this.#tokens[this.#at++];
    if (next?.kind === 'call') return this.#call(next.text);
    if (next?.kind !== 'key') throw new SelectorError(t('the key of a label is missing'));
    return this.#comparison(next.text);
  }

  #call(text: string): LabelSelector {
    const { all, global } = this.#words;
    if (text === 'all()') return all;
    if (text !== 'global()') return this.#requirement(text.slice('has('.length, -1), 'Exists', []);
    if (global === undefined) throw new SelectorError(t('global() can stand in the namespaceSelector of a rule only'));
    return global;
  }

  #comparison(key: string): LabelSelector {
    if (this.#takes('==')) return this.#requirement(key, 'In', [this.#text()]);
    if (this.#takes('!=')) return this.#requirement(key, 'NotIn', [this.#text()]);
    if (this.#takes('in')) return this.#requirement(key, 'In', this.#set());
    if (this.#takes('notin')) return this.#requirement(key, 'NotIn', this.#set());
    if (this.#takes('contains')) return this.#requirement(key, 'Contains', [this.#text()]);
    if (this.#takes('startswith')) return this.#requirement(key, 'StartsWith', [this.#text()]);
    if (this.#takes('endswith')) return this.#requirement(key, 'EndsWith', [this.#text()]);
    throw new SelectorError(t('a comparison is missing after {0}', key));
  }

  #requirement(written: string, operator: Comparison, values: readonly string[]): LabelSelector {
    const key = this.#words.keyOf(written);
    return typeof key === 'string'
      ? { requirements: [{ key, operator, values }] }
      : ofConstant(key.constant, operator, values);
  }

  #set(): readonly string[] {
    this.#expect('{');
    const values: string[] = [];
    while (!this.#takes('}')) {
      values.push(this.#text());
      if (!this.#takes(',') && this.#tokens[this.#at]?.text !== '}') throw new SelectorError(t('a set has no end'));
    }
    return values;
  }

  #takes(text: string): boolean {
    const next = this.#tokens[this.#at];
    if (next?.kind !== 'mark' || next.text !== text) return false;
    this.#at++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#takes(text)) throw new SelectorError(t('{0} is missing', text));
  }

  #text(): string {
    const next = this.#tokens[this.#at++];
    if (next?.kind !== 'text') throw new SelectorError(t('a text in quotes is missing'));
    return next.text;
  }
}

/** The operators that a selector can write; `DoesNotExist` is `!has()`. */
type Comparison = Exclude<LabelRequirement['operator'], 'DoesNotExist'>;

const isPod: LabelRequirement = { key: podFacts.name, operator: 'Exists', values: [] };

/** A comparison with what every pod has and nothing else: it holds for pods alone, or `!=` for all else alone. */
function ofConstant(constant: string, operator: Comparison, values: readonly string[]): LabelSelector {
  if (operator === 'NotIn')
    return values.includes(constant) ? { requirements: [], noneOf: [{ requirements: [isPod] }] } : everything;
  const [text = ''] = values;
  const holds = {
    In: values.includes(constant),
    Exists: true,
    Contains: constant.includes(text),
    StartsWith: constant.startsWith(text),
    EndsWith: constant.endsWith(text),
  }[operator];
  return holds ? { requirements: [isPod] } : nothing;
}

/** What meets all of some selectors. */
export function allOf(parts: readonly LabelSelector[]): LabelSelector {
  const anyOf = parts.flatMap((one) => one.anyOf ?? []);
  const noneOf = parts.flatMap((one) => one.noneOf ?? []);
  return {
    requirements: parts.flatMap(({ requirements }) => requirements),
    ...(anyOf.length > 0 ? { anyOf } : {}),
    ...(noneOf.length > 0 ? { noneOf } : {}),
  };
}
