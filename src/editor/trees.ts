import * as vscode from 'vscode';
import type { TreeRow } from '../engine/index.ts';
import { clusterRows } from './clusterRows.ts';
import type { ClusterController } from './clusters.ts';
import { toLocation } from './convert.ts';
import type { EngineClient } from './engineClient.ts';
import { visible, visibleLines } from './plainText.ts';

type View = 'services' | 'policies' | 'scopes';

/** The side bar's views of what the engine knows. */
export function registerTrees(client: EngineClient, clusters: ClusterController): vscode.Disposable {
  const views: readonly View[] = ['services', 'policies', 'scopes'];
  return vscode.Disposable.from(...views.map((view) => new Tree(client, clusters, view)));
}

class Tree implements vscode.TreeDataProvider<TreeRow>, vscode.Disposable {
  readonly #client: EngineClient;
  readonly #clusters: ClusterController;
  readonly #view: View;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscriptions: vscode.Disposable;
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(client: EngineClient, clusters: ClusterController, view: View) {
    this.#client = client;
    this.#clusters = clusters;
    this.#view = view;
    this.#subscriptions = vscode.Disposable.from(
      client.onDidChange(() => this.#changed.fire()),
      clusters.onDidChange(() => this.#changed.fire()),
      vscode.window.createTreeView(`podpath.${view}`, { treeDataProvider: this, showCollapseAll: true }),
    );
  }

  async getChildren(row?: TreeRow): Promise<TreeRow[]> {
    if (row !== undefined && row.part === undefined) return [...row.children];
    const part = row?.part === undefined ? {} : { part: row.part };
    const rows = await this.#client.query('tree', { view: this.#view, ...part }).catch(() => []);
    if (row !== undefined) return [...rows];
    if (this.#view === 'scopes' && rows.length === 0) void this.#clusters.lookForKubeconfig();
    if (this.#view !== 'scopes' || this.#clusters.statuses.length === 0) return [...rows];
    const drift = await this.#client.query('drift', {}).catch(() => []);
    return clusterRows(rows, this.#clusters.statuses, drift);
  }

  getTreeItem(row: TreeRow): vscode.TreeItem {
    const { id, label, description, tooltip, icon, kind, location, end, children, part } = row;
    const { None, Collapsed } = vscode.TreeItemCollapsibleState;
    const hasMore = children.length > 0 || part !== undefined;
    const item = new vscode.TreeItem(visible(label), hasMore ? Collapsed : None);
    item.id = id;
    item.description = visible(description);
    item.tooltip = visibleLines(tooltip === '' ? `${label} ${description}`.trim() : tooltip);
    item.iconPath = new vscode.ThemeIcon(icon);
    item.contextValue = end === undefined ? kind : `${kind} end`;
    if (kind === 'file' && location !== undefined) item.resourceUri = toLocation(location).uri;
    if (location !== undefined) {
      item.command = { command: 'podpath.openLocation', title: vscode.l10n.t('Open'), arguments: [location] };
    } else if (kind === 'assumption') {
      item.command = { command: 'podpath.changeAssumption', title: vscode.l10n.t('Change') };
    }
    return item;
  }

  dispose(): void {
    this.#subscriptions.dispose();
    this.#changed.dispose();
  }
}
