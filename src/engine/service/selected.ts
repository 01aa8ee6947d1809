import type { Pod, Service } from '../model/cluster.ts';
import { matchesLabels, selectorOfLabels } from '../model/labels.ts';
import { oncePer } from '../model/memo.ts';
import type { Snapshot } from '../model/snapshot.ts';

/** By the pods of a namespace, which stay the same list while nothing happens to them. */
const selectedOf = oncePer((pods: readonly Pod[]) =>
  oncePer(({ selector = {} }: Service): readonly Pod[] => {
    const labels = selectorOfLabels(selector);
    return pods.filter(({ template }) => matchesLabels(labels, template.labels));
  }),
);

/** The pods that a Service's selector chooses; none for a Service without selector or an ExternalName. */
export function selectedPods(snapshot: Snapshot, service: Service): readonly Pod[] {
  const { selector, ref, type } = service;
  if (selector === undefined || Object.keys(selector).length === 0 || type === 'ExternalName') return [];
  return selectedOf(snapshot.podsIn(ref.namespace))(service);
}
