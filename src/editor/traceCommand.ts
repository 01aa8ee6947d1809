import * as vscode from 'vscode';
import type { EndChoice, TraceRequest } from '../engine/index.ts';
import { toPosition } from './convert.ts';
import type { EngineClient } from './engineClient.ts';
import type { TracePanel } from './tracePanel.ts';

const recentKey = 'podpath.recentEnds';
const mostRecent = 5;

/** What people think of first when they say who talks to whom. */
const groupOrder: readonly EndChoice['group'][] = ['service', 'workload', 'name', 'pod', 'node', 'outside'];

interface EndItem extends vscode.QuickPickItem {
  readonly text?: string;
  readonly choice?: EndChoice;
}

/** An end that was chosen, with the protocol of its port and the scope that it was chosen from, as far as they are known. */
interface ChosenEnd {
  readonly end: string;
  readonly protocol?: TraceRequest['protocol'];
  readonly scope?: string;
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
    const from: ChosenEnd | undefined =
      given.from === undefined ? await picker.pick('from', given) : { end: given.from };
    if (from === undefined) return;
    // Both ends of a trace are in one scope.
    const within = { ...given, from: from.end, ...(from.scope === undefined ? {} : { scope: from.scope }) };
    const to: ChosenEnd | undefined = given.to === undefined ? await picker.pick('to', within) : { end: given.to };
    if (to === undefined) return;
    const scope = within.scope ?? to.scope;
    await panel.show({
      from: from.end,
      to: to.end,
      protocol: given.protocol ?? to.protocol ?? 'TCP',
      ...(scope === undefined ? {} : { scope }),
      ...(given.node === undefined ? {} : { node: given.node }),
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

  async pick(side: 'from' | 'to', { scope, from }: Partial<TraceRequest>): Promise<ChosenEnd | undefined> {
    const [all, atCursor, ownScope] = await Promise.all([
      this.#client.query('ends', scope === undefined ? { side } : { side, scope }).catch(() => []),
      this.#endAtCursor(side),
      scope ?? this.#scopeOfEditor(),
    ]);
    // What belongs to the file in front of the user comes before what other scopes hold under the same name.
    const others = all.filter((one) => one.text !== from);
    const isOwn = Object.groupBy(others, (one) => (one.scope === ownScope ? 'yes' : 'no'));
    const choices = [...(isOwn.yes ?? []), ...(isOwn.no ?? [])];
    const first = choices.some((one) => one.text === atCursor) ? atCursor : undefined;
    const recent = this.#memento.get<string[]>(`${recentKey}.${side}`, []);
    const item = await choose(items(choices, first, recent), side);
    if (item?.text === undefined) return undefined;
    const chosen = side === 'to' ? await withPort(item.text, item.choice) : { end: item.text };
    if (chosen === undefined) return undefined;
    const kept = [item.text, ...recent.filter((one) => one !== item.text)].slice(0, mostRecent);
    await this.#memento.update(`${recentKey}.${side}`, kept);
    return item.choice === undefined ? chosen : { ...chosen, scope: item.choice.scope };
  }

  async #endAtCursor(side: 'from' | 'to'): Promise<string | undefined> {
    const editor = vscode.window.activeTextEditor;
    if (editor === undefined) return undefined;
    const params = { uri: editor.document.uri.toString(), position: toPosition(editor.selection.active) };
    const end = (await this.#client.query('endAt', params).catch(() => null)) ?? undefined;
    const isTargetOnly = end?.includes('/svc/') || end?.includes('://');
    return side === 'from' && isTargetOnly ? undefined : end;
  }

  /** The scope of the file that is being edited. */
  async #scopeOfEditor(): Promise<string | undefined> {
    const uri = vscode.window.activeTextEditor?.document.uri.toString();
    if (uri === undefined) return undefined;
    const scopes = await this.#client.query('scopes', {}).catch(() => []);
    return scopes.find(({ files }) => files.some((one) => vscode.Uri.parse(one).toString() === uri))?.name;
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
  const isOneScope = new Set(choices.map((one) => one.scope)).size < 2;
  const item = (choice: EndChoice): EndItem => {
    const { label, description, text, scope } = choice;
    return { label, description: isOneScope ? description : `${description} · ${scope}`, text, choice };
  };
  // Of several with one name the first counts.
  const byText = new Map(choices.toReversed().map((one) => [one.text, one]));
  const known = (text: string): EndItem => {
    const choice = byText.get(text);
    return choice === undefined ? { label: text, text } : item(choice);
  };
  const head = [
    ...(first === undefined ? [] : [separator(t('At the cursor')), known(first)]),
    ...(recent.length === 0 ? [] : [separator(t('Recent')), ...recent.map(known)]),
  ];
  const groups = Map.groupBy(choices, (one) => one.group);
  const listed = groupOrder.flatMap((group) => {
    const own = groups.get(group) ?? [];
    return own.length === 0 ? [] : [separator(titles[group]), ...own.map(item)];
  });
  return [...head, ...listed];
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

/** The port and its protocol: asked for only where there is a choice, or where nothing declares one. */
async function withPort(end: string, choice: EndChoice | undefined): Promise<ChosenEnd | undefined> {
  const ports = choice?.ports ?? [];
  const [only] = ports;
  if (only === undefined) return needsPort(end, choice) ? typedPort(end) : { end };
  const shown = ports.map((port) => {
    return { label: `${port.port}`, description: `${port.name} ${port.protocol}`.trim(), port };
  });
  const title = portTitle(choice?.label ?? end);
  const picked = ports.length === 1 ? { port: only } : await vscode.window.showQuickPick(shown, { title });
  if (picked === undefined) return undefined;
  const { port, protocol } = picked.port;
  return { end: `${end}:${port}`, protocol: protocol === 'UDP' || protocol === 'SCTP' ? protocol : 'TCP' };
}

function portTitle(label: string): string {
  return vscode.l10n.t('Trace Packet: port of {0}', label);
}

/** URLs and Services bring their ports along; so does what was typed with one. */
function needsPort(end: string, choice: EndChoice | undefined): boolean {
  if (end.includes('://') || end.includes('/svc/')) return false;
  if (choice !== undefined) return choice.group !== 'name';
  const isAddress = /^[\da-f.:]+$/i.test(end) && end.split(':').length > 2;
  return isAddress || !/:[\w-]+$/.test(end);
}

async function typedPort(end: string): Promise<ChosenEnd | undefined> {
  const { t } = vscode.l10n;
  const port = await vscode.window.showInputBox({
    title: portTitle(end),
    prompt: t('No port is declared there: a number, or the name of a port'),
    validateInput: (value) => (/^[\w-]+$/.test(value.trim()) ? undefined : t('A port is needed')),
  });
  if (port === undefined) return undefined;
  const isBareIPv6 = end.split(':').length > 2 && !end.startsWith('[');
  return { end: `${isBareIPv6 ? `[${end}]` : end}:${port.trim()}` };
}
