// What the tests of the workbench do with its page.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Frame, Locator, Page } from 'playwright-core';

/** Pictures of the product for the README, where a folder for them is named. */
const pictures = process.env['PODPATH_SCREENSHOTS'];

/** Takes a picture for the README, where pictures are wanted. */
export async function picture(page: Page, name: string): Promise<void> {
  if (pictures === undefined) return;
  mkdirSync(pictures, { recursive: true });
  // What fades in has faded in.
  await page.waitForTimeout(1200);
  await page.screenshot({ path: join(pictures, `${name}.png`) });
}

/** Opens a manifest by the explorer, and waits for its text. */
export async function openFile(page: Page, name: string): Promise<Locator> {
  await page.locator('.explorer-folders-view .monaco-list-row', { hasText: name }).dblclick();
  const editor = page.locator('.editor-instance .monaco-editor').first();
  await editor.locator('.view-line', { hasText: 'apiVersion' }).first().waitFor();
  return editor;
}

/** Runs a command of the palette. */
export async function command(page: Page, title: string): Promise<void> {
  const input = page.locator('.quick-input-widget input.input');
  // A webview that is just being drawn again takes the key and does nothing with it.
  for (let tries = 0; tries < 6; tries++) {
    await page.keyboard.press('F1');
    const isThere = await input.waitFor({ timeout: 4_000 }).then(
      () => true,
      () => false,
    );
    if (isThere) break;
  }
  await input.fill(`>${title}`);
  await choose(page, title);
}

/** Picks the first row of a quick pick with this text. */
export async function choose(page: Page, text: string): Promise<void> {
  await page.locator('.quick-input-list .monaco-list-row', { hasText: text }).first().click();
}

/** The page of one of our webviews. */
export async function view(page: Page, name: 'trace' | 'topology'): Promise<Frame> {
  for (let tries = 0; tries < 400; tries++) {
    for (const frame of page.frames()) {
      const found = await frame.evaluate(() => document.body?.dataset['view']).catch(() => undefined);
      if (found === name) return frame;
    }
    await page.waitForTimeout(100);
  }
  const tabs = await page.locator('.tab').allInnerTexts();
  throw new Error(`no webview shows the ${name}; open tabs: ${tabs.join(', ')}`);
}

/** Traces from a workload to a Service by the palette; resolves with the panel. */
export async function trace(page: Page, from: string, to: string): Promise<Frame> {
  await command(page, 'Podpath: Trace Packet');
  const input = page.locator('.quick-input-widget input.input');
  await page.locator('.quick-input-list .monaco-list-row', { hasText: from }).first().waitFor();
  await input.fill(from);
  await choose(page, 'Deployment');
  await page.locator('.quick-input-title', { hasText: 'to' }).waitFor();
  await input.fill(to);
  await choose(page, 'Service');
  return view(page, 'trace');
}

/** The hover card over a word of a line. */
export async function hover(page: Page, line: Locator, word: string): Promise<Locator> {
  const card = page.locator('.monaco-hover:not(.hidden) .hover-contents').first();
  await line.locator('span span', { hasText: word }).first().hover();
  await card.waitFor();
  return card;
}
