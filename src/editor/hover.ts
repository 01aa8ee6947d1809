import * as vscode from 'vscode';
import type { ActionLink } from '../engine/index.ts';
import { manifestSelector, toPosition, toRange } from './convert.ts';
import type { EngineClient } from './engineClient.ts';
import { visible } from './plainText.ts';

/** The commands that links in hovers may run. */
const allowed: readonly ActionLink['command'][] = [
  'podpath.trace',
  'podpath.showTopology',
  'podpath.copyText',
  'podpath.openLocation',
  'podpath.changeAssumption',
  'podpath.applyFix',
];

/** What a Service resolves to, what a policy selects, where the pointer is. */
export function registerHover(client: EngineClient): vscode.Disposable {
  return vscode.languages.registerHoverProvider(manifestSelector, {
    async provideHover(document, position, token) {
      const params = { uri: document.uri.toString(), position: toPosition(position) };
      const answer = await client.query('hover', params, { token }).catch(() => null);
      if (answer === null) return undefined;
      const links = answer.links.map(linkText).join(' &nbsp; ');
      const { cause } = answer;
      const fix = cause?.fix === undefined ? '' : ` ${linkText(cause.fix)}`;
      const first = cause === undefined ? [] : [cause.markdown + fix];
      const text = new vscode.MarkdownString([...first, answer.markdown, links].join('\n\n'), true);
      text.isTrusted = { enabledCommands: [...allowed] };
      return new vscode.Hover(text, toRange(answer.range));
    },
  });
}

/** Arguments travel as encoded JSON, in which nothing can end the link. */
function linkText({ title, command, arguments: values }: ActionLink): string {
  const encoded = encodeURIComponent(JSON.stringify(values)).replaceAll('(', '%28').replaceAll(')', '%29');
  return `[${escaped(title)}](command:${command}?${encoded})`;
}

/** Titles name objects. */
function escaped(title: string): string {
  return visible(title).replaceAll(/[\\`*_[\]<>&$]/g, (char) => `\\${char}`);
}
