import type { ClusterNode } from '../model/cluster.ts';

/** Whether NetworkPolicies have any effect. `unknown` counts as enforced in verdicts, and every answer says so. */
export type Enforcement = 'yes' | 'no' | 'unknown';

/** A network device's name; `generic` marks a stand-in for one that can't be known from objects. */
export interface Device {
  readonly name: string;
  readonly certainty: 'computed' | 'generic';
}

/** An address family as a number, as {@link ../model/addresses.ts} has it. */
export type Family = 4 | 6;

/** How packets get from one node to another. */
export type Transport =
  | {
      readonly kind: 'tunnel';
      readonly type: 'vxlan' | 'geneve' | 'ipip' | 'wireguard';
      readonly device: string;
      /** UDP destination port; absent for ipip. */
      readonly port?: number;
      /** Absent where it differs by packet (Cilium carries the identity there). */
      readonly vni?: number;
      /** Bytes that the tunnel takes off the MTU over IPv4 and over IPv6. */
      readonly overhead: Readonly<Record<Family, number>>;
      /** Nodes of one subnet are routed plainly, as Calico's CrossSubnet and Flannel's DirectRouting do. */
      readonly crossSubnetOnly?: boolean;
    }
  | {
      readonly kind: 'routed';
      /** Who writes the routes, for sentences: `flanneld`, `BGP`. */
      readonly routesBy: string;
    }
  | { readonly kind: 'unknown' };

/**
 * One way of connecting pods: devices, transport, who translates and who enforces. All knowledge about a CNI that
 * answers need is in its profile; nothing else asks for its name.
 */
export interface CniProfile {
  /** As CONTRACT.md writes it. */
  readonly name: string;
  /** For people: `Flannel (VXLAN)`. */
  readonly title: string;
  /** False where packets are shown on a generic path, because this CNI's own is not modelled. */
  readonly modelled: boolean;
  readonly enforces: Enforcement;
  /** Groups of other policy kinds that it enforces, or may by version or setting; absent: not known of any. */
  readonly otherKinds?: Readonly<Record<string, Enforcement>>;
  /** The highest priority of an AdminNetworkPolicy that it takes; absent: every one of the API. */
  readonly lastAdminPriority?: number;
  /** Whether an ipBlock that covers a pod's address matches the pod. */
  readonly ipBlockMatchesPods: boolean;
  /** Whether one that covers a node's address matches the node and what runs on its network. */
  readonly ipBlockMatchesNodes: boolean;
  /** Whether a node reaches its own pods: `always` where only what is forwarded is filtered, else unless a rule denies it. */
  readonly ownNode: 'always' | 'unless-denied';
  /** Whether connections that are open go on when a policy comes to deny them: `kept` where tracked ones are let through. */
  readonly openConnections: 'kept' | 'unknown';
  /** True where the filter stands before the masquerade, so that a policy on the entry node sees the client's own address. */
  readonly policySeesClient: boolean;
  /** The bridge that pods of a node share; absent where each pod is routed. */
  readonly bridge?: string;
  /** The node's end of a pod's link. */
  podDevice(namespace: string, name: string): Device;
  readonly transport: Transport;
  /** The node's address towards its own pods, as masquerade and the node's own connections take it; `undefined`: not known. */
  localAddress(node: ClusterNode, family: Family): string | undefined;
  /** The node's address on the tunnel; `undefined` where there is no tunnel or it is not known. */
  tunnelAddress(node: ClusterNode, family: Family): string | undefined;
  /** The rule that hides pods behind their node on the way out of the pod network, as the system names it. */
  readonly outgoingNat: string;
  /** Whether connections to the address of another node are hidden as well. */
  readonly natsToNodes: boolean;
  /** Whether packets from outside to a pod of another node are hidden by the CNI's own rule (Flannel). */
  readonly natsIncoming: boolean;
  /** Where policies act; `device` is the pod's. */
  policyMechanism(direction: 'ingress' | 'egress', device: string): string;
  /** True where sockets are translated by eBPF in place of kube-proxy, unless something says otherwise. */
  readonly replacesProxy: boolean;
  /** In place of kube-proxy: whether loadBalancerSourceRanges count for clients in the cluster too; absent: they do. */
  readonly sourceRangesInside?: 'ignored';
  /** In place of kube-proxy: true where it serves host ports as well; absent: the portmap plugin is taken to. */
  readonly servesHostPorts?: true;
  /** Whether clients outside can send to pod addresses: `maybe` needs routers that know the pod network. */
  readonly podsRoutedOutside: 'no' | 'maybe';
  /** Where pods get their addresses: from the podCIDR of their Node object, or from blocks that the CNI hands out itself. */
  readonly podAddresses: 'node-cidr' | 'own-pools' | 'unknown';
  /** Bytes; absent: the node's interface less what the transport takes. */
  readonly mtu?: number;
}
