import { Worker } from 'node:worker_threads';
import * as vscode from 'vscode';
import type { ProbeProblem, Queries, VerifyAnswer } from '../engine/index.ts';
import type { ClusterStatus, ContextsAnswer, FromWorker, ToWorker, VerifyRequest, WorkerChange } from '../protocol.ts';

/** A worker that dies more often than this within ten minutes stays dead until the window is reloaded. */
const mostRestarts = 3;
const restartWindow = 600_000;

/** A worker that owes an answer and says nothing for this long is stuck, and is ended. */
const longestSilence = 120_000;

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly fail: (error: Error) => void;
}

/** Why no worker is started any more: it failed again and again, or what it reads takes more memory than it may have. */
export type GaveUp = 'failures' | 'memory';

/** In MB. Several times what the largest cluster needs. */
const mostMemory = 1536;

/** A question that was not answered: it was cancelled, took too long, or the worker is gone. */
export class Unanswered extends Error {}

/** The worker thread that owns the engine: started when first needed, and again when it dies. */
export class EngineClient implements vscode.Disposable {
  readonly #path: string;
  readonly #log: vscode.LogOutputChannel;
  readonly #pending = new Map<number, Pending>();
  readonly #changed = new vscode.EventEmitter<number>();
  readonly #progress = new vscode.EventEmitter<{ readonly done: number; readonly total: number }>();
  readonly #clusters = new vscode.EventEmitter<readonly ClusterStatus[]>();
  readonly #started = new vscode.EventEmitter<void>();
  readonly #deaths: number[] = [];
  readonly #gaveUp = new vscode.EventEmitter<GaveUp>();
  #worker: Worker | undefined;
  #watchdog: NodeJS.Timeout | undefined;
  #heard = 0;
  #nextId = 1;
  /** Why no worker is started any more. */
  #ended: 'disposed' | 'gave up' | undefined;

  /** A new analysis exists. */
  readonly onDidChange = this.#changed.event;
  /** Many files are being read. */
  readonly onProgress = this.#progress.event;
  /** How the chosen clusters stand. */
  readonly onDidChangeClusters = this.#clusters.event;
  /** A worker started and knows nothing yet: whoever has something to tell tells it now. */
  readonly onDidStart = this.#started.event;
  /** The worker died too often and is not started again. */
  readonly onDidGiveUp = this.#gaveUp.event;

  constructor(path: string, log: vscode.LogOutputChannel) {
    this.#path = path;
    this.#log = log;
  }

  /** Starts the worker; does nothing where it runs. */
  start(): void {
    if (this.#worker !== undefined || this.#ended !== undefined) return;
    const worker = new Worker(this.#path, {
      workerData: vscode.l10n.bundle ? JSON.stringify(vscode.l10n.bundle) : '',
      // Pages of a large cluster die young: with room for them they are not moved about before they do. And V8 leaves less
      // garbage lying about where it may not take what the machine has.
      resourceLimits: { maxYoungGenerationSizeMb: 96, maxOldGenerationSizeMb: mostMemory },
    });
    this.#worker = worker;
    worker.on('message', (message: FromWorker) => this.#receive(message));
    let isFull = false;
    worker.on('error', (error: NodeJS.ErrnoException) => {
      isFull = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      this.#log.error(`worker: ${error.stack ?? error.message}`);
    });
    worker.on('exit', (code) => this.#exited(worker, code, isFull));
    this.#started.fire();
  }

  /** Asks the worker; rejects with {@link Unanswered}. */
  query<N extends keyof Queries>(
    name: N,
    params: Queries[N]['params'],
    options: { readonly token?: vscode.CancellationToken; readonly deadlineMs?: number } = {},
  ): Promise<Queries[N]['result']> {
    const message = (id: number): ToWorker => {
      return { type: 'query', id, name, params, deadlineMs: options.deadlineMs ?? 10_000 };
    };
    return this.#ask(message, options.token);
  }

  /** The contexts of a kubeconfig; rejects with {@link Unanswered}. */
  contexts(kubeconfig: string | undefined): Promise<ContextsAnswer> {
    return this.#ask((id) => ({ type: 'contexts', id, ...(kubeconfig === undefined ? {} : { kubeconfig }) }));
  }

  /** Runs a trace for real, which the user has agreed to; rejects with {@link Unanswered}. */
  verify(request: VerifyRequest, token: vscode.CancellationToken): Promise<VerifyAnswer | ProbeProblem> {
    return this.#ask((id) => ({ type: 'verify', id, ...request }), token);
  }

  #ask<T>(message: (id: number) => ToWorker, token?: vscode.CancellationToken): Promise<T> {
    this.start();
    if (this.#worker === undefined) return Promise.reject(new Unanswered('there is no worker'));
    const id = this.#nextId++;
    this.#watch();
    return new Promise((resolve, fail) => {
      const subscription = token?.onCancellationRequested(() => this.#send({ type: 'cancel', id }));
      const done = <V>(settle: (value: V) => void) => {
        return (value: V) => {
          subscription?.dispose();
          settle(value);
        };
      };
      this.#pending.set(id, { resolve: done(resolve as (result: unknown) => void), fail: done(fail) });
      this.#send(message(id));
    });
  }

  /** Tells the worker what changed; nothing where no worker runs, since a new one is told everything. */
  change(change: WorkerChange): void {
    this.#send({ type: 'change', change });
  }

  #send(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }

  /** While answers are owed, sees to it that the worker still says something. */
  #watch(): void {
    if (this.#watchdog !== undefined) return;
    this.#heard = performance.now();
    this.#watchdog = setInterval(() => {
      const silence = performance.now() - this.#heard;
      if (this.#pending.size === 0) this.#stopWatching();
      else if (silence > longestSilence) {
        this.#stopWatching();
        this.#log.error(`worker: silent for ${Math.round(silence / 1000)} s`);
        void this.#worker?.terminate();
      }
    }, longestSilence / 8);
  }

  #stopWatching(): void {
    clearInterval(this.#watchdog);
    this.#watchdog = undefined;
  }

  #receive(message: FromWorker): void {
    this.#heard = performance.now();
    switch (message.type) {
      case 'answer':
        this.#take(message.id)?.resolve(message.result);
        break;
      case 'failed':
        if (message.reason === 'error') this.#log.error(message.message);
        this.#take(message.id)?.fail(new Unanswered(message.reason));
        break;
      case 'changed':
        this.#changed.fire(message.revision);
        break;
      case 'clusters':
        this.#clusters.fire(message.clusters);
        break;
      case 'progress':
        this.#progress.fire(message);
        break;
      case 'log':
        this.#log[message.level](message.message);
        break;
      default:
        message satisfies never;
    }
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  #exited(worker: Worker, code: number, isFull: boolean): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    for (const id of [...this.#pending.keys()]) this.#take(id)?.fail(new Unanswered('the worker ended'));
    this.#stopWatching();
    if (this.#ended !== undefined) return;
    const now = Date.now();
    this.#deaths.push(now);
    const recent = this.#deaths.filter((at) => now - at < restartWindow).length;
    this.#log.error(`worker: ended with code ${code}`);
    // Another one would read the same again.
    if (isFull) this.#giveUp('memory', `it takes more than ${mostMemory} MB`);
    else if (recent <= mostRestarts) this.start();
    else this.#giveUp('failures', 'it ends again and again');
  }

  #giveUp(why: GaveUp, text: string): void {
    this.#ended = 'gave up';
    this.#log.error(`worker: ${text} and is not started any more; reload the window to try again`);
    this.#gaveUp.fire(why);
  }

  dispose(): void {
    this.#ended = 'disposed';
    this.#stopWatching();
    this.#gaveUp.dispose();
    void this.#worker?.terminate();
    this.#changed.dispose();
    this.#clusters.dispose();
    this.#progress.dispose();
    this.#started.dispose();
  }
}
