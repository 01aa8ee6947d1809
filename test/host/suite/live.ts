// Runs inside the extension host for `npm run bench -- live`: what a large cluster costs this process, and when it answers.
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
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
  const profiler = startProfiler();
  await vscode.commands.executeCommand('podpath.connectCluster', ['bench']);
  const first = await readable(server, 'Service', start);
  const whole = await readable(server, 'Pod', start);
  // The worker gives back what loading left behind once it had nothing to do for a while.
  await pause(15_000);
  delay.disable();
  const ownMs = longestTurn(await profiler.stop());
  const after = process.memoryUsage();
  const figures = {
    firstMs: first,
    wholeMs: whole,
    hostMB: (after.heapUsed - before.heapUsed) / 1e6,
    processMB: (after.rss - before.rss) / 1e6,
    ownMs,
    delayMs: { p99: delay.percentile(99) / 1e6, most: delay.max / 1e6 },
  };
  writeFileSync(process.env['PODPATH_HOST_RESULT'] ?? '', JSON.stringify(figures));
}

interface Profiler {
  stop(): Promise<Profile>;
}

type Profile = import('node:inspector').Profiler.Profile;

function startProfiler(): Profiler {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: 200 });
  session.post('Profiler.start');
  return {
    stop: () =>
      new Promise((done, fail) => {
        session.post('Profiler.stop', (error, { profile }) => (error === null ? done(profile) : fail(error)));
      }),
  };
}

/** The longest time in ms that the extension's code, or what it called, was on the stack without a sample of anything else. */
function longestTurn({ nodes, samples = [], timeDeltas = [] }: Profile): number {
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const byId = new Map(nodes.map((one) => [one.id, one]));
  const own = new Map<number, boolean>();
  const isOwn = (id: number): boolean => {
    const known = own.get(id);
    if (known !== undefined) return known;
    const parent = parents.get(id);
    const found = byId.get(id)?.callFrame.url.endsWith('/dist/extension.cjs') === true;
    own.set(id, found || (parent !== undefined && isOwn(parent)));
    return own.get(id) === true;
  };
  const isCollecting = (id: number): boolean => byId.get(id)?.callFrame.functionName === '(garbage collector)';
  let [longest, current] = [0, 0];
  for (const [index, id] of samples.entries()) {
    const isOurs = isOwn(id) || (current > 0 && isCollecting(id));
    current = isOurs ? current + (timeDeltas[index + 1] ?? 0) : 0;
    longest = Math.max(longest, current);
  }
  return longest / 1000;
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
