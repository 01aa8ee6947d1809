import type { Pod, Protocol, Service, ServicePort } from '../model/cluster.ts';
import type { Evidence, FieldPath, ResourceRef } from '../model/resource.ts';

/** One endpoint address of a Service and one of its ports, as the EndpointSlice controller would write it. */
export interface Endpoint {
  readonly ip: string;
  readonly family: 'IPv4' | 'IPv6';
  readonly port: number;
  /** The Service port's name, '' for an unnamed one. */
  readonly portName: string;
  readonly protocol: Protocol;
  readonly servicePort?: ServicePort | undefined;
  readonly pod?: Pod;
  readonly node?: string | undefined;
  readonly zone?: string | undefined;
  readonly hostname?: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly simulated: boolean;
  readonly hints?: { readonly forZones: readonly string[]; readonly forNodes: readonly string[] };
}

/** Why something that one would expect is not an endpoint. */
export interface EndpointReason {
  readonly pod?: { readonly namespace: string; readonly name: string };
  readonly text: string;
  /** The field to blame and, where there is a nearest label or port, what to write instead. */
  readonly evidence?: Evidence;
  readonly fix?: { readonly ref: ResourceRef; readonly path: FieldPath; readonly value: string };
}

/** The endpoints of one Service. */
export interface ServiceEndpoints {
  readonly service: Service;
  /** One per address and port; a headless Service without ports has entries with port 0. */
  readonly endpoints: readonly Endpoint[];
  readonly reasons: readonly EndpointReason[];
  /** `controller`: made from the selector; `manual`: EndpointSlices or Endpoints of the files; `none`: ExternalName or nothing. */
  readonly source: 'controller' | 'manual' | 'none';
}
