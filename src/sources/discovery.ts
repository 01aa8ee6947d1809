import { t } from '@vscode/l10n';
import type { JsonObject, JsonValue, LiveKind } from '../engine/index.ts';
import { type ClusterTransport, type Failure, isFailure } from './clusterTransport.ts';

/** A kind as a server has it. */
export interface ServedKind {
  readonly kind: LiveKind;
  readonly version: string;
  /** The name in paths, for example `networkpolicies`. */
  readonly plural: string;
  readonly namespaced: boolean;
  /** True where a watch can begin with everything there is. */
  readonly streams: boolean;
}

/** What a server has of the kinds that are asked for, sorted as these are. */
export interface Discovered {
  readonly served: readonly ServedKind[];
  /** API groups whose own server does not answer; what they would serve is not known. */
  readonly silent: readonly string[];
}

/** One kind of one version of one group, as either form of discovery tells it. */
interface Found {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

interface Known {
  readonly etag: string | undefined;
  readonly found: readonly Found[];
  readonly silent: readonly string[];
}

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';

/**
 * Finds which kinds a server has: by aggregated discovery, where a change costs one answer and no change an empty one,
 * else group by group. A kind without list is none. Source: kubernetes.io, The Kubernetes API, Discovery API (KEP-3352).
 */
export class Discovery {
  readonly #transport: ClusterTransport;
  readonly #kinds: readonly LiveKind[];
  readonly #known = new Map<string, Known>();
  #streams: boolean | undefined;

  constructor(transport: ClusterTransport, kinds: readonly LiveKind[]) {
    this.#transport = transport;
    this.#kinds = kinds;
  }

  async ask(signal: AbortSignal): Promise<Discovered | Failure> {
    const core = await this.#root('/api', signal);
    if (isFailure(core)) return core;
    const groups = await this.#root('/apis', signal);
    if (isFailure(groups)) return groups;
    const found = [...core.found, ...groups.found];
    this.#streams ??= streamsLists(await this.#transport.json('/version', signal));
    return { served: this.#choose(found, this.#streams), silent: [...core.silent, ...groups.silent] };
  }

  async #root(path: string, signal: AbortSignal): Promise<Known | Failure> {
    const before = this.#known.get(path);
    const tag = before?.etag === undefined ? {} : { 'if-none-match': before.etag };
    const answer = await this.#transport.json(path, signal, { accept: aggregated, ...tag });
    if (isFailure(answer)) return answer;
    if (answer.notModified && before !== undefined) return before;
    const { body, etag } = answer;
    const known =
      body['kind'] === 'APIGroupDiscoveryList'
        ? { etag, ...readAggregated(body) }
        : await this.#groupByGroup(body, signal);
    if (!isFailure(known)) this.#known.set(path, known);
    return known;
  }

  /** Servers before 1.27: APIVersions or APIGroupList, then an APIResourceList for each version of the groups at hand. */
  async #groupByGroup(body: JsonObject, signal: AbortSignal): Promise<Known | Failure> {
    if (body['kind'] !== 'APIVersions' && body['kind'] !== 'APIGroupList') {
      return { failure: 'unreachable', message: t('this is no Kubernetes API: it does not say which kinds it has') };
    }
    const wanted = new Set(this.#kinds.map(({ group }) => group));
    const versions =
      body['kind'] === 'APIVersions'
        ? list(body['versions']).map((version) => ({ group: '', version: text(version) }))
        : list(body['groups']).flatMap((one) => versionsOf(one).filter(({ group }) => wanted.has(group)));
    const found: Found[] = [];
    const silent: string[] = [];
    for (const { group, version } of versions) {
      const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
      const answer = await this.#transport.json(path, signal);
      // An aggregated API whose server is down answers 503, and only for itself.
      if (isFailure(answer)) silent.push(`${group}/${version}`);
      else found.push(...list(answer.body['resources']).flatMap((one) => readLegacy(one, group, version)));
    }
    return { etag: undefined, found, silent };
  }

  /** Of several versions the one that the server names first, as kubectl does. */
  #choose(found: readonly Found[], streams: boolean): readonly ServedKind[] {
    const listed = found.filter(({ verbs, plural }) => verbs.includes('list') && !plural.includes('/'));
    const byKind = new Map<string, Found>();
    for (const one of listed) {
      const key = `${one.group}/${one.kind}`;
      if (!byKind.has(key)) byKind.set(key, one);
    }
    return this.#kinds.flatMap((kind): ServedKind[] => {
      const one = byKind.get(`${kind.group}/${kind.kind}`);
      const isShadowed = kind.sameAs !== undefined && byKind.has(`${kind.sameAs}/${kind.kind}`);
      if (one === undefined || isShadowed) return [];
      const { version, plural, namespaced } = one;
      return [{ kind, version, plural, namespaced, streams: streams && isOwnGroup(kind.group) }];
    });
  }
}

/**
 * Streamed lists are on by default since Kubernetes 1.32, but for 1.33, which refuses them where they are off. Earlier
 * servers may not know the parameter, and would never say when a list is at its end. Source: KEP-3157.
 */
function streamsLists(version: { readonly body: JsonObject } | Failure): boolean {
  if (isFailure(version)) return false;
  const [major, minor] = ['major', 'minor'].map((name) => Number.parseInt(text(version.body[name]), 10));
  return major === 1 && minor !== undefined && minor >= 32;
}

/** Other groups may be served by a program of their own, which knows what its Kubernetes knew. */
function isOwnGroup(group: string): boolean {
  return !group.includes('.') || group.endsWith('.k8s.io');
}

function readAggregated(body: JsonObject): { readonly found: readonly Found[]; readonly silent: readonly string[] } {
  const silent: string[] = [];
  const found = list(body['items']).flatMap((item) => {
    const group = text(member(member(item, 'metadata'), 'name'));
    return list(member(item, 'versions')).flatMap((entry) => {
      const version = text(member(entry, 'version'));
      if (member(entry, 'freshness') === 'Stale') silent.push(`${group}/${version}`);
      return list(member(entry, 'resources')).map((resource): Found => {
        return {
          group,
          version,
          kind: text(member(member(resource, 'responseKind'), 'kind')),
          plural: text(member(resource, 'resource')),
          namespaced: member(resource, 'scope') === 'Namespaced',
          verbs: list(member(resource, 'verbs')).map(text),
        };
      });
    });
  });
  return { found, silent };
}

/** The versions of an APIGroup, the preferred one first. */
function versionsOf(group: JsonValue): readonly { readonly group: string; readonly version: string }[] {
  const name = text(member(group, 'name'));
  const preferred = text(member(member(group, 'preferredVersion'), 'version'));
  const all = list(member(group, 'versions')).map((one) => text(member(one, 'version')));
  return [...new Set([preferred, ...all])].filter((one) => one !== '').map((version) => ({ group: name, version }));
}

function readLegacy(resource: JsonValue, group: string, version: string): readonly Found[] {
  const plural = text(member(resource, 'name'));
  const kind = text(member(resource, 'kind'));
  if (plural === '' || kind === '') return [];
  const verbs = list(member(resource, 'verbs')).map(text);
  return [{ group, version, kind, plural, namespaced: member(resource, 'namespaced') === true, verbs }];
}

function member(value: JsonValue | undefined, name: string): JsonValue | undefined {
  const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isRecord && Object.hasOwn(value, name) ? (value as JsonObject)[name] : undefined;
}

function list(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]) : [];
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}
