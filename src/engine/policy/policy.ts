import type { ClusterNode, Pod, Protocol } from '../model/cluster.ts';
import type { LabelSelector } from '../model/labels.ts';
import type { Evidence, FieldPath, Resource, ResourceRef } from '../model/resource.ts';

/** Which way a rule looks: `ingress` judges connections into the subject, `egress` those it opens. */
export type Direction = 'ingress' | 'egress';

/**
 * A step in the order of evaluation. Within a tier the policies stand by priority and the first rule that matches acts;
 * `pass` leads on to the next tier. What no rule of a tier decides is denied there where one of its policies isolates
 * the subject and `end` is `deny`, and is led on otherwise. NetworkPolicy, which has only allows, is the same in this
 * form as in the words of its API.
 */
export interface PolicyTier {
  readonly name: string;
  /** Smaller first. */
  readonly order: number;
  readonly end: 'deny' | 'pass';
  /** A service mesh judges a connection once more, at its destination, after the network has let it through. */
  readonly layer: 'network' | 'mesh';
}

/**
 * Pods chosen by namespace and labels. An absent `namespaces` means exactly the namespace `inNamespace`; where both are
 * absent all namespaces. `pods` may also read what is known of a pod beside its labels, see {@link PolicySet.label}.
 */
export interface PodSet {
  readonly inNamespace?: string;
  readonly namespaces?: LabelSelector;
  readonly pods: LabelSelector;
}

/** Addresses inside `cidr` and outside all of `except`. */
export interface BlockPeer {
  readonly kind: 'block';
  readonly cidr: string;
  readonly except: readonly string[];
  readonly path: FieldPath;
  /**
   * Set where a pod's address counts whatever the CNI makes of an ipBlock: `always` where the kind reads the packet's
   * address alone, `by-api` where the API says so of pods, unless it is assumed otherwise.
   */
  readonly ofPods?: 'always' | 'by-api';
  /** Why the block can't be read; it then matches nothing and makes verdicts unknown. */
  readonly invalid?: string;
}

/** One peer of a rule. `path` is the peer's field in the policy. */
export type Peer =
  | {
      readonly kind: 'pods';
      readonly pods: PodSet;
      readonly path: FieldPath;
      /** Keys whose values on the peer's namespace must all be the subject's, or must not all be; an absent one never matches. */
      readonly sameLabels?: readonly string[];
      readonly notSameLabels?: readonly string[];
    }
  | BlockPeer
  /** Nodes, and hostNetwork pods on them: any, only the subject's own, or only others. */
  | {
      readonly kind: 'nodes';
      readonly nodes: LabelSelector;
      readonly which: 'any' | 'own' | 'other';
      readonly path: FieldPath;
    }
  /** Whatever is neither a pod nor a node of this cluster. */
  | { readonly kind: 'outside'; readonly path: FieldPath }
  /** Addresses outside that were asked for by a name that fits one of the patterns (`*` stands for any characters but a dot). */
  | { readonly kind: 'names'; readonly patterns: readonly string[]; readonly path: FieldPath }
  | { readonly kind: 'any-of'; readonly peers: readonly Peer[]; readonly path: FieldPath }
  | { readonly kind: 'all-of'; readonly peers: readonly Peer[]; readonly path: FieldPath }
  | { readonly kind: 'none-of'; readonly peers: readonly Peer[]; readonly path: FieldPath };

/** One port of a rule: a number, an inclusive range, a container port's name, or (`any`) all ports of the protocol. */
export type PortMatch =
  | {
      readonly kind: 'range';
      readonly protocol: Protocol;
      readonly from: number;
      readonly to: number;
      readonly path: FieldPath;
    }
  /** An absent `protocol` is that of the container port. */
  | { readonly kind: 'named'; readonly protocol?: Protocol; readonly name: string; readonly path: FieldPath }
  | { readonly kind: 'invalid'; readonly reason: string; readonly path: FieldPath };

/**
 * What a rule asks for beyond the connection itself: something of each request in it (`GET /v1`), or something that
 * Podpath can't see, which makes unknown whatever the rule would change.
 */
export interface RuleCondition {
  readonly of: 'request' | 'unseen';
  readonly text: string;
}

/** One rule of a policy. Absent `peers` means everyone, absent `ports` every port of every protocol; empty lists match nothing. */
export interface PolicyRule {
  readonly direction: Direction;
  readonly action: 'allow' | 'deny' | 'pass';
  readonly peers?: readonly Peer[];
  readonly ports?: readonly PortMatch[];
  /** Where the rule holds for a part of the policy's subject only. */
  readonly onlyFor?: readonly Peer[];
  readonly condition?: RuleCondition;
  /** Set on rules that the kind implies and nobody wrote: they are not told as what almost allows. */
  readonly implied?: true;
  readonly evidence: Evidence;
}

/** A part of a policy that Podpath can't act on: malformed, or (`isGap`) right and not modelled. */
export interface Doubt extends Evidence {
  readonly isGap?: true;
}

/** The one form that every policy kind compiles to; the evaluator knows nothing else. */
export interface PolicyProgram {
  readonly ref: ResourceRef;
  readonly resource: Resource;
  /** The name of its tier. */
  readonly tier: string;
  /** Smaller first, within its tier; equal ones by name. 0 where the kind has none. */
  readonly priority: number;
  readonly subject: PodSet;
  /** The field that selects the subject. */
  readonly subjectPath: FieldPath;
  /** Nodes that the policy acts on beside the pods of `subject`, and instead of them where that is empty. */
  readonly nodes?: LabelSelector;
  /** The directions in which a selected pod is denied what no rule of the tier decides. */
  readonly isolates: Readonly<Record<Direction, boolean>>;
  readonly rules: readonly PolicyRule[];
  /** Malformed or unmodelled parts: a verdict that they could change is unknown, for these reasons. */
  readonly doubts: readonly Doubt[];
  /** Set where the doubts could change what other policies allow; else they could only add allows or isolate. */
  readonly couldDeny?: true;
  /** The one direction that the kind acts on, where it has only one: its doubts change nothing in the other. */
  readonly only?: Direction;
}

/** One end of a connection as a policy sees it: after DNAT for a destination, after SNAT for a source. */
export type PolicyEnd =
  | { readonly kind: 'pod'; readonly pod: Pod; readonly ip?: string }
  | { readonly kind: 'node'; readonly node: ClusterNode; readonly ip?: string }
  /** `name`: the DNS name that the client asked for, where it is known. */
  | { readonly kind: 'address'; readonly ip: string; readonly name?: string };

/** What one direction's policies say about one connection, and why. */
export interface Verdict {
  readonly action: 'allow' | 'deny' | 'unknown' | 'not-enforced';
  readonly direction: Direction;
  /** The rule that decided, or the policies that isolate without allowing; empty where no policy selects the pod. */
  readonly decidedBy: readonly Evidence[];
  /** Rules that almost allowed, nearest first, each with a note of what it lacks. */
  readonly considered: readonly Evidence[];
  /** Rules of earlier tiers that matched and passed the connection on, in order; absent where there are none. */
  readonly passed?: readonly Evidence[];
  /** What an allowed connection's requests must also be, each as words: `only GET /v1`, `not POST /admin`. */
  readonly conditions?: readonly string[];
  /** One sentence. */
  readonly reason: string;
}

/** Both directions of one connection: allowed only when both allow. */
export interface PolicyDecision {
  readonly action: 'allow' | 'deny' | 'unknown';
  readonly egress: Verdict;
  readonly ingress: Verdict;
}
