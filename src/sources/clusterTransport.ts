import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { t } from '@vscode/l10n';
import type { JsonObject } from '../engine/index.ts';
import type { ClusterAccess } from './kubeconfig.ts';
import { LineSplitter, parseLean } from './leanJson.ts';
import { isSame, refusalReason } from './refusal.ts';
import type { ClusterTiming } from './timing.ts';

/**
 * Why a request has no answer to use. `unreachable` is worth another attempt, after `retryAfterMs` where the server asked
 * for that; `gone` is a resourceVersion or a page that the server no longer has; `absent` is a kind that it does not serve.
 * Source: kubernetes.io, Kubernetes API Concepts; HTTP status codes of its API conventions.
 */
export interface Failure {
  readonly failure: 'unreachable' | 'unauthorized' | 'forbidden' | 'gone' | 'absent';
  readonly message: string;
  readonly retryAfterMs?: number;
}

/** A body as JSON, and the server's tag of it. `notModified` where it is still what the tag sent along names. */
export interface JsonAnswer {
  readonly body: JsonObject;
  readonly etag?: string;
  readonly notModified?: true;
}

/** How one read ended: a stream that the server closed says nothing of its own. */
export type StreamEnd = 'closed' | Failure;

/** A body is never larger than a page of the largest objects; a server that sends more is none. */
const largestBody = 256 * 1024 * 1024;
const largestLine = 16 * 1024 * 1024;

/** True for a failure. */
export function isFailure(value: object | string | undefined): value is Failure {
  return typeof value === 'object' && 'failure' in value;
}

/** Reads from an API server: GET alone, whatever is asked. Every answer is a value; nothing rejects. */
export class ClusterTransport {
  readonly #access: ClusterAccess;
  readonly #requestMs: number;
  readonly #pluginMs: number;

  constructor(access: ClusterAccess, { requestMs, pluginMs }: Pick<ClusterTiming, 'requestMs' | 'pluginMs'>) {
    this.#access = access;
    this.#requestMs = requestMs;
    this.#pluginMs = pluginMs;
  }

  /** Breaks every connection; the next request makes a new one. */
  disconnect(): void {
    this.#access.disconnect();
  }

  /** The JSON at a path of the server. */
  async json(path: string, signal: AbortSignal, headers: Record<string, string> = {}): Promise<JsonAnswer | Failure> {
    const response = await this.#open(path, signal, headers);
    if (isFailure(response)) return response;
    const etag = response.headers.etag;
    if (response.statusCode === 304) {
      response.resume();
      return { body: {}, notModified: true };
    }
    const chunks: Buffer[] = [];
    let size = 0;
    const failed = await this.#consume(response, this.#requestMs, (chunk) => {
      chunks.push(chunk);
      size += chunk.length;
      return size <= largestBody ? undefined : t('the answer is larger than {0} bytes', largestBody);
    });
    if (failed !== 'closed') return failed;
    const body = parseLean(Buffer.concat(chunks));
    if (body === undefined) return unreachable(t('the answer is no JSON object'));
    return { body, ...(etag === undefined ? {} : { etag }) };
  }

  /**
   * The JSON lines of a watch, one call of `onLine` each, until the server ends it, something breaks, `onLine` says why
   * not to go on, or nothing came for `idleMs` (a connection whose other end is gone never says so).
   */
  async lines(
    path: string,
    signal: AbortSignal,
    idleMs: number,
    on: { readonly open: () => void; readonly line: (object: JsonObject) => Failure | undefined },
  ): Promise<StreamEnd> {
    const response = await this.#open(path, signal, {});
    if (isFailure(response)) return response;
    on.open();
    const lines = new LineSplitter();
    let stop: Failure | undefined;
    const end = await this.#consume(response, idleMs, (chunk) => {
      for (const line of lines.take(chunk)) {
        const object = parseLean(line, 1);
        if (object === undefined && isBlank(line)) continue;
        if (object === undefined) return t('a line of the watch is no JSON object');
        stop = on.line(object);
        if (stop !== undefined) return stop.message;
      }
      return lines.pending > largestLine ? t('a line of the watch is longer than {0} bytes', largestLine) : undefined;
    });
    // A line that was cut is no event: the next watch brings it again.
    return stop ?? end;
  }

  /** Sends the request and waits for the head of its answer. Credentials that are refused may have ended: others get one try. */
  async #open(path: string, signal: AbortSignal, headers: Record<string, string>): Promise<IncomingMessage | Failure> {
    let refused: RequestOptions | undefined;
    for (;;) {
      const options = await this.#credentials(refused, signal);
      if (isFailure(options)) return options;
      const response = await this.#send(path, signal, { ...options, headers: { ...options.headers, ...headers } });
      if (isFailure(response)) return response;
      const status = response.statusCode ?? 0;
      if (status === 200 || status === 304) return response;
      const failure = await this.#statusFailure(response, status);
      if (failure.failure !== 'unauthorized') return failure;
      if (refused !== undefined) return explained(failure, options);
      refused = options;
      const other = await this.#credentials(refused, signal);
      if (isFailure(other)) return other;
      if (isSame(refused, other)) return explained(failure, options);
    }
  }

  async #credentials(refused: RequestOptions | undefined, signal: AbortSignal): Promise<RequestOptions | Failure> {
    try {
      const request = { signal, pluginMs: this.#pluginMs };
      return await this.#access.authenticate(refused === undefined ? request : { ...request, refused });
    } catch (error) {
      return { failure: 'unauthorized', message: messageOf(error) };
    }
  }

  #send(path: string, signal: AbortSignal, options: RequestOptions): Promise<IncomingMessage | Failure> {
    const { server } = this.#access;
    const send = server.startsWith('http:') ? httpRequest : httpsRequest;
    const headers = { accept: 'application/json', 'user-agent': 'podpath', ...options.headers };
    return new Promise((done) => {
      const sent = send(server + path, { ...options, headers, method: 'GET', signal }, (response) => {
        clearTimeout(timer);
        done(response);
      });
      const timer = setTimeout(() => sent.destroy(new Error(this.#late())), this.#requestMs);
      sent.on('error', (error) => {
        clearTimeout(timer);
        done(unreachable(messageOf(error)));
      });
      sent.end();
    });
  }

  #late(): string {
    return t('no answer from {0} for {1} s', this.#access.server, this.#requestMs / 1000);
  }

  /** Reads a body to its end; `take` says why not to go on. */
  #consume(response: IncomingMessage, idleMs: number, take: (chunk: Buffer) => string | undefined): Promise<StreamEnd> {
    return new Promise((done) => {
      const quiet = (): void => {
        response.destroy(new Error(t('nothing came for {0} s', idleMs / 1000)));
      };
      const timer = setTimeout(quiet, idleMs);
      const finish = (end: StreamEnd): void => {
        clearTimeout(timer);
        done(end);
      };
      response.on('data', (chunk: Buffer) => {
        timer.refresh();
        const wrong = take(chunk);
        if (wrong !== undefined) response.destroy(new Error(wrong));
      });
      response.on('end', () => finish('closed'));
      response.on('error', (error) => finish(unreachable(messageOf(error))));
      response.on('close', () => finish(unreachable(t('the connection was cut'))));
    });
  }

  async #statusFailure(response: IncomingMessage, status: number): Promise<Failure> {
    const chunks: Buffer[] = [];
    await this.#consume(response, this.#requestMs, (chunk) => {
      chunks.push(chunk);
      return chunks.length > 64 ? t('the answer is too long') : undefined;
    });
    const told = parseLean(Buffer.concat(chunks))?.['message'];
    const message = typeof told === 'string' ? told : `HTTP ${status}`;
    const failure = failureOf(status);
    const after = secondsOf(response.headers['retry-after']);
    return after > 0 ? { failure, message, retryAfterMs: Math.min(after, 300) * 1000 } : { failure, message };
  }
}

/** Retry-After is a number of seconds, or a date (RFC 9110, 10.2.3); 0 for neither. */
function secondsOf(retryAfter: string | undefined): number {
  if (retryAfter === undefined) return 0;
  const seconds = Number(retryAfter);
  const until = Number.isNaN(seconds) ? (Date.parse(retryAfter) - Date.now()) / 1000 : seconds;
  return Number.isFinite(until) ? until : 0;
}

/** Says beside the server's word what the credentials say of themselves. */
function explained(failure: Failure, options: RequestOptions): Failure {
  const reason = refusalReason(options);
  return reason === undefined ? failure : { ...failure, message: `${failure.message}: ${reason}` };
}

/** What an HTTP status, or the code of a Status object, means for a reader. */
export function failureOf(status: number): Failure['failure'] {
  switch (status) {
    case 401:
      return 'unauthorized';
    case 403:
      return 'forbidden';
    case 404:
    case 405:
      return 'absent';
    case 410:
      return 'gone';
    default:
      return 'unreachable';
  }
}

function unreachable(message: string): Failure {
  return { failure: 'unreachable', message };
}

function isBlank(line: Buffer): boolean {
  return line.toString('utf8').trim() === '';
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
