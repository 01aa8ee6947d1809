import type { Change } from '../engine/index.ts';
import type { WorkerChange } from '../protocol.ts';
import { isManifestName, listManifests, readFiles } from '../sources/fileSource.ts';
import { canonicalUri, pathOf, uriOf } from './uris.ts';

type FileText = NonNullable<Change['saved']>[number];

/** Told while many files are read. */
export type Progress = (done: number, total: number) => void;

/** Turns what the editor says into changes of the engine; reads from the disk what the editor leaves to the worker. */
export class Workspace {
  #folders: readonly { readonly uri: string; readonly name: string }[] = [];
  /** Files that came from walking a folder, by the folder. */
  readonly #walked = new Map<string, readonly string[]>();
  readonly #progress: Progress;

  constructor(progress: Progress) {
    this.#progress = progress;
  }

  async changeOf(change: WorkerChange): Promise<Change> {
    switch (change.kind) {
      case 'folders':
        return this.#setFolders(change.folders);
      case 'text':
        return { unsaved: [{ uri: canonicalUri(change.uri), text: change.text }] };
      case 'files':
        return { saved: await this.#files(change.files) };
      case 'settings': {
        const { assume, rules, exclude } = change.settings;
        return { settings: { assume, rules, exclude } };
      }
      default:
        return change satisfies never;
    }
  }

  async #setFolders(folders: Extract<WorkerChange, { kind: 'folders' }>['folders']): Promise<Change> {
    this.#folders = folders.map(({ uri, name }) => ({ uri: canonicalUri(uri), name }));
    const kept = new Set(this.#folders.map((one) => one.uri));
    const saved: FileText[] = [];
    for (const [folder, uris] of this.#walked) {
      if (kept.has(folder)) continue;
      saved.push(...uris.map((uri) => ({ uri, text: null })));
      this.#walked.delete(folder);
    }
    for (const { uri, onDisk } of folders) {
      const path = pathOf(uri);
      const folder = canonicalUri(uri);
      if (!onDisk || path === undefined || this.#walked.has(folder)) continue;
      const texts = await this.#walk(path);
      this.#walked.set(
        folder,
        texts.map((one) => one.uri),
      );
      saved.push(...texts);
    }
    return { folders: this.#folders, saved };
  }

  async #walk(path: string): Promise<readonly FileText[]> {
    // A folder that is gone has no files.
    const paths = await listManifests(path).catch(() => []);
    const read = await readFiles(paths, (done) => this.#progress(done, paths.length));
    return read.flatMap((one) => (one.text === undefined ? [] : [{ uri: uriOf(one.path), text: one.text }]));
  }

  async #files(files: Extract<WorkerChange, { kind: 'files' }>['files']): Promise<readonly FileText[]> {
    const given = files.flatMap(({ uri, text }) => (text === undefined ? [] : [{ uri: canonicalUri(uri), text }]));
    const paths = files.flatMap(({ uri, text }) => {
      const path = text === undefined ? pathOf(uri) : undefined;
      return path !== undefined && isManifestName(path) ? [path] : [];
    });
    const read = await readFiles(paths);
    return [...given, ...read.map((one) => ({ uri: uriOf(one.path), text: one.text ?? null }))];
  }
}
