import { NameIndex } from './nameIndex.ts';
import type { Resource, ResourceRef } from './resource.ts';

/** Objects by kind and ref. */
export interface ResourceIndex {
  readonly effective: readonly Resource[];
  readonly get: (ref: ResourceRef) => Resource | undefined;
  /** Each kind that there are objects of, once. */
  readonly kinds: readonly Pick<ResourceRef, 'group' | 'kind'>[];
  readonly ofKind: (group: string, kind: string) => readonly Resource[];
}

/** Of two objects with one ref the later counts, in the place of the first. */
export function indexResources(resources: readonly Resource[]): ResourceIndex {
  const byKind = Map.groupBy(resources, ({ ref }) => `${ref.group}/${ref.kind}`);
  const names = new Map([...byKind].map(([key, list]) => [key, new NameIndex(list)]));
  const get = (ref: ResourceRef): Resource | undefined =>
    names.get(`${ref.group}/${ref.kind}`)?.get(ref.namespace, ref.name);
  if ([...names.values()].some(({ isUnique }) => !isUnique)) {
    return indexResources([...new Set(resources.map((one) => get(one.ref) ?? one))]);
  }
  const kinds = [...byKind.values()].flatMap(([first]) => (first === undefined ? [] : [first.ref]));
  return {
    effective: resources,
    get,
    kinds,
    ofKind: (group, kind) => byKind.get(`${group}/${kind}`) ?? [],
  };
}
