import * as vscode from 'vscode';
import type { Diagnostics } from './diagnostics.ts';
import type { EngineClient } from './engineClient.ts';

/** Where answers come from and how many problems there are; what is being read while it is read. */
export class StatusBar implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem('podpath.status', vscode.StatusBarAlignment.Left, 0);
  readonly #subscriptions: vscode.Disposable;

  constructor(client: EngineClient, diagnostics: Diagnostics) {
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
      client.onDidGiveUp(() => {
        this.#item.text = '$(warning) Podpath';
        this.#item.tooltip = t('Podpath stopped: its worker failed again and again. Reload the window to try again.');
        this.#item.command = 'podpath.showLog';
        this.#item.show();
      }),
      diagnostics.onDidChange(() => {
        const { errors, warnings } = diagnostics.counts;
        const counts = [
          errors === 1 ? t('1 error') : t('{0} errors', errors),
          warnings === 1 ? t('1 warning') : t('{0} warnings', warnings),
        ].join(', ');
        this.#item.text = `$(type-hierarchy-sub) Podpath${errors + warnings === 0 ? '' : ` ${errors + warnings}`}`;
        this.#item.tooltip = `${t('Source: the files of this workspace')}\n${counts}`;
        this.#item.accessibilityInformation = { label: `Podpath: ${counts}` };
        this.#item.show();
      }),
    );
  }

  dispose(): void {
    this.#subscriptions.dispose();
    this.#item.dispose();
  }
}
