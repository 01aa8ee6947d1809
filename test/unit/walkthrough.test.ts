import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

const root = resolve(import.meta.dirname, '../..');
const read = (name: string): string => readFileSync(join(root, name), 'utf8');
const manifest = read('package.json');
const texts: Readonly<Record<string, string>> = JSON.parse(read('package.nls.json'));
const { contributes } = JSON.parse(manifest) as {
  readonly contributes: {
    readonly commands: readonly { readonly command: string }[];
    readonly walkthroughs: readonly {
      readonly steps: readonly { readonly id: string; readonly media: { readonly markdown: string } }[];
    }[];
  };
};

test('every text that package.json names is there, and every text is named', () => {
  const named = [...manifest.matchAll(/"%([\w.]+)%"/g)].map(([, key = '']) => key);
  assert.deepEqual([...new Set(named)].sort(), Object.keys(texts).sort());
});

test('the walkthrough has four steps, each with a page that is packed', () => {
  const steps = contributes.walkthroughs.flatMap((one) => one.steps);
  assert.deepEqual(
    steps.map(({ id }) => id),
    ['manifests', 'trace', 'topology', 'compare'],
  );
  for (const { media } of steps) {
    assert.ok(media.markdown.startsWith('media/'), 'only media/ is packed');
    assert.ok(existsSync(join(root, media.markdown)), media.markdown);
  }
});

/** Commands of VS Code itself that welcome views lead to. */
const ofVsCode = ['workbench.action.reloadWindow', 'workbench.action.openSettings', 'workbench.trust.manage'];

test('every command that a text or a page offers is there', () => {
  const pages = contributes.walkthroughs.flatMap((one) => one.steps.map(({ media }) => read(media.markdown)));
  const offered = [...Object.values(texts), ...pages].flatMap((text) =>
    [...text.matchAll(/\(command:([\w.]+)/g)].map(([, command = '']) => command),
  );
  assert.ok(offered.includes('podpath.openExample'));
  const known = [...contributes.commands.map(({ command }) => command), 'vscode.openFolder', ...ofVsCode];
  for (const command of offered) assert.ok(known.includes(command), command);
});
