// The packaged extension in a real VS Code, on a real API server that runs the shop.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { parseAllDocuments } from 'yaml';
import { type ControlPlane, startControlPlane, withShop } from '../../scripts/controlPlane.mjs';
import { addressAnnotation } from '../../scripts/statusWriter.mjs';
import { root, startWorkbench, type Workbench } from './launch.ts';
import { choose, command, openFile, picture, trace, view } from './page.ts';

const shop = '/apis/apps/v1/namespaces/shop';

/** The shop's policies, as they are applied. */
function policyNamed(name: string): { spec: { ingress: object[] } } {
  const text = readFileSync(join(root, 'examples/shop/policies.yaml'), 'utf8');
  return parseAllDocuments(text)
    .map((one) => one.toJS())
    .find(({ metadata }) => metadata.name === name);
}

/** Two pods in a namespace of their own, with addresses of loopback: what is run in them reaches this machine's servers. */
async function runPods(plane: ControlPlane, port: number): Promise<void> {
  const namespace = 'bank';
  await plane.admin.create('/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace },
  });
  const path = `/api/v1/namespaces/${namespace}/pods`;
  for (const [name, address] of Object.entries({ checkout: '127.0.0.1', ledger: '127.0.7.2' })) {
    const annotations = { [addressAnnotation]: address };
    const containers = [{ name: 'app', image: 'registry.invalid/app:1', ports: [{ containerPort: port }] }];
    await plane.admin.create(path, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, annotations },
      spec: { containers },
    });
  }
  await plane.admin.waitFor(path, ({ items }) =>
    items.every((one: { status: { phase: string } }) => one.status.phase === 'Running'),
  );
}

describe('a running cluster', () => {
  let plane: ControlPlane;
  let workbench: Workbench;
  let page: Page;

  before(async () => {
    plane = await startControlPlane(process.env['PODPATH_CONTROL_PLANE']);
    await plane.startKwok(process.env['PODPATH_KWOK']);
    plane.provide(['timeout', 'bash', 'getent']);
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

  it('a trace is verified: explained first, run when the user agrees, and each step is marked', async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      socket.end();
    });
    await new Promise<void>((done) => server.listen(0, '127.0.7.2', done));
    after(() => server.close());
    const { port } = server.address() as AddressInfo;
    await runPods(plane, port);
    await command(page, 'View: Close All Editors');
    await command(page, 'Podpath: Trace Packet');
    const input = page.locator('.quick-input-widget input.input');
    const row = (text: string): Locator =>
      page.locator('.quick-input-list .monaco-list-row', { hasText: text }).first();
    await input.fill('checkout');
    await row('bank').waitFor();
    await choose(page, 'bank');
    await page.locator('.quick-input-title', { hasText: 'to' }).waitFor();
    await input.fill('ledger');
    await choose(page, 'bank');
    const panel = await view(page, 'trace');
    await panel.locator('h1', { hasText: 'bank/ledger' }).waitFor();
    const dialog = page.locator('.monaco-dialog-box');
    await panel.getByRole('button', { name: 'Verify on the cluster…' }).click();
    await dialog.waitFor();
    const told = await dialog.innerText();
    assert.match(told, /Verify this trace on admin\?/);
    assert.match(told, /pod bank\/checkout of context admin, in container app/);
    assert.match(told, new RegExp(`127\\.0\\.7\\.2 ${port}`));
    await dialog.locator('.monaco-button', { hasText: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    assert.equal(connections, 0);
    await panel.getByRole('button', { name: 'Verify on the cluster…' }).click();
    await dialog.locator('.monaco-button', { hasText: 'Run' }).click();
    await panel.locator('.verified h2', { hasText: 'Verified on admin' }).waitFor();
    assert.equal(connections, 1);
    const results = await panel.locator('.checks tbody .mark-cell').allInnerTexts();
    assert.deepEqual(results, ['confirmed', 'confirmed', 'not tested']);
    assert.ok((await panel.locator('.steps .mark.seen-confirmed').count()) >= 2);
    await picture(page, 'verify-dark');
    // Without a program in the pod a container is a question of its own, and so is its image.
    plane.provide([]);
    await panel.getByRole('button', { name: 'Verify on the cluster…' }).click();
    await dialog.locator('.monaco-button', { hasText: 'Run' }).click();
    await page.locator('.quick-input-title', { hasText: 'has no program that can verify' }).waitFor();
    await panel.locator('.verified-summary', { hasText: 'Nothing of this trace could be compared' }).waitFor();
    plane.provide(['timeout', 'bash', 'getent']);
    await page.keyboard.type('registry.invalid/tools:1');
    await page.keyboard.press('Enter');
    await dialog.waitFor();
    assert.match(await dialog.innerText(), /registry\.invalid\/tools:1 is added .* stays in the pod’s spec until/s);
    assert.equal((await plane.admin.get('/api/v1/namespaces/bank/pods/checkout')).spec.ephemeralContainers, undefined);
    await dialog.locator('.monaco-button', { hasText: 'Add and Run' }).click();
    await panel.locator('.verified', { hasText: 'container podpath-verify-' }).waitFor();
    assert.equal(connections, 2);
    server.close();
  });

  it('a rollout is seen in the topology in place, a new structure behind the pill, and nothing moves', async () => {
    await command(page, 'View: Close All Editors');
    await command(page, 'Podpath: Show Topology');
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'admin' }).first().click();
    const board = await view(page, 'topology');
    const drawn = board.locator('.surface > svg:not(.minimap) g.node');
    const box = drawn.and(board.locator('[data-id="Deployment/shop/frontend"]'));
    await box.waitFor();
    await box.click();
    await board.locator('g.node.selected[data-id="Deployment/shop/frontend"]').waitFor();
    const places = (): Promise<readonly string[]> =>
      drawn.evaluateAll((all) => all.map((one) => `${one.getAttribute('data-id')} ${one.getAttribute('transform')}`));
    const before = await places();
    const stays = async (): Promise<void> => {
      assert.deepEqual(await places(), before);
      assert.equal(await board.locator('g.node.selected[data-id="Deployment/shop/frontend"]').count(), 1);
    };
    console.log(`a rollout is seen ${await delayOf(box, 4)} ms after it began`);
    await box.filter({ hasText: '4' }).waitFor();
    await stays();
    await picture(page, 'cluster-topology-dark');
    await plane.admin.patch(`${shop}/deployments/frontend`, { spec: { replicas: 2 } });
    await box.filter({ hasText: '2' }).waitFor();
    await stays();
    const { metadata: _, status: __, ...rest } = await plane.admin.get(`${shop}/deployments/frontend`);
    await plane.admin.create(`${shop}/deployments`, { ...rest, metadata: { name: 'frontend-next' } });
    const pill = board.getByRole('button', { name: /^\d+ changes?$/ });
    await pill.waitFor();
    await stays();
    await pill.click();
    const next = drawn.and(board.locator('[data-id="Deployment/shop/frontend-next"]'));
    await next.waitFor();
    assert.equal(await board.locator('g.node.selected[data-id="Deployment/shop/frontend"]').count(), 1);
    await plane.admin.remove(`${shop}/deployments/frontend-next`, { propagationPolicy: 'Background' });
    await pill.waitFor();
    await pill.click();
    await next.waitFor({ state: 'detached' });
  });

  /** The time from a change that the server took in to its sight, in ms: the controller's part is in it. */
  async function delayOf(box: Locator, replicas: number): Promise<number> {
    const seen = box.evaluate(async (element) => {
      const before = element.textContent;
      while (element.textContent === before) await new Promise((done) => setTimeout(done, 5));
      return Date.now();
    });
    await plane.admin.patch(`${shop}/deployments/frontend`, { spec: { replicas } });
    const taken = Date.now();
    return (await seen) - taken;
  }

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
