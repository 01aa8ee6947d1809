import * as vscode from 'vscode';
import type { ActionLink } from '../engine/index.ts';
import { manifestSelector, toPosition, toRange } from './convert.ts';
import type { EngineClient } from './engineClient.ts';

/** The commands that links in hovers may run. */
const allowed: readonly ActionLink['command'][] = [
  'podpath.trace',
  'podpath.showTopology',
  'podpath.copyText',
  'podpath.openLocation',
  'podpath.changeAssumption',
];

/** What a Service resolves to, what a policy selects, where the pointer is. */
export function registerHover(client: EngineClient): vscode.Disposable {
  return vscode.languages.registerHoverProvider(manifestSelector, {
    async provideHover(document, position, token) {
      const params = { uri: document.uri.toString(), position: toPosition(position) };
      const answer = await client.query('hover', params, { token }).catch(() => null);
      if (answer === null) return undefined;
      const links = answer.links.map(linkText).join(' &nbsp; ');
      const text = new vscode.MarkdownString(`${answer.markdown}\n\n${links}`, true);
      text.isTrusted = { enabledCommands: [...allowed] };
      return new vscode.Hover(text, toRange(answer.range));
    },
  });
}

/** Arguments travel as encoded JSON, in which nothing can end the link. */
function linkText({ title, command, arguments: values }: ActionLink): string {
  const encoded = encodeURIComponent(JSON.stringify(values)).replaceAll('(', '%28').replaceAll(')', '%29');
  return `[${title}](command:${command}?${encoded})`;
}
