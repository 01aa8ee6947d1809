import type { JsonObject } from './json.ts';
import type { Labels } from './labels.ts';
import type { FieldPath, Resource, ResourceRef } from './resource.ts';

/** The transport protocols that Kubernetes Services and policies know. */
export type Protocol = 'TCP' | 'UDP' | 'SCTP';

/** A Namespace that objects live in. `resource` is absent where it is only named, then its labels are the one automatic label. */
export interface Namespace {
  readonly name: string;
  /** With `kubernetes.io/metadata.name` added, as the API server does. */
  readonly labels: Labels;
  readonly resource?: Resource;
}

/** A node, read or simulated. */
export interface ClusterNode {
  readonly name: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly podCIDRs: readonly string[];
  /** InternalIP addresses, both families, primary first. */
  readonly internalIPs: readonly string[];
  readonly externalIPs: readonly string[];
  readonly simulated: boolean;
  readonly resource?: Resource;
}

/** A port that a container declares. Informational in Kubernetes, but it gives named ports their number. */
export interface ContainerPort {
  readonly container: string;
  /** '' for an unnamed port. */
  readonly name: string;
  readonly port: number;
  readonly protocol: Protocol;
  readonly hostPort?: number;
  /** The address of the node that the host port is on; absent: all of them. */
  readonly hostIP?: string;
  /** From the object's root. */
  readonly path: FieldPath;
}

/** What pods share with the template that they are made of. */
export interface PodTemplate {
  readonly labels: Labels;
  /** Containers first, then native sidecars (init containers with restartPolicy Always); the order that named ports resolve in. */
  readonly ports: readonly ContainerPort[];
  readonly hostNetwork: boolean;
  readonly hostname?: string;
  readonly subdomain?: string;
  /** `default` where none is named. */
  readonly serviceAccount: string;
  /** The raw pod spec, and its path in `resource.object`. Pods that differ in their `nodeName` alone share one of theirs. */
  readonly spec: JsonObject;
  readonly specPath: FieldPath;
  /** The path of the labels' metadata: `['spec','template','metadata']` or `['metadata']`. */
  readonly metadataPath: FieldPath;
}

/** A controller that makes pods, or a Pod without one. Policies and connectivity are reported by workload. */
export interface Workload {
  readonly ref: ResourceRef;
  readonly resource: Resource;
  readonly template: PodTemplate;
  /** Wanted pods; a DaemonSet: one a node; a bare Pod: 1. */
  readonly replicas: number;
  readonly pods: readonly Pod[];
  /** True for what Podpath invented (CoreDNS, the Ingress controller); left out of connectivity lists. */
  readonly system: boolean;
}

/** A pod, read or expected from its workload. */
export interface Pod {
  readonly ref: ResourceRef;
  readonly template: PodTemplate;
  /** The object that defines it: the Pod itself, or its workload's for an expected pod. */
  readonly resource: Resource;
  /** The workload it is reported under. */
  readonly workload: ResourceRef;
  /** Name of its node; absent when not scheduled. */
  readonly node?: string | undefined;
  /** Primary first; the node's addresses for a hostNetwork pod; empty when none was assigned. */
  readonly ips: readonly string[];
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  readonly ready: boolean;
  readonly terminating: boolean;
  /** True where its status was read; others are expected from their files. */
  readonly seen: boolean;
  /** True when the pod itself is expected from its workload. */
  readonly simulated: boolean;
  /** True when its addresses were invented. */
  readonly simulatedIPs: boolean;
}

/** One port of a Service. */
export interface ServicePort {
  /** '' for an unnamed port. */
  readonly name: string;
  readonly port: number;
  readonly protocol: Protocol;
  /** A number or a container port's name; `port` where the object has none. */
  readonly targetPort: number | string;
  readonly nodePort?: number;
  readonly appProtocol?: string;
  /** `['spec', 'ports', i]`. */
  readonly path: FieldPath;
}

/** A Service with the API server's defaults filled in. */
export interface Service {
  readonly ref: ResourceRef;
  readonly resource: Resource;
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  /** Absent or empty: the endpoints are hand-written. */
  readonly selector?: Labels;
  readonly headless: boolean;
  /** Without 'None'; simulated where the object has none and is not headless. */
  readonly clusterIPs: readonly string[];
  readonly ports: readonly ServicePort[];
  /** As written: absent lets the address family of the clusterIP decide. */
  readonly ipFamilies?: readonly ('IPv4' | 'IPv6')[];
  readonly externalName?: string;
  readonly externalIPs: readonly string[];
  /** status.loadBalancer.ingress; simulated for a LoadBalancer in files. */
  readonly loadBalancer: readonly {
    readonly ip?: string;
    readonly hostname?: string;
    readonly ipMode: 'VIP' | 'Proxy';
  }[];
  readonly loadBalancerSourceRanges: readonly string[];
  readonly externalTrafficPolicy: 'Cluster' | 'Local';
  readonly internalTrafficPolicy: 'Cluster' | 'Local';
  readonly sessionAffinity: 'None' | 'ClientIP';
  readonly publishNotReadyAddresses: boolean;
  readonly healthCheckNodePort?: number;
  readonly trafficDistribution?: string;
  /** Which addresses or ports were invented. */
  readonly simulated: { readonly clusterIPs: boolean; readonly nodePorts: boolean; readonly loadBalancer: boolean };
}
