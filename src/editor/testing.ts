import * as vscode from 'vscode';
import type { TestResult } from '../engine/index.ts';
import { toRange } from './convert.ts';
import type { EngineClient } from './engineClient.ts';
import { plain } from './plainText.ts';
import { shortEnd } from './shortEnd.ts';

/** Connectivity assertions in the Testing view: a file with its assertions, run together, and again on every save. */
export function registerTesting(client: EngineClient): vscode.Disposable {
  const controller = vscode.tests.createTestController('podpath', vscode.l10n.t('Podpath connectivity'));
  let hasRun = false;
  const discover = async (): Promise<void> => fill(controller, await results(client));
  const run = async (request: vscode.TestRunRequest, token?: vscode.CancellationToken): Promise<void> => {
    hasRun = true;
    const found = await results(client);
    fill(controller, found);
    if (token?.isCancellationRequested !== true) report(controller, request, found);
  };
  controller.refreshHandler = discover;
  controller.resolveHandler = discover;
  controller.createRunProfile(vscode.l10n.t('Run'), vscode.TestRunProfileKind.Run, run, true);
  return vscode.Disposable.from(
    controller,
    client.onDidChange(() => void discover()),
    vscode.workspace.onDidSaveTextDocument(() => {
      if (hasRun && controller.items.size > 0) void run(new vscode.TestRunRequest());
    }),
  );
}

async function results(client: EngineClient): Promise<readonly TestResult[]> {
  return client.query('tests', {}).catch(() => []);
}

/** Short, for the side bar is narrow. */
function nameOf({ from, to, port, expect }: TestResult): string {
  return `${shortEnd(from)} → ${shortEnd(to)}${port === undefined ? '' : `:${port}`} ${expect}`;
}

/** The same in full. */
function detailOf({ from, to, protocol, scope }: TestResult): string {
  return `${protocol} · ${from} → ${to} · ${scope}`;
}

function idOf({ uri, index, scope }: TestResult): string {
  return `${uri}#${index}@${scope}`;
}

/** One item a file, one below it an assertion and scope. Items that are still there stay, with what came of them. */
function fill(controller: vscode.TestController, found: readonly TestResult[]): void {
  const files = Map.groupBy(found, ({ uri }) => uri);
  for (const [id] of controller.items) if (!files.has(id)) controller.items.delete(id);
  for (const [uri, own] of files) {
    const parsed = vscode.Uri.parse(uri);
    const file =
      controller.items.get(uri) ?? controller.createTestItem(uri, vscode.workspace.asRelativePath(parsed), parsed);
    controller.items.add(file);
    const wanted = new Set(own.map(idOf));
    for (const [id] of file.children) if (!wanted.has(id)) file.children.delete(id);
    for (const result of own) {
      const item =
        file.children.get(idOf(result)) ?? controller.createTestItem(idOf(result), plain(nameOf(result)), parsed);
      item.label = plain(nameOf(result));
      item.description = plain(detailOf(result));
      if (result.location !== undefined) item.range = toRange(result.location.range);
      file.children.add(item);
    }
  }
}

function report(controller: vscode.TestController, request: vscode.TestRunRequest, found: readonly TestResult[]): void {
  const run = controller.createTestRun(request);
  const isWanted = (item: vscode.TestItem): boolean =>
    request.include === undefined || request.include.some((one) => one === item || one === item.parent);
  const isLeftOut = (item: vscode.TestItem): boolean =>
    request.exclude?.some((one) => one === item || one === item.parent) ?? false;
  for (const result of found) {
    const item = controller.items.get(result.uri)?.children.get(idOf(result));
    if (item === undefined || !isWanted(item) || isLeftOut(item)) continue;
    if (result.pass) run.passed(item);
    else run.failed(item, messageOf(result, item));
  }
  run.end();
}

function messageOf({ why, expect, actual, location }: TestResult, { uri }: vscode.TestItem): vscode.TestMessage {
  const message = vscode.TestMessage.diff(why, expect, actual);
  if (uri !== undefined && location !== undefined) message.location = new vscode.Location(uri, toRange(location.range));
  return message;
}
