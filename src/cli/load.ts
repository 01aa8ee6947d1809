import { dirname, relative, resolve, sep } from 'node:path';
import { type Analysis, AnalysisHost, type Change, clusterScheme, type ScopeAnalysis } from '../engine/index.ts';
import { isManifestName, listManifests, readFiles } from '../sources/fileSource.ts';
import { type Options, UsageError } from './arguments.ts';
import { isLive, readCluster } from './cluster.ts';

/**
 * Reads the paths of a command line into an analysis. All paths are one workspace folder: what they have in common. Where
 * a cluster is to be read they are laid over it, and without any of them it is all there is.
 */
export async function load(paths: readonly string[], options: Options): Promise<Analysis> {
  const { assume, allAsOne } = options;
  const cluster = isLive(options) ? await readCluster(options) : undefined;
  const settings = { assume, rules: {}, allAsOne };
  const clusters = cluster === undefined ? [] : [cluster];
  if (cluster !== undefined && paths.length === 0) return new AnalysisHost().apply({ settings, clusters });
  const layOver = cluster === undefined ? {} : { layOver: cluster.context };
  return new AnalysisHost().apply({ ...(await readPaths(paths)), settings: { ...settings, ...layOver }, clusters });
}

/** The files of a command line as a change; throws a {@link UsageError} for what can't be read. */
export async function readPaths(paths: readonly string[]): Promise<Pick<Change, 'folders' | 'saved'>> {
  const wanted = paths.length === 0 ? ['.'] : paths;
  const onDisk = wanted.filter((path) => path !== '-').map((path) => resolve(path));
  const listed = (await Promise.all(onDisk.map(listOrRefuse))).flat();
  const root = commonFolder(onDisk, listed);
  const files = [...new Set([...listed, ...(await configFile(root, listed))])];
  const read = await readFiles(files);
  const saved = read.map(({ path, text, error }) => {
    if (text === undefined) throw new UsageError(`${path}: ${error ?? 'not readable'}`);
    return { uri: uriOf(path), text };
  });
  if (wanted.includes('-')) saved.push({ uri: `${uriOf(root)}/stdin.yaml`, text: await standardInput() });
  const name = root.slice(root.lastIndexOf(sep) + 1) || 'root';
  return { folders: [{ uri: uriOf(root), name }], saved };
}

async function listOrRefuse(path: string): Promise<readonly string[]> {
  try {
    return await listManifests(path);
  } catch {
    throw new UsageError(`${path}: no such file or folder`);
  }
}

/** Where one folder is given it is the root; else what all files have in common. */
function commonFolder(paths: readonly string[], files: readonly string[]): string {
  const [only] = paths;
  if (only === undefined) return process.cwd();
  if (paths.length === 1) return files.length === 1 && files[0] === only ? dirname(only) : only;
  const split = paths.map((path) => (files.includes(path) ? dirname(path) : path).split(sep));
  const first = split[0] ?? [];
  const length = first.findIndex((step, index) => split.some((other) => other[index] !== step));
  return (length < 0 ? first : first.slice(0, length)).join(sep) || sep;
}

/** podpath.yaml of the root counts even where only some files were named. */
async function configFile(root: string, listed: readonly string[]): Promise<readonly string[]> {
  const path = `${root}${sep}podpath.yaml`;
  if (listed.includes(path)) return [];
  return listManifests(path).then(
    (found) => found.filter(isManifestName),
    () => [],
  );
}

async function standardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString('utf8');
}

/** The scope that a command is about; throws where there are several and none was named. */
export function oneScope(analysis: Analysis, name: string | undefined): ScopeAnalysis {
  const { scopes } = analysis;
  if (name !== undefined) return scopeNamed(analysis, name);
  const withObjects = scopes.filter(({ scope }) => scope.resources.length > 0);
  const [first] = withObjects.length > 0 ? withObjects : scopes;
  if (withObjects.length > 1)
    throw new UsageError(`several scopes; name one with --scope, or use --all-as-one:\n${list(withObjects)}`);
  if (first === undefined) throw new UsageError('there are no Kubernetes manifests here');
  return first;
}

/** Of rows of all scopes those of the one that was named, or all; throws where there is no scope of that name. */
export function ofScope<T extends { readonly scope: string }>(
  analysis: Analysis,
  name: string | undefined,
  rows: readonly T[],
): readonly T[] {
  if (name === undefined) return rows;
  scopeNamed(analysis, name);
  return rows.filter(({ scope }) => scope === name);
}

function scopeNamed(analysis: Analysis, name: string): ScopeAnalysis {
  const found = analysis.scopeNamed(name);
  if (found === undefined) throw new UsageError(`there is no scope ${name}; there are:\n${list(analysis.scopes)}`);
  return found;
}

function list(scopes: readonly ScopeAnalysis[]): string {
  return scopes.map(({ scope }) => `  ${scope.name} (${scope.resources.length} objects)`).join('\n');
}

/** A path as the engine names files: `/` between steps on every system, and none at the end of a root. */
export function uriOf(path: string, separator: string = sep): string {
  return path.split(separator).join('/').replace(/\/$/, '');
}

/** A file as output names it: relative to the working directory, `/` between steps. A live object is no file. */
export function fileName(uri: string): string {
  if (uri.startsWith(`${clusterScheme}:`)) return uri;
  return relative(process.cwd(), uri).split(sep).join('/') || '.';
}
