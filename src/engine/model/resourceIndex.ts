import { type Resource, type ResourceRef, refKey } from './resource.ts';

/** Objects by kind and ref. */
export interface ResourceIndex {
  readonly effective: readonly Resource[];
  readonly byRef: ReadonlyMap<string, Resource>;
  /** Each kind that there are objects of, once. */
  readonly kinds: readonly Pick<ResourceRef, 'group' | 'kind'>[];
  readonly ofKind: (group: string, kind: string) => readonly Resource[];
}

/** Of two objects with one ref the later counts. */
export function indexResources(resources: readonly Resource[]): ResourceIndex {
  const byRef = new Map<string, Resource>();
  for (const resource of resources) byRef.set(refKey(resource.ref), resource);
  const effective = [...byRef.values()];
  const byKind = Map.groupBy(effective, ({ ref }) => `${ref.group}/${ref.kind}`);
  const kinds = [...byKind.values()].flatMap(([first]) => (first === undefined ? [] : [first.ref]));
  return { effective, byRef, kinds, ofKind: (group, kind) => byKind.get(`${group}/${kind}`) ?? [] };
}
