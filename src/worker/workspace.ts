import { relative, sep } from 'node:path';
import type { Change } from '../engine/index.ts';
import type { WorkerChange } from '../protocol.ts';
import { isManifestName, isSkipped, listManifests, readFiles } from '../sources/fileSource.ts';
import { canonicalUri, pathOf, uriOf } from './uris.ts';

type FileText = NonNullable<Change['saved']>[number];
type Folder = Extract<WorkerChange, { kind: 'folders' }>['folders'][number];

/** What of the editor's changes is about files and settings. */
export type WorkspaceChange = Exclude<WorkerChange, { readonly kind: 'clusters' }>;

/** Told while many files are read. */
export type Progress = (done: number, total: number) => void;

/** Turns what the editor says into changes of the engine; reads from the disk what the editor leaves to the worker. */
export class Workspace {
  #folders: readonly Folder[] = [];
  readonly #walked = new Set<string>();
  /** Every file whose saved text the engine has. */
  readonly #saved = new Set<string>();
  readonly #progress: Progress;

  constructor(progress: Progress) {
    this.#progress = progress;
  }

  async changeOf(change: WorkspaceChange): Promise<Change> {
    switch (change.kind) {
      case 'folders':
        return this.#setFolders(change.folders);
      case 'text': {
        const uri = canonicalUri(change.uri);
        return this.#isRead(uri) ? { unsaved: [{ uri, text: change.text }] } : {};
      }
      case 'files':
        return { saved: this.#remember(await this.#files(change.files)) };
      case 'settings': {
        const { assume, rules, exclude } = change.settings;
        return { settings: { assume, rules, exclude } };
      }
      default:
        return change satisfies never;
    }
  }

  async #setFolders(given: readonly Folder[]): Promise<Change> {
    this.#folders = given.map((one) => ({ ...one, uri: canonicalUri(one.uri) }));
    const kept = new Set(this.#folders.map((one) => one.uri));
    for (const uri of this.#walked) if (!kept.has(uri)) this.#walked.delete(uri);
    const gone = [...this.#saved].filter((uri) => this.#folderOf(uri) === undefined);
    const texts: FileText[] = gone.map((uri) => ({ uri, text: null }));
    for (const { uri, onDisk } of this.#folders) {
      const path = pathOf(uri);
      if (!onDisk || path === undefined || this.#walked.has(uri)) continue;
      this.#walked.add(uri);
      // A folder that is gone has no files.
      const paths = await listManifests(path).catch(() => []);
      texts.push(...(await this.#read(paths)));
    }
    return { folders: this.#folders.map(({ uri, name }) => ({ uri, name })), saved: this.#remember(texts) };
  }

  /** The texts of files, of all files in a folder that came, and of none where they are gone. */
  async #files(files: Extract<WorkerChange, { kind: 'files' }>['files']): Promise<readonly FileText[]> {
    const texts: FileText[] = [];
    const paths: string[] = [];
    for (const { uri: spelt, text } of files) {
      const uri = canonicalUri(spelt);
      const path = pathOf(uri);
      if (!this.#isRead(uri)) continue;
      if (typeof text === 'string') texts.push({ uri, text });
      else if (text === null || path === undefined) texts.push(...this.#gone(uri));
      else {
        const found = await listManifests(path).catch(() => undefined);
        if (found === undefined) texts.push(...this.#gone(uri));
        else paths.push(...found.filter(isManifestName));
      }
    }
    return [...texts, ...(await this.#read(paths))];
  }

  /** A file or a folder that was deleted takes all below it with it. */
  #gone(uri: string): readonly FileText[] {
    const below = [...this.#saved].filter((one) => one === uri || one.startsWith(`${uri}/`));
    return below.map((one) => ({ uri: one, text: null }));
  }

  async #read(paths: readonly string[]): Promise<readonly FileText[]> {
    const read = await readFiles(paths, (done) => this.#progress(done, paths.length));
    return read.map(({ path, text }) => ({ uri: uriOf(path), text: text ?? null }));
  }

  #remember(texts: readonly FileText[]): readonly FileText[] {
    for (const { uri, text } of texts) {
      if (text === null) this.#saved.delete(uri);
      else this.#saved.add(uri);
    }
    return texts;
  }

  /** The innermost folder that a file is in. */
  #folderOf(uri: string): Folder | undefined {
    return this.#folders
      .filter((one) => uri === one.uri || uri.startsWith(`${one.uri}/`))
      .sort((a, b) => b.uri.length - a.uri.length)[0];
  }

  /** False for files that a walk over their folder would not have found, as those of packages. */
  #isRead(uri: string): boolean {
    const folder = this.#folderOf(uri);
    const [path, root] = [pathOf(uri), pathOf(folder?.uri ?? '')];
    if (path === undefined || root === undefined || folder?.onDisk !== true) return true;
    return !relative(root, path).split(sep).slice(0, -1).some(isSkipped);
  }
}
