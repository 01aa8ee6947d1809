import * as vscode from 'vscode';
import type { GraphAnswer, GraphRequest } from '../engine/index.ts';
import type { FromWebview } from '../protocol.ts';
import { isManifestDocument } from './convert.ts';
import type { EngineClient } from './engineClient.ts';
import { Newest } from './newest.ts';
import { Panel, type PanelKind } from './panel.ts';

const kind: PanelKind = { view: 'topology', type: 'podpath.topology', title: 'Podpath: Topology' };

/** Boxes of the first picture: what one still reads. */
const firstBoxes = 40;

/** What a command may ask the topology to show. */
export interface TopologyWish {
  readonly scope?: string;
  readonly box?: string;
  /** Shows what unsaved edits open and close. */
  readonly changes?: boolean;
}

/** The topology beside the editor. Verdicts and counts change in place; a changed structure waits behind the refresh pill. */
export class TopologyPanel implements vscode.Disposable {
  readonly #context: vscode.ExtensionContext;
  readonly #client: EngineClient;
  readonly #log: vscode.LogOutputChannel;
  readonly #newest = new Newest();
  readonly #inspecting = new Newest();
  readonly #subscriptions: vscode.Disposable;
  #panel: Panel | undefined;
  #request: GraphRequest | undefined;
  #shown: GraphAnswer | undefined;
  /** The request that the shown answer is for. */
  #shownFor: GraphRequest | undefined;
  #box: string | undefined;

  constructor(context: vscode.ExtensionContext, client: EngineClient, log: vscode.LogOutputChannel) {
    this.#context = context;
    this.#client = client;
    this.#log = log;
    this.#subscriptions = vscode.Disposable.from(
      client.onDidChange(() => void this.#update()),
      client.onDidGiveUp(() => this.#panel?.post({ type: 'stopped' })),
      vscode.commands.registerCommand('podpath.showTopology', (wish?: TopologyWish) => this.show(wish ?? {})),
      vscode.window.registerWebviewPanelSerializer(kind.type, {
        deserializeWebviewPanel: async (panel, state: { readonly request?: GraphRequest } | undefined) => {
          this.#open(panel);
          await this.#ask(state?.request ?? requestFor({}));
        },
      }),
    );
  }

  /** Shows the neighbourhood of a box, or of the active file; else a scope, which the user picks where there are several. */
  async show(given: TopologyWish): Promise<void> {
    const wish = given.scope !== undefined || activeManifest() !== undefined ? given : await this.#pickScope(given);
    if (wish === undefined) return;
    if (this.#panel === undefined) this.#open();
    else this.#panel.reveal();
    await this.#ask(requestFor(wish));
    if (wish.box !== undefined) await this.#inspect(wish.box);
    if (wish.changes === true) this.#panel?.post({ type: 'showChanges' });
  }

  async #pickScope(wish: TopologyWish): Promise<TopologyWish | undefined> {
    const scopes = await this.#client.query('scopes', {}).catch(() => []);
    const filled = scopes.filter(({ objects }) => objects > 0);
    if (filled.length < 2) return wish;
    const { t } = vscode.l10n;
    const rows = filled.map(({ name, objects, pods, services }) => {
      const description = t('{0} objects, {1} pods, {2} Services', objects, pods, services);
      return { label: name, description };
    });
    const title = t('Which manifests? Each of these sets is a cluster of its own');
    const picked = await vscode.window.showQuickPick(rows, { title, matchOnDescription: true });
    return picked === undefined ? undefined : { ...wish, scope: picked.label };
  }

  #open(restored?: vscode.WebviewPanel): void {
    const { extensionUri } = this.#context;
    this.#panel = new Panel(kind, extensionUri, this.#log, (message) => this.#receive(message), restored);
    this.#panel.onDidDispose(() => {
      this.#panel = undefined;
      this.#request = undefined;
      this.#shown = undefined;
      this.#box = undefined;
    });
  }

  #receive(message: FromWebview): void {
    if (message.type === 'graph') void this.#ask(message.request);
    else if (message.type === 'inspect') void this.#inspect(message.box);
  }

  async #ask(request: GraphRequest): Promise<void> {
    this.#request = request;
    this.#panel?.post({ type: 'busy', busy: true });
    const answer = await this.#query(request);
    this.#panel?.post({ type: 'busy', busy: false });
    if (answer !== undefined) this.#show(answer, request);
  }

  #show(answer: GraphAnswer, request: GraphRequest): void {
    this.#shown = answer;
    this.#shownFor = request;
    if (this.#panel !== undefined) this.#panel.scope = answer.scope === '' ? undefined : answer.scope;
    this.#panel?.post({ type: 'graph', answer, request, pending: 0 });
  }

  #query(request: GraphRequest): Promise<GraphAnswer | undefined> {
    return this.#newest.run((token) => this.#client.query('graph', request, { token }));
  }

  /** After a change: what moves nothing is shown at once, the rest is counted on the pill. */
  async #update(): Promise<void> {
    const request = this.#request;
    if (request === undefined || this.#panel === undefined) return;
    const answer = await this.#query(request);
    if (answer === undefined) return;
    // A change that came before the first picture of a request was drawn took its question's place.
    const isFirst = this.#shown === undefined || this.#shownFor !== request;
    const changes = this.#shown === undefined || isFirst ? 0 : structuralChanges(this.#shown, answer);
    if (changes > 0) this.#panel?.post({ type: 'stale', changes, edits: answer.changes });
    else if (isFirst || JSON.stringify(answer) !== JSON.stringify(this.#shown)) this.#show(answer, request);
    if (this.#box !== undefined) await this.#inspect(this.#box);
  }

  async #inspect(box: string): Promise<void> {
    this.#box = box;
    const scope = this.#request?.scope ?? this.#shown?.scope;
    const params = scope === undefined || scope === '' ? { box } : { box, scope };
    const answer = await this.#inspecting.run((token) => this.#client.query('inspect', params, { token }));
    if (answer !== undefined) this.#panel?.post({ type: 'inspect', answer });
  }

  dispose(): void {
    this.#subscriptions.dispose();
    this.#newest.dispose();
    this.#inspecting.dispose();
    this.#panel?.dispose();
  }
}

/** The URI of the manifest that is being edited. */
function activeManifest(): string | undefined {
  const document = vscode.window.activeTextEditor?.document;
  return document !== undefined && isManifestDocument(document) ? document.uri.toString() : undefined;
}

function requestFor({ scope, box }: TopologyWish): GraphRequest {
  // A scope that was asked for is shown whole, for the active file may be none of its.
  const uri = scope === undefined ? activeManifest() : undefined;
  const around = box !== undefined ? { box } : uri === undefined ? undefined : { uri };
  return {
    namespaces: [],
    level: 'workload',
    edges: [],
    limit: firstBoxes,
    unfolded: [],
    ...(scope === undefined ? {} : { scope }),
    ...(around === undefined ? {} : { around }),
  };
}

/** Boxes and arrows that came or went. */
function structuralChanges(before: GraphAnswer, after: GraphAnswer): number {
  const parts = ({ nodes, edges }: GraphAnswer) =>
    new Set([...nodes.map((one) => one.id), ...edges.map(({ from, to, kind: way }) => `${way} ${from} ${to}`)]);
  const old = parts(before);
  const now = parts(after);
  return [...old].filter((one) => !now.has(one)).length + [...now].filter((one) => !old.has(one)).length;
}
