import type { Derived } from '../analysis/derived.ts';
import type { ClusterNode, Service } from '../model/cluster.ts';
import type { Dialled } from './destination.ts';
import type { Flow } from './flow.ts';
import { nodeOf, type Place } from './place.ts';

/**
 * The nodes whose proxy and routes see the packet first: the sender's own, or from outside the one that is addressed. A
 * load balancer of a Service with externalTrafficPolicy Local asks each node's healthCheckNodePort and sends to those with
 * an endpoint, unless the flow names a node. Source: the Service API reference, externalTrafficPolicy and
 * healthCheckNodePort. Empty in a scope without nodes.
 */
export function entryNodes(derived: Derived, flow: Flow, source: Place, { ip }: Dialled): readonly ClusterNode[] {
  const { snapshot } = derived;
  const own = nodeOf(snapshot, source);
  if (own !== undefined) return [own];
  const balanced = flow.node === undefined ? healthyNodes(derived, ip) : [];
  if (balanced.length > 0) return balanced;
  const { nodes, pods } = snapshot.ownersOf(ip);
  const entry = nodes[0] ?? snapshot.node(pods[0]?.node) ?? snapshot.node(flow.node) ?? snapshot.nodes[0];
  return entry === undefined ? [] : [entry];
}

/** The Service of a load balancer's address that keeps traffic on the node; `undefined` for any other address. */
export function localBalancer({ proxyServices }: Derived, ip: string): Service | undefined {
  return proxyServices
    .byAddress(ip)
    .find((one) => one.externalTrafficPolicy === 'Local' && one.loadBalancer.some((balancer) => balancer.ip === ip));
}

function healthyNodes(derived: Derived, ip: string): readonly ClusterNode[] {
  const service = localBalancer(derived, ip);
  if (service === undefined) return [];
  const ready = derived.endpointsOf(service).endpoints.filter((one) => one.ready);
  const names = new Set(ready.map(({ node }) => node));
  return derived.snapshot.nodes.filter(({ name }) => names.has(name));
}
