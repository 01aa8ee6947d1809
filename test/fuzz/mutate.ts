/** A source of numbers in [0, 1); the same seed gives the same numbers (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One of the items; the list must not be empty. */
export function pick<T>(items: readonly T[], random: () => number): T {
  return items[Math.floor(random() * items.length)] as T;
}

/** What people and editors leave in half-typed manifests, and what means something to YAML. */
const scraps = [
  ...[' ', '  ', '\n', '\n\n', '\t', '\r\n', ':', ': ', '- ', '-', '#', ' # note', '"', "'", '{', '}', '[', ']', ','],
  ...[
    '|',
    '>',
    '|-',
    '>+',
    '&a',
    ' *a',
    '<<: *a',
    '!!str ',
    '---\n',
    '\n---\n',
    '...\n',
    '%',
    '@',
    '`',
    '?',
    '~',
    'null',
  ],
  ...['yes', '0755', '1e3', '.5', '-1', '999999999999999999999', 'é', '\u{1f600}', '\u2028', '\ufeff', '\u0000', '\\'],
  ...['{{ .Values.x }}', '__proto__', 'true', '""', '[]', '{}', 'app', '80', '10.0.0.0/8', '::/0'],
] as const;

const keys = [
  'spec',
  'metadata',
  'name',
  'ports',
  'port',
  'selector',
  'podSelector',
  'from',
  'to',
  'items',
  'kind',
] as const;

type Mutation = (text: string, random: () => number) => string;

const mutations: readonly Mutation[] = [
  insertScrap,
  deleteCharacters,
  replaceCharacter,
  deleteLine,
  duplicateLine,
  swapLines,
  indentLine,
  outdentLine,
  cutHere,
  renameKey,
  changeValue,
  moveBlock,
];

/** The text with one random edit of characters, lines or keys; the same numbers give the same edit. */
export function mutate(text: string, random: () => number): string {
  return pick(mutations, random)(text, random);
}

function insertScrap(text: string, random: () => number): string {
  const at = Math.floor(random() * (text.length + 1));
  return text.slice(0, at) + pick(scraps, random) + text.slice(at);
}

function deleteCharacters(text: string, random: () => number): string {
  const at = Math.floor(random() * text.length);
  return text.slice(0, at) + text.slice(at + 1 + Math.floor(random() * 4));
}

function replaceCharacter(text: string, random: () => number): string {
  const at = Math.floor(random() * text.length);
  return text.slice(0, at) + pick(scraps, random) + text.slice(at + 1);
}

/** Edits the lines in place and joins them again; `at` is a random line. */
function onLines(text: string, random: () => number, edit: (lines: string[], at: number) => void): string {
  const lines = text.split('\n');
  edit(lines, Math.floor(random() * lines.length));
  return lines.join('\n');
}

function deleteLine(text: string, random: () => number): string {
  return onLines(text, random, (lines, at) => lines.splice(at, 1));
}

function duplicateLine(text: string, random: () => number): string {
  return onLines(text, random, (lines, at) => lines.splice(at, 0, lines[at] ?? ''));
}

function swapLines(text: string, random: () => number): string {
  return onLines(text, random, (lines, at) => lines.splice(at, 2, ...lines.slice(at, at + 2).reverse()));
}

function indentLine(text: string, random: () => number): string {
  return onLines(text, random, (lines, at) =>
    lines.splice(at, 1, `${pick([' ', '  ', '\t'], random)}${lines[at] ?? ''}`),
  );
}

function outdentLine(text: string, random: () => number): string {
  return onLines(text, random, (lines, at) => lines.splice(at, 1, (lines[at] ?? '').replace(/^ {1,2}/, '')));
}

function cutHere(text: string, random: () => number): string {
  return text.slice(0, Math.floor(random() * text.length));
}

function renameKey(text: string, random: () => number): string {
  return onLines(text, random, (lines, at) =>
    lines.splice(at, 1, (lines[at] ?? '').replace(/[\w./-]+(?=:)/, pick(keys, random))),
  );
}

function changeValue(text: string, random: () => number): string {
  return onLines(text, random, (lines, at) =>
    lines.splice(at, 1, (lines[at] ?? '').replace(/: .*/, `: ${pick(scraps, random)}`)),
  );
}

function moveBlock(text: string, random: () => number): string {
  return onLines(text, random, (lines, at) => {
    const block = lines.splice(at, 1 + Math.floor(random() * 5));
    lines.splice(Math.floor(random() * (lines.length + 1)), 0, ...block);
  });
}
