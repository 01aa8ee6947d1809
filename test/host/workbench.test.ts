import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { startWorkbench, type Workbench } from './launch.ts';
import { choose, command, hover, openFile, picture, trace, view } from './page.ts';

const themes = [
  { name: 'light', theme: 'Default Light Modern' },
  { name: 'dark', theme: 'Default Dark Modern' },
  { name: 'high-contrast', theme: 'Default High Contrast' },
] as const;

for (const { name, theme } of themes) {
  describe(`the workbench, ${name}`, () => {
    let workbench: Workbench;
    let page: Page;

    before(async () => {
      workbench = await startWorkbench({ settings: { 'workbench.colorTheme': theme } });
      page = await workbench.newPage();
    });
    after(() => workbench.close());

    it('hovering a name shows the Service behind it', async () => {
      const editor = await openFile(page, 'backend.yaml');
      await page.locator('.codelens-decoration', { hasText: '3 endpoints' }).first().waitFor();
      const card = await hover(page, editor.locator('.view-line', { hasText: 'db.shop.svc' }), 'db.shop');
      assert.match(await card.innerText(), /Service shop\/db · headless/);
      await picture(page, `hover-${name}`);
      await page.mouse.move(1000, 900);
    });

    it('palette, trace, panel: the way is drawn and told', async () => {
      const panel = await trace(page, 'frontend', 'backend');
      await panel.locator('h1', { hasText: 'Delivered' }).waitFor();
      assert.equal(
        await panel.locator('h1').innerText(),
        'Delivered — shop/Deployment/frontend → shop/svc/backend:8080 (TCP)',
      );
      await panel.locator('svg g.node').first().waitFor();
      const steps = await panel.locator('table').innerText();
      assert.match(steps, /KUBE-SVC-[A-Z2-7]{16} → KUBE-SEP-[A-Z2-7]{16}/);
      assert.match(steps, /NetworkPolicy shop\/allow-frontend/);
      await picture(page, `trace-${name}`);
    });

    it('an unsaved edit changes the problems and the open trace, and taking it back mends both', async () => {
      const panel = await view(page, 'trace');
      await page.locator('.editor-instance .monaco-editor .view-line').first().click();
      await page.keyboard.press('Control+End');
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('End');
      await page.keyboard.type('x');
      await panel.locator('h1', { hasText: 'No endpoints' }).waitFor();
      await command(page, 'View: Focus Problems');
      const row = page.locator('.markers-panel .monaco-list-row', { hasText: 'has a port named apix' }).first();
      await row.waitFor();
      assert.match(await row.innerText(), /service-target-port-missing/);
      await picture(page, `problems-${name}`);
      await page.keyboard.press('Control+1');
      await page.keyboard.press('Control+End');
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('End');
      await page.keyboard.press('Backspace');
      await panel.locator('h1', { hasText: 'Delivered' }).waitFor();
      await row.waitFor({ state: 'detached' });
      await page.keyboard.press('Control+j');
    });

    it('the topology is drawn and searched, and a box tells what it is', async () => {
      await command(page, 'Podpath: Show Topology');
      const board = await view(page, 'topology');
      const boxes = board.locator('.surface > svg:not(.minimap) g.node');
      await boxes.first().waitFor();
      await board.getByPlaceholder('Find a box').fill('db');
      await board.getByPlaceholder('Find a box').press('Enter');
      await boxes.and(board.locator('[data-id="StatefulSet/shop/db"]')).click();
      const inspector = board.locator('.inspector-content');
      await inspector.getByText('NetworkPolicy shop/allow-backend').waitFor();
      const text = await inspector.innerText();
      assert.match(text, /2 of 2 ready \(simulated\)/);
      assert.match(text, /shop\/backend \(Deployment\)/);
      await picture(page, `topology-${name}`);
    });

    if (theme === themes[0].theme) {
      it('a reloaded window brings the trace and the topology back', async () => {
        // VS Code's own command writes the state of its window before it reloads; the browser's button may be too early.
        const reloaded = page.waitForEvent('load');
        await command(page, 'Developer: Reload Window');
        await reloaded;
        const panel = await view(page, 'topology');
        await panel.locator('.surface > svg:not(.minimap) g.node').first().waitFor();
        await page.locator('.tab', { hasText: 'frontend → backend' }).click();
        await (await view(page, 'trace')).locator('h1', { hasText: 'Delivered' }).waitFor();
      });
    }

    it('asked nothing of the network', () => {
      assert.deepEqual(workbench.foreign, []);
    });
  });
}

describe('while a policy is typed', () => {
  let workbench: Workbench;
  let page: Page;
  before(async () => {
    workbench = await startWorkbench({ settings: { 'workbench.colorTheme': themes[1].theme } });
    page = await workbench.newPage();
  });
  after(() => workbench.close());

  it('a lens above it says what the edit closes, and leads to the list', async () => {
    await openFile(page, 'policies.yaml');
    await page.locator('.codelens-decoration', { hasText: 'selects' }).first().waitFor();
    // The port of the last rule of allow-frontend.
    const text = readFileSync(join(workbench.folder, 'policies.yaml'), 'utf8').split('\n');
    await page.keyboard.press('Control+g');
    await page.keyboard.type(String(text.findLastIndex((line) => line.includes('port: 9376')) + 1));
    await page.keyboard.press('Enter');
    await page.keyboard.press('End');
    await page.keyboard.press('Backspace');
    await page.keyboard.type('7');
    const lens = page.locator('.codelens-decoration a', { hasText: 'this edit closes 1' }).first();
    await lens.waitFor();
    await picture(page, 'edit-dark');
    await lens.click();
    const row = page.locator('.quick-input-list .monaco-list-row', { hasText: 'shop/frontend[Deployment]' }).first();
    await row.waitFor();
    const told = await row.innerText();
    assert.match(told, /shop\/backend\[Deployment\]/);
    assert.match(told, /TCP 9376/);
    assert.match(told, /NetworkPolicy shop\/allow-frontend/);
    await picture(page, 'changes-dark');
    await choose(page, 'Show them in the topology');
    const board = await view(page, 'topology');
    await board.locator('.overlay-line.closed').first().waitFor();
    await board.getByRole('button', { name: 'Changes (' }).waitFor();
    await picture(page, 'topology-changes-dark');
    await page.locator('.tab', { hasText: 'policies.yaml' }).click();
  });

  it('the assertions of podpath.yaml run in the Testing view, and the one that the edit breaks fails', async () => {
    await command(page, 'Testing: Focus on Test Explorer View');
    await page.locator('.test-explorer .monaco-list-row', { hasText: 'podpath.yaml' }).first().waitFor();
    await command(page, 'Test: Run All Tests');
    await page.locator('.test-explorer .monaco-list-row', { hasText: 'podpath.yaml' }).first().click();
    await page.keyboard.press('ArrowRight');
    const failed = page.locator('.test-explorer .monaco-list-row', { hasText: 'frontend → backend:8080 allowed' });
    await failed.locator('.codicon-testing-failed-icon').first().waitFor();
    const passed = page.locator('.test-explorer .monaco-list-row .codicon-testing-passed-icon');
    assert.equal(await passed.count(), 4);
    await picture(page, 'testing-dark');
  });

  it('what is open to the outside of the files is listed, and a row leads to its workload', async () => {
    await command(page, 'Podpath: Show What Is Open');
    const row = page.locator('.quick-input-list .monaco-list-row', { hasText: 'any pod' }).nth(1);
    await row.waitFor();
    assert.match(await row.innerText(), /shop\/frontend\[Deployment\] ← TCP 8080/);
    await picture(page, 'exposure-dark');
    await row.click();
    await page.locator('.tab', { hasText: 'frontend.yaml' }).waitFor();
  });
});

describe('while a selector is typed', () => {
  let workbench: Workbench;
  let page: Page;
  before(async () => {
    workbench = await startWorkbench({ settings: { 'workbench.colorTheme': themes[1].theme } });
    page = await workbench.newPage();
  });
  after(() => workbench.close());

  it('hints behind the selectors say how much they select', async () => {
    const editor = await openFile(page, 'policies.yaml');
    await editor.locator('.view-line', { hasText: '→ 2 pods' }).first().waitFor();
    const lines = await editor.locator('.view-line', { hasText: '→' }).allInnerTexts();
    const texts = lines.map((one) => one.replaceAll('\u00a0', ' ').trim());
    assert.ok(texts.includes('podSelector: {}→ 7 pods'), texts.join('\n'));
    assert.ok(texts.includes('- namespaceSelector:→ 1 namespace'), texts.join('\n'));
    await picture(page, 'hints-dark');
  });

  it('labels are offered with where they come from, a key is followed by its values', async () => {
    await openFile(page, 'backend.yaml');
    await page.keyboard.press('Control+End');
    // Typed, its words would be completed by others.
    await page.keyboard.insertText(
      '---\napiVersion: v1\nkind: Service\nmetadata: {name: new, namespace: shop}\nspec:\n  selector:\n    ',
    );
    await page.keyboard.type('ap');
    const row = page.locator('.suggest-widget .monaco-list-row', { hasText: 'on 7 pods of shop' }).first();
    await row.waitFor();
    await page.keyboard.press('Enter');
    const value = page.locator('.suggest-widget .monaco-list-row', { hasText: 'on 3 pods of shop' }).first();
    await value.waitFor();
    await picture(page, 'completion-dark');
    await page.keyboard.press('Enter');
    const line = page.locator('.editor-instance .monaco-editor .view-line', { hasText: 'selector:→ 3 pods' });
    // Beside that of the Deployment and that of the Service above.
    await line.nth(2).waitFor();
  });
});

describe('the walkthrough', () => {
  let workbench: Workbench;
  let page: Page;
  before(async () => {
    workbench = await startWorkbench({ settings: { 'workbench.colorTheme': themes[1].theme } });
    page = await workbench.newPage();
  });
  after(() => workbench.close());

  it('leads through four steps, and opens a copy of the example in a window of its own', async () => {
    await page.keyboard.press('F1');
    await page.locator('.quick-input-widget input.input').fill('>Welcome: Open Walkthrough');
    await choose(page, 'Open Walkthrough');
    await choose(page, 'Get Started with Podpath');
    const steps = page.locator('.getting-started-step');
    await steps.first().waitFor();
    const titles = await page.locator('.getting-started-step .step-title').allInnerTexts();
    assert.deepEqual(
      titles.map((one) => one.trim()),
      ['Open manifests', 'Trace a packet', 'See the topology', 'Compare'],
    );
    await picture(page, 'walkthrough-dark');
    const opened = page.context().waitForEvent('page');
    await page
      .locator('.getting-started-step.expanded .button-container a, .getting-started-step.expanded button', {
        hasText: 'Open the Example',
      })
      .first()
      .click();
    const other = await opened;
    const file = other.locator('.explorer-folders-view .monaco-list-row', { hasText: 'backend.yaml' });
    await file.waitFor({ timeout: 60_000 });
    await file.dblclick();
    await other.locator('.codelens-decoration', { hasText: '3 endpoints' }).first().waitFor();
    await other.close();
  });
});

describe('a workspace that is not trusted', () => {
  let workbench: Workbench;
  before(async () => {
    workbench = await startWorkbench({ trust: true, settings: { 'security.workspace.trust.startupPrompt': 'never' } });
  });
  after(() => workbench.close());

  it('is read and answered like any other, for nothing in it is run', async () => {
    const page = await workbench.newPage();
    await page.locator('.statusbar-item', { hasText: 'Restricted Mode' }).waitFor();
    const editor = await openFile(page, 'backend.yaml');
    await page.locator('.codelens-decoration', { hasText: '3 endpoints' }).first().waitFor();
    const card = await hover(page, editor.locator('.view-line', { hasText: 'db.shop.svc' }), 'db.shop');
    assert.match(await card.innerText(), /Service shop\/db · headless/);
    await page.keyboard.press('F1');
    await page.locator('.quick-input-widget input.input').fill('>Podpath: ');
    const offered = page.locator('.quick-input-list .monaco-list-row');
    await offered.filter({ hasText: 'Show Topology' }).first().waitFor();
    await page.locator('.quick-input-widget input.input').fill('>Podpath: Verify Trace on the Cluster');
    await offered.filter({ hasText: 'Show Topology' }).first().waitFor({ state: 'detached' });
    assert.equal(await offered.filter({ hasText: 'Verify Trace on the Cluster' }).count(), 0);
    await page.keyboard.press('Escape');
    // A kubeconfig may name programs to run.
    await command(page, 'Podpath: Connect to Clusters');
    await command(page, 'Notifications: Show Notifications');
    await page.locator('.notification-list-item', { hasText: 'trusted workspaces only' }).first().waitFor();
  });
});

describe('a worker that fails', () => {
  let workbench: Workbench;
  before(async () => {
    workbench = await startWorkbench();
    // Some text kills it, and does so again whenever it is told of it.
    const poison = `\nimport { parentPort as told } from 'node:worker_threads';
told?.on('message', (message) => { if (JSON.stringify(message).includes('# poison')) setTimeout(() => { throw new Error('poisoned'); }, 1); });\n`;
    appendFileSync(join(workbench.extension, 'dist/worker.mjs'), poison);
  });
  after(() => workbench.close());

  it('is started again; where that does not help, no view and no panel passes old answers for new ones', async () => {
    const page = await workbench.newPage();
    await openFile(page, 'backend.yaml');
    const panel = await trace(page, 'frontend', 'backend');
    await panel.locator('h1', { hasText: 'Delivered' }).waitFor();
    await page.locator('.tab', { hasText: 'backend.yaml' }).click();
    await page.locator('.editor-instance .monaco-editor .view-line').first().click();
    await page.keyboard.press('Control+Home');
    await page.keyboard.type('# poison');
    await page.locator('.statusbar-item', { hasText: 'Podpath stopped' }).waitFor();
    assert.match(await panel.getByRole('alert').innerText(), /out of date; reload the window/);
    await command(page, 'View: Show Podpath');
    const side = page.locator('.pane-body', { hasText: 'its worker failed again and again' });
    await side.first().waitFor();
    assert.match(await side.first().innerText(), /Reload Window/);
    assert.equal(await page.locator('.pane-body', { hasText: 'No policies are in these manifests' }).count(), 0);
  });
});

describe('a worker that takes more memory than it may have', () => {
  let workbench: Workbench;
  before(async () => {
    workbench = await startWorkbench();
    const hunger = `\nimport { parentPort as told } from 'node:worker_threads';
const eaten = [];
told?.on('message', (message) => { if (JSON.stringify(message).includes('# hungry')) for (;;) eaten.push(new Array(1e6).fill({})); });\n`;
    appendFileSync(join(workbench.extension, 'dist/worker.mjs'), hunger);
  });
  after(() => workbench.close());

  it('is not started again, VS Code goes on, and the side bar says why', async () => {
    const page = await workbench.newPage();
    await openFile(page, 'backend.yaml');
    await page.keyboard.press('Control+Home');
    await page.keyboard.type('# hungry');
    await page.locator('.statusbar-item', { hasText: 'Podpath stopped' }).waitFor();
    await command(page, 'View: Show Podpath');
    const side = page.locator('.pane-body', { hasText: 'takes more memory than it may have' });
    assert.match(await side.first().innerText(), /Connect to fewer clusters[\s\S]*Reload Window/);
    await picture(page, 'out-of-memory-light');
    await command(page, 'View: Show Explorer');
    await openFile(page, 'frontend.yaml');
  });
});

describe('a workspace without manifests', () => {
  let workbench: Workbench;
  before(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'podpath-plain-'));
    writeFileSync(join(folder, 'ci.yaml'), 'apiVersion: x\non: [push]\njobs: {a: {}}\n');
    workbench = await startWorkbench({ folder, env: { KUBECONFIG: join(folder, 'none') } });
  });
  after(() => workbench.close());

  it('hears nothing of Podpath but in its own side bar, which says what there is to do', async () => {
    const page = await workbench.newPage();
    await openFile(page, 'ci.yaml');
    await command(page, 'View: Show Podpath');
    await page.locator('.pane-body', { hasText: 'No Kubernetes manifests are in this workspace' }).first().waitFor();
    await page.locator('.pane-body', { hasText: 'No kubeconfig with a context was found' }).first().waitFor();
    assert.equal(await page.locator('.statusbar-item', { hasText: 'Podpath' }).count(), 0);
    assert.equal(await page.locator('.codelens-decoration').count(), 0);
    assert.equal(await page.locator('.notification-toast').count(), 0);
    await picture(page, 'welcome-light');
    await command(page, 'Podpath: Trace Packet');
    await command(page, 'Notifications: Show Notifications');
    await page.locator('.notification-list-item', { hasText: 'There is nothing to trace between' }).first().waitFor();
  });
});

describe('names that are hostile', () => {
  let workbench: Workbench;
  before(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'podpath-hostile-'));
    const name = 'evil\\u202Egnp $(zap)<img src=http://evil.example/x>';
    const object = (kind: string, spec: string): string =>
      `kind: ${kind}\nmetadata: {name: "${name}", namespace: shop}\nspec: ${spec}\n`;
    const text = [
      `apiVersion: v1\n${object('Service', '{selector: {app: ok}, ports: [{port: 80}]}')}`,
      'apiVersion: v1\nkind: Pod\nmetadata: {name: ok, namespace: shop, labels: {app: ok}}\nspec: {containers: [{name: c, image: c}]}\n',
      `apiVersion: networking.k8s.io/v1\n${object('NetworkPolicy', '{podSelector: {}}')}`,
    ].join('---\n');
    writeFileSync(join(folder, 'hostile.yaml'), text);
    workbench = await startWorkbench({ folder });
  });
  after(() => workbench.close());

  it('stand as text in lenses, trees and hovers: no icon, no picture, nothing turned around', async () => {
    const page = await workbench.newPage();
    const editor = await openFile(page, 'hostile.yaml');
    const lens = page.locator('.codelens-decoration', { hasText: 'ingress isolated by evil' }).first();
    await lens.waitFor();
    assert.equal(await lens.locator('.codicon').count(), 0);
    assert.match(await lens.innerText(), /evil\uFFFDgnp \$ \(zap\)<img src=/);
    const card = await hover(page, editor.locator('.view-line', { hasText: 'Service' }).first(), 'Service');
    assert.match(await card.innerText(), /Service shop\/evil\uFFFDgnp \$\(zap\)<img src=/);
    assert.equal(await card.locator('img').count(), 0);
    await command(page, 'View: Show Podpath');
    const row = page.locator('.pane-body .monaco-list-row', { hasText: '1 endpoint' }).first();
    await row.waitFor();
    assert.match(await row.innerText(), /evil\uFFFDgnp/);
    assert.deepEqual(workbench.foreign, []);
  });
});

describe('a kubeconfig that names a program to run', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'podpath-plugin-'));
  let workbench: Workbench;

  /** A kubeconfig whose plugin leaves a file of this name. */
  function trap(file: string, name: string): string {
    const script = `require('node:fs').writeFileSync(${JSON.stringify(join(scratch, name))}, ''); process.exit(1)`;
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: ['-e', script],
      interactiveMode: 'Never',
    };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name, cluster: { server: 'https://127.0.0.1:1' } }],
      users: [{ name, user: { exec } }],
      contexts: [{ name, context: { cluster: name, user: name } }],
      'current-context': name,
    };
    writeFileSync(file, JSON.stringify(config));
    return file;
  }
  const ran = (name: string): boolean => existsSync(join(scratch, name));

  before(async () => {
    workbench = await startWorkbench({
      trust: true,
      settings: { 'security.workspace.trust.startupPrompt': 'never', 'workbench.editor.useModal': 'off' },
      env: { KUBECONFIG: trap(join(scratch, 'config'), 'own') },
    });
    const found = trap(join(workbench.folder, 'kubeconfig.yaml'), 'found');
    mkdirSync(join(workbench.folder, '.vscode'), { recursive: true });
    writeFileSync(join(workbench.folder, '.vscode/settings.json'), JSON.stringify({ 'podpath.kubeconfig': found }));
  });
  after(() => workbench.close());

  const restricted = (page: Page) => page.locator('.statusbar-item', { hasText: 'Restricted Mode' });

  async function answered(page: Page): Promise<void> {
    await openFile(page, 'backend.yaml');
    await page.locator('.codelens-decoration', { hasText: '3 endpoints' }).first().waitFor();
  }

  it('runs it only in a trusted workspace whose user chose its context, and never one of the workspace', async () => {
    const page = await workbench.newPage();
    await restricted(page).waitFor();
    await answered(page);
    await command(page, 'Podpath: Connect to Clusters');
    // The list of notifications shows those that came before it.
    const refusal = page.locator('.notification-list-item', { hasText: 'trusted workspaces only' }).first();
    for (let tries = 0; tries < 5 && !(await refusal.isVisible()); tries++) {
      await command(page, 'Notifications: Show Notifications');
      await page.waitForTimeout(1_000);
    }
    await refusal.waitFor();
    assert.deepEqual(['own', 'found'].map(ran), [false, false]);
    await command(page, 'Workspaces: Manage Workspace Trust');
    await page
      .locator('.workspace-trust-editor .monaco-button', { hasText: /^Trust$/ })
      .first()
      .click();
    await restricted(page).waitFor({ state: 'detached' });
    await answered(page);
    await command(page, 'Podpath: Connect to Clusters');
    const rows = page.locator('.quick-input-list .monaco-list-row');
    await rows.filter({ hasText: 'own' }).waitFor();
    assert.equal(await rows.filter({ hasText: 'found' }).count(), 0);
    assert.deepEqual(['own', 'found'].map(ran), [false, false]);
    await page.locator('.quick-input-widget', { hasText: '1 Selected' }).waitFor();
    await page.keyboard.press('Enter');
    await page.locator('.statusbar-item', { hasText: 'own' }).waitFor();
    while (!ran('own')) await page.waitForTimeout(100);
    assert.ok(!ran('found'));
    // What was chosen stays chosen, and counts for nothing when the trust is taken back.
    await command(page, 'Workspaces: Manage Workspace Trust');
    const trusted = page.locator('.workspace-trust-editor .monaco-table .monaco-list-row', { hasText: '/shop' });
    await trusted.hover();
    await trusted.getByRole('button', { name: 'Delete Path' }).click();
    await restricted(page).waitFor();
    // What ran while it was trusted has ended by then.
    await page.waitForTimeout(500);
    rmSync(join(scratch, 'own'), { force: true });
    await answered(page);
    await page.waitForTimeout(3_000);
    assert.deepEqual(['own', 'found'].map(ran), [false, false]);
  });
});
