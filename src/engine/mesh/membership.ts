import { t } from '@vscode/l10n';
import type { Pod } from '../model/cluster.ts';
import { arrayAt, stringAt, stringMapAt } from '../model/json.ts';
import { type Labels, matchesLabels, selectorOfLabels } from '../model/labels.ts';
import { isLive } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { injectLabel, injectorOf, injectRequired, neverInjected } from './injection.ts';

/**
 * How a pod takes part in an Istio mesh. `gateway` is a proxy of its own, `ambient` has ztunnel in front, `waypoint` too
 * and a waypoint before that for traffic to its Services; `unknown` where the labels that decide are not in the files.
 */
export type MeshMode = 'none' | 'sidecar' | 'gateway' | 'ambient' | 'waypoint' | 'unknown';

/** A pod's part in the mesh and why; `certain` where it was seen on the pod and does not only follow from labels. */
export interface Membership {
  readonly mode: MeshMode;
  readonly certain: boolean;
  /** One clause: `its namespace has istio-injection=enabled`. */
  readonly why: string;
}

const known = new WeakMap<Snapshot, Map<Pod, Membership>>();

/**
 * Whether a pod is in the mesh: by the proxy in it, else by what the injection webhook with its usual selectors and the
 * ambient CNI agent would make of its labels and its namespace's.
 * Source: istio.io, Installing the Sidecar and Add workloads to the mesh; istio/istio pkg/kube/inject/inject.go.
 */
export function membershipOf(snapshot: Snapshot, pod: Pod): Membership {
  let pods = known.get(snapshot);
  if (pods === undefined) {
    pods = new Map();
    known.set(snapshot, pods);
  }
  let found = pods.get(pod);
  if (found === undefined) {
    found = seen(snapshot, pod) ?? expected(snapshot, pod);
    pods.set(pod, found);
  }
  return found;
}

/** The annotations of a pod or of the template that it is made of. */
export function podAnnotations({ resource, template }: Pick<Pod, 'resource' | 'template'>): Labels {
  return stringMapAt(resource.object, ...template.metadataPath, 'annotations');
}

/** What the pod itself shows, without a guess. */
function seen(snapshot: Snapshot, pod: Pod): Membership | undefined {
  const { template, resource } = pod;
  const certain = (mode: MeshMode, why: string): Membership => ({ mode, certain: true, why });
  if (template.hostNetwork) return certain('none', t('it uses the network of its node'));
  const containers = [...arrayAt(template.spec, 'containers'), ...arrayAt(template.spec, 'initContainers')];
  const proxy = containers.find((one) => stringAt(one, 'name') === 'istio-proxy');
  if (proxy !== undefined) {
    const args = arrayAt(proxy, 'args');
    const own = args.includes('router') || args.includes('waypoint');
    return certain(own ? 'gateway' : 'sidecar', t('it has the container istio-proxy'));
  }
  // A pod of a running cluster shows what was done to it when it started.
  if (!isLive(resource) || resource.ref.kind !== 'Pod') return undefined;
  if (podAnnotations(pod)['ambient.istio.io/redirection'] !== 'enabled') {
    return certain('none', t('it has no proxy and is not enrolled'));
  }
  return certain(usesWaypoint(snapshot, pod) ? 'waypoint' : 'ambient', t('the CNI agent has enrolled it'));
}

/** What would be made of it when it starts. */
function expected(snapshot: Snapshot, pod: Pod): Membership {
  const found = injected(snapshot, pod) ?? enrolled(snapshot, pod);
  return { ...found, certain: false };
}

type Guess = Pick<Membership, 'mode' | 'why'>;

function injected(snapshot: Snapshot, pod: Pod): Guess | undefined {
  const annotations = podAnnotations(pod);
  const { labels, hostNetwork } = pod.template;
  const request = { namespace: pod.ref.namespace, labels, annotations, hostNetwork };
  if (!injectRequired(request, injectorOf(snapshot))) return undefined;
  const mode = annotations['inject.istio.io/templates']?.includes('gateway') === true ? 'gateway' : 'sidecar';
  const why = selected(snapshot, pod, labels[injectLabel]);
  if (why === undefined) return undefined;
  return why === '' ? { mode: 'unknown', why: notSeen(pod) } : { mode, why };
}

function notSeen({ ref }: Pod): string {
  return t('the labels of the namespace {0} are not in the files', ref.namespace);
}

/** Why the webhook sees the pod at all; '' where labels that are not in the files decide. */
function selected(snapshot: Snapshot, pod: Pod, label: string | undefined): string | undefined {
  const namespace = snapshot.namespaces.get(pod.ref.namespace);
  const byPod = label === 'true' || pod.template.labels['istio.io/rev'] !== undefined;
  if (byPod && namespace?.resource === undefined) return t('its labels ask for injection');
  if (namespace?.resource === undefined)
    return pod.template.labels['istio.io/dataplane-mode'] === 'ambient' ? undefined : '';
  const injection = namespace.labels['istio-injection'];
  if (injection !== undefined) {
    return injection === 'enabled' ? t('its namespace has istio-injection=enabled') : undefined;
  }
  const revision = namespace.labels['istio.io/rev'];
  if (revision !== undefined) return t('its namespace has istio.io/rev={0}', revision);
  return byPod ? t('its labels ask for injection') : undefined;
}

/** The label of the pod goes before that of its namespace; the CNI agent leaves kube-system out. */
function enrolled(snapshot: Snapshot, pod: Pod): Guess {
  const namespace = snapshot.namespaces.get(pod.ref.namespace);
  const key = 'istio.io/dataplane-mode';
  const own = pod.template.labels[key];
  const wanted = own ?? namespace?.labels[key];
  if (wanted !== 'ambient' || pod.ref.namespace === 'kube-system') {
    const asked = wanted === undefined && namespace?.resource === undefined && !neverInjected.has(pod.ref.namespace);
    return asked ? { mode: 'unknown', why: notSeen(pod) } : { mode: 'none', why: t('no label puts it into the mesh') };
  }
  const why = own === undefined ? t('its namespace has {0}=ambient', key) : t('it has {0}=ambient', key);
  return { mode: usesWaypoint(snapshot, pod) ? 'waypoint' : 'ambient', why };
}

const modes = new WeakMap<Snapshot, ReadonlySet<MeshMode>>();

/** The modes that some pod has; a workload without pods may come to have any. */
export function modesIn(snapshot: Snapshot): ReadonlySet<MeshMode> {
  let found = modes.get(snapshot);
  if (found === undefined) {
    const any: readonly MeshMode[] = ['none', 'sidecar', 'gateway', 'ambient', 'waypoint', 'unknown'];
    const isOpen = snapshot.workloads.some(({ pods }) => pods.length === 0);
    found = new Set(isOpen ? any : snapshot.pods.map((pod) => membershipOf(snapshot, pod).mode));
    modes.set(snapshot, found);
  }
  return found;
}

function usesWaypoint(snapshot: Snapshot, pod: Pod): boolean {
  const namespace = snapshot.namespaces.get(pod.ref.namespace);
  // Labels that are not seen may name a waypoint.
  if (namespace?.resource === undefined) return true;
  const named = (labels: Labels): string | undefined => labels['istio.io/use-waypoint'];
  const uses = (name: string | undefined): boolean =>
    name !== undefined && name !== '' && name !== '#none' && name !== 'none';
  if (uses(named(pod.template.labels))) return true;
  const services = snapshot
    .servicesIn(pod.ref.namespace)
    .filter(({ selector }) => selector !== undefined && matchesLabels(selectorOfLabels(selector), pod.template.labels));
  const byService = services.map(({ resource }) => named(stringMapAt(resource.object, 'metadata', 'labels')));
  if (byService.some(uses)) return true;
  const byNamespace = uses(named(namespace.labels));
  // A Service may opt out of its namespace's waypoint, but pods are reached by others and by address too.
  return byNamespace && (byService.length === 0 || byService.some((one) => one === undefined || uses(one)));
}
