import * as vscode from 'vscode';
import type { ChosenCluster, ClusterStatus } from '../protocol.ts';
import type { EngineClient } from './engineClient.ts';

const storedKey = 'podpath.clusters';

/** The kubeconfig of the user's settings; a workspace can't set it. '' stands for what kubectl would take. */
function kubeconfigSetting(): string {
  return vscode.workspace.getConfiguration('podpath').get('kubeconfig', '');
}

/**
 * The running clusters that the user chose for this workspace. Of a kubeconfig nothing but the names of its contexts is
 * read, and none of its credential plugins runs, before the workspace is trusted and the user chose a context.
 */
export class ClusterController implements vscode.Disposable {
  readonly #client: EngineClient;
  readonly #memory: vscode.Memento;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #disposables: vscode.Disposable;
  #chosen: readonly ChosenCluster[];
  #statuses: readonly ClusterStatus[] = [];
  #hasLooked = false;

  /** A cluster was chosen or left, or stands in another way. */
  readonly onDidChange = this.#changed.event;

  constructor(client: EngineClient, memory: vscode.Memento) {
    this.#client = client;
    this.#memory = memory;
    this.#chosen = readChosen(memory.get<unknown>(storedKey));
    const { registerCommand: register } = vscode.commands;
    this.#disposables = vscode.Disposable.from(
      this.#changed,
      client.onDidStart(() => this.#tell()),
      client.onDidChangeClusters((statuses) => {
        this.#statuses = statuses;
        this.#changed.fire();
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.#tell()),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (!event.affectsConfiguration('podpath.kubeconfig')) return;
        this.#hasLooked = false;
        this.#tell();
        this.#changed.fire();
      }),
      register('podpath.connectCluster', (names?: unknown) => this.#connect(names)),
      register('podpath.disconnectCluster', (row?: { readonly context?: string }) => this.#leave(row?.context)),
      register('podpath.chooseNamespaces', (row?: { readonly context?: string }) => this.#namespaces(row?.context)),
      vscode.workspace.registerTextDocumentContentProvider('podpath-cluster', new LiveTexts(client)),
    );
  }

  /** The chosen clusters in the user's order, each with how it stands. */
  get statuses(): readonly ClusterStatus[] {
    return this.#chosen.map(({ context }) => {
      const known = this.#statuses.find((one) => one.context === context);
      return known ?? { context, state: 'connecting', reason: '', objects: 0, missing: [] };
    });
  }

  #tell(): void {
    const kubeconfig = kubeconfigSetting();
    const clusters = vscode.workspace.isTrusted ? this.#chosen : [];
    this.#client.change({ kind: 'clusters', clusters: clusters.map((one) => ({ ...one, kubeconfig })) });
  }

  async #choose(chosen: readonly ChosenCluster[]): Promise<void> {
    this.#chosen = chosen;
    await this.#memory.update(storedKey, chosen);
    this.#changed.fire();
    this.#tell();
  }

  /** Lets the user pick contexts; `given` names some without asking. */
  async #connect(given: unknown): Promise<void> {
    const { t } = vscode.l10n;
    const untrusted = t('Clusters are read in trusted workspaces only: a kubeconfig may name programs to run.');
    if (!(await isTrustedOr(untrusted))) return;
    const names = Array.isArray(given) ? given.filter((one) => typeof one === 'string') : await this.#pick();
    if (names === undefined) return;
    const known = (context: string): ChosenCluster =>
      this.#chosen.find((one) => one.context === context) ?? { context, namespaces: [] };
    await this.#choose(names.map(known));
  }

  async #pick(): Promise<readonly string[] | undefined> {
    const { t } = vscode.l10n;
    const { contexts, current, problem } = await this.#client.contexts(kubeconfigSetting() || undefined);
    await tellKubeconfig(contexts.length > 0);
    if (problem !== undefined || contexts.length === 0) {
      const message = problem ?? t('The kubeconfig has no contexts');
      const settings = t('Open Settings');
      const answer = await vscode.window.showWarningMessage(message, settings);
      if (answer === settings)
        await vscode.commands.executeCommand('workbench.action.openSettings', 'podpath.kubeconfig');
      return undefined;
    }
    const items = contexts.map(({ name, server }) => ({
      label: name,
      description: name === current ? t('current · {0}', server) : server,
      picked: this.#chosen.length === 0 ? name === current : this.#chosen.some((one) => one.context === name),
    }));
    const picked = await vscode.window.showQuickPick(items, {
      title: t('Podpath: read which clusters? By list and watch alone, and never a Secret'),
      canPickMany: true,
      matchOnDescription: true,
    });
    return picked?.map(({ label }) => label);
  }

  /** For the welcome view: whether there is a cluster to choose at all. Reads the kubeconfig, and runs nothing that it names. */
  async lookForKubeconfig(): Promise<void> {
    if (this.#hasLooked || !vscode.workspace.isTrusted) return;
    this.#hasLooked = true;
    const answer = await this.#client.contexts(kubeconfigSetting() || undefined).catch(() => undefined);
    if (answer !== undefined) await tellKubeconfig(answer.contexts.length > 0);
  }

  async #leave(context: string | undefined): Promise<void> {
    await this.#choose(context === undefined ? [] : this.#chosen.filter((one) => one.context !== context));
  }

  async #namespaces(context: string | undefined): Promise<void> {
    const { t } = vscode.l10n;
    const old = this.#chosen.find((one) => one.context === (context ?? this.#chosen[0]?.context));
    if (old === undefined) return;
    const text = await vscode.window.showInputBox({
      title: t('Namespaces of {0} to read where the whole cluster may not be listed', old.context),
      value: old.namespaces.join(', '),
      placeHolder: t('Empty: the namespace of the context'),
    });
    if (text === undefined) return;
    const namespaces = text.split(/[\s,]+/).filter((one) => one !== '');
    await this.#choose(this.#chosen.map((one) => (one === old ? { ...old, namespaces } : one)));
  }

  dispose(): void {
    this.#disposables.dispose();
  }
}

/** True in a trusted workspace; else shows the message, with a way to change that. */
export async function isTrustedOr(message: string): Promise<boolean> {
  if (vscode.workspace.isTrusted) return true;
  const manage = vscode.l10n.t('Manage Workspace Trust');
  const answer = await vscode.window.showInformationMessage(message, manage);
  if (answer === manage) await vscode.commands.executeCommand('workbench.trust.manage');
  return false;
}

/** Live objects as texts that can be read, hovered over and pointed into; they change as the objects do. */
class LiveTexts implements vscode.TextDocumentContentProvider {
  readonly #client: EngineClient;
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.#changed.event;

  constructor(client: EngineClient) {
    this.#client = client;
    client.onDidChange(() => {
      for (const { uri } of vscode.workspace.textDocuments) {
        if (uri.scheme === 'podpath-cluster') this.#changed.fire(uri);
      }
    });
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const text = await this.#client.query('liveText', { uri: uri.toString() }).catch(() => '');
    return text === ''
      ? `# ${vscode.l10n.t('This object is not in the cluster, or its cluster is not connected')}\n`
      : text;
  }
}

function tellKubeconfig(isThere: boolean): Thenable<unknown> {
  return vscode.commands.executeCommand('setContext', 'podpath.kubeconfig', isThere ? 'found' : 'missing');
}

function readChosen(stored: unknown): readonly ChosenCluster[] {
  if (!Array.isArray(stored)) return [];
  return stored.flatMap((one: Partial<ChosenCluster> | null): ChosenCluster[] => {
    if (typeof one?.context !== 'string') return [];
    const namespaces = Array.isArray(one.namespaces) ? one.namespaces.filter((name) => typeof name === 'string') : [];
    return [{ context: one.context, namespaces }];
  });
}
