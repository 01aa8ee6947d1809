import * as vscode from 'vscode';
import type { Location } from '../engine/index.ts';
import type { FromWebview, ToWebview } from '../protocol.ts';
import { toRange } from './convert.ts';
import { readFromWebview } from './webviewMessages.ts';
import { webviewOptions, webviewPage } from './webviewPage.ts';

/** What a panel needs to be made, or to be brought back after a reload. */
export interface PanelKind {
  readonly view: 'topology' | 'trace';
  readonly type: string;
  readonly title: string;
}

/** One of our webviews: its page, its messages, and what both views do alike. */
export class Panel implements vscode.Disposable {
  readonly #panel: vscode.WebviewPanel;
  readonly #log: vscode.LogOutputChannel;
  readonly #waiting: ToWebview[] = [];
  readonly #disposables: vscode.Disposable[] = [];
  #ready = false;
  /** The scope that the panel's answer is about; what is asked for from there is asked about it. */
  scope: string | undefined;

  constructor(
    kind: PanelKind,
    extensionUri: vscode.Uri,
    log: vscode.LogOutputChannel,
    onMessage: (message: FromWebview) => void,
    restored?: vscode.WebviewPanel,
  ) {
    const column = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    const options = { ...webviewOptions(extensionUri), retainContextWhenHidden: true };
    this.#panel = restored ?? vscode.window.createWebviewPanel(kind.type, kind.title, column, options);
    this.#panel.webview.options = webviewOptions(extensionUri);
    this.#panel.iconPath = vscode.Uri.joinPath(extensionUri, 'media', 'icon.svg');
    this.#log = log;
    this.#panel.webview.onDidReceiveMessage(
      (value: unknown) => this.#receive(value, onMessage),
      this,
      this.#disposables,
    );
    this.#panel.webview.html = webviewPage(this.#panel.webview, extensionUri, kind.view, kind.title);
  }

  #receive(value: unknown, onMessage: (message: FromWebview) => void): void {
    const message = readFromWebview(value);
    if (message === undefined) {
      this.#log.warn('a message of a webview was not understood');
      return;
    }
    if (message.type === 'ready') {
      this.#ready = true;
      for (const one of this.#waiting.splice(0)) void this.#panel.webview.postMessage(one);
    }
    if (!handleCommon(message, this.scope, this.#log)) onMessage(message);
  }

  /** Sends a message once the page listens. */
  post(message: ToWebview): void {
    if (this.#ready) void this.#panel.webview.postMessage(message);
    else this.#waiting.push(message);
  }

  set title(title: string) {
    this.#panel.title = title;
  }

  reveal(): void {
    this.#panel.reveal(undefined, true);
  }

  onDidDispose(listener: () => void): void {
    this.#panel.onDidDispose(listener, this, this.#disposables);
  }

  get isVisible(): boolean {
    return this.#panel.visible;
  }

  dispose(): void {
    for (const one of this.#disposables) one.dispose();
    this.#panel.dispose();
  }
}

/** What every view may ask for; true where it was one of these. */
function handleCommon(message: FromWebview, scope: string | undefined, log: vscode.LogOutputChannel): boolean {
  switch (message.type) {
    case 'open':
      void openLocation(message.location, message.preserveFocus ?? false);
      return true;
    case 'copy':
      void vscode.env.clipboard.writeText(message.text).then(() => {
        vscode.window.setStatusBarMessage(vscode.l10n.t('{0} copied', message.what), 3000);
      });
      return true;
    case 'save':
      void saveFile(message);
      return true;
    case 'pickTrace': {
      const { from, to } = message;
      void vscode.commands.executeCommand('podpath.trace', { from, to, scope });
      return true;
    }
    case 'showTopology':
      void vscode.commands.executeCommand('podpath.showTopology', { box: message.box, scope });
      return true;
    case 'log':
      log[message.level](`webview: ${message.message}`);
      return true;
    default:
      return false;
  }
}

/** Opens a file at a range, in the column where it is already seen. */
export async function openLocation({ uri, range }: Location, preserveFocus = false): Promise<void> {
  const target = vscode.Uri.parse(uri);
  const shown = vscode.window.visibleTextEditors.find(({ document }) => document.uri.toString() === target.toString());
  await vscode.window.showTextDocument(target, {
    selection: toRange(range),
    preserveFocus,
    viewColumn: shown?.viewColumn ?? vscode.ViewColumn.One,
  });
}

async function saveFile({ text, name, base64 }: Extract<FromWebview, { type: 'save' }>): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const options = folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, name) };
  const target = await vscode.window.showSaveDialog(options);
  if (target === undefined) return;
  const bytes = base64 === true ? Buffer.from(text, 'base64') : new TextEncoder().encode(text);
  await vscode.workspace.fs.writeFile(target, bytes);
}
