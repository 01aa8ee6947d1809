import { type JsonObject, stringAt } from '../model/json.ts';
import type { Resource } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';

/** Flannel's net-conf.json and the ConfigMap that it stands in; `undefined` where there is none or it is no JSON object. */
export function netConf(snapshot: Snapshot): { readonly resource: Resource; readonly value: JsonObject } | undefined {
  for (const resource of snapshot.ofKind('', 'ConfigMap')) {
    const value = readObject(stringAt(resource.object, 'data', 'net-conf.json'));
    if (value !== undefined) return { resource, value };
  }
  return undefined;
}

function readObject(text: string | undefined): JsonObject | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}
