import { t } from '@vscode/l10n';
import { oncePer, remembering } from '../model/memo.ts';
import type { Resource, ResourceRef } from '../model/resource.ts';
import { type UnreadKind, visibleObjects } from '../model/unread.ts';
import { yamlText } from '../render/yaml.ts';
import { SourceFile } from './files.ts';
import type { Scope } from './scopes.ts';

/** A running cluster as it was last seen. */
export interface ClusterObjects {
  /** The kubeconfig's name for it. */
  readonly context: string;
  readonly resources: readonly Resource[];
  /** What could not be read of it, each a sentence. */
  readonly missing: readonly string[];
  /** The kinds among it. */
  readonly unread: readonly UnreadKind[];
  /** True where its pods, workloads and policies are still to come: nothing is judged by what is there. */
  readonly isLoading?: boolean;
}

const knownVisible = new WeakMap<readonly Resource[], { unread: string; objects: readonly Resource[] }>();

/** The objects of a cluster that answers are made of. */
export function objectsOf({ resources, unread }: ClusterObjects): readonly Resource[] {
  const key = JSON.stringify(unread);
  let found = knownVisible.get(resources);
  if (found?.unread !== key) {
    found = { unread: key, objects: visibleObjects(resources, unread) };
    knownVisible.set(resources, found);
  }
  return found.objects;
}

/** The scheme of the texts that stand for objects of running clusters. */
export const clusterScheme = 'podpath-cluster';

/** What is not known yet of a cluster that is being read. */
export function loadingText(context: string): string {
  return t('{0} is still being read: its pods and policies are not known yet', context);
}

/** The whole cluster as a scope of its own, named for its context. */
export function clusterScope(cluster: ClusterObjects): Scope {
  const { context, missing, isLoading = false } = cluster;
  const incomplete = isLoading ? [...missing, loadingText(context)] : missing;
  const scope = { name: context, files: [], resources: objectsOf(cluster), incomplete, notRendered: [], context };
  return isLoading ? { ...scope, isLoading } : scope;
}

/**
 * `podpath-cluster:/NAME.KIND.yaml?[…]`: the path is what people read, the query a JSON list of context, group, kind,
 * namespace and name. Names of contexts hold slashes, which editors do not keep escaped in a path.
 */
export function clusterUri(context: string, { group, kind, namespace, name }: ResourceRef): string {
  const query = JSON.stringify([context, group, kind, namespace, name]);
  return `${clusterScheme}:/${encodeURIComponent(name)}.${encodeURIComponent(kind)}.yaml?${encodeURIComponent(query)}`;
}

/** The context and the object that such a URI names, however it is escaped; `undefined` for every other URI. */
export function readClusterUri(uri: string): { readonly context: string; readonly ref: ResourceRef } | undefined {
  const query = uri.startsWith(`${clusterScheme}:`) ? uri.indexOf('?') : -1;
  if (query < 0) return undefined;
  try {
    const value: unknown = JSON.parse(decodeURIComponent(uri.slice(query + 1)));
    if (!Array.isArray(value) || value.length !== 5 || value.some((one) => typeof one !== 'string')) return undefined;
    const [context = '', group = '', kind = '', namespace = '', name = ''] = value as readonly string[];
    return { context, ref: { group, kind, namespace, name } };
  } catch {
    return undefined;
  }
}

/** Texts are far larger than what they are made of, so they go when nobody reads them. */
const texts = new WeakMap<Resource, WeakRef<SourceFile>>();

/** A live object as a text that can be read and pointed into; made when it is first asked for. */
export function liveFile(resource: Resource, context: string): SourceFile {
  let file = texts.get(resource)?.deref();
  if (file === undefined) {
    const head = t(
      'As Podpath keeps it from context {0}: without Secrets, environment values and managed fields',
      context,
    );
    file = new SourceFile(
      clusterUri(context, resource.ref),
      `# ${head.replaceAll(/\s+/g, ' ')}\n${yamlText([resource.object])}`,
    );
    texts.set(resource, new WeakRef(file));
  }
  return file;
}

/** Objects that are remembered by their URIs for one state of a cluster; editors ask for the same few again and again. */
const mostFound = 1000;

const finderOf = oncePer((resources: readonly Resource[]) =>
  remembering(mostFound, (uri) => {
    const wanted = readClusterUri(uri)?.ref;
    if (wanted === undefined) return undefined;
    const { group, kind, namespace, name } = wanted;
    return resources.find(
      ({ ref }) => ref.name === name && ref.namespace === namespace && ref.kind === kind && ref.group === group,
    );
  }),
);

/** The object of a cluster that a URI names; `undefined` where it is not there, or no longer. */
export function clusterFile(clusters: readonly ClusterObjects[], uri: string): SourceFile | undefined {
  const wanted = readClusterUri(uri);
  const cluster = clusters.find(({ context }) => context === wanted?.context);
  const resource = cluster && finderOf(cluster.resources)(uri);
  return resource && liveFile(resource, cluster.context);
}
