import { t } from '@vscode/l10n';
import { everything, type LabelRequirement, type LabelSelector } from '../model/labels.ts';

/** Where a selector's text stops making sense. */
export class SelectorError extends Error {}

/** The selector that nothing meets. */
export const nothing: LabelSelector = { requirements: [], noneOf: [everything] };

/** What a key of a selector means: another key, or a value that all endpoints have. */
export type KeyOf = (key: string) => string | { readonly constant: string };

/** A selector as read; `isGlobal` marks `global()`, which chooses what is in no namespace. */
export interface CalicoSelector {
  readonly labels: LabelSelector;
  readonly isGlobal: boolean;
}

const token = /\s*(?:(&&|\|\||==|!=|!|\(|\)|\{|\}|,)|'([^']*)'|"([^"]*)"|([\w./-]+))/y;

/** One token: punctuation, a word, or a text in quotes. */
type Token = { readonly kind: 'mark' | 'word' | 'text'; readonly text: string };

/**
 * Reads a selector of Calico: `a == 'b' && (has(c) || !(d in {'e', 'f'}))`. An empty one is `all()`. Throws a
 * {@link SelectorError} for text that is none.
 * Source: projectcalico/calico libcalico-go/lib/selector; docs, GlobalNetworkPolicy, "Selectors".
 */
export function readCalicoSelector(text: string, keyOf: KeyOf = (key) => key): CalicoSelector {
  const tokens = tokensOf(text);
  if (tokens.length === 0) return { labels: everything, isGlobal: false };
  const parser = new Parser(tokens, keyOf);
  const labels = parser.whole();
  return { labels, isGlobal: parser.isGlobal };
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (text.slice(at).trim() !== '') {
    token.lastIndex = at;
    const match = token.exec(text);
    if (match === null) throw new SelectorError(t('{0} is not expected', text.slice(at).trim().slice(0, 12)));
    const [, mark, single, double, word] = match;
    if (mark !== undefined) tokens.push({ kind: 'mark', text: mark });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else tokens.push({ kind: 'text', text: single ?? double ?? '' });
    at = token.lastIndex;
  }
  return tokens;
}

class Parser {
  isGlobal = false;
  readonly #tokens: readonly Token[];
  readonly #keyOf: KeyOf;
  #at = 0;

  constructor(tokens: readonly Token[], keyOf: KeyOf) {
    this.#tokens = tokens;
    this.#keyOf = keyOf;
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
    return allOf(parts);
  }

  #not(): LabelSelector {
    let negated = false;
    while (this.#takes('!')) negated = !negated;
    const selector = this.#atom();
    return negated ? { requirements: [], noneOf: [selector] } : selector;
  }

  #atom(): LabelSelector {
    if (this.#takes('(')) {
      const inner = this.#or();
      this.#expect(')');
      return inner;
    }
    const word = this.#word();
    const isCall = this.#tokens[this.#at]?.text === '(' && ['all', 'global', 'has'].includes(word);
    return isCall ? this.#call(word) : this.#comparison(word);
  }

  #call(word: string): LabelSelector {
    this.#expect('(');
    const key = word === 'has' ? this.#word() : '';
    this.#expect(')');
    if (word === 'has') return this.#requirement(key, 'Exists', []);
    if (word === 'global') this.isGlobal = true;
    return everything;
  }

  #comparison(key: string): LabelSelector {
    if (this.#takes('==')) return this.#requirement(key, 'In', [this.#text()]);
    if (this.#takes('!=')) return this.#requirement(key, 'NotIn', [this.#text()]);
    if (this.#takes('in')) return this.#requirement(key, 'In', this.#set());
    if (this.#takes('contains')) return this.#requirement(key, 'Contains', [this.#text()]);
    if (this.#takes('not')) {
      this.#expect('in');
      return this.#requirement(key, 'NotIn', this.#set());
    }
    const edge = this.#takes('starts') ? 'StartsWith' : this.#takes('ends') ? 'EndsWith' : undefined;
    if (edge === undefined) throw new SelectorError(t('a comparison is missing after {0}', key));
    this.#expect('with');
    return this.#requirement(key, edge, [this.#text()]);
  }

  #requirement(written: string, operator: LabelRequirement['operator'], values: readonly string[]): LabelSelector {
    const key = this.#keyOf(written);
    if (typeof key === 'string') return { requirements: [{ key, operator, values }] };
    const text = values[0] ?? '';
    const { constant } = key;
    const holds = {
      In: values.includes(constant),
      NotIn: !values.includes(constant),
      Exists: true,
      DoesNotExist: false,
      Contains: constant.includes(text),
      StartsWith: constant.startsWith(text),
      EndsWith: constant.endsWith(text),
    }[operator];
    return holds ? everything : nothing;
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
    if (next === undefined || next.kind === 'text' || next.text !== text) return false;
    this.#at++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#takes(text)) throw new SelectorError(t('{0} is missing', text));
  }

  #word(): string {
    const next = this.#tokens[this.#at++];
    if (next?.kind !== 'word') throw new SelectorError(t('the key of a label is missing'));
    return next.text;
  }

  #text(): string {
    const next = this.#tokens[this.#at++];
    if (next?.kind !== 'text') throw new SelectorError(t('a text in quotes is missing'));
    return next.text;
  }
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
