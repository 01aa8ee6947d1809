import { parentPort, workerData } from 'node:worker_threads';
import { config } from '@vscode/l10n';
import { AnalysisHost, type Queries, query } from '../engine/index.ts';
import type { FromWorker, ToWorker, WorkerChange } from '../protocol.ts';
import { Scheduler } from './scheduler.ts';
import { withCanonicalUris } from './uris.ts';
import { Workspace } from './workspace.ts';

/** Questions that a person waits for are answered before those that fill lists. */
const background: ReadonlySet<keyof Queries> = new Set(['findings', 'lenses', 'scopes', 'tree']);

const host = new AnalysisHost();
const scheduler = new Scheduler();
const workspace = new Workspace((done, total) => post({ type: 'progress', done, total }));
/** Changes are applied in the order in which they came, however long each takes to read. */
let changes: Promise<void> = Promise.resolve();

function post(message: FromWorker): void {
  parentPort?.postMessage(message);
}

async function change(what: WorkerChange): Promise<void> {
  try {
    const read = await workspace.changeOf(what);
    const { revision } = host.apply(read);
    post({ type: 'changed', revision });
  } catch (error) {
    post({ type: 'log', level: 'error', message: `${what.kind}: ${String(error)}` });
  }
}

function ask({ id, name, params, deadlineMs }: Extract<ToWorker, { type: 'query' }>): void {
  // What was said before a question counts for its answer.
  void changes.then(() => {
    const steps = query(host.analysis, name, withCanonicalUris(params) as never);
    const deadline = performance.now() + deadlineMs;
    const priority = background.has(name) ? 1 : 0;
    scheduler.add({ id, priority, deadline, steps, settle: (outcome) => post({ ...outcome, id }) });
  });
}

parentPort?.on('message', (message: ToWorker) => {
  switch (message.type) {
    case 'query':
      ask(message);
      break;
    case 'cancel':
      scheduler.cancel(message.id);
      break;
    case 'change':
      changes = changes.then(() => change(message.change));
      break;
    default:
      message satisfies never;
  }
});

const language: unknown = workerData;
if (typeof language === 'string' && language !== '') config({ contents: language });
