import type { ClusterNode, Protocol, Service, ServicePort } from '../model/cluster.ts';
import type { Endpoint, ServiceEndpoints } from '../service/endpoint.ts';

/** How a node's proxy is set up. `null` and absent mean kube-proxy's own defaults. */
export interface ProxyConfig {
  /** How a source is known to be a pod; `None`: not at all, nothing counts as local. */
  readonly detectLocalMode: 'ClusterCIDR' | 'NodeCIDR' | 'BridgeInterface' | 'InterfaceNamePrefix' | 'None';
  readonly clusterCIDRs: readonly string[];
  readonly masqueradeAll: boolean;
  /** CIDRs of the node addresses that node ports are served on, or `primary` for the node's own; empty: all. */
  readonly nodePortAddresses: readonly string[];
  readonly localhostNodePorts: boolean;
}

/** A packet that reaches a node's proxy, new to connection tracking. */
export interface ProxyPacket {
  readonly sourceIP: string;
  readonly destinationIP: string;
  readonly protocol: Protocol;
  readonly port: number;
  /** True where whoever translates does not ask for this client whether it is in a Service's source ranges. */
  readonly isPastSourceRanges?: boolean;
}

/** A node as its proxy knows it. */
export interface ProxyHost {
  readonly node: ClusterNode;
  /** Every address of the node, loopback aside. */
  readonly addresses: readonly string[];
  readonly podCIDRs: readonly string[];
}

/** Services as the proxy sees them, found by what a packet is addressed to. */
export interface ProxyServices {
  /** Services that own the address: as ClusterIP, load balancer address or externalIP. */
  byAddress(ip: string): readonly Service[];
  byNodePort(protocol: Protocol, port: number): readonly { readonly service: Service; readonly port: ServicePort }[];
  byHealthCheckPort(port: number): Service | undefined;
  endpointsOf(service: Service): ServiceEndpoints;
}

/** One endpoint that a packet may be sent to. */
export interface TranslatedEndpoint {
  readonly endpoint: Endpoint;
  /** Share of the connections, 0…1. */
  readonly share: number;
  /** 1-based place of its rule, of how many, and the probability that the rule prints (absent on the last). */
  readonly rule: { readonly index: number; readonly of: number; readonly probability?: string };
  readonly masquerade: boolean;
  /** Chains from the first to the one that translates. */
  readonly chains: readonly string[];
}

/** What a node's proxy does with a packet. */
export type Translation =
  | {
      readonly verdict: 'DNAT';
      readonly service: Service;
      readonly port: ServicePort;
      readonly via: 'clusterIP' | 'nodePort' | 'loadBalancer' | 'externalIP';
      readonly endpoints: readonly TranslatedEndpoint[];
    }
  | {
      readonly verdict: 'REJECT' | 'DROP';
      readonly service: Service;
      readonly port: ServicePort;
      readonly chain: string;
      readonly why: 'no-endpoints' | 'no-local-endpoints' | 'source-range';
    }
  | { readonly verdict: 'ACCEPT'; readonly service: Service; readonly chain: string }
  | { readonly verdict: 'NONE'; readonly services: readonly Service[] };
