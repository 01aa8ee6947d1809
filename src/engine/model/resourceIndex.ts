import { type Resource, refKey } from './resource.ts';

/** Objects by kind and ref. */
export interface ResourceIndex {
  readonly effective: readonly Resource[];
  readonly byRef: ReadonlyMap<string, Resource>;
  readonly ofKind: (group: string, kind: string) => readonly Resource[];
}

/** Of two objects with one ref the later counts. */
export function indexResources(resources: readonly Resource[]): ResourceIndex {
  const byRef = new Map<string, Resource>();
  for (const resource of resources) byRef.set(refKey(resource.ref), resource);
  const effective = [...byRef.values()];
  const byKind = Map.groupBy(effective, ({ ref }) => `${ref.group}/${ref.kind}`);
  return { effective, byRef, ofKind: (group, kind) => byKind.get(`${group}/${kind}`) ?? [] };
}
