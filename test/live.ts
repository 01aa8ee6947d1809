import { byNamespaceAndName, type JsonObject, liveResource, type Resource } from '../src/engine/index.ts';

/** An object as a source keeps what a server sent of it; `undefined` for what is not kept. */
export function asLive(object: JsonObject, context = 'test'): Resource | undefined {
  const [version = '', group = ''] = String(object['apiVersion']).split('/').reverse();
  return liveResource(object, { group, version, kind: String(object['kind']) }, context);
}

/** Objects as a source has them: by kind, namespace and name. */
export function inClusterOrder(resources: Iterable<Resource>): readonly Resource[] {
  const kind = ({ ref }: Resource): string => `${ref.group}/${ref.kind}`;
  return [...resources].sort((a, b) => (kind(a) < kind(b) ? -1 : kind(a) > kind(b) ? 1 : byNamespaceAndName(a, b)));
}
