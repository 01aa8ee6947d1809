// The packaged extension in a real VS Code, on a real API server that runs the shop.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { parseAllDocuments } from 'yaml';
import { type ControlPlane, startControlPlane, withShop } from '../../scripts/controlPlane.mjs';
import { root, startWorkbench, type Workbench } from './launch.ts';
import { command, openFile, picture, trace, view } from './page.ts';

const shop = '/apis/apps/v1/namespaces/shop';

/** The shop's policies, as they are applied. */
function policyNamed(name: string): { spec: { ingress: object[] } } {
  const text = readFileSync(join(root, 'examples/shop/policies.yaml'), 'utf8');
  return parseAllDocuments(text)
    .map((one) => one.toJS())
    .find(({ metadata }) => metadata.name === name);
}

describe('a running cluster', () => {
  let plane: ControlPlane;
  let workbench: Workbench;
  let page: Page;

  before(async () => {
    plane = await startControlPlane(process.env['PODPATH_CONTROL_PLANE']);
    await withShop(plane);
    workbench = await startWorkbench({
      settings: { 'workbench.colorTheme': 'Default Dark Modern' },
      env: { KUBECONFIG: plane.kubeconfigs.admin },
    });
    page = await workbench.newPage();
  });
  after(async () => {
    await workbench?.close();
    await plane?.stop();
  });

  /** A row of the view Sources. */
  const source = (text: string | RegExp): Locator =>
    page.locator('.pane', { hasText: 'Sources' }).locator('.monaco-list-row', { hasText: text }).first();

  it('is chosen by its context, and stands among the sources with what the files would change', async () => {
    await page.locator('.activitybar .action-label[aria-label^="Podpath"]').first().click();
    await command(page, 'Podpath: Connect to Clusters');
    const row = page.locator('.quick-input-list .monaco-list-row', { hasText: 'admin' }).first();
    await row.waitFor();
    // The current context is chosen already.
    await page.locator('.quick-input-widget', { hasText: '1 Selected' }).waitFor();
    await page.keyboard.press('Enter');
    await source(/admin.*live/).waitFor();
    await source(/admin.*live/).click();
    await page.keyboard.press('ArrowRight');
    await source('nothing differs').waitFor();
    await page.locator('.statusbar-item', { hasText: 'admin' }).waitFor();
  });

  it('is traced in', async () => {
    await command(page, 'View: Close All Editors');
    const panel = await trace(page, 'frontend', 'backend');
    await panel.locator('h1', { hasText: 'Delivered' }).waitFor();
  });

  it('a rollout is seen in the topology, in place', async () => {
    await command(page, 'View: Close All Editors');
    await command(page, 'Podpath: Show Topology');
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'admin' }).first().click();
    const board = await view(page, 'topology');
    const box = board
      .locator('.surface > svg:not(.minimap) g.node')
      .and(board.locator('[data-id="Deployment/shop/frontend"]'));
    await box.waitFor();
    assert.match((await box.textContent()) ?? '', /2/);
    await plane.admin.patch(`${shop}/deployments/frontend`, { spec: { replicas: 4 } });
    await box.filter({ hasText: '4' }).waitFor();
    await picture(page, 'cluster-topology-dark');
    await plane.admin.patch(`${shop}/deployments/frontend`, { spec: { replicas: 2 } });
  });

  it('a policy that is typed says what applying it would do, and applied it is what runs', async () => {
    await command(page, 'View: Show Explorer');
    await openFile(page, 'policies.yaml');
    const text = readFileSync(join(workbench.folder, 'policies.yaml'), 'utf8').split('\n');
    await page.keyboard.press('Control+g');
    await page.keyboard.type(String(text.findLastIndex((line) => line.includes('port: 9376')) + 1));
    await page.keyboard.press('Enter');
    await page.keyboard.press('End');
    await page.keyboard.press('Backspace');
    await page.keyboard.type('7');
    await page.locator('.codelens-decoration a', { hasText: 'this edit closes 1' }).first().waitFor();
    await page.locator('.activitybar .action-label[aria-label^="Podpath"]').first().click();
    await source(/applying it closes 1.*differ/).waitFor();
    await picture(page, 'cluster-what-if-dark');
    const policy = policyNamed('allow-frontend');
    const closed = JSON.parse(JSON.stringify(policy).replaceAll('9376', '9377'));
    await plane.admin.apply(closed);
    await source('nothing differs').waitFor();
  });

  it('a server that is gone is said to be, with what it showed last, and comes back', async () => {
    await plane.kill('kube-apiserver');
    await source(/admin.*stale/).waitFor();
    plane.start('kube-apiserver');
    await plane.ready();
    await source(/admin.*live/).waitFor({ timeout: 90_000 });
  });
});
