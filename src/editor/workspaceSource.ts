import * as vscode from 'vscode';
import { isManifestDocument } from './convert.ts';
import type { EngineClient } from './engineClient.ts';
import { engineSettings } from './settings.ts';
import { listVirtualManifests } from './virtualFiles.ts';

const manifestName = /(\.(ya?ml|json)|\/Kustomization)$/i;

/** Where tools write thousands of files that nobody wrote by hand. */
const noise = /\/(node_modules|\.git)\//;

/** A pause in typing after which the text is worth reading. */
const typingPause = 60;

/** Files change in herds, by a checkout or a build; they are told together. */
const watchingPause = 100;

/** Files of a virtual folder beyond this number are not read. */
const mostVirtualFiles = 5000;

/** Tells the worker what the workspace holds: folders, texts that are not saved, files that changed, settings. */
export class WorkspaceSource implements vscode.Disposable {
  readonly #client: EngineClient;
  readonly #log: vscode.LogOutputChannel;
  readonly #disposables: vscode.Disposable[] = [];
  readonly #timers = new Map<string, NodeJS.Timeout>();
  /** Documents whose text the worker has from here and not from the disk. */
  readonly #sent = new Set<string>();
  readonly #virtualFolders = new Set<string>();
  readonly #touched = new Map<string, vscode.Uri>();
  #telling: NodeJS.Timeout | undefined;

  constructor(client: EngineClient, log: vscode.LogOutputChannel) {
    this.#client = client;
    this.#log = log;
    // A folder that comes or goes is one event, without one for each of its files.
    const watcher = vscode.workspace.createFileSystemWatcher('**/*');
    this.#disposables.push(
      client.onDidStart(() => this.#tellAll()),
      watcher,
      watcher.onDidCreate((uri) => this.#touch(uri)),
      watcher.onDidChange((uri) => {
        if (manifestName.test(uri.path)) this.#touch(uri);
      }),
      watcher.onDidDelete((uri) => this.#touch(uri)),
      vscode.workspace.onDidChangeWorkspaceFolders(() => this.#tellFolders()),
      vscode.workspace.onDidOpenTextDocument((document) => this.#opened(document)),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0) this.#typed(document);
        // What was undone or reverted is as on the disk again, and nothing else tells so.
        else if (!document.isDirty) this.#saved(document);
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
    this.#virtualFolders.clear();
    this.#client.change({ kind: 'settings', settings: engineSettings() });
    this.#tellFolders();
    for (const document of vscode.workspace.textDocuments) this.#opened(document);
  }

  #tellFolders(): void {
    const own = vscode.workspace.workspaceFolders ?? [];
    const folders = own.map(({ uri, name }) => ({
      uri: withoutSlash(uri),
      name,
      onDisk: uri.scheme === 'file',
    }));
    const strays = vscode.workspace.textDocuments.filter((one) => isManifestDocument(one) && isStray(one.uri));
    const alone = new Map(strays.map((one) => [folderOfStray(one), one]));
    const others = [...alone.keys()].map((uri) => ({ uri, name: uri.slice(uri.search(/[^/:]*$/)), onDisk: false }));
    this.#client.change({ kind: 'folders', folders: [...folders, ...others] });
    for (const { uri } of own) {
      if (uri.scheme === 'file' || this.#virtualFolders.has(uri.toString())) continue;
      this.#virtualFolders.add(uri.toString());
      void this.#tellVirtualFiles(uri);
    }
  }

  /** Files that are not on this disk are read through VS Code. */
  async #tellVirtualFiles(folder: vscode.Uri): Promise<void> {
    const found = await listVirtualManifests(folder, mostVirtualFiles);
    if (found.length === mostVirtualFiles) this.#log.warn(`${folder}: only ${mostVirtualFiles} files are read`);
    const files = await Promise.all(found.map(async (uri) => ({ uri: uri.toString(), text: await this.#read(uri) })));
    this.#client.change({ kind: 'files', files });
  }

  async #read(uri: vscode.Uri): Promise<string | null> {
    try {
      return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
    } catch (error) {
      this.#log.debug(`${uri.toString()}: ${String(error)}`);
      return null;
    }
  }

  #touch(uri: vscode.Uri): void {
    if (noise.test(uri.path)) return;
    this.#touched.set(uri.toString(), uri);
    clearTimeout(this.#telling);
    this.#telling = setTimeout(() => void this.#tellTouched(), watchingPause);
  }

  /** The worker looks itself at what became of files on this disk. */
  async #tellTouched(): Promise<void> {
    const touched = [...this.#touched.values()];
    this.#touched.clear();
    const files = touched.map(async (uri) => {
      if (uri.scheme === 'file') return { uri: uri.toString() };
      return manifestName.test(uri.path)
        ? { uri: uri.toString(), text: await this.#read(uri) }
        : this.#folderTouched(uri);
    });
    this.#client.change({ kind: 'files', files: (await Promise.all(files)).flatMap((one) => one ?? []) });
  }

  /** What was perhaps a folder: its files are told where it is there, and gone where it is not. */
  async #folderTouched(uri: vscode.Uri): Promise<{ readonly uri: string; readonly text: null } | undefined> {
    try {
      const { type } = await vscode.workspace.fs.stat(uri);
      if ((type & vscode.FileType.Directory) !== 0) await this.#tellVirtualFiles(uri);
      return undefined;
    } catch {
      return { uri: uri.toString(), text: null };
    }
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
    clearTimeout(this.#timers.get(uri));
    if (!this.#sent.has(uri) || isStray(document.uri)) return;
    this.#client.change({ kind: 'files', files: [{ uri, text: document.getText() }] });
    this.#forget(uri);
  }

  #closed(document: vscode.TextDocument): void {
    const uri = document.uri.toString();
    if (this.#sent.has(uri)) this.#forget(uri);
    if (isStray(document.uri) && isManifestDocument(document)) this.#tellFolders();
  }

  #forget(uri: string): void {
    this.#sent.delete(uri);
    this.#client.change({ kind: 'text', uri, text: null });
  }

  dispose(): void {
    clearTimeout(this.#telling);
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

/** Files outside of the workspace count with what is open of their folder; a text without a file stands alone. */
function folderOfStray({ uri, isUntitled }: vscode.TextDocument): string {
  return isUntitled ? uri.toString() : withoutSlash(vscode.Uri.joinPath(uri, '..'));
}
