import type { Derived } from '../analysis/derived.ts';
import { isObject, type JsonValue } from '../model/json.ts';
import { isPolicyKind } from '../model/kinds.ts';
import type { FieldPath, Resource, ResourceRef } from '../model/resource.ts';
import { isCompared, networkView } from './networkView.ts';

/**
 * How an object of the files stands to the cluster: `differs` in what the network sees, at `paths`; `absent` is not
 * there, or may not be seen; `extra` is a policy of the cluster, in a namespace of the files, that these do not have.
 */
export interface Drift {
  readonly kind: 'differs' | 'absent' | 'extra';
  readonly ref: ResourceRef;
  /** Fields as the files write them; empty for what is not in both. At most {@link mostPaths}. */
  readonly paths: readonly FieldPath[];
}

const mostPaths = 8;

/** Compares the objects of a scope of files with those of a running cluster; sorted by kind, namespace and name. */
export function findDrift(files: Derived, live: Derived): readonly Drift[] {
  const own = files.snapshot.resources.filter(({ origin, ref }) => origin.type === 'manifest' && isCompared(ref));
  const compared = own.flatMap((one) => compareObject(files, live, one));
  return [...compared, ...extraPolicies(files, live, own)].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function keyOf({ ref }: Drift): string {
  return `${ref.kind} ${ref.namespace}/${ref.name} ${ref.group}`;
}

/** How one object of the files stands to the cluster; nothing where both say the same. */
export function compareObject(files: Derived, live: Derived, own: Resource): readonly Drift[] {
  const { ref } = own;
  const other = live.snapshot.get(ref);
  if (other === undefined || other.origin.type === 'simulated') return [{ kind: 'absent', ref, paths: [] }];
  const [wanted, found] = [networkView(files, own, own), networkView(live, other, own)];
  const paths = differences(own.object, other.object, []).filter(([first]) => first === 'spec' || isLabel(ref, first));
  if (wanted !== undefined && found !== undefined) {
    return wanted === found ? [] : [{ kind: 'differs', ref, paths: paths.slice(0, mostPaths) }];
  }
  return paths.length === 0 ? [] : [{ kind: 'differs', ref, paths: paths.slice(0, mostPaths) }];
}

function isLabel({ kind }: ResourceRef, first: string | number | undefined): boolean {
  return kind === 'Namespace' && first === 'metadata';
}

/** Where the second value does not say what the first one does; what only the second has is the server's own affair. */
function differences(wanted: JsonValue | undefined, found: JsonValue | undefined, path: FieldPath): FieldPath[] {
  if (isObject(wanted) && isObject(found)) {
    return Object.entries(wanted).flatMap(([key, value]) => differences(value, found[key], [...path, key]));
  }
  if (Array.isArray(wanted) && Array.isArray(found)) {
    const [one, other] = [wanted as readonly JsonValue[], found as readonly JsonValue[]];
    if (one.length !== other.length) return [path];
    return one.flatMap((value, index) => differences(value, other[index], [...path, index]));
  }
  // An empty list or object is left out when it is stored.
  const isNothing = found === undefined && typeof wanted === 'object' && Object.keys(wanted ?? {}).length === 0;
  return wanted === found || wanted === null || wanted === undefined || isNothing ? [] : [path];
}

function extraPolicies(files: Derived, live: Derived, own: readonly Resource[]): readonly Drift[] {
  const namespaces = new Set(own.map(({ ref }) => ref.namespace).filter((name) => name !== ''));
  return live.snapshot.resources
    .filter(({ ref, origin }) => {
      if (origin.type !== 'cluster' || !isPolicyKind(ref.group, ref.kind) || !namespaces.has(ref.namespace))
        return false;
      return files.snapshot.get(ref) === undefined;
    })
    .map(({ ref }) => ({ kind: 'extra', ref, paths: [] }));
}
