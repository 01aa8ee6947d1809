import * as vscode from 'vscode';
import type { Queries, TraceRequest } from '../engine/index.ts';
import type { EngineClient } from './engineClient.ts';
import { visible, visibleLines } from './plainText.ts';
import { shortEnd } from './shortEnd.ts';

const key = 'podpath.pinnedTraces';

const icons: Readonly<Record<string, readonly [icon: string, color: string]>> = {
  delivered: ['pass', 'testing.iconPassed'],
  denied: ['error', 'testing.iconFailed'],
  failed: ['error', 'testing.iconFailed'],
  mixed: ['warning', 'list.warningForeground'],
  'not-enforced': ['warning', 'list.warningForeground'],
  unknown: ['question', 'disabledForeground'],
};

type Answer = Queries['trace']['result'];

/** Traces that the user keeps, in the side bar; each is run again whenever something changes. */
export class PinnedTraces implements vscode.TreeDataProvider<TraceRequest>, vscode.Disposable {
  readonly #client: EngineClient;
  readonly #memento: vscode.Memento;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscriptions: vscode.Disposable;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(client: EngineClient, memento: vscode.Memento) {
    this.#client = client;
    this.#memento = memento;
    this.#subscriptions = vscode.Disposable.from(
      client.onDidChange(() => this.#changed.fire()),
      vscode.window.registerTreeDataProvider('podpath.traces', this),
      vscode.commands.registerCommand('podpath.unpinTrace', (request: TraceRequest) => this.toggle(request)),
    );
  }

  get #requests(): readonly TraceRequest[] {
    return this.#memento.get<TraceRequest[]>(key, []);
  }

  has(request: TraceRequest): boolean {
    return this.#requests.some((one) => same(one, request));
  }

  /** Pins a trace, or takes its pin out. */
  async toggle(request: TraceRequest): Promise<void> {
    const others = this.#requests.filter((one) => !same(one, request));
    await this.#memento.update(key, this.has(request) ? others : [...others, request]);
    this.#changed.fire();
  }

  getChildren(element?: TraceRequest): TraceRequest[] {
    return element === undefined ? [...this.#requests] : [];
  }

  async getTreeItem(request: TraceRequest): Promise<vscode.TreeItem> {
    const answer = await this.#client.query('trace', request).catch((): Answer | undefined => undefined);
    const whole = visible(`${request.from} → ${request.to}`);
    const item = new vscode.TreeItem(visible(`${shortEnd(request.from)} → ${shortEnd(request.to)}`));
    const verdict = answer !== undefined && 'verdict' in answer ? answer.verdict : 'unknown';
    const [icon, color] = icons[verdict] ?? ['question', 'disabledForeground'];
    item.iconPath = new vscode.ThemeIcon(icon, new vscode.ThemeColor(color));
    item.description =
      answer === undefined ? '' : 'problem' in answer ? answer.problem : (answer.headline.split(' — ')[0] ?? '');
    const why = answer === undefined || 'problem' in answer ? '' : answer.reason;
    item.tooltip = visibleLines([whole, item.description, why].filter((one) => one !== '').join('\n'));
    item.accessibilityInformation = { label: `${whole}: ${item.description}` };
    item.contextValue = 'trace';
    item.command = { command: 'podpath.trace', title: vscode.l10n.t('Trace'), arguments: [request] };
    return item;
  }

  dispose(): void {
    this.#subscriptions.dispose();
    this.#changed.dispose();
  }
}

function same(a: TraceRequest, b: TraceRequest): boolean {
  const keys = ['from', 'to', 'protocol', 'node', 'scope'] as const;
  return keys.every((one) => a[one] === b[one]);
}
