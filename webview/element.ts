/** What an element is made with: attributes by name, and listeners by `on…`. `false` and `undefined` leave one out. */
export type Properties = Readonly<Record<string, string | number | boolean | undefined | ((event: Event) => void)>>;

/** What an element may hold; `undefined` and `false` are nothing. */
export type Content = Node | string | undefined | false;

/** An HTML element with its attributes and contents. Strings become text, never markup. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  ...contents: readonly Content[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  setAll(made, properties);
  made.append(...present(contents));
  return made;
}

/** The same for SVG. */
export function svgElement<K extends keyof SVGElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  ...contents: readonly Content[]
): SVGElementTagNameMap[K] {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  setAll(made, properties);
  made.append(...present(contents));
  return made;
}

function present(contents: readonly Content[]): readonly (Node | string)[] {
  return contents
    .filter((one): one is Node | string => one !== undefined && one !== false)
    .map((one) => (typeof one === 'string' ? visible(one) : one));
}

function setAll(made: Element, properties: Properties): void {
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, '');
    else if (value !== undefined && value !== false)
      made.setAttribute(name, read.has(name) ? visible(String(value)) : String(value));
  }
}

/** Attributes that a person reads or hears. */
const read: ReadonlySet<string> = new Set(['aria-label', 'title', 'placeholder']);

const unseen = /[^\P{Cc}\n\t]|[\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Names are hostile: what can't be seen, or would turn what follows it around, is shown as U+FFFD. */
export function visible(text: string): string {
  return text.replaceAll(unseen, '\uFFFD');
}
