import { plainText } from './plain.ts';

/** Untrusted text as literal Markdown, on one line; `$` too, for VS Code reads `$(name)` as an icon. */
export function escapeMarkdown(text: string): string {
  return plainText(text).replaceAll(/[\\`*_{}[\]()#+!|<>~&$]/g, (char) => `\\${char}`);
}

/** Lines as a block of plain text. The fence is longer than any run of backticks in them, so they can not end it. */
export function fenced(lines: readonly string[]): string {
  const text = lines.map(plainText).join('\n');
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}
