// `npm run bench -- live [S M L XL]`: what following a running cluster costs its worker, each figure beside its goal.
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../scripts/environment.mjs';
import { buildSuite, startWorkbench } from '../host/launch.ts';
import type { LiveFigures } from './liveClient.ts';
import { ms, type Row } from './measure.ts';

interface Listening {
  readonly type: 'listening';
  readonly port: number;
  readonly bytes: number;
}

function heard<T extends { readonly type: string }>(child: ChildProcess, type: T['type']): Promise<T> {
  return new Promise((done, failed) => {
    child.on('message', (message: T) => {
      if (message.type === type) done(message);
    });
    child.once('exit', (code) => failed(new Error(`it ended with ${code}`)));
  });
}

/** Events a second that the largest clusters have. */
const perSecond = 1000;

function startServer(generator: string, size: string): ChildProcess {
  return fork(join(root, 'test/bench/apiServer.ts'), [generator, size], { execArgv: ['--max-old-space-size=8192'] });
}

/** What the suite `live` measured inside an extension host. */
interface HostFigures {
  readonly firstMs: number;
  readonly wholeMs: number;
  /** Of the host's own heap, and of the whole process with its worker. */
  readonly hostMB: number;
  readonly processMB: number;
  /** The longest that the extension's own code, with what VS Code does for it, had the host at once. */
  readonly ownMs: number;
  readonly delayMs: { readonly p99: number; readonly most: number };
}

/** The same cluster followed by the packaged extension in a real VS Code; needs what the host tests need. */
export async function liveInVsCode(generator: string, size: string): Promise<readonly Row[]> {
  const server = startServer(generator, size);
  const { port } = await heard<Listening>(server, 'listening');
  const url = `http://127.0.0.1:${port}`;
  const folder = mkdtempSync(join(tmpdir(), 'podpath-bench-'));
  const kubeconfig = join(folder, 'config');
  const cluster = { server: url, 'insecure-skip-tls-verify': true };
  const context = { name: 'bench', context: { cluster: 'bench', user: 'bench' } };
  const users = [{ name: 'bench', user: {} }];
  writeFileSync(kubeconfig, JSON.stringify({ clusters: [{ name: 'bench', cluster }], users, contexts: [context] }));
  const workbench = await startWorkbench({ env: { KUBECONFIG: kubeconfig, PODPATH_BENCH_SERVER: url } });
  try {
    await workbench.newPage({ tests: await buildSuite('live') });
    const one = JSON.parse(readFileSync(workbench.result, 'utf8')) as HostFigures;
    const row = (what: string, value: string, goal: string): Row => ({
      what: `${size} in VS Code: ${what}`,
      value,
      goal,
    });
    return [
      row('connect → a Service can be read', ms(one.firstMs), '2 s'),
      row('connect → a pod can be read', ms(one.wholeMs), '15 s'),
      row("the extension host's heap", `${one.hostMB.toFixed(0)} MB more`, '40 MB'),
      row('the process, with the worker', `${one.processMB.toFixed(0)} MB more`, '40 + 250 MB'),
      row('our own code on the host, at once', `at most ${ms(one.ownMs)}`, '16 ms'),
      row(
        'the host waits for its turn, for whatever reason',
        `p99 ${ms(one.delayMs.p99)}, at most ${ms(one.delayMs.most)}`,
        '',
      ),
    ];
  } finally {
    await workbench.close();
    server.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Loads, follows and lists a generated cluster of a size. */
export async function liveRows(generator: string, size: string): Promise<readonly Row[]> {
  const seconds = size === 'XL' || size === 'L' ? 60 : 10;
  const server = startServer(generator, size);
  const { port, bytes } = await heard<Listening>(server, 'listening');
  // As the extension starts its worker.
  const client = fork(join(root, 'test/bench/liveClient.ts'), [`http://127.0.0.1:${port}`, String(seconds)], {
    execArgv: ['--max-old-space-size=1536', '--max-semi-space-size=32'],
  });
  client.on('message', ({ type }: { readonly type: string }) => {
    if (type === 'events') server.send({ type: 'events', perSecond, seconds });
    else if (type === 'forget') server.send({ type: 'forget' });
  });
  try {
    const { figures } = await heard<{ readonly type: 'figures'; readonly figures: LiveFigures }>(client, 'figures');
    return rowsOf(size, { bytes, seconds, ...figures });
  } finally {
    server.kill();
    client.kill();
  }
}

function rowsOf(size: string, one: LiveFigures & { readonly bytes: number; readonly seconds: number }): readonly Row[] {
  const row = (what: string, value: string, goal: string): Row => ({ what: `${size}: ${what}`, value, goal });
  const ratio = (one.loadCpuMs / one.parseMs).toFixed(2);
  return [
    row(`${one.objects} live objects, ${(one.bytes / 1e6).toFixed(0)} MB of JSON`, `JSON.parse ${ms(one.parseMs)}`, ''),
    row('list everything', `${ms(one.loadCpuMs)} CPU, ${ratio} × JSON.parse, ${ms(one.loadMs)} wall`, '15 s, ≤ 1.5 ×'),
    row(
      'first answer: the endpoints of a Service',
      `${ms(one.firstAnswerMs)}, its own part ${ms(one.answerCpuMs)} CPU`,
      '2 s',
    ),
    row('the same once everything was read', ms(one.wholeAnswerMs), ''),
    row('memory kept: the objects', `${one.memory.toFixed(0)} MB`, ''),
    row('memory kept: with the pods and Services made of them', `${one.builtMemory.toFixed(0)} MB`, 'worker 250 MB'),
    row('memory kept: with all findings, lists and verdicts', `${one.fullMemory.toFixed(0)} MB`, 'worker 250 MB'),
    row(
      `${perSecond} pod events a second for ${one.seconds} s`,
      `${(100 * one.eventShare).toFixed(0)} % of a core, ${one.changed} seen, ${one.eventMemory.toFixed(0)} MB then`,
      '≤ 50 %, bounded',
    ),
    row(
      'list everything again',
      `${ms(one.relistMs)}, at most ${one.relistPeak.toFixed(0)} MB`,
      'not twice the memory',
    ),
  ];
}
