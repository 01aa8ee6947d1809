// The real pages in a real Chromium, under the policy that the extension serves them with. Only the connection to VS Code
// is not there: what the page posts is recorded, and what the editor would post is posted by the test.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { FromWebview, ToWebview } from '../../src/protocol.ts';
import { type Theme, themes } from './themes.ts';

/** Where screenshots and other things to look at are put: `PODPATH_ARTIFACTS`, else a folder for temporary files. */
const artifacts = process.env['PODPATH_ARTIFACTS'] ?? join(tmpdir(), 'podpath-artifacts');

const flags = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run', '--disable-sync'];

declare global {
  interface Window {
    takePosted: () => readonly FromWebview[];
    takeOf: (type: string) => FromWebview | undefined;
    keptState: unknown;
    violations: readonly string[];
  }
}

/** A page and what was seen of it. */
export interface ViewPage {
  readonly page: Page;
  /** What the page posted, since the last call. */
  readonly posted: () => Promise<readonly FromWebview[]>;
  /** Waits for a message of a type, and answers with it. */
  readonly nextOf: <T extends FromWebview['type']>(type: T) => Promise<Extract<FromWebview, { readonly type: T }>>;
  readonly send: (message: ToWebview) => Promise<void>;
  /** What the page kept by `setState`. */
  readonly kept: () => Promise<unknown>;
  /** Violations of the policy, errors of scripts, and requests to anywhere but our own files. */
  readonly complaints: () => Promise<readonly string[]>;
  readonly screenshot: (name: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** What a page is opened with. */
export interface Opening {
  readonly theme?: keyof typeof themes;
  readonly state?: object;
  readonly width?: number;
  readonly height?: number;
  /** The language's words, as the extension hands them over. */
  readonly words?: Readonly<Record<string, string>>;
  readonly reducedMotion?: boolean;
}

/** Waits for a condition. Playwright's own way is to evaluate text in the page, which the page's policy forbids. */
export async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`it did not happen in 10 s that ${what}`);
    await new Promise((done) => setTimeout(done, 25));
  }
}

/** A browser with a server of the built pages; one for a test file. */
export class Browsing {
  readonly #browser: Browser;
  readonly #server: Server;
  readonly #folder: string;

  private constructor(browser: Browser, server: Server, folder: string) {
    this.#browser = browser;
    this.#server = server;
    this.#folder = folder;
  }

  static async start(): Promise<Browsing> {
    const folder = mkdtempSync(join(tmpdir(), 'podpath-webview-'));
    const path = new URL('../../scripts/webviewBundle.mjs', import.meta.url).href;
    const { webviewBundle } = (await import(path)) as { webviewBundle: (outdir: string) => BuildOptions };
    await build(webviewBundle(folder));
    const server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
      const view = /^\/(topology|trace)$/.exec(pathname)?.[1];
      if (view !== undefined) {
        response.setHeader('content-type', 'text/html; charset=utf-8');
        response.end(html(view, JSON.parse(searchParams.get('opening') ?? '{}') as Opening));
        return;
      }
      try {
        const body = readFileSync(join(folder, pathname));
        response.setHeader('content-type', pathname.endsWith('.css') ? 'text/css' : 'text/javascript');
        response.end(body);
      } catch {
        response.writeHead(404).end();
      }
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const executablePath = process.env['PODPATH_CHROMIUM'] ?? '/usr/bin/chromium';
    return new Browsing(await chromium.launch({ executablePath, args: flags }), server, folder);
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    this.#server.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Opens a view and waits until it listens. */
  async open(view: 'topology' | 'trace', opening: Opening = {}): Promise<ViewPage> {
    const { width = 1280, height = 800, reducedMotion = true } = opening;
    const context = await this.#browser.newContext({
      viewport: { width, height },
      reducedMotion: reducedMotion ? 'reduce' : 'no-preference',
    });
    const page = await context.newPage();
    const { port } = this.#server.address() as AddressInfo;
    const own = `http://127.0.0.1:${port}/`;
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(`console: ${message.text()}`);
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(own) && !request.url().startsWith('data:'))
        complaints.push(`request: ${request.url()}`);
    });
    await page.goto(`${own}${view}?opening=${encodeURIComponent(JSON.stringify(opening))}`);
    const posted = (): Promise<readonly FromWebview[]> => page.evaluate(() => window.takePosted());
    const nextOf = async <T extends FromWebview['type']>(type: T) => {
      let found: FromWebview | undefined;
      await until(async () => {
        found = await page.evaluate((wanted) => window.takeOf(wanted), type);
        return found !== undefined;
      }, `the page posts ${type}`);
      return found as unknown as Extract<FromWebview, { readonly type: T }>;
    };
    await nextOf('ready');
    return {
      page,
      posted,
      nextOf,
      send: async (message) => {
        await page.evaluate((one) => window.postMessage(one, '*'), message);
      },
      kept: () => page.evaluate(() => window.keptState),
      complaints: async () => [...complaints, ...(await page.evaluate(() => window.violations))],
      screenshot: async (name) => {
        await mkdir(artifacts, { recursive: true });
        await writeFile(join(artifacts, `${name}.png`), await page.screenshot());
      },
      close: () => context.close(),
    };
  }
}

/** The page as the extension makes it (see `webview/README.md`), with a recorder in VS Code's place. */
function html(view: string, { theme = 'dark', state, words }: Opening): string {
  const { bodyClass, colours }: Theme = themes[theme];
  const variables = Object.entries(colours).map(([name, value]) => `--vscode-${name}: ${value};`);
  const policy =
    "default-src 'none'; script-src 'nonce-secret'; style-src http://127.0.0.1:* 'unsafe-inline'; img-src data:; font-src http://127.0.0.1:*;";
  const l10n =
    words === undefined
      ? ''
      : `<script type="application/json" id="l10n">${JSON.stringify(words).replaceAll('<', '\\u003c')}</script>`;
  return `<!DOCTYPE html>
<html lang="en" style="${variables.join(' ')} --vscode-font-family: 'DejaVu Sans', sans-serif; --vscode-editor-font-family: 'DejaVu Sans Mono', monospace;">
  <head>
    <meta charset="UTF-8" />
    <meta http-equiv="Content-Security-Policy" content="${policy}" />
    <meta name="viewport" content="width=device-width, initial-scale=1.0" />
    <style>body { padding: 0 20px; background: transparent; }</style>
    <link rel="stylesheet" href="/${view}.css" />
    <title>${view}</title>
  </head>
  <body data-view="${view}" class="${bodyClass}">
    <div id="app"></div>
    ${l10n}
    <script nonce="secret">${recorder(state)}</script>
    <script type="module" nonce="secret" src="/${view}.js"></script>
  </body>
</html>`;
}

function recorder(state: object | undefined): string {
  return `
    let all = [];
    window.violations = [];
    window.keptState = ${JSON.stringify(state ?? null).replaceAll('<', '\\u003c')};
    document.addEventListener('securitypolicyviolation', (event) => {
      window.violations.push('policy: ' + event.violatedDirective + ' ' + event.blockedURI);
    });
    window.takePosted = () => all.splice(0);
    window.takeOf = (type) => {
      const index = all.findIndex((one) => one.type === type);
      return index < 0 ? undefined : all.splice(index, 1)[0];
    };
    window.acquireVsCodeApi = () => ({
      postMessage: (message) => all.push(structuredClone(message)),
      getState: () => window.keptState,
      setState: (state) => { window.keptState = structuredClone(state); },
    });`;
}
