import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';

/** The page of a view (webview/README.md says what it expects). Only our own script may run, named by a nonce. */
export function webviewPage(
  webview: vscode.Webview,
  extensionUri: vscode.Uri,
  view: 'topology' | 'trace',
  title: string,
): string {
  const nonce = randomBytes(16).toString('base64');
  const file = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(extensionUri, 'dist', 'webview', name));
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource} 'unsafe-inline'`,
    'img-src data:',
    `font-src ${webview.cspSource}`,
  ].join('; ');
  const bundle = vscode.l10n.bundle === undefined ? '' : JSON.stringify(vscode.l10n.bundle).replaceAll('<', '\\u003c');
  const language = bundle === '' ? '' : `<script type="application/json" id="l10n">${bundle}</script>`;
  return `<!DOCTYPE html>
<html lang="${vscode.env.language}">
  <head>
    <meta charset="UTF-8" />
    <meta http-equiv="Content-Security-Policy" content="${policy}" />
    <meta name="viewport" content="width=device-width, initial-scale=1.0" />
    <link rel="stylesheet" href="${file(`${view}.css`)}" />
    <title>${title}</title>
  </head>
  <body data-view="${view}">
    <div id="app"></div>
    ${language}
    <script type="module" nonce="${nonce}" src="${file(`${view}.js`)}"></script>
  </body>
</html>`;
}

/** Options of both panels: scripts, and files of ours alone. */
export function webviewOptions(extensionUri: vscode.Uri): vscode.WebviewOptions {
  return { enableScripts: true, localResourceRoots: [vscode.Uri.joinPath(extensionUri, 'dist', 'webview')] };
}
