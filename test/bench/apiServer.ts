// A server that speaks the Kubernetes API for a generated cluster: discovery, lists in pages, watches with bookmarks that
// may begin with everything there is. It
// runs in a process of its own, so that what a client costs is the client's; the parent tells it what happens next.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pathToFileURL } from 'node:url';

interface Stored {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** What the parent may ask for. */
export type Order =
  | { readonly type: 'events'; readonly perSecond: number; readonly seconds: number }
  /** Every watch ends with 410, as after a compaction. */
  | { readonly type: 'forget' };

const [generator = '', size = 'S'] = process.argv.slice(2);
const { generate } = (await import(pathToFileURL(generator).href)) as { generate(options: object): Iterable<Stored> };

/** By path, the objects as texts. */
const collections = new Map<string, { readonly kind: string; readonly texts: string[] }>();
const plurals: Readonly<Record<string, string>> = {
  Ingress: 'ingresses',
  NetworkPolicy: 'networkpolicies',
  Endpoints: 'endpoints',
};
const clusterScoped = /^(Namespace|Node|IngressClass|AdminNetworkPolicy|BaselineAdminNetworkPolicy)$/;
let version = 1;
let bytes = 0;

function rootOf(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

function pluralOf(kind: string): string {
  return plurals[kind] ?? `${kind.toLowerCase()}s`;
}

/** Where etcd keeps an object; servers list in this order. */
function keyOf({ metadata }: Stored): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

const objects = [...generate({ size, seed: 42, podDetail: 'real' })].map((object) => ({ object, key: keyOf(object) }));
objects.sort((a, b) => (a.key < b.key ? -1 : 1));
for (const { object } of objects) {
  const path = `${rootOf(object.apiVersion)}/${pluralOf(object.kind)}`;
  const { apiVersion: _, kind, ...rest } = object;
  const text = JSON.stringify({ ...rest, metadata: { ...rest.metadata, resourceVersion: String(++version) } });
  bytes += text.length;
  const known = collections.get(path) ?? { kind, texts: [] };
  collections.set(path, known);
  known.texts.push(text);
}

function discovery(isCore: boolean): object {
  const paths = [...collections].filter(([path]) => path.startsWith('/api/') === isCore);
  const groups = Map.groupBy(paths, ([path]) => path.slice(0, path.lastIndexOf('/')));
  const items = [...groups].map(([root, members]) => {
    const [group = '', served = ''] = isCore
      ? ['', root.slice('/api/'.length)]
      : root.slice('/apis/'.length).split('/');
    const resources = members.map(([path, { kind }]) => ({
      resource: path.slice(path.lastIndexOf('/') + 1),
      responseKind: { group, version: served, kind },
      scope: clusterScoped.test(kind) ? 'Cluster' : 'Namespaced',
      verbs: ['get', 'list', 'watch'],
    }));
    return { metadata: { name: group }, versions: [{ version: served, resources, freshness: 'Current' }] };
  });
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
}

const watchers = new Map<ServerResponse, string>();

function answer({ url = '' }: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  response.setHeader('content-type', 'application/json');
  if (pathname === '/api' || pathname === '/apis') {
    response.end(JSON.stringify(discovery(pathname === '/api')));
    return;
  }
  if (pathname === '/version') {
    response.end('{"major":"1","minor":"37"}');
    return;
  }
  const found = collections.get(pathname);
  if (searchParams.get('watch') !== null) {
    response.flushHeaders();
    const isFirst = searchParams.get('sendInitialEvents') === 'true';
    if (isFirst) void stream(response, found?.kind ?? '', found?.texts ?? []);
    watchers.set(response, pathname);
    response.on('close', () => watchers.delete(response));
    return;
  }
  const from = Number(searchParams.get('continue') ?? 0);
  const to = from + Number(searchParams.get('limit') ?? 500);
  const texts = found?.texts ?? [];
  const more = to < texts.length ? `,"continue":"${to}"` : '';
  response.write(`{"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":"${version}"${more}},"items":[`);
  response.end(`${texts.slice(from, to).join(',')}]}`);
}

/** Everything there is as events, as fast as the client takes it, then the bookmark that ends them. */
async function stream(response: ServerResponse, kind: string, texts: readonly string[]): Promise<void> {
  const upTo = version;
  for (const text of texts) {
    if (response.destroyed) return;
    if (!response.write(`{"type":"ADDED","object":${text}}\n`)) await once(response, 'drain');
  }
  const metadata = { resourceVersion: String(upTo), annotations: { 'k8s.io/initial-events-end': 'true' } };
  response.write(`${JSON.stringify({ type: 'BOOKMARK', object: { kind, apiVersion: 'v1', metadata } })}\n`);
}

function tell(path: string, line: string): void {
  for (const [response, watched] of watchers) if (watched === path) response.write(`${line}\n`);
}

setInterval(() => {
  for (const [response, path] of watchers) {
    const kind = collections.get(path)?.kind ?? '';
    const object = { kind, apiVersion: 'v1', metadata: { resourceVersion: String(version) } };
    response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
  }
}, 5_000).unref();

/** Pods become ready and not ready, in turn. */
function events(perSecond: number, seconds: number): void {
  const path = '/api/v1/pods';
  const texts = collections.get(path)?.texts ?? [];
  const end = Date.now() + seconds * 1000;
  let sent = 0;
  const started = Date.now();
  const timer = setInterval(() => {
    const due = Math.min(perSecond * seconds, Math.floor(((Date.now() - started) / 1000) * perSecond));
    for (; sent < due; sent++) {
      const index = (sent * 7919) % texts.length;
      const text = texts[index] ?? '';
      const isReady = text.includes('"type":"Ready","status":"True"');
      const changed = text
        .replace(/"resourceVersion":"\d+"/, `"resourceVersion":"${++version}"`)
        .replace(/"type":"Ready","status":"\w+"/, `"type":"Ready","status":"${isReady ? 'False' : 'True'}"`);
      texts[index] = changed;
      tell(path, `{"type":"MODIFIED","object":${changed}}`);
    }
    if (Date.now() < end) return;
    clearInterval(timer);
    process.send?.({ type: 'sent', sent });
  }, 20);
}

process.on('message', (order: Order) => {
  if (order.type === 'events') events(order.perSecond, order.seconds);
  else {
    const gone = {
      kind: 'Status',
      apiVersion: 'v1',
      code: 410,
      reason: 'Expired',
      message: 'too old resource version',
    };
    for (const response of watchers.keys()) response.end(`${JSON.stringify({ type: 'ERROR', object: gone })}\n`);
  }
});
process.on('disconnect', () => process.exit());

const server = createServer(answer);
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.send?.({ type: 'listening', port, bytes, objects: version - 1 });
});
