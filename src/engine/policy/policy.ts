import type { ClusterNode, Pod, Protocol } from '../model/cluster.ts';
import type { LabelSelector } from '../model/labels.ts';
import type { Evidence, FieldPath, Resource, ResourceRef } from '../model/resource.ts';

/** Which way a rule looks: `ingress` judges connections into the subject, `egress` those it opens. */
export type Direction = 'ingress' | 'egress';

/**
 * Where a policy stands in the order of evaluation. `admin` rules are first-match by priority and may pass;
 * `workload` is NetworkPolicy's union of allows with isolation; `baseline` decides what nothing else decided.
 */
export type PolicyTier = 'admin' | 'workload' | 'baseline';

/** Pods chosen by namespace and labels. An absent `namespaces` means exactly the namespace `inNamespace`. */
export interface PodSet {
  readonly inNamespace?: string;
  readonly namespaces?: LabelSelector;
  readonly pods: LabelSelector;
}

/** One peer of a rule. `path` is the peer's field in the policy. */
export type Peer =
  | { readonly kind: 'pods'; readonly pods: PodSet; readonly path: FieldPath }
  | {
      readonly kind: 'block';
      readonly cidr: string;
      readonly except: readonly string[];
      readonly path: FieldPath;
      /** Why the block can't be read; it then matches nothing and makes verdicts unknown. */
      readonly invalid?: string;
    };

/** One port of a rule: a number, an inclusive range, a container port's name, or (`any`) all ports of the protocol. */
export type PortMatch =
  | {
      readonly kind: 'range';
      readonly protocol: Protocol;
      readonly from: number;
      readonly to: number;
      readonly path: FieldPath;
    }
  | { readonly kind: 'named'; readonly protocol: Protocol; readonly name: string; readonly path: FieldPath }
  | { readonly kind: 'invalid'; readonly reason: string; readonly path: FieldPath };

/** One rule of a policy. Absent `peers` means everyone, absent `ports` every port of every protocol; empty lists match nothing. */
export interface PolicyRule {
  readonly direction: Direction;
  readonly action: 'allow' | 'deny' | 'pass';
  readonly peers?: readonly Peer[];
  readonly ports?: readonly PortMatch[];
  readonly evidence: Evidence;
}

/** The one form that every policy kind compiles to; the evaluator knows nothing else. */
export interface PolicyProgram {
  readonly ref: ResourceRef;
  readonly resource: Resource;
  readonly tier: PolicyTier;
  /** Smaller first, within a tier of priorities; 0 where the kind has none. */
  readonly priority: number;
  readonly subject: PodSet;
  /** The directions in which a selected pod is denied what no rule allows. */
  readonly isolates: Readonly<Record<Direction, boolean>>;
  readonly rules: readonly PolicyRule[];
  /** Malformed or unmodelled parts: a verdict that they could change is unknown, for these reasons. */
  readonly doubts: readonly Evidence[];
  /** Set for a kind that is not modelled: it could change whatever the others decide. */
  readonly unmodelled?: true;
}

/** One end of a connection as a policy sees it: after DNAT for a destination, after SNAT for a source. */
export type PolicyEnd =
  | { readonly kind: 'pod'; readonly pod: Pod; readonly ip?: string }
  | { readonly kind: 'node'; readonly node: ClusterNode; readonly ip?: string }
  | { readonly kind: 'address'; readonly ip: string };

/** What one direction's policies say about one connection, and why. */
export interface Verdict {
  readonly action: 'allow' | 'deny' | 'unknown' | 'not-enforced';
  readonly direction: Direction;
  /** The rule that allowed, or the policies that isolate without allowing; empty where no policy selects the pod. */
  readonly decidedBy: readonly Evidence[];
  /** Rules that almost allowed, nearest first, each with a note of what it lacks. */
  readonly considered: readonly Evidence[];
  /** One sentence. */
  readonly reason: string;
}

/** Both directions of one connection: allowed only when both allow. */
export interface PolicyDecision {
  readonly action: 'allow' | 'deny' | 'unknown';
  readonly egress: Verdict;
  readonly ingress: Verdict;
}
