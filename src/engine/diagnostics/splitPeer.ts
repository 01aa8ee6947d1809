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
  const meant = first >= 0 && isOneMeant(context, ref.namespace, peers[first], peers[first + 1]);
  return meant ? { path, first } : undefined;
}

/** True for a peer with only namespaceSelector beside one with only podSelector. */
function isSplit(a: JsonValue, b: JsonValue | undefined): boolean {
  return (
    (hasOnly(a, 'namespaceSelector') && hasOnly(b, 'podSelector')) ||
    (hasOnly(a, 'podSelector') && hasOnly(b, 'namespaceSelector'))
  );
}

/** One peer makes sense where pods of those namespaces have the labels, or nobody of the own namespace does. */
function isOneMeant(
  { snapshot }: RuleContext,
  own: string,
  a: JsonValue | undefined,
  b: JsonValue | undefined,
): boolean {
  const namespaces = readLabelSelector(valueAt(a, 'namespaceSelector') ?? valueAt(b, 'namespaceSelector'));
  const labels = readLabelSelector(valueAt(a, 'podSelector') ?? valueAt(b, 'podSelector'));
  if (namespaces === undefined || labels === undefined) return false;
  const chosen = [...snapshot.namespaces.values()].filter((one) => matchesLabels(namespaces, one.labels));
  const others = chosen.flatMap(({ name }) => (name === own ? [] : snapshot.podsIn(name)));
  const matches = (pod: Pod) => matchesLabels(labels, pod.template.labels);
  return others.length > 0 ? others.some(matches) : !snapshot.podsIn(own).some(matches);
}

function hasOnly(peer: JsonValue | undefined, key: string): boolean {
  return isObject(peer) && isObject(peer[key]) && Object.keys(peer).length === 1;
}
