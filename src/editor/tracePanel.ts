import * as vscode from 'vscode';
import type { Queries, Trace, TraceRequest, VerifyAnswer } from '../engine/index.ts';
import type { FromWebview } from '../protocol.ts';
import { toPosition, toWorkspaceEdit } from './convert.ts';
import type { EngineClient } from './engineClient.ts';
import { Newest } from './newest.ts';
import { Panel, type PanelKind } from './panel.ts';
import type { PinnedTraces } from './pinnedTraces.ts';
import { visible } from './plainText.ts';
import { shortEnd } from './shortEnd.ts';

type Answer = Queries['trace']['result'];

const kind: PanelKind = { view: 'trace', type: 'podpath.trace', title: 'Podpath: Trace' };

/** The trace beside the editor. One panel shows one trace, and traces again whenever something changes. */
export class TracePanel implements vscode.Disposable {
  readonly #context: vscode.ExtensionContext;
  readonly #client: EngineClient;
  readonly #pins: PinnedTraces;
  readonly #log: vscode.LogOutputChannel;
  readonly #newest = new Newest();
  readonly #subscriptions: vscode.Disposable;
  #panel: Panel | undefined;
  #request: TraceRequest | undefined;
  #answer: Answer | undefined;
  #verified: { readonly trace: string; readonly answer: VerifyAnswer } | undefined;

  constructor(
    context: vscode.ExtensionContext,
    client: EngineClient,
    pins: PinnedTraces,
    log: vscode.LogOutputChannel,
  ) {
    this.#context = context;
    this.#client = client;
    this.#pins = pins;
    this.#log = log;
    this.#subscriptions = vscode.Disposable.from(
      client.onDidChange(() => void this.#trace()),
      client.onDidGiveUp(() => this.#panel?.post({ type: 'stopped' })),
      vscode.window.onDidChangeTextEditorSelection((event) => this.#cursorMoved(event)),
      vscode.window.registerWebviewPanelSerializer(kind.type, {
        deserializeWebviewPanel: async (panel, state: { readonly request?: TraceRequest } | undefined) => {
          // A window that was closed before it kept anything has nothing to show again.
          if (typeof state?.request?.from !== 'string' || typeof state.request.to !== 'string') return panel.dispose();
          this.#open(panel);
          await this.show(state.request);
        },
      }),
    );
  }

  /** Traces a request and shows it. */
  async show(request: TraceRequest): Promise<void> {
    if (this.#panel === undefined) this.#open();
    else this.#panel.reveal();
    this.#request = request;
    this.#answer = undefined;
    if (this.#panel !== undefined) this.#panel.title = visible(`${shortEnd(request.from)} → ${shortEnd(request.to)}`);
    await this.#trace();
  }

  /** The trace that is shown; `undefined` where none is. */
  get request(): TraceRequest | undefined {
    return this.#request;
  }

  /** Shows what the cluster did, beside the trace that was verified and as long as it is that one. */
  async showVerified(trace: Trace, answer: VerifyAnswer): Promise<void> {
    this.#verified = { trace: JSON.stringify(trace), answer };
    this.#answer = undefined;
    await this.#trace();
  }

  #open(restored?: vscode.WebviewPanel): void {
    const { extensionUri } = this.#context;
    this.#panel = new Panel(kind, extensionUri, this.#log, (message) => this.#receive(message), restored);
    this.#panel.onDidDispose(() => {
      this.#panel = undefined;
      this.#request = undefined;
    });
  }

  async #trace(): Promise<void> {
    const request = this.#request;
    if (request === undefined || this.#panel === undefined) return;
    const answer = await this.#newest.run((token) => this.#client.query('trace', request, { token }));
    if (answer === undefined || request !== this.#request) return;
    if (JSON.stringify(answer) === JSON.stringify(this.#answer)) return;
    this.#answer = answer;
    this.#panel.scope = 'problem' in answer ? request.scope : answer.trace.scope;
    const isVerified = 'trace' in answer && JSON.stringify(answer.trace) === this.#verified?.trace;
    const verified = isVerified ? (this.#verified?.answer ?? null) : null;
    const pinned = this.#pins.has(request);
    this.#panel.post({ type: 'trace', answer, request, pinned, canVerify: canVerify(answer), verified });
  }

  #receive(message: FromWebview): void {
    switch (message.type) {
      case 'trace':
        void this.show(message.request);
        break;
      case 'pin':
        void this.#pins.toggle(message.request).then(() => {
          this.#answer = undefined;
          return this.#trace();
        });
        break;
      case 'saveTest':
        void vscode.commands.executeCommand('podpath.saveTraceAsTest', message.request);
        break;
      case 'verify':
        void vscode.commands.executeCommand('podpath.verifyTrace');
        break;
      case 'fix':
        void this.#fix(message.edits);
        break;
      default:
        break;
    }
  }

  /** Applies a fix that the answer offered, and nothing else. */
  async #fix(edits: Extract<FromWebview, { type: 'fix' }>['edits']): Promise<void> {
    const offered = this.#answer !== undefined && 'fixes' in this.#answer ? this.#answer.fixes : [];
    const found = offered.find((one) => JSON.stringify(one.edits) === JSON.stringify(edits));
    if (found !== undefined) await vscode.workspace.applyEdit(toWorkspaceEdit(found.edits));
  }

  /** The steps that rest on the line with the cursor light up. */
  #cursorMoved({ textEditor, selections }: vscode.TextEditorSelectionChangeEvent): void {
    const [selection] = selections;
    const answer = this.#answer;
    if (selection === undefined || answer === undefined || this.#panel?.isVisible !== true || 'problem' in answer)
      return;
    const own = textEditor.document.uri.toString();
    const rows = answer.branches.flatMap(({ forward, reverse }) => [...forward, ...reverse]);
    // The answer spells URIs as the worker does; the page compares them as texts.
    const uri = rows
      .flatMap(({ locations }) => locations.map(({ location }) => location.uri))
      .find((one) => vscode.Uri.parse(one).toString() === own);
    if (uri === undefined) return;
    const range = { start: toPosition(selection.start), end: toPosition(selection.end) };
    this.#panel.post({ type: 'reveal', location: { uri, range } });
  }

  dispose(): void {
    this.#subscriptions.dispose();
    this.#newest.dispose();
    this.#panel?.dispose();
  }
}

/** Only a running cluster can be asked, from a pod in it, and only where the user trusts the workspace. */
function canVerify(answer: Answer): boolean {
  if ('problem' in answer || answer.context === undefined || !vscode.workspace.isTrusted) return false;
  const { source, destination } = answer.trace.flow;
  return (source.kind === 'pod' || source.kind === 'workload') && destination.kind !== 'url';
}
