import type {
  AssumptionSettings,
  FileEdit,
  GraphAnswer,
  GraphChange,
  GraphRequest,
  InspectAnswer,
  Location,
  ProbePlan,
  Queries,
  TraceAnswer,
  TraceProblem,
  TraceRequest,
  VerifyAnswer,
} from './engine/index.ts';

/** Changes that the editor tells the worker. `text: null` closes an unsaved text: what is on disk counts again. */
export type WorkerChange =
  | {
      readonly kind: 'folders';
      readonly folders: readonly { readonly uri: string; readonly name: string; readonly onDisk: boolean }[];
    }
  | { readonly kind: 'text'; readonly uri: string; readonly text: string | null }
  /** Files of virtual workspaces, or files that changed on disk; `text: null` means deleted; absent text: read it yourself. */
  | { readonly kind: 'files'; readonly files: readonly { readonly uri: string; readonly text?: string | null }[] }
  | { readonly kind: 'settings'; readonly settings: EngineSettings }
  /** The running clusters that the user chose, all of them; the workspace is trusted. */
  | { readonly kind: 'clusters'; readonly clusters: readonly ChosenCluster[] };

/** A context of a kubeconfig that the user chose; absent or empty `kubeconfig`: the files that kubectl would take. */
export interface ChosenCluster {
  readonly context: string;
  readonly kubeconfig?: string;
  /** Where a kind may not be listed in the whole cluster; empty: the context's own. */
  readonly namespaces: readonly string[];
}

/** How a chosen cluster stands. */
export interface ClusterStatus {
  readonly context: string;
  /** `forbidden`: the server takes the user for nobody, or shows nothing; `unusable`: the kubeconfig does not allow a try. */
  readonly state: 'connecting' | 'live' | 'stale' | 'forbidden' | 'disconnected' | 'unusable';
  /** What is wrong, a sentence; '' where nothing is. */
  readonly reason: string;
  /** Since when a stale cluster was not seen, in ms since 1970. */
  readonly since?: number;
  readonly objects: number;
  readonly missing: readonly string[];
}

/** The contexts of a kubeconfig; `problem` is a sentence where it can't be read. */
export interface ContextsAnswer {
  readonly contexts: readonly { readonly name: string; readonly server: string; readonly namespace: string }[];
  readonly current: string;
  readonly problem?: string;
}

/** What of the user's settings the engine reads. */
export interface EngineSettings {
  readonly assume: AssumptionSettings;
  /** `code: off|hint|info|warning|error` */
  readonly rules: Readonly<Record<string, string>>;
  readonly exclude: readonly string[];
}

/** Runs a plan that the user has read and agreed to; refused where the trace is another one by now. */
export interface VerifyRequest {
  readonly request: TraceRequest;
  readonly plan: ProbePlan;
  /** Where present, a container with this image is added to the pod, and everything is run there. */
  readonly image?: string;
}

/** Editor to worker. */
export type ToWorker =
  | {
      readonly type: 'query';
      readonly id: number;
      readonly name: keyof Queries;
      readonly params: unknown;
      readonly deadlineMs: number;
    }
  | { readonly type: 'cancel'; readonly id: number }
  /** Asks for the contexts of a kubeconfig; runs nothing that it names. */
  | { readonly type: 'contexts'; readonly id: number; readonly kubeconfig?: string }
  | ({ readonly type: 'verify'; readonly id: number } & VerifyRequest)
  | { readonly type: 'change'; readonly change: WorkerChange };

/** Worker to editor. */
export type FromWorker =
  | { readonly type: 'answer'; readonly id: number; readonly result: unknown }
  | {
      readonly type: 'failed';
      readonly id: number;
      readonly reason: 'cancelled' | 'deadline' | 'error';
      readonly message: string;
    }
  /** A new analysis exists: whatever is on screen may be asked for again. */
  | { readonly type: 'changed'; readonly revision: number }
  | { readonly type: 'clusters'; readonly clusters: readonly ClusterStatus[] }
  | { readonly type: 'progress'; readonly done: number; readonly total: number }
  | { readonly type: 'log'; readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly message: string };

/** Editor to a webview. */
export type ToWebview =
  | {
      readonly type: 'trace';
      readonly answer: TraceAnswer | TraceProblem;
      readonly request: TraceRequest;
      readonly pinned: boolean;
      /** The trace is in a running cluster, and from a pod: it may be run for real. */
      readonly canVerify: boolean;
      /** What the cluster did, where this very trace was verified. */
      readonly verified: VerifyAnswer | null;
    }
  | { readonly type: 'graph'; readonly answer: GraphAnswer; readonly request: GraphRequest; readonly pending: number }
  | { readonly type: 'inspect'; readonly answer: InspectAnswer | null }
  /** Highlights the rows whose evidence is at the editor's cursor. */
  | { readonly type: 'reveal'; readonly location: Location }
  /** The structure changed; the view shows its refresh pill, and `edits` in place of the picture's changes. */
  | { readonly type: 'stale'; readonly changes: number; readonly edits: readonly GraphChange[] }
  /** Shows what unsaved edits open and close. */
  | { readonly type: 'showChanges' }
  | { readonly type: 'busy'; readonly busy: boolean }
  /** The worker is not started any more: what is shown is out of date and stays so. */
  | { readonly type: 'stopped' };

/** A webview to the editor. */
export type FromWebview =
  | { readonly type: 'ready' }
  /** `preserveFocus`: the place is shown, for the user only walks over what points at it. */
  | { readonly type: 'open'; readonly location: Location; readonly preserveFocus?: boolean }
  | { readonly type: 'trace'; readonly request: TraceRequest }
  | { readonly type: 'pickTrace'; readonly from?: string; readonly to?: string }
  | { readonly type: 'pin'; readonly request: TraceRequest }
  /** Writes the traced connection into the tests of the workspace. */
  | { readonly type: 'saveTest'; readonly request: TraceRequest }
  /** Asks to run the trace that is shown; nothing is run before the user agreed to it. */
  | { readonly type: 'verify' }
  | { readonly type: 'fix'; readonly edits: readonly FileEdit[] }
  | { readonly type: 'copy'; readonly text: string; readonly what: string }
  | { readonly type: 'save'; readonly text: string; readonly name: string; readonly base64?: boolean }
  | { readonly type: 'graph'; readonly request: GraphRequest }
  | { readonly type: 'inspect'; readonly box: string }
  | { readonly type: 'showTopology'; readonly box?: string }
  | { readonly type: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly message: string };
