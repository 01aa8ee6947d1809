import type { Severity } from '../diagnostics/rule.ts';
import type { AssumptionSettings } from '../model/assumptions.ts';
import type { Location, ResourceRef, TextPosition, TextRange } from '../model/resource.ts';
import type { Flow, Trace } from '../trace/flow.ts';

/** One scope and how it stands. */
export interface ScopeSummary {
  readonly name: string;
  /** Files that belong to it. */
  readonly files: readonly string[];
  readonly objects: number;
  readonly pods: number;
  readonly services: number;
  readonly policies: number;
  /** Why the scope is incomplete, each a sentence; empty where it is whole. */
  readonly incomplete: readonly string[];
  /** Charts and overlays that were recognised and not rendered: path and how to render. */
  readonly notRendered: readonly {
    readonly path: string;
    readonly tool: 'kustomize' | 'helm';
    readonly text: string;
  }[];
  readonly assume: AssumptionSettings;
}

/** A replacement of a range of a file. */
export interface FileEdit {
  readonly uri: string;
  readonly range: TextRange;
  readonly newText: string;
}

/** A finding with its place in the text. */
export interface LocatedFinding {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly location: Location;
  readonly scope: string;
  /** Absent for a problem of the text itself. */
  readonly ref?: ResourceRef;
  readonly related: readonly { readonly location: Location; readonly message: string }[];
  readonly fixes: readonly { readonly title: string; readonly edits: readonly FileEdit[] }[];
}

/** A command link under a hover or on a lens; `command` is one of the extension's, `arguments` are JSON. */
export interface ActionLink {
  readonly title: string;
  readonly command:
    | 'podpath.trace'
    | 'podpath.showTopology'
    | 'podpath.copyText'
    | 'podpath.openLocation'
    | 'podpath.changeAssumption'
    | 'podpath.showChanges'
    | 'podpath.applyFix';
  readonly arguments: readonly unknown[];
}

/** A hover: paragraphs of Markdown text whose untrusted parts are escaped already, then links. */
export interface HoverAnswer {
  /** Stands above everything else: what is wrong, and what mends it; absent where nothing is. */
  readonly cause?: { readonly markdown: string; readonly fix?: ActionLink };
  readonly markdown: string;
  readonly links: readonly ActionLink[];
  readonly range: TextRange;
}

/** A code lens: one line of text above an object. */
export interface LensAnswer {
  readonly range: TextRange;
  readonly title: string;
  readonly tooltip: string;
  readonly action?: ActionLink;
}

/** A few words behind a selector. Both texts are plain; `tooltip` is '' where there is nothing to list. */
export interface HintAnswer {
  readonly position: TextPosition;
  /** `→ 3 pods` */
  readonly label: string;
  readonly tooltip: string;
}

/** One thing that may stand where something is typed. */
export interface CompletionItemAnswer {
  readonly label: string;
  readonly kind: 'label-key' | 'label-value' | 'service' | 'port' | 'namespace' | 'operator';
  /** Where it comes from: `on 3 pods of shop`; '' for what always stands there. */
  readonly detail: string;
  /** As the text needs it, quoted where it must be; a key with its colon. */
  readonly insertText: string;
}

/** What may be written at a position, best first. */
export interface CompletionAnswer {
  /** The word at the position, which an item replaces. */
  readonly range: TextRange;
  readonly items: readonly CompletionItemAnswer[];
}

/** One connection that an unsaved edit opens, closes, or gives other ports. */
export interface ChangeRow {
  readonly scope: string;
  readonly kind: 'opens' | 'closes' | 'changes';
  readonly from: string;
  readonly to: string;
  readonly ports: string;
  /** The objects it comes from. */
  readonly because: readonly { readonly text: string; readonly location?: Location }[];
}

/** What unsaved text changes; `summary` is '' where it changes nothing, and counts also what `rows` leaves out. */
export interface ChangesAnswer {
  readonly summary: string;
  readonly rows: readonly ChangeRow[];
}

/** A scope of files beside a running cluster. */
export interface DriftAnswer {
  readonly scope: string;
  readonly context: string;
  /** How many objects the files have. */
  readonly objects: number;
  /** Objects that differ in what the network sees, are missing in the cluster, or are policies that only it has. */
  readonly rows: readonly {
    readonly kind: 'differs' | 'absent' | 'extra';
    /** `NetworkPolicy shop/allow-frontend` */
    readonly label: string;
    readonly text: string;
    /** `spec.ports[0].port` */
    readonly fields: readonly string[];
    /** In the files. */
    readonly location?: Location;
    /** The live object as a text. */
    readonly live?: Location;
  }[];
  /** What applying the files would do: `opens 2, closes 12`. */
  readonly summary: string;
  /** As many of these connections as one reads. */
  readonly changes: readonly ChangeRow[];
  /** What of the cluster can't be seen. */
  readonly unseen: readonly string[];
}

/** One thing that is not in the files and that a workload is open to; `arrow` is ← for what comes in. */
export interface ExposureRow {
  readonly scope: string;
  readonly workload: string;
  readonly arrow: string;
  readonly peer: string;
  readonly ports: string;
  readonly location?: Location;
}

/** As many of these as one reads, and how many more there are. */
export interface ExposureAnswer {
  readonly rows: readonly ExposureRow[];
  readonly more: number;
}

/** Suggested NetworkPolicies as YAML, and sentences on what they can't express. */
export interface SuggestAnswer {
  readonly scope: string;
  readonly text: string;
  readonly problems: readonly string[];
}

/** A traced connection as a test: where it goes, how the connection stands now, and the edits for either expectation. */
export interface TestEditAnswer {
  /** The podpath.yaml; `isNew` where it has to be made, and the edits are its text. */
  readonly uri: string;
  readonly isNew: boolean;
  readonly actual: 'allowed' | 'denied' | 'mixed' | 'unknown';
  readonly choices: readonly { readonly expect: 'allowed' | 'denied'; readonly edits: readonly FileEdit[] }[];
}

/** A row of the side bar. Children are complete; `id` is stable between answers. */
export interface TreeRow {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly tooltip: string;
  /** A codicon's name. */
  readonly icon: string;
  readonly kind:
    | 'service'
    | 'endpoint'
    | 'reason'
    | 'policy'
    | 'pod'
    | 'workload'
    | 'scope'
    | 'cluster'
    | 'drift'
    | 'connection'
    | 'file'
    | 'group'
    | 'assumption';
  readonly location?: Location;
  /** As CONTRACT.md writes an end, for “Trace from/to”. */
  readonly end?: string;
  /** The scope that `end` is in, or that the row is about; present on these rows. */
  readonly scope?: string;
  /** The running cluster that the row is about. */
  readonly context?: string;
  readonly children: readonly TreeRow[];
  /** Present where the children are too many to come along: they are asked for by it. */
  readonly part?: TreePart;
}

/** The rows of one namespace of a scope; '' is what lives outside namespaces. */
export interface TreePart {
  readonly scope: string;
  readonly namespace: string;
}

/** Something a trace may start from or go to, for quick picks and completion. */
export interface EndChoice {
  /** As CONTRACT.md writes it: `shop/Deployment/frontend`, `shop/svc/backend`. */
  readonly text: string;
  readonly label: string;
  readonly description: string;
  readonly group: 'pod' | 'workload' | 'service' | 'node' | 'name' | 'outside';
  /** '' for what is in none. */
  readonly namespace: string;
  readonly scope: string;
  /** Declared ports, as one writes them; a choice only where there are several. */
  readonly ports: readonly { readonly port: number; readonly name: string; readonly protocol: string }[];
}

/** A trace with every word that the panel shows, so that the editor and the CLI say the same. */
export interface TraceAnswer {
  readonly trace: Trace;
  readonly from: string;
  readonly to: string;
  /** ✓, ✗, ? or ⚠ by verdict. */
  readonly verdict: 'delivered' | 'denied' | 'failed' | 'unknown' | 'not-enforced' | 'mixed';
  /** `Denied on the way in — frontend → backend:8080 (TCP)` */
  readonly headline: string;
  readonly reason: string;
  readonly branches: readonly TraceBranchText[];
  readonly assumptions: readonly { readonly text: string; readonly confirm: string }[];
  /** What decided against the first branch that fails, the rule that comes nearest first; empty where nothing did. */
  readonly blamed: readonly { readonly label: string; readonly location: Location }[];
  /** Fixes of the policy that denies, where one is mechanical. */
  readonly fixes: readonly { readonly title: string; readonly edits: readonly FileEdit[] }[];
  readonly markdown: string;
  readonly mermaid: string;
  /** The running cluster that the trace is in; absent where files are laid over it, and from all but a panel's answer. */
  readonly context?: string;
}

/** The words for one branch of a trace. */
export interface TraceBranchText {
  /** `backend-1 33.3 %` */
  readonly label: string;
  readonly verdict: TraceAnswer['verdict'];
  readonly reason: string;
  /** What the client sees, what the server sees, MTU: one line. */
  readonly facts: string;
  readonly forward: readonly TraceRow[];
  readonly reverse: readonly TraceRow[];
  /** Mermaid source of the way there: a box `h0…` a hop, a lane a node; '' without hops. */
  readonly mermaid: string;
  /** The same for the reply; '' where nothing comes back. */
  readonly replyMermaid: string;
}

/** One step of a trace as a row of a table. */
export interface TraceRow {
  /** `node-1 · iptables nat` */
  readonly where: string;
  /** `10.96.14.7:8080 → 10.244.2.5:9376` */
  readonly what: string;
  readonly detail: string;
  readonly kind: string;
  readonly ok: boolean;
  readonly locations: readonly { readonly label: string; readonly location: Location }[];
}

/** What a topology shows. */
export interface GraphRequest {
  readonly scope?: string;
  /** Empty: all. */
  readonly namespaces: readonly string[];
  readonly level: 'namespace' | 'workload' | 'pod';
  readonly edges: readonly GraphEdge['kind'][];
  /** Only what is within one step of these files' objects or boxes; absent: everything. */
  readonly around?: { readonly uri: string } | { readonly box: string };
  /** Boxes to fold what does not fit into; at most 80. */
  readonly limit: number;
  /** Groups that the user opened, by box id. */
  readonly unfolded: readonly string[];
}

/** A box of the topology. `label` is untrusted text. */
export interface GraphNode {
  readonly id: string;
  readonly kind: 'external' | 'ingress' | 'service' | 'workload' | 'namespace' | 'pod' | 'cidr' | 'fold';
  readonly namespace: string;
  readonly name: string;
  /** `Deployment`, `Service`, … or `+12 workloads` for a fold. */
  readonly title: string;
  readonly label: string;
  readonly parent?: string;
  readonly replicas?: number;
  readonly ready?: number;
  readonly problems: number;
  readonly location?: Location;
  readonly end?: string;
}

/** An arrow of the topology. */
export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: 'routes' | 'selects' | 'allows' | 'denies';
  /** `TCP 8080`; '' for all ports or none. */
  readonly ports: string;
}

/** What unsaved text changes between two boxes; it is laid over the picture. */
export interface GraphChange extends Omit<GraphEdge, 'kind'> {
  readonly kind: 'opens' | 'closes';
}

/** A topology, ready to draw. */
export interface GraphAnswer {
  readonly scope: string;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** What unsaved text opens and closes between the boxes. */
  readonly changes: readonly GraphChange[];
  /** Present where it may open and close more than these. */
  readonly changesAreCut?: true;
  readonly namespaces: readonly string[];
  /** Boxes that did not fit, folded away. */
  readonly hidden: number;
  readonly mermaid: string;
}

/** What the inspector shows for one box. */
export interface InspectAnswer {
  readonly node: GraphNode;
  readonly labels: readonly { readonly key: string; readonly value: string }[];
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  readonly policies: readonly { readonly label: string; readonly location?: Location }[];
  readonly reachedBy: readonly { readonly box: string; readonly label: string; readonly ports: string }[];
  readonly deniedFrom: readonly { readonly box: string; readonly label: string }[];
  /** Of whom it is not known whether they reach it. */
  readonly unknownFrom: readonly { readonly box: string; readonly label: string }[];
  /** Rows of each list that are left out. */
  readonly more: Readonly<Record<'reachedBy' | 'deniedFrom' | 'unknownFrom' | 'reaches', number>>;
  readonly reaches: readonly { readonly box: string; readonly label: string; readonly ports: string }[];
  readonly problems: readonly {
    readonly code: string;
    readonly severity: Severity;
    readonly message: string;
    readonly location: Location;
  }[];
}

/** The flow that a trace request stands for, as text ends; what panels keep to trace again. */
export interface TraceRequest {
  readonly from: string;
  readonly to: string;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly node?: string;
  readonly scope?: string;
}

/** A trace that can't be run: why, and what to choose from. */
export interface TraceProblem {
  readonly problem: string;
  readonly code: 'no-such-end' | 'not-a-source' | 'port-needed' | 'malformed' | 'several-scopes';
  readonly choices: readonly string[];
}

export type { Flow, Trace };
