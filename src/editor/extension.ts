import * as vscode from 'vscode';
import type { FileEdit, Location, TreeRow } from '../engine/index.ts';
import { changeAssumption } from './assumptions.ts';
import { registerChanges } from './changes.ts';
import { ClusterController } from './clusters.ts';
import { registerCodeActions } from './codeActions.ts';
import { registerCodeLens } from './codeLens.ts';
import { registerCompletion } from './completion.ts';
import { toWorkspaceEdit } from './convert.ts';
import { registerDefinition } from './definition.ts';
import { Diagnostics } from './diagnostics.ts';
import { EngineClient } from './engineClient.ts';
import { registerExample } from './example.ts';
import { registerExposure } from './exposure.ts';
import { registerHover } from './hover.ts';
import { registerInlayHints } from './inlayHints.ts';
import { openLocation } from './panel.ts';
import { PinnedTraces } from './pinnedTraces.ts';
import { registerReferences } from './references.ts';
import { RulePages } from './rulePages.ts';
import { registerSaveTest } from './saveTest.ts';
import { StatusBar } from './statusBar.ts';
import { registerSuggest } from './suggest.ts';
import { registerTesting } from './testing.ts';
import { TopologyPanel } from './topologyPanel.ts';
import { registerTraceCommand } from './traceCommand.ts';
import { TracePanel } from './tracePanel.ts';
import { registerTrees } from './trees.ts';
import { registerVerify } from './verify.ts';
import { WorkspaceSource } from './workspaceSource.ts';
import { WorkspaceState } from './workspaceState.ts';

/** What the extension tells other code: how long its activation took, in milliseconds. */
export interface Activated {
  readonly activationMs: number;
}

/** Puts the parts together. The worker starts at once: whoever activated the extension wants an answer. */
export function activate(context: vscode.ExtensionContext): Activated {
  const started = performance.now();
  const log = vscode.window.createOutputChannel('Podpath', { log: true });
  const client = new EngineClient(vscode.Uri.joinPath(context.extensionUri, 'dist', 'worker.mjs').fsPath, log);
  const pages = new RulePages(context.extensionUri);
  void pages.load();
  const diagnostics = new Diagnostics(client, pages);
  const pins = new PinnedTraces(client, context.workspaceState);
  const traces = new TracePanel(context, client, pins, log);
  const clusters = new ClusterController(client, context.workspaceState);
  const workspace = new WorkspaceState(client);
  context.subscriptions.push(
    log,
    client,
    diagnostics,
    pins,
    traces,
    new WorkspaceSource(client, log),
    new TopologyPanel(context, client, log),
    workspace,
    new StatusBar(client, diagnostics, clusters, workspace),
    registerTraceCommand(context, client, traces),
    registerVerify(client, traces),
    registerHover(client),
    registerCodeLens(client),
    registerInlayHints(client),
    registerCodeActions(diagnostics),
    registerCompletion(client),
    registerDefinition(client),
    registerReferences(client),
    clusters,
    registerTrees(client, clusters),
    registerChanges(client),
    registerTesting(client),
    registerExposure(client),
    registerSaveTest(client),
    registerSuggest(client),
    registerExample(context),
    ...registerCommands(log),
  );
  client.start();
  return { activationMs: performance.now() - started };
}

function registerCommands(log: vscode.LogOutputChannel): readonly vscode.Disposable[] {
  const { registerCommand: register, executeCommand: run } = vscode.commands;
  return [
    register('podpath.openLocation', (location: Location) => openLocation(location)),
    register('podpath.applyFix', (edits: readonly FileEdit[]) => vscode.workspace.applyEdit(toWorkspaceEdit(edits))),
    register('podpath.copyText', async (text: string) => {
      await vscode.env.clipboard.writeText(text);
      vscode.window.setStatusBarMessage(vscode.l10n.t('Copied'), 3000);
    }),
    register('podpath.changeAssumption', changeAssumption),
    register('podpath.showLog', () => log.show()),
    register('podpath.showScope', ({ scope }: TreeRow) => run('podpath.showTopology', { scope })),
    register('podpath.traceFrom', ({ end, scope }: TreeRow) => run('podpath.trace', { from: end, scope })),
    register('podpath.traceTo', ({ end, scope }: TreeRow) => run('podpath.trace', { to: end, scope })),
  ];
}
