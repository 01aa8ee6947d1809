// Runs inside the extension host of a real VS Code, on a copy of examples/shop, with the packaged extension installed.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { eventually } from './wait.ts';

const tests: { readonly name: string; readonly run: () => Promise<void> }[] = [];

function test(name: string, run: () => Promise<void>): void {
  tests.push({ name, run });
}

async function open(name: string): Promise<vscode.TextEditor> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  if (folder === undefined) throw new Error('no folder is open');
  return vscode.window.showTextDocument(vscode.Uri.joinPath(folder, name));
}

/** Just inside the n-th place where the text stands. */
function at(document: vscode.TextDocument, text: string, nth = 0): vscode.Position {
  let offset = -1;
  for (let i = 0; i <= nth; i++) offset = document.getText().indexOf(text, offset + 1);
  if (offset < 0) throw new Error(`${text} is not in ${document.fileName}`);
  return document.positionAt(offset + 1);
}

async function hoverText(editor: vscode.TextEditor, position: vscode.Position): Promise<string | undefined> {
  const { uri } = editor.document;
  const hovers = await vscode.commands.executeCommand<vscode.Hover[]>('vscode.executeHoverProvider', uri, position);
  const texts = hovers.flatMap(({ contents }) => contents.map((one) => (typeof one === 'string' ? one : one.value)));
  return texts.find((one) => one.includes('Service shop/') || one.includes('NetworkPolicy shop/'));
}

function codesOf(uri: vscode.Uri): readonly string[] {
  return vscode.languages
    .getDiagnostics(uri)
    .filter((one) => one.source === 'Podpath')
    .map(({ code }) => String(typeof code === 'object' ? code.value : code));
}

function lensTitles(uri: vscode.Uri): Thenable<string[]> {
  return vscode.commands
    .executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri, 100)
    .then((lenses) => lenses.flatMap((one) => one.command?.title ?? []));
}

async function replace(editor: vscode.TextEditor, from: string, to: string): Promise<void> {
  const { document } = editor;
  const start = document.getText().indexOf(from);
  if (start < 0) throw new Error(`${from} is not in ${document.fileName}`);
  const range = new vscode.Range(document.positionAt(start), document.positionAt(start + from.length));
  assert.ok(await editor.edit((edit) => edit.replace(range, to)));
}

test('the extension under test is the installed package', async () => {
  const extension = vscode.extensions.getExtension('podpath.podpath');
  assert.ok(extension !== undefined, 'it is not installed');
  assert.doesNotMatch(extension.extensionPath, /carrier/);
  assert.match(extension.extensionPath, /podpath\.podpath-\d/);
  await extension.activate();
});

test('hovering a Service shows its endpoints, names and who reaches it', async () => {
  const editor = await open('backend.yaml');
  const position = at(editor.document, 'name: backend', 1).translate(0, 7);
  const text = await eventually('a hover', () => hoverText(editor, position));
  assert.match(text, /Service shop\/backend · ClusterIP [\d.]+ \(simulated\)/);
  assert.match(text, /8080\/TCP http → 9376 on 3 of 3 pods/);
  assert.match(text, /backend-1 {2}[\d.]+:9376 {2}node-\d {2}ready {2}33\.3 %/);
  assert.match(text, /backend\.shop\.svc\.cluster\.local/);
  assert.match(text, /Reached by frontend \(Deployment\)/);
  assert.match(text, /\[Trace to this Service\]\(command:podpath\.trace\?/);
});

test('hovering an Ingress backend shows the Service, hovering a policy what it selects', async () => {
  const ingress = await open('frontend.yaml');
  const backend = at(ingress.document, 'name: backend').translate(0, 7);
  assert.match(await eventually('a hover', () => hoverText(ingress, backend)), /Service shop\/backend/);
  const policies = await open('policies.yaml');
  const policy = at(policies.document, 'name: allow-frontend').translate(0, 7);
  const text = await eventually('a hover', () => hoverText(policies, policy));
  assert.match(text, /Selects 3 pods: backend \(Deployment\)/);
});

test('code lenses say what each object comes to', async () => {
  const { document } = await open('backend.yaml');
  const titles = await eventually('lenses', async () => {
    const all = await lensTitles(document.uri);
    return all.length >= 2 ? all : undefined;
  });
  assert.ok(
    titles.some((one) => one.startsWith('3 pods (simulated) · ingress isolated by allow-frontend')),
    titles.join('\n'),
  );
  assert.ok(titles.includes('3 endpoints · reached by 1 workload · trace'), titles.join('\n'));
});

test('go to definition: Ingress to Service, Service to Deployment, policy to pods', async () => {
  const jump = async (file: string, text: string, nth: number): Promise<string> => {
    const { document } = await open(file);
    const position = at(document, text, nth).translate(0, text.length - 2);
    const places = await eventually('a definition', async () => {
      const found = await vscode.commands.executeCommand<vscode.Location[]>(
        'vscode.executeDefinitionProvider',
        document.uri,
        position,
      );
      return found.length > 0 ? found : undefined;
    });
    const [first] = places;
    if (first === undefined) throw new Error('no place');
    const target = await vscode.workspace.openTextDocument(first.uri);
    return `${first.uri.path.split('/').at(-1)}:${target.lineAt(first.range.start.line).text.trim()}`;
  };
  assert.equal(await jump('frontend.yaml', 'name: backend', 0), 'backend.yaml:name: backend');
  assert.equal(await jump('backend.yaml', 'name: backend', 1), 'backend.yaml:name: backend');
  assert.equal(await jump('database.yaml', 'serviceName: db', 0), 'database.yaml:name: db');
  assert.equal(await jump('policies.yaml', 'name: allow-backend', 0), 'database.yaml:name: db');
});

async function hintLabels({ uri, lineCount }: vscode.TextDocument): Promise<readonly string[]> {
  const whole = new vscode.Range(0, 0, lineCount, 0);
  const run = vscode.commands.executeCommand<vscode.InlayHint[]>('vscode.executeInlayHintProvider', uri, whole);
  return (await run).map(({ label, position }) => {
    return `${position.line + 1}: ${typeof label === 'string' ? label : label.map(({ value }) => value).join('')}`;
  });
}

test('inlay hints say what selectors select, follow the text, and can be turned off', async () => {
  const settings = vscode.workspace.getConfiguration('podpath');
  const editor = await open('backend.yaml');
  const { document } = editor;
  const hints = await eventually('hints', async () => {
    const found = await hintLabels(document);
    return found.length > 0 ? found : undefined;
  });
  assert.deepEqual(hints, ['9: → 3 pods', '33: → 3 pods']);
  await replace(editor, 'replicas: 3', 'replicas: 1');
  await eventually('the new count', async () => (await hintLabels(document)).includes('33: → 1 pod') || undefined);
  await vscode.commands.executeCommand('workbench.action.files.revert');
  await settings.update('inlayHints', false, vscode.ConfigurationTarget.Global);
  await eventually('no hints', async () => (await hintLabels(document)).length === 0 || undefined);
  await settings.update('inlayHints', undefined, vscode.ConfigurationTarget.Global);
});

test('completion offers what there is, at once after a key press, and in text that is not YAML yet', async () => {
  const editor = await open('policies.yaml');
  const { document } = editor;
  const offered = async (position: vscode.Position): Promise<readonly string[]> => {
    const list = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      document.uri,
      position,
    );
    // Beside ours there are words of the text.
    return list.items.flatMap(({ label }) =>
      typeof label === 'string' || label.description === undefined ? [] : [`${label.label} (${label.description})`],
    );
  };
  const end = document.lineAt(document.lineCount - 1).range.end;
  const lines = [
    '\n---\napiVersion: v1\nkind: Service\nmetadata: {name: new, namespace: shop}\nspec:\n  selector: {app: ',
  ];
  await editor.edit((edit) => edit.insert(end, lines.join('')));
  const values = await offered(document.lineAt(document.lineCount - 1).range.end);
  assert.deepEqual(values, ['backend (on 3 pods of shop)', 'db (on 2 pods of shop)', 'frontend (on 2 pods of shop)']);
  const port = '}\n  ports:\n    - port: 80\n      targetPort: ';
  await editor.edit((edit) => edit.insert(document.lineAt(document.lineCount - 1).range.end, `backend${port}`));
  const ports = await offered(document.lineAt(document.lineCount - 1).range.end);
  assert.deepEqual(ports, ['api (9376/TCP on 3 pods of shop)', '9376 (api/TCP on 3 pods of shop)']);
  await vscode.commands.executeCommand('workbench.action.files.revert');
});

test('references: who uses a Service, a workload, a named port', async () => {
  const uses = async (file: string, text: string, nth: number): Promise<readonly string[]> => {
    const { document } = await open(file);
    const position = at(document, text, nth).translate(0, text.length - 2);
    const found = await vscode.commands.executeCommand<vscode.Location[]>(
      'vscode.executeReferenceProvider',
      document.uri,
      position,
    );
    const texts = found.map(async ({ uri, range }) => {
      const target = await vscode.workspace.openTextDocument(uri);
      return `${uri.path.split('/').at(-1)}: ${target.lineAt(range.start.line).text.trim()}`;
    });
    return Promise.all(texts);
  };
  const service = await uses('backend.yaml', 'name: backend', 1);
  assert.ok(service.includes('frontend.yaml: name: backend'), service.join('\n'));
  assert.ok(service.includes('frontend.yaml: value: http://backend:8080'), service.join('\n'));
  assert.ok(
    service.some((one) => one.startsWith('podpath.yaml: - { from: shop/Deployment/frontend, to: shop/svc/backend')),
  );
  const workload = await uses('backend.yaml', 'name: backend', 0);
  assert.ok(workload.includes('backend.yaml: app: backend'), workload.join('\n'));
  assert.ok(
    workload.some((one) => one.startsWith('policies.yaml: matchLabels:')),
    workload.join('\n'),
  );
  const port = await uses('frontend.yaml', 'name: http', 0);
  assert.deepEqual([...port].sort(), [
    'frontend.yaml: - name: http',
    'frontend.yaml: targetPort: http',
    'frontend.yaml: targetPort: http',
    'policies.yaml: - port: http',
  ]);
});

test('an unsaved edit changes findings and lenses, and a quick fix mends it', async () => {
  const editor = await open('backend.yaml');
  const { uri } = editor.document;
  assert.deepEqual(codesOf(uri), []);
  await replace(editor, 'selector:\n    app: backend', 'selector:\n    app: backnd');
  assert.ok(editor.document.isDirty);
  await eventually('the finding', async () => codesOf(uri).includes('service-selects-no-pods') || undefined);
  await eventually('the lens', async () => (await lensTitles(uri)).includes('no endpoints · trace') || undefined);
  const found = vscode.languages.getDiagnostics(uri).find((one) => one.source === 'Podpath');
  assert.ok(found !== undefined);
  assert.match(found.message, /Service backend has no endpoints/);
  assert.equal(editor.document.getText(found.range), 'backnd');
  const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
    'vscode.executeCodeActionProvider',
    uri,
    found.range,
  );
  const fix = actions.find((one) => one.title === 'Select app=backend');
  assert.ok(fix?.edit !== undefined, actions.map((one) => one.title).join(', '));
  assert.ok(actions.some((one) => one.title === 'Ignore service-selects-no-pods here'));
  await vscode.workspace.applyEdit(fix.edit);
  await eventually('no finding', async () => (codesOf(uri).length === 0 ? true : undefined));
  await eventually(
    'the lens again',
    async () => (await lensTitles(uri)).includes('3 endpoints · reached by 1 workload · trace') || undefined,
  );
  await vscode.commands.executeCommand('workbench.action.files.revert');
});

test('what is allowed today is suggested as NetworkPolicies in a new text', async () => {
  await open('backend.yaml');
  await vscode.commands.executeCommand('podpath.suggestPolicies');
  const document = vscode.window.activeTextEditor?.document;
  assert.equal(document?.isUntitled, true);
  const text = document?.getText() ?? '';
  assert.match(text, /name: default-deny/);
  assert.match(text, /name: allow-backend\n/);
  await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
});

test('half-typed YAML is told at its place and hides nothing else', async () => {
  const editor = await open('database.yaml');
  const { uri } = editor.document;
  await replace(editor, 'serviceName: db', 'serviceName: [db');
  await eventually('the finding', async () => codesOf(uri).includes('manifest-syntax') || undefined);
  const titles = await lensTitles((await open('backend.yaml')).document.uri);
  assert.ok(titles.length >= 2);
  await open('database.yaml');
  await vscode.commands.executeCommand('workbench.action.files.revert');
  await eventually('no finding', async () => (codesOf(uri).length === 0 ? true : undefined));
});

test('a text that was never saved is read on its own', async () => {
  const text = [
    'apiVersion: apps/v1',
    'kind: Deployment',
    'metadata: {name: web}',
    'spec:',
    '  selector: {matchLabels: {app: web}}',
    '  template:',
    '    metadata: {labels: {app: web}}',
    '    spec: {containers: [{name: web, image: web}]}',
    '---',
    'apiVersion: v1',
    'kind: Service',
    'metadata: {name: web}',
    'spec:',
    '  selector: {app: wbe}',
    '  ports: [{port: 80}]',
    '',
  ].join('\n');
  const document = await vscode.workspace.openTextDocument({ language: 'yaml', content: text });
  const editor = await vscode.window.showTextDocument(document);
  await eventually('the finding', async () => codesOf(document.uri).includes('service-selects-no-pods') || undefined);
  await replace(editor, 'wbe', 'web');
  await eventually('no finding', async () => !codesOf(document.uri).includes('service-selects-no-pods') || undefined);
  const titles = await eventually('lenses', async () => {
    const all = await lensTitles(document.uri);
    return all.some((one) => one.startsWith('1 endpoint ·')) ? all : undefined;
  });
  assert.equal(titles.length, 2);
  await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  await eventually('nothing is left', async () => codesOf(document.uri).length === 0 || undefined);
});

const broken = [
  'apiVersion: v1',
  'kind: Service',
  'metadata: {name: lonely, namespace: shop}',
  'spec: {selector: {app: nobody}, ports: [{port: 80}]}',
  '',
].join('\n');

test('folders that come, move and go on the disk are followed', async () => {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  if (folder === undefined) throw new Error('no folder is open');
  const outside = join(mkdtempSync(join(tmpdir(), 'podpath-outside-')), 'extra');
  mkdirSync(outside);
  writeFileSync(join(outside, 'lonely.yaml'), broken);
  const places = ['came', 'moved'].map((one) => vscode.Uri.joinPath(folder, one));
  const [came, moved] = places.map((one) => vscode.Uri.joinPath(one, 'lonely.yaml'));
  const [cameFolder, movedFolder] = places;
  if (came === undefined || moved === undefined || cameFolder === undefined || movedFolder === undefined) return;
  renameSync(outside, cameFolder.fsPath);
  await eventually('the finding', async () => codesOf(came).includes('service-selects-no-pods') || undefined);
  renameSync(cameFolder.fsPath, movedFolder.fsPath);
  await eventually('it moves', async () => codesOf(moved).includes('service-selects-no-pods') || undefined);
  assert.deepEqual(codesOf(came), []);
  writeFileSync(moved.fsPath, broken.replace('nobody', 'backend'));
  await eventually('it is mended', async () => !codesOf(moved).includes('service-selects-no-pods') || undefined);
  writeFileSync(moved.fsPath, broken);
  await eventually('it is back', async () => codesOf(moved).includes('service-selects-no-pods') || undefined);
  rmSync(movedFolder.fsPath, { recursive: true });
  await eventually('it is gone', async () => codesOf(moved).length === 0 || undefined);
});

test('a file that was edited, reverted and then deleted on the disk is gone, though it is still open', async () => {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  assert.ok(folder !== undefined);
  const uri = vscode.Uri.joinPath(folder, 'fleeting.yaml');
  writeFileSync(uri.fsPath, broken);
  const editor = await open('fleeting.yaml');
  await eventually('the finding', async () => codesOf(uri).includes('service-selects-no-pods') || undefined);
  await replace(editor, 'nobody', 'backend');
  await eventually('no finding', async () => !codesOf(uri).includes('service-selects-no-pods') || undefined);
  await vscode.commands.executeCommand('workbench.action.files.revert');
  await eventually('the finding again', async () => codesOf(uri).includes('service-selects-no-pods') || undefined);
  rmSync(uri.fsPath);
  await eventually('it is gone', async () => codesOf(uri).length === 0 || undefined);
  await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
});

test('the hover of a Service that resolves to nothing begins with the cause, and its link mends it', async () => {
  const editor = await open('backend.yaml');
  await replace(editor, 'selector:\n    app: backend', 'selector:\n    app: backnd');
  const position = at(editor.document, 'backnd');
  const text = await eventually('the cause', async () => {
    const found = await hoverText(editor, position);
    return found?.startsWith('**Selector app\\=backnd') || found?.startsWith('**Selector app=backnd')
      ? found
      : undefined;
  });
  const [, encoded = ''] = /\[fix: app: backend\]\(command:podpath\.applyFix\?([^)]+)\)/.exec(text) ?? [];
  assert.notEqual(encoded, '', text);
  await vscode.commands.executeCommand('podpath.applyFix', ...JSON.parse(decodeURIComponent(encoded)));
  assert.match(editor.document.getText(), /selector:\n {4}app: backend\n/);
  await vscode.commands.executeCommand('workbench.action.files.revert');
});

test('settings count at once: a rule that is off, what is known about the cluster', async () => {
  const settings = vscode.workspace.getConfiguration('podpath');
  const editor = await open('backend.yaml');
  const { uri } = editor.document;
  await replace(editor, 'targetPort: api', 'targetPort: apix');
  await eventually('the finding', async () => codesOf(uri).includes('service-target-port-missing') || undefined);
  await settings.update('rules', { 'service-target-port-missing': 'off' }, vscode.ConfigurationTarget.Global);
  await eventually('it is off', async () => !codesOf(uri).includes('service-target-port-missing') || undefined);
  await settings.update('rules', undefined, vscode.ConfigurationTarget.Global);
  await vscode.commands.executeCommand('workbench.action.files.revert');
  await settings.update('assume.cni', 'calico-vxlan', vscode.ConfigurationTarget.Global);
  const position = at(editor.document, 'name: backend', 1).translate(0, 7);
  await eventually('the assumption', async () => {
    const text = await hoverText(editor, position);
    return text?.includes('Calico') === true ? text : undefined;
  });
  await settings.update('assume.cni', undefined, vscode.ConfigurationTarget.Global);
});

/** What VS Code calls; rejects where a test failed. Each outcome is written to PODPATH_HOST_RESULT. */
export async function run(): Promise<void> {
  const outcomes: { name: string; error?: string }[] = [];
  for (const { name, run: body } of tests) {
    try {
      await body();
      outcomes.push({ name });
    } catch (error) {
      outcomes.push({ name, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  }
  const target = process.env['PODPATH_HOST_RESULT'];
  if (target !== undefined) writeFileSync(target, JSON.stringify(outcomes));
  const failed = outcomes.filter((one) => one.error !== undefined);
  if (failed.length > 0) throw new Error(failed.map(({ name, error }) => `${name}: ${error}`).join('\n'));
}
