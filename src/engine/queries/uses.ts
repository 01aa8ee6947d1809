import type { Analysis } from '../analysis/analysis.ts';
import type { ScopeAnalysis } from '../analysis/scopeAnalysis.ts';
import { writtenAssertions } from '../analysis/tests.ts';
import type { Pod, Service, ServicePort, Workload } from '../model/cluster.ts';
import { isObject, type JsonValue, stringAt, valueAt } from '../model/json.ts';
import type { FieldPath, Location, Resource } from '../model/resource.ts';
import { podPeersOf } from '../policy/peers.ts';
import type { PolicyProgram } from '../policy/policy.ts';
import { externalRoutes } from '../route/ingress.ts';
import { isProblem, parseEnd } from '../trace/ends.ts';
import type { FlowEnd } from '../trace/flow.ts';
import { listeners, type NamedPort, ownPortFields, type Place, portNameField, selects } from './namedPorts.ts';
import { mayHoldNames, namesInText } from './subject.ts';

/** The first of some paths below a field that holds something. */
function firstField(object: JsonValue, at: FieldPath, ...below: readonly FieldPath[]): FieldPath {
  const found = below.find((path) => valueAt(object, ...at, ...path) !== undefined);
  return [...at, ...(found ?? [])];
}

/** Where a Service is named: backends of Ingresses and routes, a StatefulSet's serviceName, DNS names in values. */
export function serviceUses(scope: ScopeAnalysis, { ref }: Service): readonly Place[] {
  const { snapshot } = scope;
  const backends = externalRoutes(snapshot)
    .filter(({ ingress, backend }) => backend.serviceName === ref.name && ingress.ref.namespace === ref.namespace)
    .map(({ ingress, backend }) => ({
      ref: ingress.ref,
      path: firstField(ingress.object, backend.path, ['service', 'name'], ['serviceName'], ['name']),
    }));
  const sets = snapshot
    .ofKind('apps', 'StatefulSet')
    .filter((one) => one.ref.namespace === ref.namespace && stringAt(one.object, 'spec', 'serviceName') === ref.name)
    .map((one) => ({ ref: one.ref, path: ['spec', 'serviceName'] }));
  const gateways = snapshot.kinds
    .filter(({ group, kind }) => group === 'gateway.networking.k8s.io' && kind.endsWith('Route'))
    .flatMap(({ group, kind }) => snapshot.ofKind(group, kind))
    .flatMap((route) => gatewayUses(route, ref));
  return [...backends, ...gateways, ...sets, ...dnsUses(scope, ref)];
}

/** `backendRefs` of the rules of a route of the Gateway API. Source: BackendObjectReference of gateway.networking.k8s.io/v1. */
function gatewayUses({ ref, object }: Resource, service: Service['ref']): readonly Place[] {
  return leaves(valueAt(object, 'spec'), ['spec'])
    .filter(({ path }) => path.at(-3) === 'backendRefs' && path.at(-1) === 'name')
    .filter(({ path, value }) => {
      const backend = valueAt(object, ...path.slice(0, -1));
      const namespace = stringAt(backend, 'namespace') ?? ref.namespace;
      const isService = (stringAt(backend, 'kind') ?? 'Service') === 'Service';
      return isService && value === service.name && namespace === service.namespace;
    })
    .map(({ path }) => ({ ref, path }));
}

/** Values of containers and ConfigMaps that are, or hold, a DNS name of the Service. */
function dnsUses(scope: ScopeAnalysis, service: Service['ref']): readonly Place[] {
  const { snapshot } = scope;
  const containers = snapshot.workloads
    .filter(({ system }) => !system)
    .flatMap(({ template, resource }) =>
      ['containers', 'initContainers'].map((list) => {
        return { resource, at: [...template.specPath, list] };
      }),
    );
  const maps = snapshot.ofKind('', 'ConfigMap').map((resource) => ({ resource, at: ['data'] }));
  return [...containers, ...maps].flatMap(({ resource: { ref, object }, at }) =>
    leaves(valueAt(object, ...at), at)
      .filter(({ path, value }) => value.includes(service.name) && mayHoldNames(ref.kind, path))
      .filter(({ value }) =>
        namesInText(value, ref.namespace, scope).some(
          (one) => one.name === service.name && one.namespace === service.namespace,
        ),
      )
      .map(({ path }) => ({ ref, path })),
  );
}

interface Leaf {
  readonly path: FieldPath;
  readonly value: string;
}

function leaves(value: JsonValue | undefined, path: FieldPath): readonly Leaf[] {
  if (typeof value === 'string') return [{ path, value }];
  if (Array.isArray(value)) return value.flatMap((one: JsonValue, index) => leaves(one, [...path, index]));
  return isObject(value) ? Object.entries(value).flatMap(([key, one]) => leaves(one, [...path, key])) : [];
}

/** Where a port of a Service is named or numbered: in the backends of Ingresses and routes. */
export function servicePortUses({ snapshot }: ScopeAnalysis, { ref }: Service, port: ServicePort): readonly Place[] {
  return externalRoutes(snapshot)
    .filter(({ backend }) => backend.service?.ref.name === ref.name && backend.service.ref.namespace === ref.namespace)
    .filter(({ backend }) => backend.portWritten !== undefined && backend.port?.port === port.port)
    .map(({ ingress, backend }) => {
      const paths = [['service', 'port', 'name'], ['service', 'port', 'number'], ['servicePort']];
      const isRoute = ingress.ref.kind === 'Route';
      const path = isRoute ? ['spec', 'port', 'targetPort'] : firstField(ingress.object, backend.path, ...paths);
      return { ref: ingress.ref, path };
    });
}

/** Where a workload's pods are meant: by the selectors of Services, and by those of policies as their subject or a peer. */
export function podUses({ snapshot, derived }: ScopeAnalysis, { ref, template, pods }: Workload): readonly Place[] {
  const services = snapshot.services
    .filter((one) => one.ref.namespace === ref.namespace && selects(one, template.labels))
    .map((one) => ({ ref: one.ref, path: ['spec', 'selector'] }));
  const { policies } = derived;
  const policyUses = policies.programs.flatMap((program) => {
    const peers = program.rules.flatMap((rule) => (rule.peers ?? []).flatMap(podPeersOf));
    const meant = peers.filter((peer) => pods.some((pod) => policies.inSet(peer.pods, pod))).map(({ path }) => path);
    const isSubject = pods.some((pod) => policies.inSet(program.subject, pod)) && !isUnread(program);
    return [...(isSubject ? [program.subjectPath] : []), ...meant].map((path) => ({ ref: program.ref, path }));
  });
  return [...services, ...policyUses];
}

/** A policy that can't be read, or has no model, may mean anyone; that is no use of these pods. */
function isUnread({ doubts, subjectPath }: PolicyProgram): boolean {
  return doubts.some(({ path }) => path.join('\0') === subjectPath.join('\0'));
}

/** Where a container port is meant by its name: targetPorts of Services, ports of policies, probes, and its other declarations. */
export function namedPortUses(scope: ScopeAnalysis, { pods, name }: NamedPort): readonly Place[] {
  const { snapshot, derived } = scope;
  const having = pods.filter(({ template }) => template.ports.some((one) => one.name === name));
  const meant = new Set(having);
  const targets = snapshot.services.flatMap((service) => {
    const { ref, ports } = service;
    const isOurs = having.some((pod) => pod.ref.namespace === ref.namespace && selects(service, pod.template.labels));
    const named = isOurs ? ports.filter(({ targetPort }) => targetPort === name) : [];
    return named.map(({ path }) => ({ ref, path: [...path, 'targetPort'] }));
  });
  const inPolicies = derived.policies.programs.flatMap((program) =>
    program.rules.flatMap((rule) => {
      const named = (rule.ports ?? []).filter((one) => one.kind === 'named' && one.name === name);
      if (named.length === 0 || !listeners(scope, program, rule).some((pod) => meant.has(pod))) return [];
      return named.map(({ path }) => ({ ref: program.ref, path: portNameField(program.resource.object, path) }));
    }),
  );
  const inPods = having.flatMap((pod) => {
    return ownPortFields(pod, name).map((path) => ({ ref: pod.resource.ref, path }));
  });
  return [...targets, ...inPolicies, ...inPods.filter(({ path }) => path.at(-1) !== 'name')];
}

/** Where assertions name an end that is wanted. */
export function assertionUses(
  analysis: Analysis,
  { snapshot }: ScopeAnalysis,
  isWanted: (end: FlowEnd) => boolean,
): readonly Location[] {
  return writtenAssertions(analysis).flatMap(({ file, document, path, value }) =>
    (['from', 'to'] as const).flatMap((side) => {
      const parsed = parseEnd(snapshot, stringAt(value, side) ?? '', side);
      if (isProblem(parsed) || !isWanted(parsed.end)) return [];
      const range = file.locator.locate(document, [...path, side], 'value');
      return range === undefined ? [] : [{ uri: file.uri, range: file.range(range.start, range.end) }];
    }),
  );
}

/** True for an end that is a Service, by its own name or a DNS name. */
export function isServiceEnd(end: FlowEnd, { ref }: Service): boolean {
  if (end.kind === 'service') return end.name === ref.name && end.namespace === ref.namespace;
  if (end.kind !== 'name') return false;
  const [name, namespace, kind = 'svc'] = end.name.split('.');
  return name === ref.name && namespace === ref.namespace && kind === 'svc';
}

/** True for an end that is a workload or one of its pods. */
export function isWorkloadEnd(
  end: FlowEnd,
  { ref, pods }: { readonly ref: Workload['ref']; readonly pods: readonly Pod[] },
): boolean {
  if (end.kind === 'workload') {
    return end.ref.kind === ref.kind && end.ref.name === ref.name && end.ref.namespace === ref.namespace;
  }
  return end.kind === 'pod' && pods.some((one) => one.ref.name === end.name && one.ref.namespace === end.namespace);
}
