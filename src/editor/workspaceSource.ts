import * as vscode from 'vscode';
import { isManifestDocument } from './convert.ts';
import type { EngineClient } from './engineClient.ts';
import { engineSettings } from './settings.ts';

const manifests = '**/*.{yaml,yml,json}';

/** A pause in typing after which the text is worth reading. */
const typingPause = 60;

/** Tells the worker what the workspace holds: folders, texts that are not saved, files that changed, settings. */
export class WorkspaceSource implements vscode.Disposable {
  readonly #client: EngineClient;
  readonly #log: vscode.LogOutputChannel;
  readonly #disposables: vscode.Disposable[] = [];
  readonly #timers = new Map<string, NodeJS.Timeout>();
  /** Documents whose text the worker has from here and not from the disk. */
  readonly #sent = new Set<string>();

  constructor(client: EngineClient, log: vscode.LogOutputChannel) {
    this.#client = client;
    this.#log = log;
    const watcher = vscode.workspace.createFileSystemWatcher(manifests);
    this.#disposables.push(
      client.onDidStart(() => this.#tellAll()),
      watcher,
      watcher.onDidCreate((uri) => this.#fileChanged(uri)),
      watcher.onDidChange((uri) => this.#fileChanged(uri)),
      watcher.onDidDelete((uri) => client.change({ kind: 'files', files: [{ uri: uri.toString(), text: null }] })),
      vscode.workspace.onDidChangeWorkspaceFolders(() => this.#tellFolders()),
      vscode.workspace.onDidOpenTextDocument((document) => this.#opened(document)),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0) this.#typed(document);
      }),
      vscode.workspace.onDidSaveTextDocument((document) => this.#saved(document)),
      vscode.workspace.onDidCloseTextDocument((document) => this.#closed(document)),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('podpath')) client.change({ kind: 'settings', settings: engineSettings() });
      }),
    );
  }

  #tellAll(): void {
    this.#sent.clear();
    this.#client.change({ kind: 'settings', settings: engineSettings() });
    this.#tellFolders();
    for (const document of vscode.workspace.textDocuments) this.#opened(document);
  }

  #tellFolders(): void {
    const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri, name }) => ({
      uri: withoutSlash(uri),
      name,
      onDisk: uri.scheme === 'file',
    }));
    const strays = vscode.workspace.textDocuments.filter((one) => isManifestDocument(one) && isStray(one.uri));
    const parents = new Map(strays.map(({ uri }) => [withoutSlash(vscode.Uri.joinPath(uri, '..')), uri]));
    const alone = [...parents].map(([uri]) => ({ uri, name: uri.slice(uri.lastIndexOf('/') + 1), onDisk: false }));
    this.#client.change({ kind: 'folders', folders: [...folders, ...alone] });
    for (const folder of vscode.workspace.workspaceFolders ?? []) {
      if (folder.uri.scheme !== 'file') void this.#tellVirtualFiles(folder);
    }
  }

  /** Files that are not on this disk are read through VS Code. */
  async #tellVirtualFiles(folder: vscode.WorkspaceFolder): Promise<void> {
    const found = await vscode.workspace.findFiles(new vscode.RelativePattern(folder, manifests), undefined, 5000);
    const files = await Promise.all(found.map(async (uri) => ({ uri: uri.toString(), text: await this.#read(uri) })));
    this.#client.change({ kind: 'files', files });
  }

  async #read(uri: vscode.Uri): Promise<string | null> {
    try {
      return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
    } catch (error) {
      this.#log.warn(`${uri.toString()}: ${String(error)}`);
      return null;
    }
  }

  async #fileChanged(uri: vscode.Uri): Promise<void> {
    const file = uri.scheme === 'file' ? { uri: uri.toString() } : { uri: uri.toString(), text: await this.#read(uri) };
    this.#client.change({ kind: 'files', files: [file] });
  }

  #opened(document: vscode.TextDocument): void {
    if (!isManifestDocument(document)) return;
    // A file outside of all folders makes a folder of its own, with what is open of it.
    if (isStray(document.uri)) this.#tellFolders();
    if (document.isDirty || document.isUntitled || isStray(document.uri)) this.#send(document);
  }

  #typed(document: vscode.TextDocument): void {
    if (!isManifestDocument(document)) return;
    const key = document.uri.toString();
    clearTimeout(this.#timers.get(key));
    const timer = setTimeout(() => {
      this.#timers.delete(key);
      if (!document.isClosed) this.#send(document);
    }, typingPause);
    this.#timers.set(key, timer);
  }

  #send(document: vscode.TextDocument): void {
    const uri = document.uri.toString();
    this.#sent.add(uri);
    this.#client.change({ kind: 'text', uri, text: document.getText() });
  }

  #saved(document: vscode.TextDocument): void {
    const uri = document.uri.toString();
    if (!this.#sent.has(uri)) return;
    clearTimeout(this.#timers.get(uri));
    this.#client.change({ kind: 'files', files: [{ uri, text: document.getText() }] });
    this.#forget(uri);
  }

  #closed(document: vscode.TextDocument): void {
    const uri = document.uri.toString();
    if (this.#sent.has(uri)) this.#forget(uri);
    if (isStray(document.uri)) this.#tellFolders();
  }

  #forget(uri: string): void {
    this.#sent.delete(uri);
    this.#client.change({ kind: 'text', uri, text: null });
  }

  dispose(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    for (const one of this.#disposables) one.dispose();
  }
}

function withoutSlash(uri: vscode.Uri): string {
  return uri.toString().replace(/\/$/, '');
}

function isStray(uri: vscode.Uri): boolean {
  return vscode.workspace.getWorkspaceFolder(uri) === undefined;
}
