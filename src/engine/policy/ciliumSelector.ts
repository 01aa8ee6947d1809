import { t } from '@vscode/l10n';
import { type LabelRequirement, type LabelSelector, podFacts } from '../model/labels.ts';
import type { FieldPath } from '../model/resource.ts';
import type { PolicyReader } from './reader.ts';

/** A selector of Cilium's identities, with its keys as {@link podFacts} has them. */
export interface CiliumSelector {
  readonly pods: LabelSelector;
  /** True where it asks for a namespace by name, which takes away the limit to the policy's own. */
  readonly namesNamespace: boolean;
  /** True where it asks for labels of the namespace, which does the same in a namespaced policy. */
  readonly namespaceLabels: boolean;
  /** The one reserved label that the selector asks for, and nothing else: the name of an entity. */
  readonly entity?: string;
  /** True where it also asks that a reserved label is not there. */
  readonly notReserved: boolean;
  /** True where it holds for what has no labels at all. */
  readonly onlyNegative: boolean;
  /** What it depends on that can't be seen here. */
  readonly unseen?: string;
}

const namespaceKey = 'io.kubernetes.pod.namespace';
const namespaceLabel = 'io.cilium.k8s.namespace.labels.';
const sources = new Set(['any', 'k8s', 'node', 'reserved']);

/**
 * Labels that Cilium leaves out of identities unless it is told otherwise, so that no selector sees them, and those
 * of them that it keeps. Source: cilium pkg/labelsfilter.
 */
const filtered =
  /^(io\.kubernetes|kubernetes\.io|statefulset\.kubernetes\.io\/pod-name|apps\.kubernetes\.io\/pod-index|batch\.kubernetes\.io\/job-completion-index|.*beta\.kubernetes\.io|k8s\.io|pod-template-generation|pod-template-hash|controller-revision-hash|annotation|etcd_node)/;

/**
 * Reads a selector of endpoints. Keys may name their source: `k8s:app`, `any:app` (the same as `app`), `reserved:host`.
 * What can't be read is a doubt and gives `undefined`.
 * Source: cilium pkg/policy/api/selector.go, pkg/labels, pkg/k8s/apis/cilium.io/utils.
 */
export function readCiliumSelector(reader: PolicyReader, path: FieldPath): CiliumSelector | undefined {
  const selector = readSelector(reader, path);
  if (selector === undefined) return undefined;
  const keys = selector.requirements.map((one) => ({ one, ...sourceOf(one.key) }));
  const odd = keys.find(({ source }) => !sources.has(source));
  if (odd !== undefined) {
    reader.gap(path, t('labels of the source {0} are not modelled', odd.source));
    return undefined;
  }
  const reserved = keys.filter(({ source }) => source === 'reserved');
  const asked = reserved.filter(({ one }) => !isNegative(one));
  if (asked.length > 0 && keys.length > 1) {
    reader.gap(path, t('a selector of reserved and other labels together is not modelled'));
    return undefined;
  }
  const plain = keys.filter(({ source }) => source !== 'reserved');
  const unseen = plain.map(({ name }) => unseenOf(name)).find((text) => text !== undefined);
  return {
    pods: { requirements: plain.map(({ one, name }) => ({ ...one, key: factOf(name) })) },
    namesNamespace: plain.some(({ name }) => name === namespaceKey),
    namespaceLabels: plain.some(({ name }) => name.startsWith(namespaceLabel)),
    ...(asked[0] === undefined ? {} : { entity: asked[0].name }),
    notReserved: reserved.length > asked.length,
    onlyNegative: selector.requirements.every(isNegative),
    ...(unseen === undefined ? {} : { unseen }),
  };
}

/** Reads a selector of nodes, whose keys may name their source too. What can't be read gives `undefined`. */
export function readNodeSelector(reader: PolicyReader, path: FieldPath): LabelSelector | undefined {
  const selector = readSelector(reader, path);
  if (selector === undefined) return undefined;
  const requirements = selector.requirements.map((one) => ({ ...one, ...sourceOf(one.key) }));
  if (requirements.every(({ source }) => source !== 'reserved' && sources.has(source))) {
    return { requirements: requirements.map(({ name, operator, values }) => ({ key: name, operator, values })) };
  }
  reader.gap(path, t('a selector of nodes by other than their own labels is not modelled'));
  return undefined;
}

/** A LabelSelector of which every part can be read. */
function readSelector(reader: PolicyReader, path: FieldPath): LabelSelector | undefined {
  const selector = reader.selector(path, (key) => sourceOf(key).name);
  if (selector === undefined) reader.doubt(path, t('the selector is missing'));
  return selector?.invalid === undefined ? selector : undefined;
}

/** A key without a source means a label of any source. */
function sourceOf(key: string): { readonly source: string; readonly name: string } {
  const at = key.indexOf(':');
  return at < 0 ? { source: 'any', name: key } : { source: key.slice(0, at), name: key.slice(at + 1) };
}

function isNegative({ operator }: LabelRequirement): boolean {
  return operator === 'NotIn' || operator === 'DoesNotExist';
}

function factOf(name: string): string {
  if (name === namespaceKey) return podFacts.namespace;
  if (name.startsWith(namespaceLabel)) return podFacts.namespaceLabel(name.slice(namespaceLabel.length));
  return name === 'io.cilium.k8s.policy.serviceaccount' ? podFacts.serviceAccount : name;
}

/**
 * What a selector of a policy's own nodes hangs on: a node is known by its labels less those that Cilium leaves out.
 * Source: cilium pkg/endpoint, InitWithNodeLabels.
 */
export function unseenOfNodes({ requirements }: LabelSelector): string | undefined {
  return requirements.map(({ key }) => unseenOf(key)).find((text) => text !== undefined);
}

/** The nodes that such a selector chooses at most. */
export function widestNodes({ requirements }: LabelSelector): LabelSelector {
  return { requirements: requirements.filter(({ key }) => unseenOf(key) === undefined) };
}

function unseenOf(name: string): string | undefined {
  if (name === 'io.cilium.k8s.policy.cluster') return t('it depends on the name that Cilium has for this cluster');
  const isKept = name === namespaceKey || name.startsWith(namespaceLabel) || !filtered.test(name);
  return isKept ? undefined : t('it depends on whether Cilium is set to use the label {0}', name);
}
