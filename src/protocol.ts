import type {
  AssumptionSettings,
  EndChoice,
  FileEdit,
  GraphAnswer,
  GraphRequest,
  HoverAnswer,
  InspectAnswer,
  LensAnswer,
  LocatedFinding,
  Location,
  ScopeSummary,
  TextPosition,
  TraceAnswer,
  TraceProblem,
  TraceRequest,
  TreeRow,
} from './engine/index.ts';

/** Every question that the editor asks the worker: the parameters and the answer of each. */
export interface Queries {
  /** Findings of all files, or of the one named. Files without findings are absent. */
  readonly findings: { readonly params: { readonly uri?: string }; readonly result: readonly LocatedFinding[] };
  readonly hover: {
    readonly params: { readonly uri: string; readonly position: TextPosition };
    readonly result: HoverAnswer | null;
  };
  readonly lenses: { readonly params: { readonly uri: string }; readonly result: readonly LensAnswer[] };
  readonly definition: {
    readonly params: { readonly uri: string; readonly position: TextPosition };
    readonly result: readonly Location[];
  };
  /** What a trace could start from at this position, as an end; null where nothing is there. */
  readonly endAt: {
    readonly params: { readonly uri: string; readonly position: TextPosition };
    readonly result: string | null;
  };
  readonly ends: {
    readonly params: { readonly scope?: string; readonly side: 'from' | 'to' };
    readonly result: readonly EndChoice[];
  };
  readonly trace: { readonly params: TraceRequest; readonly result: TraceAnswer | TraceProblem };
  readonly graph: { readonly params: GraphRequest; readonly result: GraphAnswer };
  readonly inspect: {
    readonly params: { readonly scope?: string; readonly box: string };
    readonly result: InspectAnswer | null;
  };
  readonly tree: {
    readonly params: { readonly view: 'services' | 'policies' | 'scopes' };
    readonly result: readonly TreeRow[];
  };
  readonly scopes: { readonly params: Record<never, never>; readonly result: readonly ScopeSummary[] };
  readonly endpointsText: {
    readonly params: { readonly service: string; readonly scope?: string };
    readonly result: string;
  };
}

/** Changes that the editor tells the worker. `text: null` closes an unsaved text: what is on disk counts again. */
export type WorkerChange =
  | {
      readonly kind: 'folders';
      readonly folders: readonly { readonly uri: string; readonly name: string; readonly onDisk: boolean }[];
    }
  | { readonly kind: 'text'; readonly uri: string; readonly text: string | null }
  /** Files of virtual workspaces, or files that changed on disk; `text: null` means deleted; absent text: read it yourself. */
  | { readonly kind: 'files'; readonly files: readonly { readonly uri: string; readonly text?: string | null }[] }
  | { readonly kind: 'settings'; readonly settings: EngineSettings };

/** What of the user's settings the engine reads. */
export interface EngineSettings {
  readonly assume: AssumptionSettings;
  /** `code: off|hint|info|warning|error` */
  readonly rules: Readonly<Record<string, string>>;
  readonly exclude: readonly string[];
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
  | { readonly type: 'changed'; readonly revision: number; readonly structure: boolean }
  | { readonly type: 'progress'; readonly text: string; readonly done: number; readonly total: number }
  | { readonly type: 'log'; readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly message: string };

/** Editor to a webview. */
export type ToWebview =
  | {
      readonly type: 'trace';
      readonly answer: TraceAnswer | TraceProblem;
      readonly request: TraceRequest;
      readonly pinned: boolean;
    }
  | { readonly type: 'graph'; readonly answer: GraphAnswer; readonly request: GraphRequest; readonly pending: number }
  | { readonly type: 'inspect'; readonly answer: InspectAnswer | null }
  /** Highlights the rows whose evidence is at the editor's cursor. */
  | { readonly type: 'reveal'; readonly location: Location }
  /** The structure changed; the view shows its refresh pill. */
  | { readonly type: 'stale'; readonly changes: number }
  | { readonly type: 'busy'; readonly busy: boolean };

/** A webview to the editor. */
export type FromWebview =
  | { readonly type: 'ready' }
  | { readonly type: 'open'; readonly location: Location }
  | { readonly type: 'trace'; readonly request: TraceRequest }
  | { readonly type: 'pickTrace'; readonly from?: string; readonly to?: string }
  | { readonly type: 'pin'; readonly request: TraceRequest }
  | { readonly type: 'fix'; readonly edits: readonly FileEdit[] }
  | { readonly type: 'copy'; readonly text: string; readonly what: string }
  | { readonly type: 'save'; readonly text: string; readonly name: string; readonly base64?: boolean }
  | { readonly type: 'graph'; readonly request: GraphRequest }
  | { readonly type: 'inspect'; readonly box: string }
  | { readonly type: 'showTopology'; readonly box?: string }
  | { readonly type: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly message: string };
