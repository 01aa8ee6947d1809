import type { Pod, Service } from '../model/cluster.ts';
import { arrayAt, isObject, type JsonValue, objectAt, stringAt, stringMapAt, valueAt } from '../model/json.ts';
import { isPolicyKind } from '../model/kinds.ts';
import { everything, matchesLabels, readLabelSelector, selectorOfLabels } from '../model/labels.ts';
import type { FieldPath } from '../model/resource.ts';
import { type Candidate, containerPorts, portsOfService, serviceNames } from './candidates.ts';
import type { TypedField } from './completion.ts';

/** A mapping that names a Service, and perhaps its port, by fields of these paths below it. */
interface Naming {
  readonly at: FieldPath;
  readonly name: FieldPath;
  readonly port: readonly { readonly field: FieldPath; readonly by: 'name' | 'number' | 'both' }[];
}

/** The mapping around a path that names a Service; `undefined` for other fields. Source: the API references of the kinds. */
function namingAt({ group, kind, path }: TypedField): Naming | undefined {
  const backend = path.findLastIndex((step) => step === 'backend' || step === 'defaultBackend');
  if (kind === 'Ingress' && backend >= 0) {
    const isLegacy = path.at(-1) === 'serviceName' || path.at(-1) === 'servicePort';
    const at = path.slice(0, backend + 1);
    if (isLegacy) return { at, name: ['serviceName'], port: [{ field: ['servicePort'], by: 'both' }] };
    const port = (['name', 'number'] as const).map((by) => ({ field: ['service', 'port', by], by }));
    return { at, name: ['service', 'name'], port };
  }
  const reference = path.findLastIndex((step) => step === 'backendRefs' || step === 'backendRef');
  if (group === 'gateway.networking.k8s.io' && reference >= 0) {
    const at = path.slice(0, path[reference] === 'backendRefs' ? reference + 2 : reference + 1);
    return { at, name: ['name'], port: [{ field: ['port'], by: 'number' }] };
  }
  if (group === 'route.openshift.io' && path[0] === 'spec') {
    if (path[1] === 'to') return { at: ['spec', 'to'], name: ['name'], port: [] };
    if (path[1] === 'alternateBackends') return { at: path.slice(0, 3), name: ['name'], port: [] };
    const port = [{ field: ['port', 'targetPort'], by: 'both' as const }];
    return { at: ['spec'], name: ['to', 'name'], port };
  }
  if (kind === 'StatefulSet') return { at: ['spec'], name: ['serviceName'], port: [] };
  return undefined;
}

function isAt(path: FieldPath, at: FieldPath, field: FieldPath): boolean {
  const whole = [...at, ...field];
  return path.length === whole.length && whole.every((step, index) => path[index] === step);
}

/** Services where a name of one is typed, their ports where one of these is; `undefined` elsewhere. */
export function serviceCandidates(field: TypedField): readonly Candidate[] | undefined {
  const naming = field.part === 'value' ? namingAt(field) : undefined;
  if (naming === undefined) return undefined;
  const { snapshot } = field.scope;
  const holder = valueAt(field.object, ...naming.at);
  const namespace = (field.kind.endsWith('Route') && stringAt(holder, 'namespace')) || field.namespace;
  if (isAt(field.path, naming.at, naming.name)) {
    const here = snapshot.services.filter(({ ref }) => ref.namespace === namespace);
    // The Service of a StatefulSet gives its pods names; for that it must be headless.
    const first = field.kind === 'StatefulSet' ? (one: Service) => Number(!one.headless) : () => 0;
    return serviceNames([...here].sort((a, b) => first(a) - first(b) || (a.ref.name < b.ref.name ? -1 : 1)));
  }
  const port = naming.port.find((one) => isAt(field.path, naming.at, one.field));
  if (port === undefined) return undefined;
  const service = snapshot.service(namespace, stringAt(holder, ...naming.name) ?? '');
  return service === undefined ? [] : portsOfService(service, port.by);
}

/** Ports of the pods that are meant: a Service's targetPort, a port of a policy's rule; `undefined` elsewhere. */
export function portCandidates(field: TypedField): readonly Candidate[] | undefined {
  const { path, part, kind, group, object, namespace, scope } = field;
  if (part !== 'value') return undefined;
  if (kind === 'Service' && group === '' && path[1] === 'ports' && path.at(-1) === 'targetPort') {
    const labels = stringMapAt(object, 'spec', 'selector');
    const selector = selectorOfLabels(labels);
    const pods = scope.snapshot.podsIn(namespace);
    const behind = pods.filter(({ template }) => matchesLabels(selector, template.labels));
    return containerPorts(Object.keys(labels).length === 0 ? [] : behind, 'both');
  }
  if (!isPolicyKind(group, kind)) return undefined;
  const isNamed = path.at(-1) === 'namedPort' || path.at(-1) === 'destinationNamedPort';
  const isPort = path.at(-3) === 'ports' && path.at(-1) === 'port';
  if (!isNamed && !isPort) return undefined;
  const found = containerPorts(destinations(field), isNamed ? 'name' : 'both');
  // Cilium writes numbers as text too.
  return group === 'cilium.io' ? found.map((one) => ({ ...one, value: String(one.value) })) : found;
}

/** The pods whose ports a rule is about: the subject's, or the peers' of a rule for what goes out. Source: NetworkPolicySpec. */
function destinations(field: TypedField): readonly Pod[] {
  const { scope, path, object, namespace, group, kind } = field;
  const { snapshot } = scope;
  const isEgress = path.includes('egress');
  if (group !== 'networking.k8s.io' || kind !== 'NetworkPolicy') {
    return isEgress || namespace === '' ? snapshot.pods : snapshot.podsIn(namespace);
  }
  if (!isEgress) return selected(field, [namespace], valueAt(object, 'spec', 'podSelector'));
  const peers = arrayAt(object, ...path.slice(0, 3), 'to').filter((one) => objectAt(one, 'ipBlock') === undefined);
  return peers.length === 0 ? snapshot.pods : [...new Set(peers.flatMap((one) => podsOfPeer(field, one)))];
}

function podsOfPeer(field: TypedField, peer: JsonValue): readonly Pod[] {
  const beside = isObject(peer) ? readLabelSelector(peer['namespaceSelector']) : undefined;
  const all = [...field.scope.snapshot.namespaces.values()];
  const fitting = beside === undefined ? [] : all.filter(({ labels }) => matchesLabels(beside, labels));
  const names = beside === undefined ? [field.namespace] : fitting.map(({ name }) => name);
  return selected(field, names, valueAt(peer, 'podSelector'));
}

function selected(
  { scope }: TypedField,
  namespaces: readonly string[],
  written: JsonValue | undefined,
): readonly Pod[] {
  const selector = readLabelSelector(written) ?? everything;
  const pods = namespaces.flatMap((name) => scope.snapshot.podsIn(name));
  return pods.filter(({ template }) => matchesLabels(selector, template.labels));
}
