import type { Pod } from '../model/cluster.ts';
import { isObject, type JsonValue, valueAt } from '../model/json.ts';
import { matchesLabels, readLabelSelector } from '../model/labels.ts';
import type { FieldPath, Resource } from '../model/resource.ts';
import type { PolicyRule } from '../policy/policy.ts';
import type { RuleContext } from './rule.ts';

/**
 * Two neighbouring peers of a rule, one with only a namespaceSelector and one with only a podSelector, where one peer
 * with both was likely meant. `first` is the index of the earlier one in the list at `path`.
 */
export function splitPeer(
  context: RuleContext,
  { object, ref }: Resource,
  { evidence, direction }: Pick<PolicyRule, 'evidence' | 'direction'>,
): { readonly path: FieldPath; readonly first: number } | undefined {
  const path = [...evidence.path, direction === 'ingress' ? 'from' : 'to'];
  const peers = valueAt(object, ...path);
  if (!Array.isArray(peers)) return undefined;
  const first = peers.findIndex((peer, index) => isSplit(peer, peers[index + 1]));
  if (first < 0) return undefined;
  // Longer lists spell out alternatives; only what the pods show tells a slip in them.
  const alone = peers.length === 2;
  return isOneMeant(context, ref.namespace, peers[first], peers[first + 1], alone) ? { path, first } : undefined;
}

/** True for a peer with only namespaceSelector beside one with only podSelector. */
function isSplit(a: JsonValue, b: JsonValue | undefined): boolean {
  return (
    (hasOnly(a, 'namespaceSelector') && hasOnly(b, 'podSelector')) ||
    (hasOnly(a, 'podSelector') && hasOnly(b, 'namespaceSelector'))
  );
}

/**
 * One peer makes sense where pods of those namespaces have the labels, or nobody of the own namespace does. `unseen` is
 * the answer where the files show no pods on either side.
 */
function isOneMeant(
  { snapshot }: RuleContext,
  own: string,
  a: JsonValue | undefined,
  b: JsonValue | undefined,
  unseen: boolean,
): boolean {
  const namespaces = readLabelSelector(valueAt(a, 'namespaceSelector') ?? valueAt(b, 'namespaceSelector'));
  const labels = readLabelSelector(valueAt(a, 'podSelector') ?? valueAt(b, 'podSelector'));
  // All pods of the own namespace beside some other namespaces: joined, it would say nothing.
  if (namespaces === undefined || labels === undefined || labels.requirements.length === 0) return false;
  const chosen = [...snapshot.namespaces.values()].filter((one) => matchesLabels(namespaces, one.labels));
  const others = chosen.flatMap(({ name }) => (name === own ? [] : snapshot.podsIn(name)));
  const matches = (pod: Pod) => matchesLabels(labels, pod.template.labels);
  if (others.length > 0) return others.some(matches);
  const mine = snapshot.podsIn(own);
  return mine.length > 0 ? !mine.some(matches) : unseen;
}

function hasOnly(peer: JsonValue | undefined, key: string): boolean {
  return isObject(peer) && isObject(peer[key]) && Object.keys(peer).length === 1;
}
