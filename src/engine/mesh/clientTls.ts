import type { Service } from '../model/cluster.ts';
import { arrayAt, type JsonValue, stringAt, valueAt } from '../model/json.ts';
import { oncePer } from '../model/memo.ts';
import type { Evidence, Resource } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';

/** A Service that clients of the mesh may call without the mesh's mutual TLS, and the DestinationRule that says so. */
export interface OwnTls {
  readonly service: Service;
  readonly evidence: Evidence;
}

/**
 * Services for which a DestinationRule sets another TLS mode than the mesh's own: whether a client then shows who it is
 * depends on subset, port and client, which is not modelled. Source: istio.io, Destination Rule (ClientTLSSettings).
 */
export const servicesWithOwnTls = oncePer((snapshot: Snapshot): readonly OwnTls[] =>
  snapshot.ofKind('networking.istio.io', 'DestinationRule').flatMap((one) => readRule(snapshot, one)),
);

function readRule(snapshot: Snapshot, { ref, object }: Resource): readonly OwnTls[] {
  const spec = valueAt(object, 'spec');
  const policies = [
    valueAt(spec, 'trafficPolicy'),
    ...arrayAt(spec, 'subsets').map((one) => valueAt(one, 'trafficPolicy')),
  ];
  const settings = policies.flatMap((one) => [one, ...arrayAt(one, 'portLevelSettings')]);
  const host = stringAt(spec, 'host');
  if (host === undefined || !settings.some(isOwn)) return [];
  const evidence = { ref, path: ['spec', 'trafficPolicy'], note: '' };
  return snapshot.services.filter((one) => names(host, ref.namespace, one)).map((service) => ({ service, evidence }));
}

function isOwn(settings: JsonValue | undefined): boolean {
  const mode = stringAt(settings, 'tls', 'mode');
  return mode !== undefined && mode !== 'ISTIO_MUTUAL';
}

/** A short name is one of the rule's own namespace. */
function names(host: string, namespace: string, { ref }: Service): boolean {
  const full = `${ref.name}.${ref.namespace}.svc.cluster.local`;
  if (host.startsWith('*')) return full.endsWith(host.slice(1));
  return (
    host === full ||
    (host === ref.name && ref.namespace === namespace) ||
    (full.startsWith(`${host}.`) && host.includes('.'))
  );
}
