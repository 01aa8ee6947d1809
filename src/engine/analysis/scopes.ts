import { t } from '@vscode/l10n';
import type { ManifestFile } from '../manifest/manifest.ts';
import { type Resource, refKey } from '../model/resource.ts';
import { sameJson } from '../model/sameJson.ts';
import { visibleObjects } from '../model/unread.ts';
import { hiddenMakers } from './hiddenMakers.ts';
import type { ConfiguredScope } from './podpathConfig.ts';

/** A file with its path below the workspace folder, `/` between steps. */
export interface ScopedFile {
  readonly path: string;
  readonly file: ManifestFile;
  /** As saved on disk: scopes are drawn from these, so that typing does not move their borders. */
  readonly saved: ManifestFile;
  /** Paths that a kustomization names, relative to its own folder; empty for other files. */
  readonly names: readonly string[];
}

/** A part of a scope that only a renderer could read. */
export interface NotRendered {
  readonly path: string;
  readonly tool: 'kustomize' | 'helm';
  readonly text: string;
}

/** A set of files taken as applied together (DESIGN.md, section 3). */
export interface Scope {
  readonly name: string;
  readonly files: readonly ManifestFile[];
  readonly resources: readonly Resource[];
  readonly incomplete: readonly string[];
  readonly notRendered: readonly NotRendered[];
  readonly configured?: ConfiguredScope;
  /** The running cluster that the objects are of, or that they are laid over. */
  readonly context?: string;
  /** True for a cluster of which only Services and their endpoints are known yet. */
  readonly isLoading?: boolean;
}

/**
 * Draws the scopes of one workspace folder: those that podpath.yaml lists, else loose manifests by folder, with charts
 * and kustomizations as scopes of their own that are not rendered yet.
 */
export function drawScopes(
  folder: string,
  files: readonly ScopedFile[],
  configured: readonly ConfiguredScope[],
): readonly Scope[] {
  const charts = chartFolders(files);
  const roots = kustomizeRoots(files);
  const notRendered = [...charts.map(asChart), ...roots.map(asKustomization)];
  const named = namedByKustomizations(files);
  const templates = files.filter(({ path, file }) => isTemplate(file) && !named.has(path) && !inChart(path, charts));
  if (configured.length > 0) return configured.map((one) => configuredScope(one, files, notRendered, templates));
  const loose = files.filter(
    ({ path, file }) => file.role === 'manifest' && !named.has(path) && !inChart(path, charts),
  );
  const drawn = looseScopes('', loose).map(({ path, files: own }) => {
    const inside = notRendered.filter((one) => path === '' || one.path.startsWith(`${path}/`));
    const besides = templates.filter((one) => path === '' || isInside(one.path, path));
    return makeScope(path === '' ? folder : path, own, inside, besides);
  });
  const hidden = notRendered.map(
    (one): Scope => ({
      name: one.path === '' ? folder : one.path,
      files: [],
      resources: [],
      incomplete: [one.text],
      notRendered: [one],
    }),
  );
  // A folder that is nothing but a chart would otherwise stand twice under one name.
  return [...drawn, ...hidden.filter((one) => !drawn.some((other) => other.name === one.name))];
}

/** Text whose objects only a renderer knows, whole files and parts of files. */
function isTemplate({ problems }: ManifestFile): boolean {
  return problems.some((one) => one.code === 'manifest-not-rendered');
}

function makeScope(
  name: string,
  files: readonly ScopedFile[],
  notRendered: readonly NotRendered[],
  templates: readonly ScopedFile[],
  configured?: ConfiguredScope,
): Scope {
  const read = files.flatMap(({ file }) => file.documents.flatMap((document) => document.resources));
  const unread = files.flatMap(({ file }) => file.recorded?.unread ?? []);
  const resources = unread.length === 0 ? read : visibleObjects(read, unread);
  const broken = files.filter(({ file }) => file.problems.some((one) => one.code === 'manifest-syntax'));
  return {
    name,
    files: files.map(({ file }) => file),
    resources,
    incomplete: [
      ...notRendered.map((one) => one.text),
      ...(files.some(({ file }) => file.recorded !== undefined) ? [] : hiddenMakers(resources)),
      ...files.flatMap(({ file }) => file.recorded?.missing ?? []),
      ...templates.map(({ path }) => t('{0} is a template: its objects are not known', path)),
      ...broken.map(({ path }) => t('{0} has parts that can not be read', path)),
    ],
    notRendered,
    ...(configured === undefined ? {} : { configured }),
  };
}

function configuredScope(
  one: ConfiguredScope,
  files: readonly ScopedFile[],
  notRendered: readonly NotRendered[],
  templates: readonly ScopedFile[],
): Scope {
  const paths = one.paths.map(cleanPath);
  const own = files.filter(
    ({ path, file }) => file.role === 'manifest' && paths.some((entry) => isInside(path, entry)),
  );
  const wanted = [...paths, ...(one.renderedPath === undefined ? [] : [cleanPath(one.renderedPath)])];
  const hidden = notRendered.filter((entry) => wanted.some((path) => isInside(entry.path, path)));
  const besides = templates.filter((entry) => paths.some((path) => isInside(entry.path, path)));
  return makeScope(one.name, own, hidden, besides, one);
}

function cleanPath(path: string): string {
  return path.replace(/^\.\//, '').replace(/\/+$/, '').replace(/^\.$/, '');
}

function isInside(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`);
}

function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
}

function chartFolders(files: readonly ScopedFile[]): readonly string[] {
  const all = files.filter(({ path }) => /(^|\/)Chart\.ya?ml$/.test(path)).map(({ path }) => folderOf(path));
  // Charts under another chart's charts/ are parts of it.
  return all.filter((path) => !all.some((other) => other !== path && isInside(path, other)));
}

function inChart(path: string, charts: readonly string[]): boolean {
  return charts.some((chart) => isInside(path, chart));
}

function asChart(path: string): NotRendered {
  return { path, tool: 'helm', text: t('Helm chart {0} is not rendered yet: its objects are not known', path || '.') };
}

function asKustomization(path: string): NotRendered {
  return {
    path,
    tool: 'kustomize',
    text: t('Kustomization {0} is not rendered yet: its objects are not known', path || '.'),
  };
}

/** Folders of kustomizations that no other one names. */
function kustomizeRoots(files: readonly ScopedFile[]): readonly string[] {
  const folders = files.filter(({ file }) => file.role === 'kustomization').map(({ path }) => folderOf(path));
  const named = namedByKustomizations(files);
  return [...new Set(folders)].filter((folder) => !named.has(folder));
}

/** Files and folders that kustomizations name, as paths below the workspace folder. */
function namedByKustomizations(files: readonly ScopedFile[]): ReadonlySet<string> {
  return new Set(files.flatMap(({ path, names }) => names.map((name) => join(folderOf(path), name))));
}

function join(folder: string, name: string): string {
  const steps = folder === '' ? [] : folder.split('/');
  for (const step of name.split('/')) {
    if (step === '..') steps.pop();
    else if (step !== '' && step !== '.') steps.push(step);
  }
  return steps.join('/');
}

interface LooseScope {
  readonly path: string;
  readonly files: readonly ScopedFile[];
}

/**
 * A folder is one scope, unless two of its sub-folders define one object differently: then each sub-folder is a scope
 * and the folder's own files belong to all. Bottom-up, on saved text.
 */
function looseScopes(path: string, files: readonly ScopedFile[]): readonly LooseScope[] {
  const prefix = path === '' ? '' : `${path}/`;
  const own = files.filter((one) => !one.path.slice(prefix.length).includes('/'));
  const nested = Map.groupBy(
    files.filter((one) => one.path.slice(prefix.length).includes('/')),
    (one) => prefix + (one.path.slice(prefix.length).split('/')[0] ?? ''),
  );
  const below = [...nested].map(([folder, inside]) => looseScopes(folder, inside));
  const whole =
    below.every((scopes) => scopes.length === 1) && !conflict(below.map((scopes) => scopes[0]?.files ?? []));
  if (whole) return files.length === 0 ? [] : [{ path, files }];
  return below.flat().map((scope) => ({ path: scope.path, files: [...own, ...scope.files] }));
}

/** True where two of the groups define one object with different content. Namespaces are shared by everybody. */
function conflict(groups: readonly (readonly ScopedFile[])[]): boolean {
  const seen = new Map<string, { readonly group: number; readonly resource: Resource }>();
  for (const [group, files] of groups.entries()) {
    for (const resource of files.flatMap(({ saved }) => saved.documents.flatMap((document) => document.resources))) {
      if (resource.ref.kind === 'Namespace') continue;
      const key = refKey(resource.ref);
      const other = seen.get(key);
      const differs = other !== undefined && other.group !== group && !sameJson(other.resource.object, resource.object);
      if (differs) return true;
      seen.set(key, { group, resource });
    }
  }
  return false;
}
