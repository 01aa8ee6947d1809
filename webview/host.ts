import { config } from '@vscode/l10n';
import type { FromWebview, ToWebview } from '../src/protocol.ts';
import { isRecord, readToWebview } from './messages.ts';

interface VsCode {
  readonly postMessage: (message: FromWebview) => void;
  readonly getState: () => unknown;
  readonly setState: (state: unknown) => void;
}

declare function acquireVsCodeApi(): VsCode;

let vscode: VsCode | undefined;

function api(): VsCode {
  // VS Code hands its connection out once only.
  vscode ??= acquireVsCodeApi();
  return vscode;
}

/** Tells the editor something. */
export function post(message: FromWebview): void {
  api().postMessage(message);
}

/** What the page kept when it was last open; empty where there is nothing, or nothing that can be read. */
export function keptState(): Readonly<Record<string, unknown>> {
  const state = api().getState();
  return isRecord(state) ? state : {};
}

/** Keeps what the page needs to come back as it was. `request` is read by the editor, too. */
export function keepState(state: Readonly<Record<string, unknown>>): void {
  api().setState(state);
}

/** Hears the editor's messages, and then says that it does. */
export function listen(onMessage: (message: ToWebview) => void): void {
  window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    const message = readToWebview(data);
    if (message !== undefined) onMessage(message);
    else if (isRecord(data) && 'type' in data)
      post({
        type: 'log',
        level: 'warn',
        message: `A message was not understood: ${String(data['type']).slice(0, 40)}`,
      });
  });
  window.addEventListener('error', ({ message }) => post({ type: 'log', level: 'error', message }));
  post({ type: 'ready' });
}

/** Takes the words of the user's language from the page, before the first word is shown. */
export function loadLanguage(): void {
  const contents = document.getElementById('l10n')?.textContent ?? '';
  if (contents.trim() !== '') config({ contents });
}
