import { arrayAt, type stringAt, stringMapAt, stringsAt, valueAt } from '../model/json.ts';
import { matchesLabels, selectorOfLabels } from '../model/labels.ts';
import { oncePer } from '../model/memo.ts';
import type { FieldPath, Resource } from '../model/resource.ts';
import { serviceOfSlice, slicesOf } from '../model/slices.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { readProtocol } from '../model/template.ts';
import { asCidr } from './calicoSets.ts';
import type { Peer, PortMatch } from './policy.ts';

const made = oncePer((_: Snapshot['pods']) => new Map<string, Resource>());

/**
 * A Service with the addresses behind it that are no pod's own: those of nodes on whose network its pods run, and without
 * a selector those that are written by hand. Calico knows a Service by what its EndpointSlices hold.
 * Source: projectcalico/calico felix/serviceindex, membersFromEndpointSlice.
 */
export function serviceWithAddresses(service: Resource, snapshot: Snapshot): readonly Resource[] {
  const labels = stringMapAt(service.object, 'spec', 'selector');
  if (Object.keys(labels).length === 0) {
    return [service, ...slicesOf(snapshot, service.ref).filter(({ origin }) => origin.type !== 'simulated')];
  }
  const selector = selectorOfLabels(labels);
  const hosts = snapshot
    .podsIn(service.ref.namespace)
    .filter(({ template }) => template.hostNetwork && matchesLabels(selector, template.labels))
    .flatMap(({ ips }) => ips);
  return hosts.length === 0 ? [service] : [service, sliceOf(service, [...new Set(hosts)], snapshot)];
}

/** The same object as long as the pods are the same: what was compiled with it stays. */
function sliceOf({ ref, origin }: Resource, addresses: readonly string[], { pods }: Snapshot): Resource {
  const known = made(pods);
  const key = JSON.stringify([ref.namespace, ref.name, ...addresses]);
  let found = known.get(key);
  if (found === undefined) {
    const metadata = { name: ref.name, namespace: ref.namespace, labels: { 'kubernetes.io/service-name': ref.name } };
    const slice = { group: 'discovery.k8s.io', kind: 'EndpointSlice', namespace: ref.namespace, name: ref.name };
    found = { ref: slice, apiVersion: 'discovery.k8s.io/v1', object: { metadata, endpoints: [{ addresses }] }, origin };
    known.set(key, found);
  }
  return found;
}

/** The addresses of those EndpointSlices, and the ports of them that have any. */
export function addressesOf(
  related: readonly Resource[],
  { ref }: Resource,
  path: FieldPath,
): { readonly peers: readonly Peer[]; readonly ports: readonly PortMatch[] } {
  const slices = related.filter(
    (one) =>
      one.ref.kind === 'EndpointSlice' && one.ref.namespace === ref.namespace && serviceOfSlice(one) === ref.name,
  );
  const addresses = slices.flatMap(({ object }) =>
    arrayAt(object, 'endpoints').flatMap((one) => stringsAt(one, 'addresses')),
  );
  return {
    peers: addresses.map((one) => ({ kind: 'block', cidr: asCidr(one), except: [], path, ofPods: 'always' })),
    ports: slices.flatMap(({ object }) => arrayAt(object, 'ports').flatMap((one) => portOf(one, path))),
  };
}

function portOf(value: Parameters<typeof stringAt>[0], path: FieldPath): readonly PortMatch[] {
  const protocol = readProtocol(valueAt(value, 'protocol'));
  const port = valueAt(value, 'port');
  return protocol === undefined || typeof port !== 'number'
    ? []
    : [{ kind: 'range', protocol, from: port, to: port, path }];
}
