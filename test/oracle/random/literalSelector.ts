// Calico's selector language, read and evaluated at once, from the page "Selectors" of its documentation.

import type { Json } from './raw.ts';

type Labels = ReadonlyMap<string, string>;

/** Whether labels satisfy a selector. `isGlobal`: whether what has them is in no namespace, which `global()` asks. */
export function calicoMatches(selector: Json, labels: Labels, isGlobal = false): boolean {
  const parser = new Parser(String(selector), labels, isGlobal);
  const result = parser.or();
  if (!parser.ended()) throw new Error(`not read to its end: ${selector}`);
  return result;
}

class Parser {
  #rest: string;
  readonly #labels: Labels;
  readonly #isGlobal: boolean;

  constructor(text: string, labels: Labels, isGlobal: boolean) {
    this.#rest = text.trim();
    this.#labels = labels;
    this.#isGlobal = isGlobal;
  }

  ended(): boolean {
    return this.#rest === '';
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    const match = pattern.exec(this.#rest);
    if (match === null) return undefined;
    this.#rest = this.#rest.slice(match[0].length).trim();
    return match;
  }

  /** Both sides are always read, or the text would not be used up. */
  or(): boolean {
    let result = this.#and();
    while (this.#take(/^\|\|/)) result = this.#and() || result;
    return result;
  }

  #and(): boolean {
    let result = this.#one();
    while (this.#take(/^&&/)) result = this.#one() && result;
    return result;
  }

  #one(): boolean {
    if (this.#take(/^!(?!=)/)) return !this.#one();
    if (this.#take(/^\(/)) {
      const result = this.or();
      if (!this.#take(/^\)/)) throw new Error(`no closing parenthesis before ${this.#rest}`);
      return result;
    }
    if (this.#take(/^all\(\)/)) return true;
    if (this.#take(/^global\(\)/)) return this.#isGlobal;
    const has = this.#take(/^has\(\s*([^)\s]+)\s*\)/);
    if (has !== undefined) return this.#labels.has(has[1] ?? '');
    return this.#comparison();
  }

  #comparison(): boolean {
    const key = this.#take(/^[\w./-]+/)?.[0] ?? '';
    const value = this.#labels.get(key);
    const operator = this.#take(/^(==|!=|not in|in|contains|starts with|ends with)/)?.[1];
    const values = operator === 'in' || operator === 'not in' ? this.#set() : [this.#string()];
    const [text = ''] = values;
    switch (operator) {
      case '==':
      case 'in':
        return value !== undefined && values.includes(value);
      // "also matches when the label is not there"
      case '!=':
      case 'not in':
        return value === undefined || !values.includes(value);
      case 'contains':
        return value?.includes(text) ?? false;
      case 'starts with':
        return value?.startsWith(text) ?? false;
      case 'ends with':
        return value?.endsWith(text) ?? false;
      default:
        throw new Error(`no operator at ${this.#rest}`);
    }
  }

  #set(): readonly string[] {
    const inner = this.#take(/^\{([^}]*)\}/)?.[1] ?? '';
    return inner.split(',').map((one) => one.trim().replace(/^['"]|['"]$/g, ''));
  }

  #string(): string {
    const match = this.#take(/^(?:'([^']*)'|"([^"]*)")/);
    return match?.[1] ?? match?.[2] ?? '';
  }
}
