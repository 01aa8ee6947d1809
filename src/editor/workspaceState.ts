import * as vscode from 'vscode';
import type { EngineClient } from './engineClient.ts';
import { Newest } from './newest.ts';

/** `reading`: nothing was read yet; `empty`: no object of Kubernetes was found; `stopped`: the worker is not started any more. */
export type WorkspaceStanding = 'reading' | 'empty' | 'objects' | 'stopped';

/** How the workspace stands, for welcome views (contexts `podpath.workspace`, `podpath.stopped`) and the status bar. */
export class WorkspaceState implements vscode.Disposable {
  readonly #client: EngineClient;
  readonly #newest = new Newest();
  readonly #changed = new vscode.EventEmitter<WorkspaceStanding>();
  readonly #subscriptions: vscode.Disposable;
  #standing: WorkspaceStanding = 'reading';
  readonly onDidChange = this.#changed.event;

  constructor(client: EngineClient) {
    this.#client = client;
    this.#subscriptions = vscode.Disposable.from(
      client.onDidChange(() => void this.#look()),
      client.onDidGiveUp((why) => {
        void vscode.commands.executeCommand('setContext', 'podpath.stopped', why);
        this.#set('stopped');
      }),
    );
    this.#set('reading');
  }

  get standing(): WorkspaceStanding {
    return this.#standing;
  }

  async #look(): Promise<void> {
    const scopes = await this.#newest.run((token) => this.#client.query('scopes', {}, { token }));
    if (scopes === undefined || this.#standing === 'stopped') return;
    this.#set(scopes.some(({ objects }) => objects > 0) ? 'objects' : 'empty');
  }

  #set(standing: WorkspaceStanding): void {
    const isOther = standing !== this.#standing;
    this.#standing = standing;
    if (!isOther && standing !== 'reading') return;
    void vscode.commands.executeCommand('setContext', 'podpath.workspace', standing);
    this.#changed.fire(standing);
  }

  dispose(): void {
    this.#subscriptions.dispose();
    this.#newest.dispose();
    this.#changed.dispose();
  }
}
