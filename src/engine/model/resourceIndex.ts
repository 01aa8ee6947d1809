import { NameIndex } from './nameIndex.ts';
import { type Resource, type ResourceRef, refKey } from './resource.ts';

/** Objects by kind and ref. */
export interface ResourceIndex {
  readonly effective: readonly Resource[];
  readonly get: (ref: ResourceRef) => Resource | undefined;
  /** Each kind that there are objects of, once. */
  readonly kinds: readonly Pick<ResourceRef, 'group' | 'kind'>[];
  readonly ofKind: (group: string, kind: string) => readonly Resource[];
  /** The index once an object gave way to another of its ref; `undefined` where it is none that counts. */
  readonly replacing: (gone: Resource, come: Resource) => ResourceIndex | undefined;
}

/** Of two objects with one ref the later counts, in the place of the first. */
export function indexResources(resources: readonly Resource[]): ResourceIndex {
  const lists = Map.groupBy(resources, ({ ref }) => kindKey(ref.group, ref.kind));
  const byKind = new Map([...lists].map(([key, list]) => [key, { list, names: NameIndex.of(list) }]));
  const index = indexOf(resources, byKind);
  if ([...byKind.values()].every(({ names }) => names.isUnique)) return index;
  return indexResources([...new Set(resources.map((one) => index.get(one.ref) ?? one))]);
}

function kindKey(group: string, kind: string): string {
  return `${group}/${kind}`;
}

interface OfKind {
  readonly list: readonly Resource[];
  readonly names: NameIndex<Resource>;
}

function indexOf(effective: readonly Resource[], byKind: ReadonlyMap<string, OfKind>): ResourceIndex {
  const ofKind = (group: string, kind: string): OfKind | undefined => byKind.get(kindKey(group, kind));
  return {
    effective,
    get: ({ group, kind, namespace, name }) => ofKind(group, kind)?.names.get(namespace, name),
    kinds: [...byKind.values()].flatMap(({ list: [first] }) => (first === undefined ? [] : [first.ref])),
    ofKind: (group, kind) => ofKind(group, kind)?.list ?? [],
    replacing: (gone, come) => {
      const { group, kind } = gone.ref;
      const own = ofKind(group, kind);
      const [place, placeOfKind] = [effective.indexOf(gone), own?.list.indexOf(gone) ?? -1];
      if (own === undefined || place < 0 || refKey(gone.ref) !== refKey(come.ref)) return undefined;
      const now = { list: own.list.with(placeOfKind, come), names: own.names.replacing(come) };
      return indexOf(effective.with(place, come), new Map([...byKind, [kindKey(group, kind), now]]));
    },
  };
}
