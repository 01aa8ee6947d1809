// What this machine has, and where things are kept that are too large for the repository.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '..');

/** Downloads and builds of this project live outside the repository and are reused: `PODPATH_CACHE`, else the user's cache. */
export const cache =
  process.env.PODPATH_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'podpath');

/** Node of `node_modules`, which is new enough whatever the machine has. */
export const node = join(root, 'node_modules/.bin/node');

/** The path of a program, or `undefined` where the machine has none of that name. */
export function which(name) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}

/**
 * Runs a program to its end and shows its output only when it fails; says every ten seconds that it still runs.
 * Rejects with the last lines of its output.
 */
export function run(what, program, args, options = {}) {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  console.error(`${what} …`);
  const heartbeat = setInterval(() => console.error(`  … ${what}, ${seconds()} s`), 10_000);
  return new Promise((done, failed) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-20_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', failed);
    child.on('close', (code) => (code === 0 ? done(output) : failed(new Error(`${what} failed:\n${output}`))));
  }).finally(() => clearInterval(heartbeat));
}

/** Installs the development dependencies where they are missing or the lock file has changed since. */
export async function installDependencies() {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const stamp = join(root, 'node_modules/.podpath-lock');
  if (existsSync(stamp) && existsSync(node) && readFileSync(stamp, 'utf8') === lock) return;
  await run('Installing dependencies (npm ci)', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(stamp, lock);
}

/** True for the user that may install Debian packages. */
export function mayUseApt() {
  return process.getuid?.() === 0 && which('apt-get') !== undefined;
}

/** The version of a program by its own word, or `undefined`. */
export function versionOf(program, ...args) {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}
