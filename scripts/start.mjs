// `npm start [-- PATH] [-- --no-open] [-- --cluster]`: sets everything up, shows what Podpath says about a folder in the terminal,
// then opens a real VS Code with the extension on it.
// With --cluster a real control plane runs beside it, with the shop applied to it; VS Code finds it as its kubeconfig.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { installDependencies, node, root, run, which } from './environment.mjs';

const args = process.argv.slice(2);
const shop = join(root, 'examples/shop');
const folder = resolve(args.find((one) => !one.startsWith('-')) ?? shop);

/** Runs the CLI and lets it write to this terminal. */
function podpath(...rest) {
  console.log(`\n$ podpath ${rest.join(' ')}`);
  spawnSync(node, [join(root, 'dist/cli.mjs'), ...rest], { cwd: root, stdio: 'inherit' });
}

function printExamples() {
  const name = folder.startsWith(root) ? folder.slice(root.length + 1) : folder;
  podpath('graph', name);
  if (folder === shop) podpath('trace', 'shop/Deployment/frontend', 'shop/svc/backend:8080', name);
  else podpath('check', name);
}

/** The user's own VS Code, with the built extension of this folder. It goes on when this command has ended. */
function openDesktop(code) {
  console.log(`\nOpening ${folder} in VS Code (${code})`);
  spawnSync(code, ['--new-window', `--extensionDevelopmentPath=${root}`, folder], { stdio: 'inherit' });
}

/** A control plane with the shop on it; ends the program with a sentence where there can be none. */
async function startCluster() {
  const { prepareControlPlane, startWithShop } = await import('./controlPlane.mjs');
  const prepared = await prepareControlPlane();
  if (typeof prepared === 'string') {
    console.error(prepared);
    process.exit(2);
  }
  const plane = await startWithShop(prepared);
  process.env.KUBECONFIG = plane.kubeconfigs.admin;
  console.log(`\nA cluster at ${plane.server}; KUBECONFIG=${plane.kubeconfigs.admin}`);
  podpath('connectivity', '--kubeconfig', plane.kubeconfigs.admin);
  return plane;
}

/** VS Code's own server, from the cache, until Ctrl+C. */
async function openEmbedded() {
  const { installVsCode, startVsCode } = await import('./vscodeServer.mjs');
  const { packageExtension } = await import('./package.mjs');
  await installVsCode();
  const { target } = await packageExtension();
  const vscode = await startVsCode({ vsix: target });
  const address = `${vscode.url}/?folder=${encodeURIComponent(folder)}`;
  console.log(`\nVS Code with Podpath: ${address}\nCtrl+C ends it.`);
  if (process.platform === 'linux' && process.env.DISPLAY && which('xdg-open')) {
    spawn('xdg-open', [address], { stdio: 'ignore', detached: true }).unref();
  }
  await new Promise((ended) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, ended);
  });
  vscode.stop();
}

if (!existsSync(folder)) {
  console.error(`${folder}: no such folder`);
  process.exit(2);
}
await installDependencies();
await run('Building', node, ['esbuild.mjs']);
printExamples();
const plane = args.includes('--cluster') ? await startCluster() : undefined;
if (!args.includes('--no-open')) {
  const code = which('code');
  // A desktop window would outlive the cluster.
  if (code === undefined || plane !== undefined) await openEmbedded();
  else openDesktop(code);
}
await plane?.stop();
