// Runs inside the extension host for `npm run bench -- live`: what a large cluster costs this process, and when it answers.
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import * as vscode from 'vscode';
import { eventually } from './wait.ts';

/** What VS Code calls. */
export async function run(): Promise<void> {
  const server = process.env['PODPATH_BENCH_SERVER'] ?? '';
  await vscode.extensions.getExtension('podpath.podpath')?.activate();
  await pause(3_000);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const before = process.memoryUsage();
  const start = performance.now();
  delay.enable();
  await vscode.commands.executeCommand('podpath.connectCluster', ['bench']);
  const first = await readable(server, 'Service', start);
  const whole = await readable(server, 'Pod', start);
  await pause(10_000);
  delay.disable();
  const after = process.memoryUsage();
  const figures = {
    firstMs: first,
    wholeMs: whole,
    hostMB: (after.heapUsed - before.heapUsed) / 1e6,
    processMB: (after.rss - before.rss) / 1e6,
    delayMs: { p99: delay.percentile(99) / 1e6, most: delay.max / 1e6 },
  };
  writeFileSync(process.env['PODPATH_HOST_RESULT'] ?? '', JSON.stringify(figures));
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}

/** Milliseconds until the first object of a kind can be read as a text. */
async function readable(server: string, kind: string, start: number): Promise<number> {
  const answer = await fetch(`${server}/api/v1/${kind.toLowerCase()}s?limit=1`);
  const { items } = (await answer.json()) as { items: { metadata: { namespace: string; name: string } }[] };
  const { namespace, name } = items[0]?.metadata ?? { namespace: '', name: '' };
  const query = JSON.stringify(['bench', '', kind, namespace, name]);
  return eventually(
    `${kind} ${namespace}/${name}`,
    async () => {
      const uri = vscode.Uri.from({ scheme: 'podpath-cluster', path: `/${name}.${kind}.yaml`, query });
      const document = await vscode.workspace.openTextDocument(uri);
      return document.getText().includes(name) ? performance.now() - start : undefined;
    },
    120_000,
  );
}
