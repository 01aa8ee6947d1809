import { readEmbedded } from '../manifest/documents.ts';
import { arrayAt, type JsonValue, stringAt } from '../model/json.ts';
import { type LabelSelector, type Labels, matchesLabels, readLabelSelector, selectsAll } from '../model/labels.ts';
import { oncePer } from '../model/memo.ts';
import type { Snapshot } from '../model/snapshot.ts';

/** What the injector does with a pod that the webhook shows it. */
export interface Injector {
  /** `enabled`: all pods that do not say otherwise; `disabled`: none of these; any other word: none at all. */
  readonly policy: string;
  /** Pods that do not say otherwise and are left alone whatever the policy; an empty selector selects none. */
  readonly never: readonly LabelSelector[];
  /** Of the others, those that get a sidecar whatever the policy. */
  readonly always: readonly LabelSelector[];
}

/** What the injector looks at. */
export interface InjectionRequest {
  readonly namespace: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly hostNetwork: boolean;
}

/** Namespaces that the injector leaves alone whatever their labels say. */
export const neverInjected: ReadonlySet<string> = new Set([
  'kube-system',
  'kube-public',
  'kube-node-lease',
  'local-path-storage',
]);

/**
 * True where the injector gives a pod a sidecar. The label goes before the annotation of its name, and of both only the
 * words `true` and `false` count. Source: istio/istio pkg/kube/inject/inject.go, injectRequired.
 */
export function injectRequired(
  { namespace, labels, annotations, hostNetwork }: InjectionRequest,
  { policy, never, always }: Injector,
): boolean {
  if (hostNetwork || neverInjected.has(namespace) || (policy !== 'enabled' && policy !== 'disabled')) return false;
  const asked = labels[injectLabel] ?? annotations[injectLabel];
  if (asked === 'true' || asked === 'false') return asked === 'true';
  const isIn = (list: readonly LabelSelector[]): boolean =>
    list.some((one) => !selectsAll(one) && matchesLabels(one, labels));
  if (isIn(never)) return false;
  return isIn(always) || policy === 'enabled';
}

/** The label of a pod, and the annotation, that ask for a sidecar or refuse it. */
export const injectLabel = 'sidecar.istio.io/inject';

/** The settings of an injector as its ConfigMap writes them. */
export function readInjector(config: JsonValue | undefined): Injector {
  const selectors = (name: string): readonly LabelSelector[] =>
    arrayAt(config, name).flatMap((one) => readLabelSelector(one) ?? []);
  return {
    policy: stringAt(config, 'policy') ?? 'enabled',
    never: selectors('neverInjectSelector'),
    always: selectors('alwaysInjectSelector'),
  };
}

/** The injector of a scope: of its ConfigMap where the files hold one, else as Istio installs it. */
export const injectorOf = oncePer((snapshot: Snapshot): Injector => {
  const config = snapshot.ofKind('', 'ConfigMap').find(({ ref }) => /^istio-sidecar-injector(-|$)/.test(ref.name));
  return readInjector(readEmbedded(stringAt(config?.object, 'data', 'config') ?? ''));
});
