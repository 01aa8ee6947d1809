import { t } from '@vscode/l10n';
import { readDocuments } from '../manifest/parse.ts';
import type { AssumptionSettings } from '../model/assumptions.ts';
import { layered } from '../model/layer.ts';
import type { Evidence, FieldPath, Location, Origin, ResourceRef } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import {
  type ClusterObjects,
  clusterFile,
  clusterScope,
  liveFile,
  loadingText,
  objectsOf,
  readClusterUri,
} from './clusters.ts';
import { kustomizationNames, SourceFile } from './files.ts';
import { emptyConfig, type PodpathConfig, readPodpathConfig } from './podpathConfig.ts';
import { ScopeAnalysis } from './scopeAnalysis.ts';
import { drawScopes, type Scope, type ScopedFile } from './scopes.ts';

/**
 * A folder that files belong to; its podpath.yaml rules it. `uri` has no last slash. A text that was never saved is in
 * no folder: it is one itself, with its own `uri`.
 */
export interface WorkspaceFolder {
  readonly uri: string;
  readonly name: string;
}

/** A file's text; `null` says that it is gone. */
export interface FileText {
  readonly uri: string;
  readonly text: string | null;
}

/** What of the user's settings the engine reads; `assume` beats podpath.yaml. */
export interface AnalysisSettings {
  readonly assume: AssumptionSettings;
  /** `code: off|hint|info|warning|error`; podpath.yaml beats these. */
  readonly rules: Readonly<Record<string, string>>;
  /** Every file of a folder is one scope, whatever it holds. */
  readonly allAsOne?: boolean;
  /** Paths below the folders that are not read, as `exclude` of podpath.yaml. */
  readonly exclude?: readonly string[];
  /** The running cluster that every scope of files is laid over, in place of being a scope; podpath.yaml may name another for a scope. */
  readonly layOver?: string;
}

/** What changed in the world. Absent members did not. */
export interface Change {
  readonly folders?: readonly WorkspaceFolder[];
  /** Files as saved. */
  readonly saved?: readonly FileText[];
  /** Texts of editors that are not saved; `null` says that the saved one counts again. */
  readonly unsaved?: readonly FileText[];
  readonly settings?: AnalysisSettings;
  /** The running clusters that are read, all of them. */
  readonly clusters?: readonly ClusterObjects[];
}

interface HostState {
  readonly folders: readonly WorkspaceFolder[];
  readonly saved: ReadonlyMap<string, SourceFile>;
  readonly unsaved: ReadonlyMap<string, SourceFile>;
  readonly settings: AnalysisSettings;
  readonly clusters: readonly ClusterObjects[];
}

const emptyState: HostState = {
  folders: [],
  saved: new Map(),
  unsaved: new Map(),
  settings: { assume: {}, rules: {} },
  clusters: [],
};

/** Takes changes and gives analyses. Every analysis stays valid; the next one shares with it whatever did not change. */
export class AnalysisHost {
  #state = emptyState;
  #current = new Analysis(emptyState, undefined, 0);

  get analysis(): Analysis {
    return this.#current;
  }

  apply(change: Change): Analysis {
    const saved = withTexts(this.#state.saved, change.saved ?? [], new Map());
    this.#state = {
      folders: change.folders ?? this.#state.folders,
      saved,
      unsaved: withTexts(this.#state.unsaved, change.unsaved ?? [], saved),
      settings: change.settings ?? this.#state.settings,
      clusters: change.clusters ?? this.#state.clusters,
    };
    const { folders, saved: files, settings, clusters } = change;
    const isOnlyUnsaved = [folders, files, settings, clusters].every((one) => one === undefined);
    const before = isOnlyUnsaved ? this.#current.knownSaved : undefined;
    this.#current = new Analysis(this.#state, this.#current, this.#current.revision + 1, before);
    return this.#current;
  }
}

/** A new text is read with the old one of the file at hand, so that what did not change is kept. */
function withTexts(
  files: ReadonlyMap<string, SourceFile>,
  texts: readonly FileText[],
  base: ReadonlyMap<string, SourceFile>,
): ReadonlyMap<string, SourceFile> {
  if (texts.length === 0) return files;
  const next = new Map(files);
  for (const { uri, text } of texts) {
    if (text === null) next.delete(uri);
    else {
      const old = files.get(uri) ?? base.get(uri);
      if (old?.text !== text) next.set(uri, new SourceFile(uri, text, old));
      else next.set(uri, old);
    }
  }
  return next;
}

/** What is known at one moment. Immutable; every answer is computed once. */
export class Analysis {
  readonly revision: number;
  readonly settings: AnalysisSettings;
  readonly #state: HostState;
  /** The scopes of the last analysis that had any, until this one has its own: two states of a large cluster are too many. */
  #previous: ReadonlyMap<string, ScopeAnalysis> = new Map();
  #files: readonly SourceFile[] | undefined;
  #scopes: readonly ScopeAnalysis[] | undefined;
  #saved: Analysis | undefined;
  readonly #configs = new Map<string, PodpathConfig>();
  readonly #plain = new WeakMap<ScopeAnalysis, ScopeAnalysis>();

  constructor(state: HostState, previous: Analysis | undefined, revision: number, saved?: Analysis) {
    this.#state = state;
    this.#saved = state.unsaved.size === 0 ? this : saved;
    this.revision = revision;
    this.settings = state.settings;
    if (previous === undefined) return;
    const scopes = previous.#scopes?.map((one) => [one.scope.name, one] as const);
    this.#previous = scopes === undefined ? previous.#previous : new Map(scopes);
  }

  /** The same world with saved texts alone; this analysis where no text is unsaved. */
  get saved(): Analysis {
    this.#saved ??= new Analysis({ ...this.#state, unsaved: new Map() }, this, this.revision);
    return this.#saved;
  }

  /** {@link saved}, where it has been asked for. */
  get knownSaved(): Analysis | undefined {
    return this.#saved;
  }

  /** The text that counts for a file: the unsaved one before the saved one; a live object's as it is kept. */
  file(uri: string): SourceFile | undefined {
    return this.#state.unsaved.get(uri) ?? this.#state.saved.get(uri) ?? clusterFile(this.#state.clusters, uri);
  }

  get clusters(): readonly ClusterObjects[] {
    return this.#state.clusters;
  }

  /** Every file that is not excluded, in the order of their URIs; unsaved texts before saved ones. */
  get files(): readonly SourceFile[] {
    if (this.#files === undefined) {
      const uris = new Set([...this.#state.saved.keys(), ...this.#state.unsaved.keys()]);
      this.#files = [...uris].sort().flatMap((uri) => (this.#isRead(uri) ? (this.file(uri) ?? []) : []));
    }
    return this.#files;
  }

  #isRead(uri: string): boolean {
    const folder = this.folderOf(uri);
    if (folder === undefined) return false;
    const { include, exclude } = this.config(folder).config;
    return isIncluded(pathIn(folder, uri), include, [...exclude, ...(this.settings.exclude ?? [])]);
  }

  get folders(): readonly WorkspaceFolder[] {
    return this.#state.folders;
  }

  /** The scopes of all folders, in a fixed order, then the running clusters. */
  get scopes(): readonly ScopeAnalysis[] {
    if (this.#scopes === undefined) {
      const taken = new Set(this.#state.clusters.map(({ context }) => context));
      const ofFiles = this.#state.folders.flatMap((folder) => this.#scopesOf(folder, taken));
      const live = this.#state.clusters
        .filter(({ context }) => context !== this.settings.layOver)
        .map((one) => this.#analyse(clusterScope(one), this.settings.assume));
      this.#scopes = [...ofFiles, ...live];
      this.#previous = new Map();
    }
    return this.#scopes;
  }

  /** The part of the last analysis that is still true is kept. */
  #analyse(scope: Scope, assume: AssumptionSettings): ScopeAnalysis {
    return this.#previous.get(scope.name)?.next(scope, assume) ?? new ScopeAnalysis(scope, assume);
  }

  /** podpath.yaml of a folder, and the file that it stands in. */
  config(folder: WorkspaceFolder): { readonly config: PodpathConfig; readonly file?: SourceFile } {
    const file = this.file(`${folder.uri}/podpath.yaml`) ?? this.file(`${folder.uri}/podpath.yml`);
    if (file === undefined) return { config: emptyConfig };
    let config = this.#configs.get(file.uri);
    if (config === undefined) {
      config = readPodpathConfig(readDocuments(file.text)[0]?.value);
      this.#configs.set(file.uri, config);
    }
    return { config, file };
  }

  /** The folder that a file is in: the innermost one. */
  folderOf(uri: string): WorkspaceFolder | undefined {
    return this.#state.folders
      .filter((folder) => uri === folder.uri || uri.startsWith(`${folder.uri}/`))
      .sort((a, b) => b.uri.length - a.uri.length)[0];
  }

  /** `taken` are the names of scopes so far; each name stands for one scope. */
  #scopesOf(folder: WorkspaceFolder, taken: Set<string>): readonly ScopeAnalysis[] {
    const { config } = this.config(folder);
    const files = this.files
      .filter((file) => this.folderOf(file.uri) === folder)
      .map((file): ScopedFile => {
        const saved = this.#state.saved.get(file.uri) ?? file;
        return {
          path: pathIn(folder, file.uri),
          file: file.manifest,
          saved: saved.manifest,
          names: kustomizationNames(file),
        };
      });
    const all = { name: folder.name, paths: ['.'], assume: {}, at: [] };
    const whole = this.settings.allAsOne === true ? [all] : config.scopes;
    return drawScopes(folder.name, files, whole).map((drawn) => {
      const scope = { ...drawn, name: freeName(drawn.name, folder.name, taken) };
      taken.add(scope.name);
      const assume = { ...config.assume, ...scope.configured?.assume, ...this.settings.assume };
      return this.#analyse(this.#layOver(scope), assume);
    });
  }

  /** A scope of files without the cluster that it is laid over; the same one where there is none. */
  plainScope(scope: ScopeAnalysis): ScopeAnalysis {
    if (scope.scope.context === undefined || scope.scope.files.length === 0) return scope;
    let plain = this.#plain.get(scope);
    if (plain === undefined) {
      const { context: _, ...rest } = scope.scope;
      const resources = rest.files.flatMap((file) => file.documents.flatMap((document) => document.resources));
      plain = new ScopeAnalysis({ ...rest, resources }, scope.assume);
      this.#plain.set(scope, plain);
    }
    return plain;
  }

  /** A scope over the cluster that it names, or that all are laid over; without one it stays as it is. */
  #layOver(scope: Scope): Scope {
    const context = scope.configured?.context ?? this.settings.layOver;
    if (context === undefined) return scope;
    const cluster = this.#state.clusters.find((one) => one.context === context);
    if (cluster === undefined) {
      return {
        ...scope,
        incomplete: [...scope.incomplete, t('Context {0} is not connected: its objects are not known', context)],
      };
    }
    if (cluster.isLoading) return { ...scope, incomplete: [...scope.incomplete, loadingText(context)] };
    const resources = layered(objectsOf(cluster), scope.resources);
    return { ...scope, resources, incomplete: [...scope.incomplete, ...cluster.missing], context };
  }

  /** The scopes that a file's objects are in. */
  scopesOfFile(uri: string): readonly ScopeAnalysis[] {
    const live = readClusterUri(uri);
    if (live !== undefined) return this.scopes.filter(({ scope }) => scope.name === live.context);
    return this.scopes.filter(({ scope }) => scope.files.some((file) => file.uri === uri));
  }

  scopeNamed(name: string): ScopeAnalysis | undefined {
    return this.scopes.find(({ scope }) => scope.name === name);
  }

  /** Where a field of an object stands; `undefined` for what no file holds. */
  locate(
    snapshot: Snapshot,
    ref: ResourceRef,
    path: FieldPath,
    part: 'key' | 'value' = 'value',
    origin?: Origin,
  ): Location | undefined {
    const from = origin ?? snapshot.get(ref)?.origin;
    const place = from?.type === 'cluster' ? this.#livePlace(snapshot, ref, from.context) : this.#place(from);
    const range = place?.file.locator.locate(place.document, [...place.prefix, ...path], part);
    if (place === undefined || range === undefined) return undefined;
    return { uri: place.file.uri, range: place.file.range(range.start, range.end) };
  }

  #place(origin: Origin | undefined): Place | undefined {
    const file = origin?.type === 'manifest' ? this.file(origin.uri) : undefined;
    return file === undefined || origin?.type !== 'manifest' ? undefined : { ...origin, file };
  }

  #livePlace(snapshot: Snapshot, ref: ResourceRef, context: string): Place | undefined {
    const resource = snapshot.get(ref);
    return resource && { file: liveFile(resource, context), document: 0, prefix: [] };
  }

  locateEvidence(snapshot: Snapshot, evidence: Evidence): Location | undefined {
    return this.locate(snapshot, evidence.ref, evidence.path);
  }
}

/** An object's text. */
interface Place {
  readonly file: SourceFile;
  readonly document: number;
  readonly prefix: FieldPath;
}

/** The path of a file below its folder. A text that was never saved is a folder of its own, and goes by its name. */
function pathIn(folder: WorkspaceFolder, uri: string): string {
  return uri === folder.uri ? folder.name : uri.slice(folder.uri.length + 1);
}

/** A scope's name, told apart by its folder or a number where another scope has it. */
function freeName(name: string, folder: string, taken: ReadonlySet<string>): string {
  const candidates = [name, `${folder}/${name}`];
  const free = candidates.find((one) => !taken.has(one));
  let number = 2;
  while (free === undefined && taken.has(`${folder}/${name} (${number})`)) number++;
  return free ?? `${folder}/${name} (${number})`;
}

/** `include` and `exclude` are paths or folders below the workspace folder; `*` stands for any part of one step. */
function isIncluded(path: string, include: readonly string[], exclude: readonly string[]): boolean {
  const matches = (pattern: string): boolean => {
    const source = pattern
      .replace(/^\.\//, '')
      .replace(/\/+$/, '')
      .split('/')
      .map((step) => (step === '**' ? '.*' : step.replaceAll(/[.+^${}()|[\]\\?]/g, '\\$&').replaceAll('*', '[^/]*')))
      .join('/');
    return new RegExp(`^${source.replaceAll('.*/', '(?:.*/)?')}(?:/|$)`).test(path);
  };
  return (include.length === 0 || include.some(matches)) && !exclude.some(matches);
}
