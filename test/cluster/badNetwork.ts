// A bad network between a client and the API server. It ends TLS with the server's own certificate, so that it can also
// damage what passes inside.
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after } from 'node:test';
import { connect, createServer, type Server, type TLSSocket } from 'node:tls';
import type { ControlPlane } from '../../scripts/controlPlane.mjs';
import type { ClusterAccess } from '../../src/sources/kubeconfig.ts';

/** What happens to each connection that is made now. */
export type Weather =
  | { readonly kind: 'good' }
  /** Every part of an answer comes later. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** The connection breaks after so many bytes of answers, and again after as many more of the next one. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** The connection breaks where an answer says this. */
  | { readonly kind: 'break'; readonly at: string }
  /** One byte in so many of the answers becomes NUL, which no part of HTTP or JSON may hold. */
  | { readonly kind: 'damage'; readonly oneIn: number }
  /** Nothing passes, and nobody says so. */
  | { readonly kind: 'silent' }
  /** Connections are refused as they come. */
  | { readonly kind: 'refuse' }
  /** The server asks to come back later. */
  | { readonly kind: 'busy'; readonly seconds: number };

interface Pair {
  readonly client: TLSSocket;
  readonly server: TLSSocket;
  isFrozen: boolean;
}

export class BadNetwork {
  /** First lines of requests, in order: `GET /api/v1/pods?limit=500`. */
  readonly requests: string[] = [];
  /** How often the server said that it no longer has a version. */
  goneAnswers = 0;
  readonly #upstream: URL;
  readonly #ca: string;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #weather: Weather = { kind: 'good' };
  #seed = 1;

  constructor(plane: ControlPlane) {
    this.#upstream = new URL(plane.server);
    this.#ca = plane.ca;
    const key = readFileSync(join(plane.folder, 'certs/apiserver.key'));
    this.#server = createServer({ key, cert: plane.ca }, (client) => this.#accept(client));
    this.#server.on('tlsClientError', () => undefined);
    after(() => this.#close());
  }

  /** The same user by way of this network. */
  async access(access: ClusterAccess): Promise<ClusterAccess> {
    if (!this.#server.listening) await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    return { ...access, server: `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}` };
  }

  /** From now on; what is open stays as it is, but for `silent`, which freezes it for ever, and `refuse`, which cuts it. */
  become(weather: Weather): void {
    this.#weather = weather;
    if (weather.kind === 'silent') this.freezeAll();
    if (weather.kind === 'refuse') this.cutAll();
  }

  /** How many connections are open. */
  get open(): number {
    return this.#pairs.size;
  }

  /** Nothing passes any more by the connections that are open now; those that are made later are as the weather is. */
  freezeAll(): void {
    for (const pair of this.#pairs) pair.isFrozen = true;
  }

  /** Breaks every connection that is open. */
  cutAll(): void {
    for (const { client, server } of this.#pairs) {
      client.destroy();
      server.destroy();
    }
  }

  #accept(client: TLSSocket): void {
    const weather = this.#weather;
    client.on('error', () => undefined);
    if (weather.kind === 'refuse') {
      client.destroy();
      return;
    }
    if (weather.kind === 'busy') {
      client.once('data', (chunk: Buffer) => {
        this.#note(chunk);
        client.end(
          `HTTP/1.1 429 Too Many Requests\r\nRetry-After: ${weather.seconds}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
        );
      });
      return;
    }
    const { hostname, port } = this.#upstream;
    const server = connect({ host: hostname, port: Number(port), ca: this.#ca });
    const pair: Pair = { client, server, isFrozen: weather.kind === 'silent' };
    this.#pairs.add(pair);
    client.on('data', (chunk: Buffer) => {
      if (pair.isFrozen) return;
      this.#note(chunk);
      server.write(chunk);
    });
    server.on('data', (chunk: Buffer) => this.#answer(pair, weather, chunk));
    this.#joinEnds(pair);
  }

  #joinEnds(pair: Pair): void {
    const { client, server } = pair;
    server.on('error', () => undefined);
    client.on('close', () => {
      server.destroy();
      this.#pairs.delete(pair);
    });
    // A frozen client never learns that the server is gone.
    server.on('close', () => {
      if (!pair.isFrozen) client.destroy();
    });
  }

  #note(chunk: Buffer): void {
    const line = /^GET (\S+)/.exec(chunk.toString('latin1'));
    if (line !== null) this.requests.push(`GET ${line[1]}`);
  }

  readonly #sent = new WeakMap<Pair, number>();

  #answer(pair: Pair, weather: Weather, chunk: Buffer): void {
    if (pair.isFrozen) return;
    if (/^HTTP\/1\.1 410|"code":410/.test(chunk.toString('latin1'))) this.goneAnswers++;
    const sent = (this.#sent.get(pair) ?? 0) + chunk.length;
    this.#sent.set(pair, sent);
    if (weather.kind === 'slow') setTimeout(() => pair.client.write(chunk), weather.ms);
    else if (weather.kind === 'break' && chunk.includes(weather.at)) {
      pair.client.write(chunk.subarray(0, chunk.indexOf(weather.at)), () => pair.client.destroy());
    } else if (weather.kind === 'damage') pair.client.write(this.#damaged(chunk, weather.oneIn));
    else if (weather.kind === 'cut' && sent > weather.afterBytes) {
      pair.client.write(chunk.subarray(0, Math.max(0, chunk.length - (sent - weather.afterBytes))), () =>
        pair.client.destroy(),
      );
    } else pair.client.write(chunk);
  }

  #damaged(chunk: Buffer, oneIn: number): Buffer {
    const copy = Buffer.from(chunk);
    for (let at = this.#random(oneIn); at < copy.length; at += this.#random(oneIn)) copy[at] = 0;
    return copy;
  }

  /** From 1 to twice the mean; the same row in every run. */
  #random(mean: number): number {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
    return 1 + (this.#seed % (2 * mean));
  }

  async #close(): Promise<void> {
    // A connection that is being made is still to come.
    this.become({ kind: 'refuse' });
    if (this.#server.listening) await new Promise((done) => this.#server.close(done));
  }
}
