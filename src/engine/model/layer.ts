import { arrayAt, isObject, type JsonObject, type JsonValue, objectAt, stringAt, stringMapAt } from './json.ts';
import { sameList } from './lists.ts';
import { isKeptAnnotation } from './live.ts';
import { type Resource, refKey } from './resource.ts';
import { type Controller, controllerRef, readControllers } from './workloads.ts';

const known = new WeakMap<readonly Resource[], { above: readonly Resource[]; result: readonly Resource[] }>();

/**
 * What a running cluster would hold once the objects of `above` were applied to it: an object that both have is the one of
 * `above`, with what only the server gives (addresses, node ports, status) kept. Pods whose controller gets another
 * template are gone: those that it would make stand for them. Labels that others gave to a Namespace stay, as apply
 * leaves them. Source: kubernetes.io, Declarative Management of Kubernetes Objects, merge patch calculation.
 */
export function layered(below: readonly Resource[], above: readonly Resource[]): readonly Resource[] {
  const last = known.get(below);
  if (last !== undefined && sameList(last.above, above)) return last.result;
  const result = apply(below, above);
  known.set(below, { above, result });
  return result;
}

function apply(below: readonly Resource[], above: readonly Resource[]): readonly Resource[] {
  const live = new Map(below.map((one) => [refKey(one.ref), one]));
  const shadowed = new Set(above.map((one) => refKey(one.ref)));
  const remade = remadeControllers(live, above);
  const isGone = (one: Resource): boolean => {
    const owner = remade.size === 0 ? undefined : controllerRef(one);
    if (owner === undefined) return false;
    const above = live.get(refKey(owner));
    return remade.has(refKey(owner)) || (above !== undefined && isGone(above));
  };
  const kept = below.filter((one) => !shadowed.has(refKey(one.ref)) && !isGone(one));
  return [...kept, ...above.map((one) => merged(one, live.get(refKey(one.ref))))];
}

/** Controllers whose pods the server would replace. */
function remadeControllers(live: ReadonlyMap<string, Resource>, above: readonly Resource[]): ReadonlySet<string> {
  const both = above.flatMap((one) => {
    const old = live.get(refKey(one.ref));
    return old === undefined ? [] : [{ one, old }];
  });
  const changed = both.filter(({ one, old }) => !sameTemplate(controllerOf(one), controllerOf(old)));
  return new Set(changed.map(({ one }) => refKey(one.ref)));
}

function controllerOf(resource: Resource): Controller | undefined {
  const { group, kind } = resource.ref;
  return readControllers((g, k) => (g === group && k === kind ? [resource] : []), 1)[0];
}

/** Equal in all that the network sees of a pod. */
function sameTemplate(a: Controller | undefined, b: Controller | undefined): boolean {
  if (a === undefined || b === undefined) return true;
  return templateView(a) === templateView(b);
}

/** What the network sees of a controller's pods, as text that is equal for equal pods. */
export function templateView({ resource, template }: Controller): string {
  const { labels, ports, hostNetwork, hostname, subdomain, serviceAccount, metadataPath } = template;
  const annotations = Object.entries(stringMapAt(resource.object, ...metadataPath, 'annotations'));
  return JSON.stringify([
    Object.entries(labels).sort(),
    ports.map(({ name, port, protocol, hostPort, hostIP }) => [name, port, protocol, hostPort, hostIP]),
    [hostNetwork, hostname, subdomain, serviceAccount],
    annotations.filter(([key]) => isKeptAnnotation(key)).sort(),
  ]);
}

function merged(own: Resource, old: Resource | undefined): Resource {
  if (old === undefined) return own;
  const { group, kind } = own.ref;
  if (group === '' && kind === 'Service') return withSpec(own, old, serviceSpec(own.object, old.object));
  if (group === '' && kind === 'Namespace') return withLabels(own, old);
  return withSpec(own, old, objectAt(own.object, 'spec'));
}

function withSpec(own: Resource, old: Resource, spec: JsonObject | undefined): Resource {
  const status = own.object['status'] ?? old.object['status'];
  const added = { ...(spec === undefined ? {} : { spec }), ...(status === undefined ? {} : { status }) };
  return { ...own, object: { ...own.object, ...added } };
}

function withLabels(own: Resource, old: Resource): Resource {
  const labels = { ...stringMapAt(old.object, 'metadata', 'labels'), ...stringMapAt(own.object, 'metadata', 'labels') };
  return { ...own, object: { ...own.object, metadata: { ...objectAt(own.object, 'metadata'), labels } } };
}

/** Fields of a Service that the API server fills in once and then keeps. */
const allocated = ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'healthCheckNodePort'];

function serviceSpec(own: JsonObject, old: JsonObject): JsonObject {
  const spec = objectAt(own, 'spec') ?? {};
  const before = objectAt(old, 'spec') ?? {};
  // Another type gives its addresses back; so does a Service that becomes headless.
  const isHeadless = (one: JsonObject): boolean => stringAt(one, 'clusterIP') === 'None';
  const stays = spec['clusterIP'] === undefined ? !isHeadless(before) : spec['clusterIP'] === before['clusterIP'];
  const isExternal = stringAt(spec, 'type') === 'ExternalName';
  const kept = stays && !isExternal ? allocated.flatMap((key) => member(before, key)) : [];
  const ports = arrayAt(spec, 'ports').map((one) => withNodePort(one, spec, arrayAt(before, 'ports')));
  return { ...Object.fromEntries(kept), ...spec, ...(ports.length > 0 ? { ports } : {}) };
}

function member(from: JsonObject, key: string): readonly (readonly [string, JsonValue])[] {
  const value = from[key];
  return value === undefined ? [] : [[key, value]];
}

function withNodePort(port: JsonValue, spec: JsonObject, before: readonly JsonValue[]): JsonValue {
  const type = stringAt(spec, 'type') ?? 'ClusterIP';
  if (!isObject(port) || port['nodePort'] !== undefined || type === 'ClusterIP') return port;
  const old = before.find(
    (one) => isObject(one) && one['port'] === port['port'] && protocolOf(one) === protocolOf(port),
  );
  const nodePort = isObject(old) ? old['nodePort'] : undefined;
  return nodePort === undefined ? port : { ...port, nodePort };
}

function protocolOf(port: JsonObject): JsonValue {
  return port['protocol'] ?? 'TCP';
}
