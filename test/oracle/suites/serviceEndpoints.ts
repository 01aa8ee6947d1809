import {
  buildSnapshot,
  endpointPorts,
  findPort,
  type JsonObject,
  type JsonValue,
  podToEndpoint,
  resolveEndpoints,
  shouldPodBeInEndpoints,
  shouldSetHostname,
  sliceLabels,
  supportedAddressTypes,
  topologyAnnotationEnabled,
  trafficDistributionHints,
} from '../../../src/engine/index.ts';
import type { CaseResult, Suite } from '../suite.ts';
import { caseResources, compare, type Group, type GroupCase, readGroups } from './groups.ts';

/** Questions to the EndpointSlice controller, told apart by what they hold. */
export const endpointsSuite: Suite = {
  name: 'endpoints',
  run: (folder) => readGroups(folder).flatMap((group) => group.cases.map((one) => runCase(group, one))),
};

const object = (value: JsonValue | undefined): JsonObject => (value ?? {}) as JsonObject;

function runCase(group: Group, one: GroupCase): CaseResult {
  const { query, expect } = one;
  if (query['kind'] === 'slices') return compare(one, slices(group, one));
  if ('containers' in query) {
    const port = findPort(query, query['targetPort'] as number | string, String(query['protocol']));
    return compare(one, port === undefined ? { ...expect, found: false } : { port, found: true });
  }
  if ('annotations' in query) {
    return compare(one, { enabled: topologyAnnotationEnabled(object(query['annotations']) as Record<string, string>) });
  }
  if ('trafficDistribution' in query) return compare(one, { hints: hints(query) });
  if ('includeTerminating' in query) {
    return compare(one, {
      included: shouldPodBeInEndpoints(object(query['pod']), query['includeTerminating'] === true),
    });
  }
  if ('addressType' in query) {
    const type = query['addressType'] as 'IPv4' | 'IPv6';
    const endpoint = podToEndpoint(object(query['pod']), object(query['service']), query['node'], type);
    return compare(one, { endpoint }, false);
  }
  if ('pod' in query && 'setHostname' in expect) {
    return compare(one, { setHostname: shouldSetHostname(object(query['pod']), object(query['service'])) });
  }
  if ('pod' in query) return compare(one, { ports: endpointPorts(object(query['service']), object(query['pod'])) });
  if ('addressTypes' in expect) return compare(one, { addressTypes: supportedAddressTypes(object(query['service'])) });
  return compare(one, reconciled(group, one));
}

function hints(query: JsonObject): JsonObject {
  const distribution = query['trafficDistribution'] as string | undefined;
  const endpoints = (query['slices'] as readonly JsonObject[]).flatMap(
    (slice) => slice['endpoints'] as readonly JsonObject[],
  );
  return Object.fromEntries(
    endpoints.map((one) => [
      String((one['addresses'] as readonly string[])[0]),
      trafficDistributionHints(distribution, one) as JsonValue,
    ]),
  );
}

/** Pods of the group that the Service's selector matches, as the controller's own endpoints. */
function reconciled(group: Group, { query, objects }: GroupCase): JsonObject {
  const service = object(query['service']);
  const all = objects ?? group.objects ?? [];
  const byType = supportedAddressTypes(service).map((type) => {
    const pods = all.filter((one) => one['kind'] === 'Pod' && shouldPodBeInEndpoints(one, true));
    const node = (pod: JsonObject): JsonObject | undefined =>
      all.find((one) => one['kind'] === 'Node' && object(one['metadata'])['name'] === object(pod['spec'])['nodeName']);
    const endpoints = pods
      .map((pod) => podToEndpoint(pod, service, node(pod), type))
      .filter((one) => one.addresses.length > 0);
    return [type, endpoints] as const;
  });
  const endpointsByAddressType = Object.fromEntries(byType) as unknown as JsonObject;
  return { endpointsByAddressType, labels: sliceLabels(service) };
}

/** One slice a distinct list of ports, as the controller groups them. */
function slices(group: Group, one: GroupCase): JsonObject {
  const service = object(one.query['service']);
  const text = caseResources({ ...group, objects: [...(group.objects ?? []), withPorts(service)] }, one);
  const snapshot = buildSnapshot({ scope: one.id, resources: text });
  const { namespace, name } = object(service['metadata']) as { namespace: string; name: string };
  const found = snapshot.service(namespace, name);
  const endpoints = found === undefined ? [] : resolveEndpoints(snapshot, found).endpoints;
  const perPort: Record<string, number> = {};
  for (const { port } of endpoints) perPort[port] = (perPort[port] ?? 0) + 1;
  return { slices: Object.keys(perPort).length, endpointsPerPort: perPort };
}

/** The upstream fixture has no port numbers; the API wants one. */
function withPorts(service: JsonObject): JsonObject {
  const spec = object(service['spec']);
  const ports = ((spec['ports'] ?? []) as readonly JsonObject[]).map((port) => ({ port: 80, ...port }));
  return { ...service, spec: { ...spec, ports } };
}
