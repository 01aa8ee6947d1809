import * as vscode from 'vscode';
import type { ClusterStatus } from '../protocol.ts';
import { clusterText } from './clusterRows.ts';
import type { ClusterController } from './clusters.ts';
import type { Diagnostics } from './diagnostics.ts';
import type { EngineClient } from './engineClient.ts';
import { plain, visibleLines } from './plainText.ts';
import type { WorkspaceState } from './workspaceState.ts';

/** Where answers come from and how many problems there are; what is being read while it is read. */
export class StatusBar implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem('podpath.status', vscode.StatusBarAlignment.Left, 0);
  readonly #clusters: ClusterController;
  readonly #diagnostics: Diagnostics;
  readonly #workspace: WorkspaceState;
  readonly #subscriptions: vscode.Disposable;

  constructor(client: EngineClient, diagnostics: Diagnostics, clusters: ClusterController, workspace: WorkspaceState) {
    this.#workspace = workspace;
    this.#clusters = clusters;
    this.#diagnostics = diagnostics;
    const { t } = vscode.l10n;
    this.#item.name = 'Podpath';
    this.#item.command = 'workbench.actions.view.problems';
    this.#item.text = '$(type-hierarchy-sub) Podpath';
    this.#subscriptions = vscode.Disposable.from(
      client.onProgress(({ done, total }) => {
        if (total < 200) return;
        this.#item.text = `$(sync~spin) Podpath ${done}/${total}`;
        this.#item.show();
      }),
      client.onDidGiveUp((why) => {
        this.#item.text = `$(warning) ${t('Podpath stopped')}`;
        this.#item.tooltip =
          why === 'memory'
            ? t('Podpath stopped: what is open and connected takes more memory than it may have.')
            : t('Podpath stopped: its worker failed again and again. Reload the window to try again.');
        this.#item.command = 'podpath.showLog';
        this.#item.show();
      }),
      diagnostics.onDidChange(() => this.#show()),
      clusters.onDidChange(() => this.#show()),
      workspace.onDidChange(() => this.#show()),
    );
  }

  #show(): void {
    const { t } = vscode.l10n;
    const { standing } = this.#workspace;
    if (standing === 'stopped') return;
    const { errors, warnings } = this.#diagnostics.counts;
    const { statuses } = this.#clusters;
    const counts = [
      errors === 1 ? t('1 error') : t('{0} errors', errors),
      warnings === 1 ? t('1 warning') : t('{0} warnings', warnings),
    ].join(', ');
    const sources = [t('Source: the files of this workspace'), ...statuses.map((one) => clusterText(one))];
    const names = statuses.map((one) => `${one.state === 'live' ? '' : '$(warning) '}${plain(one.context)}`);
    const problems = errors + warnings === 0 ? [] : [String(errors + warnings)];
    this.#item.text = ['$(type-hierarchy-sub) Podpath', ...problems, ...names].join(names.length > 0 ? ' · ' : ' ');
    this.#item.tooltip = visibleLines([...sources, counts].join('\n'));
    this.#item.color = colorOf(statuses);
    this.#item.accessibilityInformation = { label: `Podpath: ${[...sources, counts].join(', ')}` };
    // Where nothing is of Kubernetes there is nothing to say.
    if (standing === 'empty' && statuses.length + errors + warnings === 0) this.#item.hide();
    else this.#item.show();
  }

  dispose(): void {
    this.#subscriptions.dispose();
    this.#item.dispose();
  }
}

/** The colour that the user gave to the first of the contexts that has one. */
function colorOf(statuses: readonly ClusterStatus[]): string | vscode.ThemeColor | undefined {
  const colors = vscode.workspace.getConfiguration('podpath').get<Record<string, unknown>>('contextColors', {});
  const [color] = statuses.flatMap(({ context }) => (typeof colors[context] === 'string' ? [colors[context]] : []));
  return color === undefined || color.startsWith('#') ? color : new vscode.ThemeColor(color);
}
