import { t } from '@vscode/l10n';
import { arrayAt, objectAt, stringAt, stringMapAt, valueAt } from '../model/json.ts';
import { isPolicyKind } from '../model/kinds.ts';
import { type LabelSelector, matchesLabels, readLabelSelector } from '../model/labels.ts';
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

/** The labels of a template, which the selector above them must fit. */
function ownLabelsSlot({ path, part, group, kind }: TypedField): Slot | undefined {
  const isTemplate = path.slice(0, -1).join('.') === 'spec.template.metadata.labels' && isController(group, kind);
  const key = path.at(-1);
  if (!isTemplate || typeof key !== 'string') return undefined;
  const selector = path.slice(0, -1);
  return part === 'key' ? { of: 'key', selector, taken: [] } : { of: 'value', selector, key, taken: [] };
}

function isPlainSelector(group: string, kind: string, path: FieldPath): boolean {
  return group === '' && (kind === 'Service' || kind === 'ReplicationController') && path.join('.') === 'spec.selector';
}

/** A workload's selector and the labels of its template must fit each other, and nothing else. */
function ownCandidates({ group, kind, object }: TypedField, slot: Slot): readonly Candidate[] | undefined {
  if (!isController(group, kind) || slot.of === 'operator') return undefined;
  const inTemplate = slot.selector.join('.') === 'spec.template.metadata.labels';
  if (!inTemplate && slot.selector.join('.') !== 'spec.selector') return undefined;
  const selector = stringMapAt(
    object,
    'spec',
    'selector',
    ...(kind === 'ReplicationController' ? [] : ['matchLabels']),
  );
  const labels = inTemplate ? selector : stringMapAt(object, 'spec', 'template', 'metadata', 'labels');
  const detail = inTemplate ? t('its selector asks for it') : t('on its own template');
  if (slot.of !== 'value') return Object.keys(labels).map((value) => ({ value, kind: 'label-key', detail }));
  const value = Object.hasOwn(labels, slot.key) ? labels[slot.key] : undefined;
  return value === undefined ? [] : [{ value, kind: 'label-value', detail }];
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
