import * as vscode from 'vscode';
import type { EndChoice, TraceRequest } from '../engine/index.ts';
import { toPosition } from './convert.ts';
import type { EngineClient } from './engineClient.ts';
import { plain } from './plainText.ts';
import type { TracePanel } from './tracePanel.ts';

const recentKey = 'podpath.recentEnds';
const mostRecent = 5;
/** Ends that a list holds at once. */
const mostEnds = 2000;

/** What people think of first when they say who talks to whom. */
const groupOrder: readonly EndChoice['group'][] = ['service', 'name', 'workload', 'pod', 'node', 'outside'];

interface EndItem extends vscode.QuickPickItem {
  readonly text?: string;
  readonly choice?: EndChoice;
  /** The row that asks for an address. */
  readonly asksAddress?: boolean;
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
    const find = (filter: string): Promise<readonly EndChoice[]> => {
      const within = scope === undefined ? {} : { scope };
      return this.#client.query('ends', { side, ...within, filter, limit: mostEnds }).catch(() => []);
    };
    const [all, atCursor, ownScope] = await Promise.all([
      find(''),
      this.#endAtCursor(side),
      scope ?? this.#scopeOfEditor(),
    ]);
    // What belongs to the file in front of the user comes before what other scopes hold under the same name.
    const inOrder = (found: readonly EndChoice[]): readonly EndChoice[] => {
      const others = found.filter((one) => one.text !== from);
      const isOwn = Object.groupBy(others, (one) => (one.scope === ownScope ? 'yes' : 'no'));
      return [...(isOwn.yes ?? []), ...(isOwn.no ?? [])];
    };
    const choices = inOrder(all);
    const first = choices.some((one) => one.text === atCursor) ? atCursor : undefined;
    const recent = this.#memento.get<string[]>(`${recentKey}.${side}`, []);
    if (all.length === 0) return nothingToTrace();
    // Of a large cluster the list is only the beginning: what is typed is looked for where all of it is.
    const search = async (text: string): Promise<EndItem[]> => items(inOrder(await find(text)), undefined, []);
    const item = await choose(items(choices, first, recent), side, all.length < mostEnds ? undefined : search);
    const text = item?.asksAddress === true ? await typedAddress() : item?.text;
    if (item === undefined || text === undefined) return undefined;
    const chosen = side === 'to' ? await withPort(text, item.choice) : { end: text };
    if (chosen === undefined) return undefined;
    const kept = [text, ...recent.filter((one) => one !== text)].slice(0, mostRecent);
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

/** At the cursor, recent, then everything: Services and names, workloads and pods by namespace, nodes, what is outside. */
function items(choices: readonly EndChoice[], first: string | undefined, recent: readonly string[]): EndItem[] {
  const { t } = vscode.l10n;
  const isOneScope = new Set(choices.map((one) => one.scope)).size < 2;
  const item = (choice: EndChoice): EndItem => {
    const { label, description, text, scope } = choice;
    const about = isOneScope ? description : `${description} · ${scope}`;
    return { label: plain(label), description: plain(about), text, choice };
  };
  // Of several with one name the first counts.
  const byText = new Map(choices.toReversed().map((one) => [one.text, one]));
  const known = (text: string): EndItem => {
    const choice = byText.get(text);
    return choice === undefined ? { label: plain(text), text } : item(choice);
  };
  const groups = Map.groupBy(choices, titleOf);
  const rank = (title: string) => groupOrder.indexOf(groups.get(title)?.[0]?.group ?? 'outside');
  const titles = [...groups.keys()].sort((a, b) => rank(a) - rank(b));
  return [
    ...section(t('At the cursor'), first === undefined ? [] : [known(first)]),
    ...section(t('Recent'), recent.map(known)),
    ...titles.flatMap((title) => section(title, (groups.get(title) ?? []).map(item))),
    { label: `$(edit) ${t('An IP address…')}`, asksAddress: true },
  ];
}

function section(title: string, own: readonly EndItem[]): EndItem[] {
  return own.length === 0 ? [] : [{ label: title, kind: vscode.QuickPickItemKind.Separator }, ...own];
}

/** The heading that a choice stands under. Workloads of a namespace come before its pods. */
function titleOf({ group, namespace }: EndChoice): string {
  const { t } = vscode.l10n;
  switch (group) {
    case 'service':
      return t('Services');
    case 'name':
      return t('DNS names');
    case 'workload':
    case 'pod':
      return t('Namespace {0}', plain(namespace));
    case 'node':
      return t('Nodes');
    case 'outside':
      return t('Outside the cluster');
    default:
      return group satisfies never;
  }
}

/** Lets the user choose, or type an end that no list has: an address, a name, a URL. */
function choose(
  all: EndItem[],
  side: 'from' | 'to',
  search: ((text: string) => Promise<EndItem[]>) | undefined,
): Promise<EndItem | undefined> {
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
    const own = typed === '' ? [] : [{ label: t('Use “{0}”', plain(typed)), text: typed, alwaysShow: true }];
    pick.items = [...all, ...own];
    if (search === undefined || typed === '') return;
    pick.busy = true;
    void search(typed).then((found) => {
      if (pick.value.trim() !== typed) return;
      pick.busy = false;
      // They fit by names and addresses that the list does not all show.
      pick.items = [...found.map((one) => ({ ...one, alwaysShow: true })), ...own];
    });
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

/** Says to the user who asked why there is nothing to choose from. */
async function nothingToTrace(): Promise<undefined> {
  const { t } = vscode.l10n;
  const example = t('Open the Example');
  const connect = t('Connect to Clusters…');
  const message = t(
    'There is nothing to trace between: no Kubernetes manifests are in this workspace, and no cluster is connected.',
  );
  const answer = await vscode.window.showInformationMessage(message, example, connect);
  if (answer === example) await vscode.commands.executeCommand('podpath.openExample');
  if (answer === connect) await vscode.commands.executeCommand('podpath.connectCluster');
}

async function typedAddress(): Promise<string | undefined> {
  const { t } = vscode.l10n;
  const address = await vscode.window.showInputBox({
    title: t('Trace Packet: an IP address'),
    placeHolder: '203.0.113.7',
    validateInput: (value) => (isAddress(value.trim()) ? undefined : t('An IPv4 or IPv6 address is needed')),
  });
  return address?.trim();
}

function isAddress(text: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(text) || (/^[\da-f:.]+$/i.test(text) && text.split(':').length > 2);
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
  const isIPv6 = /^[\da-f.:]+$/i.test(end) && end.split(':').length > 2;
  return isIPv6 || !/:[\w-]+$/.test(end);
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
