import * as vscode from 'vscode';
import type { EndChoice, TraceRequest } from '../engine/index.ts';
import { toPosition } from './convert.ts';
import type { EngineClient } from './engineClient.ts';
import type { TracePanel } from './tracePanel.ts';

const recentKey = 'podpath.recentEnds';
const mostRecent = 5;

interface EndItem extends vscode.QuickPickItem {
  readonly text?: string;
  readonly choice?: EndChoice;
}

/** “Podpath: Trace Packet…”: asks for what it was not told, then shows the trace. */
export function registerTraceCommand(
  context: vscode.ExtensionContext,
  client: EngineClient,
  panel: TracePanel,
): vscode.Disposable {
  const picker = new EndPicker(context.workspaceState, client);
  return vscode.commands.registerCommand('podpath.trace', async (known?: Partial<TraceRequest>) => {
    const given: Partial<TraceRequest> = known ?? {};
    const from = given.from ?? (await picker.pick('from', given.scope));
    if (from === undefined) return;
    const to = given.to ?? (await picker.pick('to', given.scope));
    if (to === undefined) return;
    const { scope, node } = given;
    await panel.show({
      from,
      to,
      protocol: given.protocol ?? 'TCP',
      ...(scope === undefined ? {} : { scope }),
      ...(node === undefined ? {} : { node }),
    });
  });
}

/** Quick picks of ends: what the cursor is on first, then what was used lately, then everything by kind. */
class EndPicker {
  readonly #memento: vscode.Memento;
  readonly #client: EngineClient;

  constructor(memento: vscode.Memento, client: EngineClient) {
    this.#memento = memento;
    this.#client = client;
  }

  async pick(side: 'from' | 'to', scope: string | undefined): Promise<string | undefined> {
    const params = { side, ...(scope === undefined ? {} : { scope }) };
    const choices = await this.#client.query('ends', params).catch(() => []);
    const first = side === 'from' ? await this.#endAtCursor() : undefined;
    const recent = this.#memento.get<string[]>(`${recentKey}.${side}`, []);
    const item = await choose(items(choices, first, recent), side);
    if (item?.text === undefined) return undefined;
    const end = side === 'to' ? await withPort(item.text, item.choice) : item.text;
    if (end !== undefined) {
      const kept = [end, ...recent.filter((one) => one !== end)].slice(0, mostRecent);
      await this.#memento.update(`${recentKey}.${side}`, kept);
    }
    return end;
  }

  async #endAtCursor(): Promise<string | undefined> {
    const editor = vscode.window.activeTextEditor;
    if (editor === undefined) return undefined;
    const params = { uri: editor.document.uri.toString(), position: toPosition(editor.selection.active) };
    const end = await this.#client.query('endAt', params).catch(() => null);
    return end === null || end.includes('/svc/') || end.includes('://') ? undefined : end;
  }
}

function items(choices: readonly EndChoice[], first: string | undefined, recent: readonly string[]): EndItem[] {
  const { t } = vscode.l10n;
  const titles: Readonly<Record<EndChoice['group'], string>> = {
    service: t('Services'),
    workload: t('Workloads'),
    name: t('DNS names'),
    pod: t('Pods'),
    node: t('Nodes'),
    outside: t('Outside the cluster'),
  };
  const separator = (label: string): EndItem => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const item = (choice: EndChoice): EndItem => {
    const { label, description, text } = choice;
    return { label, description, text, choice };
  };
  const byText = new Map(choices.map((one) => [one.text, one]));
  const known = (text: string): EndItem => {
    const choice = byText.get(text);
    return choice === undefined ? { label: text, text } : item(choice);
  };
  const head = [
    ...(first === undefined ? [] : [separator(t('At the cursor')), known(first)]),
    ...(recent.length === 0 ? [] : [separator(t('Recent')), ...recent.map(known)]),
  ];
  const groups = Map.groupBy(choices, (one) => one.group);
  return [...head, ...[...groups].flatMap(([group, own]) => [separator(titles[group]), ...own.map(item)])];
}

/** Lets the user choose, or type an end that no list has: an address, a name, a URL. */
function choose(all: EndItem[], side: 'from' | 'to'): Promise<EndItem | undefined> {
  const { t } = vscode.l10n;
  const pick = vscode.window.createQuickPick<EndItem>();
  pick.title = side === 'from' ? t('Trace Packet: from') : t('Trace Packet: to');
  pick.placeholder =
    side === 'from'
      ? t('A pod, a workload, a node, or an address outside')
      : t('A Service, a DNS name, a pod, an address or a URL');
  pick.matchOnDescription = true;
  pick.items = all;
  pick.onDidChangeValue((value) => {
    const typed = value.trim();
    const own = typed === '' ? [] : [{ label: t('Use “{0}”', typed), text: typed, alwaysShow: true }];
    pick.items = [...all, ...own];
  });
  return new Promise((resolve) => {
    pick.onDidAccept(() => {
      resolve(pick.selectedItems[0]);
      pick.hide();
    });
    pick.onDidHide(() => {
      resolve(undefined);
      pick.dispose();
    });
    pick.show();
  });
}

/** The port: asked for only where there is a choice. */
async function withPort(end: string, choice: EndChoice | undefined): Promise<string | undefined> {
  const ports = choice?.ports ?? [];
  const [only] = ports;
  if (only === undefined) return end;
  if (ports.length === 1) return `${end}:${only.port}`;
  const picked = await vscode.window.showQuickPick(
    ports.map(({ port, name, protocol }) => ({ label: `${port}`, description: `${name} ${protocol}`.trim() })),
    { title: vscode.l10n.t('Trace Packet: port of {0}', choice?.label ?? end) },
  );
  return picked === undefined ? undefined : `${end}:${picked.label}`;
}
