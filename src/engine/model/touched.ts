import { isPolicyKind } from './kinds.ts';
import { sortedExchange } from './lists.ts';
import { oncePer } from './memo.ts';
import { byNamespaceAndName } from './nameIndex.ts';
import type { Snapshot } from './snapshot.ts';
import { isController } from './workloads.ts';

/** Kinds beside those of pods and their makers that say where pods are, and what happened to them. */
const ofPods: ReadonlySet<string> = new Set(['/Endpoints', '/Event', '/Pod', 'discovery.k8s.io/EndpointSlice']);

function isOfPods(group: string, kind: string): boolean {
  return isController(group, kind) || ofPods.has(`${group}/${kind}`);
}

/** True where two states of a running cluster have the very same objects, but for policies and for what comes and goes with pods. */
function differInPodsAlone(a: Snapshot, b: Snapshot): boolean {
  return (
    a.nodes === b.nodes &&
    a.isLoading === b.isLoading &&
    [...a.kinds, ...b.kinds].every(
      ({ group, kind }) =>
        isOfPods(group, kind) || isPolicyKind(group, kind) || a.ofKind(group, kind) === b.ofKind(group, kind),
    )
  );
}

const touchedSince = oncePer((now: Snapshot) =>
  oncePer((before: Snapshot): ReadonlySet<string> | 'more' => {
    if (!differInPodsAlone(before, now)) return 'more';
    const touched = new Set<string>();
    const kinds = new Map([...before.kinds, ...now.kinds].map((one) => [`${one.group}/${one.kind}`, one]));
    for (const { group, kind } of kinds.values()) {
      if (!isOfPods(group, kind)) continue;
      const { gone, come } = sortedExchange(before.ofKind(group, kind), now.ofKind(group, kind), byNamespaceAndName);
      for (const { ref } of [...gone, ...come]) touched.add(ref.namespace);
    }
    return touched;
  }),
);

/**
 * The namespaces in which two states of a running cluster differ, where nothing does but pods, what comes and goes with
 * them, and policies, which are not looked at; `undefined` where more does.
 */
export function touchedNamespaces(before: Snapshot, now: Snapshot): ReadonlySet<string> | undefined {
  const touched = touchedSince(now)(before);
  return touched === 'more' ? undefined : touched;
}
