import type { Change } from '../engine/index.ts';

/** Several changes as one: of each file, of the folders, clusters and settings the newest word counts. */
export function mergeChanges(changes: readonly Change[]): Change {
  const { folders, settings, clusters } = Object.assign({}, ...changes) as Change;
  return {
    saved: newest(changes.flatMap((one) => one.saved ?? [])),
    unsaved: newest(changes.flatMap((one) => one.unsaved ?? [])),
    ...(folders === undefined ? {} : { folders }),
    ...(settings === undefined ? {} : { settings }),
    ...(clusters === undefined ? {} : { clusters }),
  };
}

function newest<T extends { readonly uri: string }>(texts: readonly T[]): readonly T[] {
  return [...new Map(texts.map((one) => [one.uri, one])).values()];
}
