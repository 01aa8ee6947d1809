import { parentPort, workerData } from 'node:worker_threads';
import { config } from '@vscode/l10n';
import { AnalysisHost, type Change, type Queries, query } from '../engine/index.ts';
import type { ContextsAnswer, FromWorker, ToWorker } from '../protocol.ts';
import { kubeContexts } from '../sources/clusterSource.ts';
import { Clusters } from './clusters.ts';
import { Garbage } from './garbage.ts';
import { mergeChanges } from './mergeChanges.ts';
import { Scheduler } from './scheduler.ts';
import { withCanonicalUris } from './uris.ts';
import { Verifier } from './verifier.ts';
import { Workspace, type WorkspaceChange } from './workspace.ts';

/** Questions that a person waits for are answered first, then what is wrong, then those that fill lists. */
const background: ReadonlySet<keyof Queries> = new Set(['drift', 'hints', 'lenses', 'scopes', 'tests', 'tree']);

const host = new AnalysisHost();
const scheduler = new Scheduler();
const garbage = new Garbage();
const workspace = new Workspace((done, total) => post({ type: 'progress', done, total }));
const clusters = new Clusters({
  objects: (all) => take({ clusters: all }),
  statuses: (all) => post({ type: 'clusters', clusters: all }),
});
const verifier = new Verifier(clusters, () => host.analysis);
/** Changes that wait for the ones before them; what piled up meanwhile becomes one analysis. */
const queue: (WorkspaceChange | Change)[] = [];
let changes: Promise<void> = Promise.resolve();
/** Questions that wait for the changes before them. */
const waiting = new Set<number>();

/** All that the worker does ends in a message. */
function post(message: FromWorker): void {
  garbage.add();
  parentPort?.postMessage(message);
}

async function applyQueued(): Promise<void> {
  const taken = queue.splice(0);
  if (taken.length === 0) return;
  try {
    const read = [];
    for (const one of taken) read.push('kind' in one ? await workspace.changeOf(one) : one);
    const { revision } = host.apply(mergeChanges(read));
    post({ type: 'changed', revision });
  } catch (error) {
    const kinds = taken.map((one) => ('kind' in one ? one.kind : 'cluster')).join();
    post({ type: 'log', level: 'error', message: `${kinds}: ${String(error)}` });
  }
}

function take(change: WorkspaceChange | Change): void {
  queue.push(change);
  changes = changes.then(applyQueued);
}

async function contexts(id: number, kubeconfig: string | undefined): Promise<void> {
  const found = await kubeContexts(kubeconfig);
  const result: ContextsAnswer = 'problem' in found ? { contexts: [], current: '', problem: found.problem } : found;
  post({ type: 'answer', id, result });
}

function ask({ id, name, params, deadlineMs }: Extract<ToWorker, { type: 'query' }>): void {
  waiting.add(id);
  // What was said before a question counts for its answer.
  void changes.then(() => {
    if (!waiting.delete(id)) return;
    const steps = query(host.analysis, name, withCanonicalUris(params) as never);
    const deadline = performance.now() + deadlineMs;
    const priority = background.has(name) ? 2 : name === 'findings' ? 1 : 0;
    scheduler.add({ id, priority, deadline, steps, settle: (outcome) => post({ ...outcome, id }) });
  });
}

async function verify({ id, ...request }: Extract<ToWorker, { type: 'verify' }>): Promise<void> {
  try {
    post({ type: 'answer', id, result: await verifier.run(id, request) });
  } catch (error) {
    post({ type: 'failed', id, reason: 'error', message: String(error) });
  }
}

function cancel(id: number): void {
  verifier.cancel(id);
  if (waiting.delete(id)) post({ type: 'failed', id, reason: 'cancelled', message: '' });
  else scheduler.cancel(id);
}

parentPort?.on('message', (message: ToWorker) => {
  switch (message.type) {
    case 'query':
      ask(message);
      break;
    case 'cancel':
      cancel(message.id);
      break;
    case 'change':
      if (message.change.kind === 'clusters') clusters.choose(message.change.clusters);
      else take(message.change);
      break;
    case 'verify':
      void verify(message);
      break;
    case 'contexts':
      void contexts(message.id, message.kubeconfig);
      break;
    default:
      message satisfies never;
  }
});

const language: unknown = workerData;
if (typeof language === 'string' && language !== '') config({ contents: language });
