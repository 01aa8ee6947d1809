import { fileURLToPath, pathToFileURL } from 'node:url';
import { clusterUri, readClusterUri } from '../engine/index.ts';

/**
 * One spelling for each file. VS Code and Node escape different characters in file URIs, so the worker keeps only
 * Node's; URIs of other schemes stay as they are.
 */
export function canonicalUri(uri: string): string {
  const live = readClusterUri(uri);
  if (live !== undefined) return clusterUri(live.context, live.ref);
  const path = pathOf(uri);
  return path === undefined ? uri : uriOf(path);
}

/** The path of a file URI; `undefined` for what is not on this disk. */
export function pathOf(uri: string): string | undefined {
  if (!uri.startsWith('file:')) return undefined;
  try {
    return fileURLToPath(uri);
  } catch {
    return undefined;
  }
}

/** The URI of a path, without a last slash. */
export function uriOf(path: string): string {
  return pathToFileURL(path).href.replace(/\/$/, '');
}

/** A query's parameters with every `uri` in one spelling. */
export function withCanonicalUris<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withCanonicalUris) as T;
  const entries = Object.entries(value).map(([key, member]) => {
    return [key, key === 'uri' && typeof member === 'string' ? canonicalUri(member) : withCanonicalUris(member)];
  });
  return Object.fromEntries(entries) as T;
}
