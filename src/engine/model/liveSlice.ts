import { internJson, internName } from './intern.ts';
import { isObject, type JsonObject, type JsonValue, objectAt, pick, stringAt } from './json.ts';
import type { Origin, Resource, ResourceRef } from './resource.ts';

/** What an endpoint shares with others; its only address, its node and its pod's name are its own. */
interface Row {
  readonly shared: JsonValue;
  readonly address: string | undefined;
  readonly nodeName: string | undefined;
  readonly target: string | undefined;
}

/**
 * An EndpointSlice of a running cluster. Together they name every pod, so their endpoints are kept in columns; the object
 * is made whenever it is asked for.
 */
class LiveSlice implements Resource {
  readonly ref: ResourceRef;
  readonly apiVersion: string;
  readonly origin: Origin;
  /** All but the endpoints. */
  readonly #fields: JsonObject;
  /** The columns of one endpoint after those of the other. */
  readonly #columns: readonly (JsonValue | undefined)[];

  constructor({ ref, apiVersion, origin }: Resource, fields: JsonObject, rows: readonly Row[]) {
    this.ref = ref;
    this.apiVersion = apiVersion;
    this.origin = origin;
    this.#fields = fields;
    this.#columns = rows.flatMap(({ shared, address, nodeName, target }) => [shared, address, nodeName, target]);
  }

  get object(): JsonObject {
    const endpoints: JsonValue[] = [];
    for (let i = 0; i < this.#columns.length; i += 4) {
      const [shared = null, address, nodeName, target] = this.#columns.slice(i, i + 4);
      endpoints.push(endpointOf(shared, address, nodeName, target));
    }
    return { ...this.#fields, endpoints };
  }
}

function endpointOf(
  shared: JsonValue,
  address: JsonValue | undefined,
  nodeName: JsonValue | undefined,
  target: JsonValue | undefined,
): JsonValue {
  if (!isObject(shared)) return shared;
  return {
    ...(address === undefined ? {} : { addresses: [address] }),
    ...shared,
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(target === undefined ? {} : { targetRef: { ...objectAt(shared, 'targetRef'), name: target } }),
  };
}

const sharedFields = ['conditions', 'deprecatedTopology', 'hints', 'hostname', 'zone'];

/** The same EndpointSlice in little memory; of its endpoints only what answers are made of is kept. */
export function liveSlice(slice: Resource): Resource {
  const { endpoints, ...fields } = slice.object;
  return new LiveSlice(slice, fields, Array.isArray(endpoints) ? (endpoints as readonly JsonValue[]).map(rowOf) : []);
}

function rowOf(endpoint: JsonValue): Row {
  if (!isObject(endpoint)) return { shared: endpoint, address: undefined, nodeName: undefined, target: undefined };
  const { addresses } = endpoint;
  const isOnly = Array.isArray(addresses) && addresses.length === 1 && typeof addresses[0] === 'string';
  const nodeName = stringAt(endpoint, 'nodeName');
  const target = objectAt(endpoint, 'targetRef');
  const shared = {
    ...pick(endpoint, isOnly ? sharedFields : ['addresses', ...sharedFields]),
    ...(target === undefined ? {} : { targetRef: pick(target, ['kind', 'namespace']) }),
  };
  return {
    shared: internJson(shared),
    address: isOnly ? (addresses as readonly string[])[0] : undefined,
    nodeName: nodeName === undefined ? undefined : internName(nodeName),
    target: stringAt(target, 'name'),
  };
}
