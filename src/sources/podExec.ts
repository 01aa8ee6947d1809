import { PassThrough } from 'node:stream';
import { KubeConfig } from '@kubernetes/client-node';
import { WebSocketHandler } from '@kubernetes/client-node/dist/web-socket-handler.js';
import { t } from '@vscode/l10n';
import type { JsonObject, ProbeRun } from '../engine/index.ts';
import type { ClusterAccess } from './kubeconfig.ts';

/** Where a program is run. */
export interface ExecTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/** What kept every program of a pod from being run: the user may not, or nobody answers. A sentence. */
export interface ExecProblem {
  readonly problem: string;
}

/** More output than this of one program is not read. */
const mostOutput = 64 * 1024;

/** The names that the API server takes for objects; in a URL they need no escape. Source: RFC 1123 labels and subdomains. */
const apiName = /^[a-z\d]([-a-z\d.]*[a-z\d])?$/;

/** client-node's way to a cluster by the access that every other request has. */
class AccessConfig extends KubeConfig {
  readonly #access: ClusterAccess;
  readonly #handshakeMs: number;

  constructor(access: ClusterAccess, handshakeMs: number) {
    super();
    this.#access = access;
    this.#handshakeMs = handshakeMs;
  }

  override getCurrentCluster(): ReturnType<KubeConfig['getCurrentCluster']> {
    const { context, server } = this.#access;
    return { name: context, server, skipTLSVerify: false };
  }

  override async applyToHTTPSOptions(options: Parameters<KubeConfig['applyToHTTPSOptions']>[0]): Promise<void> {
    Object.assign(options, await this.#access.authenticate(), { handshakeTimeout: this.#handshakeMs });
  }
}

/** What a program printed, as it comes by the channels of an exec. */
class Output {
  readonly #chunks: { readonly stream: number; readonly chunk: Buffer }[] = [];
  #size = 0;
  status: JsonObject | undefined;

  /** False where nothing more is wanted: the program has ended, or printed more than anybody reads. */
  take(stream: number, chunk: Buffer): boolean {
    if (stream === WebSocketHandler.StatusStream) {
      this.status = parsed(chunk.toString('utf8'));
      return false;
    }
    this.#chunks.push({ stream, chunk });
    this.#size += chunk.length;
    return this.#size < mostOutput;
  }

  /** The run as it stands, late where no status and no end has come. */
  run(isLate: boolean): ProbeRun {
    const printed = {
      stdout: this.#text(WebSocketHandler.StdoutStream),
      stderr: this.#text(WebSocketHandler.StderrStream),
    };
    if (isLate) return { ...printed, isLate, problem: '' };
    const code = exitCode(this.status);
    if (code !== undefined) return { ...printed, isLate, exitCode: code, problem: '' };
    const message = this.status?.['message'];
    const unsaid = this.#size < mostOutput ? t('the connection was cut') : t('it printed too much');
    return { ...printed, isLate, problem: typeof message === 'string' ? message : unsaid };
  }

  #text(wanted: number): string {
    return Buffer.concat(this.#chunks.filter(({ stream }) => stream === wanted).map(({ chunk }) => chunk)).toString(
      'utf8',
    );
  }
}

function parsed(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

/** Of the status that ends an exec: Success is 0, else the code is one of its causes; absent where nothing was started. */
function exitCode(status: JsonObject | undefined): number | undefined {
  if (status?.['status'] === 'Success') return 0;
  const { causes } = (status?.['details'] ?? {}) as { readonly causes?: unknown };
  const all = Array.isArray(causes)
    ? (causes as readonly ({ readonly reason?: unknown; readonly message?: unknown } | null)[])
    : [];
  const code = all.find((one) => one?.reason === 'ExitCode')?.message;
  if (typeof code === 'string' && /^\d+$/.test(code)) return Number(code);
  // Some runtimes say it in words alone.
  const worded = /exit (?:status|code):? (\d+)$/.exec(String(status?.['message'] ?? '').trim())?.[1];
  return worded === undefined ? undefined : Number(worded);
}

/** Nobody's: the channels are read as they come. */
function noStreams(): ConstructorParameters<typeof WebSocketHandler>[2] {
  return { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
}

/**
 * Runs one program in a container, without a shell and without input, by WebSocket. Ends after `deadlineMs`, when `signal`
 * says so, or when more came than anybody reads. Never rejects.
 * Source: kubernetes.io, API reference, connect GET requests to exec of Pod.
 */
export async function execInPod(
  access: ClusterAccess,
  target: ExecTarget,
  argv: readonly string[],
  { signal, deadlineMs }: { readonly signal: AbortSignal; readonly deadlineMs: number },
): Promise<ProbeRun | ExecProblem> {
  const { namespace, pod, container } = target;
  const odd = [namespace, pod, container].find((one) => !apiName.test(one));
  if (odd !== undefined) return { problem: t('{0} is no name of a pod, a container or a namespace', odd) };
  const words = argv.map((word) => ['command', word]);
  const query = new URLSearchParams([['stdout', 'true'], ['stderr', 'true'], ['container', container], ...words]);
  const late = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
  const handler = new WebSocketHandler(new AccessConfig(access, deadlineMs), undefined, noStreams());
  const output = new Output();
  if (late.aborted) return output.run(true);
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/exec?${query}`;
  const over = Promise.withResolvers<unknown>();
  const take = (stream: number, chunk: Buffer): boolean => {
    const isMoreWanted = output.take(stream, chunk);
    if (!isMoreWanted) over.resolve(undefined);
    return isMoreWanted;
  };
  try {
    const opening = handler.connect(path, null, take);
    // What opens after nobody waits for it any more is closed at once.
    const close = (): unknown => opening.then((opened) => opened.close()).catch(() => undefined);
    late.addEventListener('abort', close, { once: true });
    const socket = await Promise.race([opening, aborted(late)]);
    if (socket === undefined) return output.run(true);
    socket.onclose = over.resolve;
    await Promise.race([over.promise, aborted(late)]);
    late.removeEventListener('abort', close);
    return output.run(late.aborted);
  } catch (error) {
    return { problem: refusal(target, error) };
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((done) => signal.addEventListener('abort', () => done(undefined), { once: true }));
}

/** Says which right is missing: the verb is not in what the server answers to a WebSocket. */
function refusal({ namespace, pod }: ExecTarget, error: unknown): string {
  const message =
    error instanceof Error || (typeof error === 'object' && error !== null && 'message' in error)
      ? String(error.message)
      : String(error);
  const status = /Unexpected server response: (\d+)/.exec(message)?.[1];
  if (status === '403') {
    return t(
      'You may not run programs in pods of namespace {0}: that needs the verbs get and create on pods/exec there',
      namespace,
    );
  }
  if (status === '401') return t('The server takes you for nobody: the credentials of the context are not valid');
  if (status === '404') return t('Pod {0}/{1} is gone, or has no such container', namespace, pod);
  return t('Nothing can be run in pod {0}/{1}: {2}', namespace, pod, message);
}
