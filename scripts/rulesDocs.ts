// Writes docs/rules.md from the rules themselves: `npm run docs`.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rules } from '../src/engine/diagnostics/rules.ts';

const target = join(import.meta.dirname, '../docs/rules.md');

const head = `# Rules

What Podpath reports in the Problems panel and from \`podpath check\`. This page is generated from the rules (\`npm run docs\`).

Change a severity with \`podpath.rules\` in the settings or \`rules\` in podpath.yaml (\`code: off | hint | info | warning | error\`).
Silence one place with a comment on the line above it, \`# podpath-ignore <code> -- reason\`; one object with the annotation
\`podpath.dev/ignore: "code: reason"\`; more with \`ignores\` in podpath.yaml. Where a scope has parts that Podpath can not see, a
finding that something is missing is at most information, and says why.

| code | severity | finds |
|---|---|---|
`;

/** The whole page. */
function page(): string {
  const rows = rules.map((one) => `| [${one.code}](#${one.code}) | ${one.severity} | ${one.summary} |\n`);
  const sections = rules.map(({ code, severity, summary, description, example }) => {
    const fence = (text: string): string => `\`\`\`yaml\n${text.trimEnd()}\n\`\`\`\n`;
    return `\n## ${code}\n\n${summary} (${severity})\n\n${description}\n\nReported:\n\n${fence(example.failing)}\nCorrected:\n\n${fence(example.corrected)}`;
  });
  return head + rows.join('') + sections.join('');
}

if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== page()) {
    console.error('docs/rules.md is not what the rules say: npm run docs');
    process.exitCode = 1;
  }
} else {
  writeFileSync(target, page());
}
