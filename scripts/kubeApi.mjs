// A few requests to an API server, for the scripts and tests that act on one: what Podpath itself only reads, these write.
import { readdirSync, readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

/** Resolves after some milliseconds. */
export function pause(milliseconds) {
  return new Promise((done) => setTimeout(done, milliseconds));
}

/** One user's way to an API server; `ca` is PEM. */
export class KubeApi {
  #server;
  #token;
  #agent;

  constructor({ server, token, ca }) {
    this.#server = server;
    this.#token = token;
    this.#agent = new Agent({ keepAlive: true, ca, maxSockets: 16 });
  }

  /** `{ status, body }` whatever the status; rejects where no answer came. */
  send(method, path, body, contentType = 'application/json') {
    return new Promise((done, failed) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const headers = { authorization: `Bearer ${this.#token}`, accept: 'application/json' };
      if (text !== undefined)
        Object.assign(headers, { 'content-type': contentType, 'content-length': Buffer.byteLength(text) });
      const sent = request(new URL(path, this.#server), { method, headers, agent: this.#agent }, (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', failed);
        response.on('end', () => {
          const raw = Buffer.concat(chunks).toString();
          const isJson = String(response.headers['content-type']).startsWith('application/json');
          done({ status: response.statusCode, body: isJson ? JSON.parse(raw) : raw });
        });
      });
      sent.on('error', failed);
      sent.end(text);
    });
  }

  /** The body of an answer that is no error; rejects with what the server said. */
  async call(method, path, body, contentType) {
    const answer = await this.send(method, path, body, contentType);
    if (answer.status < 300) return answer.body;
    const error = new Error(`${method} ${path}: ${answer.status} ${answer.body.message ?? answer.body}`);
    throw Object.assign(error, { status: answer.status });
  }

  get(path) {
    return this.call('GET', path);
  }

  /** Creates an object in the collection at `path`, or leaves the one that is there. */
  async create(path, object) {
    const answer = await this.send('POST', path, object);
    if (answer.status >= 300 && answer.status !== 409) {
      throw new Error(`POST ${path}: ${answer.status} ${answer.body.message ?? answer.body}`);
    }
    return answer.body;
  }

  #plurals = new Map();

  /** Where an object is kept; rejects for a kind that the server does not have. */
  async pathOf({ apiVersion, kind, metadata }) {
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    if (!this.#plurals.has(root)) this.#plurals.set(root, (await this.get(root)).resources);
    const found = this.#plurals.get(root).find((one) => one.kind === kind && !one.name.includes('/'));
    if (found === undefined) throw new Error(`the server has no ${kind} of ${apiVersion}`);
    const place = found.namespaced ? `/namespaces/${metadata.namespace ?? 'default'}` : '';
    return `${root}${place}/${found.name}/${metadata.name}`;
  }

  /** Makes an object what it says, as `kubectl apply --server-side` does. */
  async apply(object) {
    const path = `${await this.pathOf(object)}?fieldManager=podpath&force=true`;
    return this.call('PATCH', path, object, 'application/apply-patch+yaml');
  }

  /** Applies the manifests of a folder; Namespaces first. */
  async applyFolder(folder) {
    const names = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name) && name !== 'podpath.yaml');
    const objects = names.flatMap((name) =>
      parseAllDocuments(readFileSync(join(folder, name), 'utf8')).flatMap((one) => one.toJS() ?? []),
    );
    const isFirst = (one) => one.kind === 'Namespace';
    for (const one of [...objects.filter(isFirst), ...objects.filter((one) => !isFirst(one))]) await this.apply(one);
  }

  patch(path, change) {
    return this.call('PATCH', path, change, 'application/merge-patch+json');
  }

  /** Deletes an object; one that is gone already is no error. */
  async remove(path, options) {
    const answer = await this.send('DELETE', path, options);
    if (answer.status >= 300 && answer.status !== 404) throw new Error(`DELETE ${path}: ${answer.status}`);
  }

  /**
   * Asks until `isTrue` holds of an answer; what went wrong meanwhile counts as not yet. Rejects after the time limit.
   * @param {string} path
   * @param {(object: any) => boolean} isTrue
   */
  async waitFor(path, isTrue, limit = 60_000) {
    const end = Date.now() + limit;
    let last;
    while (Date.now() < end) {
      try {
        last = await this.get(path);
        if (isTrue(last)) return last;
      } catch (error) {
        last = error;
      }
      await pause(100);
    }
    throw new Error(`${path} is not as wanted after ${limit} ms: ${JSON.stringify(last)?.slice(0, 2000)}${last}`);
  }

  close() {
    this.#agent.destroy();
  }
}
