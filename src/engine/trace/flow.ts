import type { Assumption, Detected } from '../model/assumptions.ts';
import type { Protocol } from '../model/cluster.ts';
import type { Evidence, ResourceRef } from '../model/resource.ts';

/** One end of a connection as a person names it (CONTRACT.md, "Ends of a connection"). */
export type FlowEnd =
  | { readonly kind: 'pod'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'workload'; readonly ref: ResourceRef }
  | { readonly kind: 'service'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'node'; readonly name: string }
  | { readonly kind: 'address'; readonly ip: string }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'url'; readonly url: string };

/** A question: may `source` open a connection to `destination`, and how does it travel? */
export interface Flow {
  readonly source: FlowEnd;
  readonly destination: FlowEnd;
  readonly protocol: Protocol;
  /** A number or a port name; absent: the only declared one. */
  readonly port?: number | string;
  /** The node that an external client addresses; the first one where absent. */
  readonly node?: string;
}

/** How a trace or a branch ends. */
export type Disposition =
  | 'delivered'
  | 'denied-egress'
  | 'denied-ingress'
  | 'not-enforced'
  | 'no-such-name'
  | 'no-such-service'
  | 'port-not-exposed'
  | 'no-endpoints'
  | 'no-local-endpoints'
  | 'no-route'
  | 'exits-cluster'
  | 'mixed'
  | 'insufficient-information';

/** What the client's program sees. */
export type ClientSees =
  | 'connected'
  | 'refused'
  | 'timeout'
  | 'nxdomain'
  | 'unreachable'
  | 'http-404'
  | 'http-502'
  | 'http-503'
  | 'http-504'
  | 'unknown';

/** Headers of a packet at one point. Ports are numbers; an ephemeral client port is 40000. `ttl` is the IP TTL or hop limit. */
export interface Packet {
  readonly src: string;
  readonly dst: string;
  readonly sport: number;
  readonly dport: number;
  readonly ttl: number;
  readonly encapsulation?: {
    readonly type: 'vxlan' | 'geneve' | 'ipip' | 'wireguard';
    readonly src: string;
    readonly dst: string;
    /** UDP destination port; absent for ipip. */
    readonly port?: number;
    readonly vni?: number;
  };
}

/** What happens to a packet at one point, in the order of the path. */
export interface Step {
  readonly kind:
    | 'originate'
    | 'resolve'
    | 'socket-lb'
    | 'egress-policy'
    | 'ingress-policy'
    | 'dnat'
    | 'snat'
    | 'un-dnat'
    | 'un-snat'
    | 'route'
    | 'bridge'
    | 'tunnel-out'
    | 'tunnel-in'
    | 'proxy-l7'
    | 'deliver'
    | 'drop'
    | 'reject'
    | 'leave';
  readonly action:
    | 'forwarded'
    | 'permitted'
    | 'denied'
    | 'rejected'
    | 'transformed'
    | 'encapsulated'
    | 'delivered'
    | 'not-enforced'
    | 'unknown';
  readonly before: Packet;
  readonly after: Packet;
  /** The real name of what acts: `iptables nat KUBE-SVC-… rule 2 of 3`, `vxlan.calico`, `tc lxc…`; never translated. */
  readonly mechanism: string;
  readonly evidence: readonly Evidence[];
  /** One sentence for a person. */
  readonly why: string;
}

/** A place that a packet passes: a network namespace on a node, and the device it is seen on. */
export interface Hop {
  readonly location: {
    /** '' outside the cluster and on the wire between nodes. */
    readonly node: string;
    /** `pod ns/name`, `host`, `fabric` or `external`. */
    readonly namespace: string;
    /** A device name, '' where none is known. */
    readonly device: string;
    /** `computed`: follows from objects; `generic`: a stand-in for a name that can't be known. */
    readonly certainty: 'computed' | 'generic';
  };
  readonly steps: readonly Step[];
}

/** One outcome of what is left to chance (the endpoint, usually). */
export interface Branch {
  /** 0…1; the branches of a trace add up to 1. */
  readonly probability: number;
  readonly forward: readonly Hop[];
  /** The reply's way; empty where nothing comes back. */
  readonly reverse: readonly Hop[];
  readonly disposition: Disposition;
  readonly destination: {
    readonly ip: string;
    readonly port: number;
    readonly pod?: { readonly namespace: string; readonly name: string };
  };
  /** The client's address as the server sees it. */
  readonly serverSees: { readonly ip: string };
  readonly clientSees: ClientSees;
  readonly masquerade: boolean;
  /** Bytes; 0 where unknown. */
  readonly pathMtu: number;
  /** One or two sentences: what happened, by which object, what would change it. */
  readonly reason: string;
  readonly decidedBy: readonly Evidence[];
  readonly considered: readonly Evidence[];
}

/** The answer to a {@link Flow}. */
export interface Trace {
  readonly flow: Flow;
  /** The port that the flow's destination was addressed on. */
  readonly port: number;
  readonly scope: string;
  readonly environment: {
    readonly cni: Detected;
    readonly proxy: Detected;
    readonly enforces: 'yes' | 'no' | 'unknown';
  };
  readonly branches: readonly Branch[];
  readonly disposition: Disposition;
  readonly assumptions: readonly Assumption[];
}

/** Why a flow can't be traced at all: an end that does not exist, or a port that must be chosen. The CLI exits 2. */
export interface FlowProblem {
  readonly code: 'no-such-end' | 'not-a-source' | 'port-needed' | 'malformed';
  readonly message: string;
  /** Ports or names to choose from, as one writes them. */
  readonly choices: readonly string[];
}
