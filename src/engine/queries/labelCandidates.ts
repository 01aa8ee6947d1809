import { t } from '@vscode/l10n';
import { arrayAt, objectAt, stringAt, stringMapAt, valueAt } from '../model/json.ts';
import { isPolicyKind } from '../model/kinds.ts';
import { type LabelSelector, type Labels, matchesLabels, readLabelSelector } from '../model/labels.ts';
import type { FieldPath } from '../model/resource.ts';
import { isController } from '../model/workloads.ts';
import { type Candidate, type Labelled, labelKeys, labelValues, namespaceNames } from './candidates.ts';
import type { TypedField } from './completion.ts';

/** Part of a selector that is being typed: a key, a value of the key, or an operator. */
type Slot =
  | { readonly of: 'key' | 'operator'; readonly selector: FieldPath; readonly taken: readonly string[] }
  | { readonly of: 'value'; readonly selector: FieldPath; readonly key: string; readonly taken: readonly string[] };

/** Keys, values and operators of a selector; `undefined` where no selector is typed, or one of objects that have no model. */
export function labelCandidates(field: TypedField): readonly Candidate[] | undefined {
  const slot = slotOf(field) ?? ownLabelsSlot(field);
  if (slot === undefined) return undefined;
  if (slot.of === 'operator') return operators;
  if (slot.of === 'value' && isNamespaceKey(slot.key)) {
    const { snapshot } = field.scope;
    return namespaceNames([...snapshot.namespaces.values()], (name) => snapshot.podsIn(name));
  }
  const found = ownCandidates(field, slot) ?? ofLabelled(field, slot);
  return found?.filter(({ value }) => !slot.taken.includes(String(value)));
}

function ofLabelled(field: TypedField, slot: Slot): readonly Candidate[] | undefined {
  const labelled = labelledBy(field, slot.selector);
  if (labelled === undefined) return undefined;
  if (slot.of !== 'value') return labelKeys(labelled);
  return labelValues(labelled, field.group === 'cilium.io' ? withoutSource(slot.key) : slot.key);
}

const operators: readonly Candidate[] = ['In', 'NotIn', 'Exists', 'DoesNotExist'].map((value) => {
  return { value, kind: 'operator', detail: '' };
});

/** Cilium may write before a key where the label comes from. */
function withoutSource(key: string): string {
  return key.replace(/^(?:k8s|any)[:.]/, '');
}

/** What Cilium calls the namespace of a pod among its labels. */
function isNamespaceKey(key: string): boolean {
  return withoutSource(key) === 'io.kubernetes.pod.namespace';
}

function slotOf({ path, part, object, kind, group }: TypedField): Slot | undefined {
  const last = path.at(-1);
  const map = path.slice(0, -1);
  const isMap = map.at(-1) === 'matchLabels' || map.at(-1) === 'nodeSelector' || isPlainSelector(group, kind, map);
  if (isMap && typeof last === 'string') {
    const selector = map.at(-1) === 'matchLabels' ? map.slice(0, -1) : map;
    if (part === 'value') return { of: 'value', selector, key: last, taken: [] };
    return { of: 'key', selector, taken: Object.keys(objectAt(object, ...map) ?? {}) };
  }
  const at = path.lastIndexOf('matchExpressions');
  if (at < 0 || part !== 'value') return undefined;
  const selector = path.slice(0, at);
  const field = path[at + 2];
  if (path.length === at + 3 && field === 'key') return { of: 'key', selector, taken: [] };
  if (path.length === at + 3 && field === 'operator') return { of: 'operator', selector, taken: [] };
  if (path.length !== at + 4 || field !== 'values') return undefined;
  const entry = path.slice(0, at + 2);
  const taken = arrayAt(object, ...entry, 'values').map(String);
  return { of: 'value', selector, key: stringAt(object, ...entry, 'key') ?? '', taken };
}

/** The labels of pods, which selectors of others must fit: a template's, and those of a Pod. */
function ownLabelsSlot({ path, part, group, kind, object }: TypedField): Slot | undefined {
  const map = path.slice(0, -1);
  const isPod = group === '' && kind === 'Pod' && map.join('.') === 'metadata.labels';
  const isTemplate = map.join('.') === templateLabels && isController(group, kind);
  const key = path.at(-1);
  if ((!isPod && !isTemplate) || typeof key !== 'string') return undefined;
  if (part === 'value') return { of: 'value', selector: map, key, taken: [] };
  return { of: 'key', selector: map, taken: Object.keys(objectAt(object, ...map) ?? {}) };
}

const templateLabels = 'spec.template.metadata.labels';

function isPlainSelector(group: string, kind: string, path: FieldPath): boolean {
  return group === '' && (kind === 'Service' || kind === 'ReplicationController') && path.join('.') === 'spec.selector';
}

/**
 * A workload's selector and the labels of its template must fit each other. Where there is nothing to fit yet, and for the
 * labels of a Pod, it is what the namespace's Services select.
 */
function ownCandidates(field: TypedField, slot: Slot): readonly Candidate[] | undefined {
  const { group, kind, object } = field;
  const at = slot.selector.join('.');
  const isPod = group === '' && kind === 'Pod' && at === 'metadata.labels';
  const isOwn = isController(group, kind) && (at === templateLabels || at === 'spec.selector');
  if (slot.of === 'operator' || (!isPod && !isOwn)) return undefined;
  const inTemplate = at === templateLabels;
  const map = kind === 'ReplicationController' ? [] : ['matchLabels'];
  const other = inTemplate ? ['spec', 'selector', ...map] : ['spec', 'template', 'metadata', 'labels'];
  const detail = inTemplate ? t('its selector asks for it') : t('on its own template');
  const own = fitting(isPod ? {} : stringMapAt(object, ...other), slot, detail);
  if (own.length > 0 && (slot.of === 'value' || !inTemplate)) return own;
  const wanted = field.scope.snapshot.services
    .filter(({ ref }) => ref.namespace === field.namespace)
    .flatMap(({ ref, selector }) => fitting(selector ?? {}, slot, t('Service {0} selects it', ref.name)));
  // What several Services select stands once, with the first of them.
  const found = Map.groupBy([...own, ...wanted], ({ value }) => value);
  return [...found.values()].flatMap(([first]) => first ?? []);
}

/** The keys of some labels, or the value of the key. */
function fitting(labels: Labels, slot: Slot, detail: string): readonly Candidate[] {
  if (slot.of !== 'value') return Object.keys(labels).map((value) => ({ value, kind: 'label-key', detail }));
  const value = Object.hasOwn(labels, slot.key) ? labels[slot.key] : undefined;
  return value === undefined || value === '' ? [] : [{ value, kind: 'label-value', detail }];
}

const ofNodes: readonly unknown[] = ['nodeSelector', 'nodes', 'nodeAffinity', 'fromNodes', 'toNodes'];

/** Whose labels a selector reads; `undefined` where it selects what has no model here. */
function labelledBy(field: TypedField, selector: FieldPath): Labelled | undefined {
  const { scope, group, kind, namespace, object } = field;
  const { snapshot } = scope;
  const isKnown =
    isPlainSelector(group, kind, ['spec', 'selector']) ||
    kind === 'PodDisruptionBudget' ||
    (group === '' && kind === 'Pod') ||
    isController(group, kind) ||
    isPolicyKind(group, kind);
  if (!isKnown || selector.includes('volumeClaimTemplates')) return undefined;
  if (selector.some((step) => ofNodes.includes(step))) return { kind: 'nodes', nodes: snapshot.nodes };
  if (selector.at(-1) === 'namespaceSelector' || selector.at(-1) === 'namespaces') {
    return { kind: 'namespaces', namespaces: [...snapshot.namespaces.values()] };
  }
  const beside = readLabelSelector(valueAt(object, ...selector.slice(0, -1), 'namespaceSelector'));
  const labels = group === 'cilium.io' ? stringMapAt(object, ...selector, 'matchLabels') : {};
  const named = Object.keys(labels).find(isNamespaceKey);
  const names = namespacesOf(field, beside, (named === undefined ? undefined : labels[named]) ?? namespace);
  return { kind: 'pods', pods: names.flatMap((name) => snapshot.podsIn(name)) };
}

/** Those that a selector beside it means; else the object's own, and all of a cluster-scoped policy. */
function namespacesOf({ scope }: TypedField, beside: LabelSelector | undefined, own: string): readonly string[] {
  const all = [...scope.snapshot.namespaces.values()];
  // A selector that is not whole yet may come to mean any.
  if (beside?.invalid !== undefined || (beside === undefined && own === '')) return all.map(({ name }) => name);
  if (beside === undefined) return [own];
  return all.filter(({ labels }) => matchesLabels(beside, labels)).map(({ name }) => name);
}
