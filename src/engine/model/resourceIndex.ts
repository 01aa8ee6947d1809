import type { Exchange } from './lists.ts';
import { NameIndex } from './nameIndex.ts';
import { type Resource, type ResourceRef, refKey } from './resource.ts';

/** Objects by kind and ref. */
export interface ResourceIndex {
  readonly effective: readonly Resource[];
  readonly get: (ref: ResourceRef) => Resource | undefined;
  /** Each kind that there are objects of, once. */
  readonly kinds: readonly Pick<ResourceRef, 'group' | 'kind'>[];
  readonly ofKind: (group: string, kind: string) => readonly Resource[];
  /** The same of one namespace. */
  readonly inNamespace: (group: string, kind: string, namespace: string) => readonly Resource[];
  /**
   * The index once some objects gave way to others, with the lists of all other kinds as they are; `undefined` where they
   * are not sorted by name, or a kind comes or goes. Objects are in the order of their kinds then.
   */
  readonly exchanging: (exchange: Exchange<Resource>) => ResourceIndex | undefined;
  /** The index once an object gave way to another of its ref; `undefined` where it is none that counts. */
  readonly replacing: (gone: Resource, come: Resource) => ResourceIndex | undefined;
}

/** Of two objects with one ref the later counts, in the place of the first. */
export function indexResources(resources: readonly Resource[]): ResourceIndex {
  const lists = [...listsOfKinds(resources)];
  const byKind = new Map(lists.map(([key, list]) => [key, { list, names: NameIndex.of(list) }]));
  const index = indexOf(resources, byKind);
  if ([...byKind.values()].every(({ names }) => names.isUnique)) return index;
  return indexResources([...new Set(resources.map((one) => index.get(one.ref) ?? one))]);
}

/** Objects by kind; those of one kind mostly stand together. */
function listsOfKinds(resources: readonly Resource[]): ReadonlyMap<string, readonly Resource[]> {
  const lists = new Map<string, Resource[]>();
  let last: ResourceRef | undefined;
  let list: Resource[] = [];
  for (const one of resources) {
    const { ref } = one;
    if (ref.kind !== last?.kind || ref.group !== last.group) {
      const key = kindKey(ref.group, ref.kind);
      list = lists.get(key) ?? [];
      lists.set(key, list);
      last = ref;
    }
    list.push(one);
  }
  return lists;
}

function kindKey(group: string, kind: string): string {
  return `${group}/${kind}`;
}

function exchangesByKind({ gone, come }: Exchange<Resource>): ReadonlyMap<string, Exchange<Resource>> {
  const lists = [listsOfKinds(gone), listsOfKinds(come)] as const;
  const keys = new Set(lists.flatMap((one) => [...one.keys()]));
  return new Map([...keys].map((key) => [key, { gone: lists[0].get(key) ?? [], come: lists[1].get(key) ?? [] }]));
}

interface OfKind {
  readonly list: readonly Resource[];
  readonly names: NameIndex<Resource>;
}

/** Without `effective` it is the objects kind by kind. */
function indexOf(effective: readonly Resource[] | undefined, byKind: ReadonlyMap<string, OfKind>): ResourceIndex {
  let all = effective;
  const ofKind = (group: string, kind: string): OfKind | undefined => byKind.get(kindKey(group, kind));
  return {
    get effective() {
      all ??= [...byKind.values()].flatMap(({ list }) => list);
      return all;
    },
    get: ({ group, kind, namespace, name }) => ofKind(group, kind)?.names.get(namespace, name),
    kinds: [...byKind.values()].flatMap(({ list: [first] }) => (first === undefined ? [] : [first.ref])),
    ofKind: (group, kind) => ofKind(group, kind)?.list ?? [],
    inNamespace: (group, kind, namespace) => {
      const own = ofKind(group, kind);
      if (own?.names.isInOrder) return own.names.inNamespace(namespace);
      return (own?.list ?? []).filter(({ ref }) => ref.namespace === namespace);
    },
    exchanging: (exchange) => {
      const after = new Map(byKind);
      for (const [key, part] of exchangesByKind(exchange)) {
        const own = byKind.get(key);
        const splices = own?.names.splicesFor(part);
        if (own === undefined || splices === undefined) return undefined;
        const names = own.names.spliced(splices);
        if (names.sorted.length === 0) return undefined;
        after.set(key, { list: names.sorted, names });
      }
      return indexOf(undefined, after);
    },
    replacing: (gone, come) => {
      const { group, kind } = gone.ref;
      const own = ofKind(group, kind);
      const [place, placeOfKind] = [all?.indexOf(gone) ?? -1, own?.list.indexOf(gone) ?? -1];
      if (own === undefined || all === undefined || place < 0 || refKey(gone.ref) !== refKey(come.ref))
        return undefined;
      const now = { list: own.list.with(placeOfKind, come), names: own.names.replacing(come) };
      return indexOf(all.with(place, come), new Map([...byKind, [kindKey(group, kind), now]]));
    },
  };
}
