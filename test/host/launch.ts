import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { scratchCopy, startVsCode } from '../../scripts/vscodeServer.mjs';

export const root = resolve(import.meta.dirname, '../..');
const carrier = join(root, 'test/host/carrier');

/** A running VS Code on a scratch copy of examples/shop. */
export interface Workbench {
  readonly url: string;
  readonly folder: string;
  /** Where the packaged extension was installed. */
  readonly extension: string;
  readonly result: string;
  readonly foreign: readonly string[];
  /** `tests` run in its extension host; `workspace` is a workspace file to open in place of the folder. */
  newPage(options?: { readonly tests?: string; readonly workspace?: string }): Promise<Page>;
  close(): Promise<void>;
}

/** Everything a test run needs from the tier: the packaged extension and a browser. */
function needed(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run this tier by npm test`);
  return value;
}

const quietBrowser = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'];

/** Starts VS Code's server with the package installed, and a browser for its workbench, on a copy of a folder. */
export async function startWorkbench(
  options: {
    readonly trust?: boolean;
    readonly settings?: object;
    readonly folder?: string;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<Workbench> {
  const folder = scratchCopy(options.folder ?? join(root, 'examples/shop'));
  const result = join(mkdtempSync(join(tmpdir(), 'podpath-result-')), 'result.json');
  const vscode = await startVsCode({
    vsix: needed('PODPATH_VSIX'),
    smokeTest: true,
    trust: options.trust ?? false,
    settings: { 'workbench.colorTheme': 'Default Light Modern', ...options.settings },
    env: { PODPATH_HOST_RESULT: result, ...options.env },
  });
  const browser: Browser = await chromium.launch({ executablePath: needed('PODPATH_CHROMIUM'), args: quietBrowser });
  const foreign: string[] = [];
  const context: BrowserContext = await browser.newContext({ viewport: { width: 1500, height: 950 } });
  await context.route(
    ({ hostname }) => hostname !== '127.0.0.1' && !hostname.endsWith('localhost'),
    (route) => {
      foreign.push(route.request().url());
      return route.abort();
    },
  );
  return {
    url: vscode.url,
    folder,
    extension: installedIn(join(vscode.profile, 'extensions')),
    result,
    foreign,
    async newPage({ tests, workspace } = {}) {
      const page = await context.newPage();
      const remote = (path: string): string => `vscode-remote://${new URL(vscode.url).host}${path}`;
      const payload = [
        ['skipWelcome', 'true'],
        ['skipReleaseNotes', 'true'],
        ...(tests === undefined
          ? []
          : [
              ['extensionDevelopmentPath', remote(carrier)],
              ['extensionTestsPath', remote(tests)],
            ]),
      ];
      const opened =
        workspace === undefined ? `folder=${encodeURIComponent(folder)}` : `workspace=${encodeURIComponent(workspace)}`;
      const query = `${opened}&payload=${encodeURIComponent(JSON.stringify(payload))}`;
      if (tests === undefined) {
        await page.goto(`${vscode.url}/?${query}`);
        await page.locator('.explorer-folders-view .monaco-list-row').first().waitFor({ timeout: 60_000 });
      } else await runInHost(page, `${vscode.url}/?${query}`);
      return page;
    },
    async close() {
      await browser.close();
      vscode.stop();
      rmSync(dirname(folder), { recursive: true, force: true });
    },
  };
}

function installedIn(folder: string): string {
  const name = readdirSync(folder).find((one) => one.startsWith('podpath.podpath-'));
  if (name === undefined) throw new Error('the extension is not installed');
  return join(folder, name);
}

/** Opens the workbench with tests in its extension host, and waits until they have ended. */
async function runInHost(page: Page, address: string): Promise<void> {
  const ended = new Promise<void>((done) => {
    void page.exposeFunction('codeAutomationExit', () => done());
  });
  await page.exposeFunction('codeAutomationLog', () => undefined);
  await page.goto(address);
  await Promise.race([
    ended,
    new Promise((_, failed) => setTimeout(() => failed(new Error('the tests did not end')), 240_000).unref()),
  ]);
}

/** A file of the suite, bundled for an extension host. */
export async function buildSuite(
  name: 'index' | 'activation' | 'live' | 'typing' | 'virtual' = 'index',
): Promise<string> {
  const outfile = join(mkdtempSync(join(tmpdir(), 'podpath-suite-')), 'suite.cjs');
  await build({
    entryPoints: [join(root, `test/host/suite/${name}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['vscode'],
    logLevel: 'warning',
  });
  return outfile;
}

/** Outcomes of the suite, as it wrote them. */
export function readOutcomes(path: string): readonly { readonly name: string; readonly error?: string }[] {
  return JSON.parse(readFileSync(path, 'utf8'));
}
