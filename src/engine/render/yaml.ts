import { stringify } from 'yaml';
import type { JsonObject } from '../model/json.ts';

/** Objects as YAML documents, as people write manifests. */
export function yamlText(objects: readonly JsonObject[]): string {
  return objects.map((object) => stringify(object, { lineWidth: 0 })).join('---\n');
}
