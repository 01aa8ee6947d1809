import { readFileSync } from 'node:fs';
import { Agent, type RequestOptions } from 'node:https';
import { type Cluster, KubeConfig, type User } from '@kubernetes/client-node';
import { t } from '@vscode/l10n';
import { type PluginCommand, type PluginCredential, runPlugin } from './credentialPlugin.ts';
import { type IdTokens, type ProviderSettings, renewIdToken } from './identityProvider.ts';
import { isSame, tokenEnd } from './refusal.ts';
import { usualTiming } from './timing.ts';

/** A user of a kubeconfig, with what client-node leaves out of it. */
export interface KubeUser extends User {
  readonly tokenFile?: string;
  readonly impersonateGroups?: readonly string[];
}

/** How credentials are asked for. */
export interface CredentialRequest {
  /** Those that the server took for invalid, if it did. */
  readonly refused?: RequestOptions;
  /** The longest wait for a credential plugin, in milliseconds; absent: the usual one. */
  readonly pluginMs?: number;
  /** Ends the wait, and a plugin for which nobody else waits. */
  readonly signal?: AbortSignal;
}

/** One run of a plugin, for all requests that wait for it. */
interface Pending {
  readonly options: Promise<RequestOptions>;
  readonly stop: AbortController;
  waiting: number;
}

/** The files that a user was read from. */
export interface KubeconfigFiles {
  /** The kubeconfig where it is another one than before, or where `always` asks for it. */
  readonly reread: (always: boolean) => KubeConfig | undefined;
  /** Puts renewed tokens where this refresh token stands. */
  readonly keep: (refreshToken: string, tokens: IdTokens) => void;
}

/** An id token with less time than this is renewed before it is used: the server's clock is another one. */
const leastMs = 10_000;

/**
 * What the requests of one user carry. A plugin is run again when what it gave has ended or was refused, and an id token
 * is renewed before it ends; a token's file is read each time; the kubeconfig is read again when it has changed, or when
 * the server refused what it gave.
 */
export class Credentials {
  #config: KubeConfig;
  readonly #files: KubeconfigFiles;
  #given: { readonly command: string; readonly credential: PluginCredential } | undefined;
  #full: { readonly key: string; readonly base: KubeConfig; readonly config: KubeConfig } | undefined;
  /** Of the login that has this refresh token in the kubeconfig. */
  #renewed: { readonly from: string; readonly tokens: IdTokens } | undefined;
  #agent: { readonly key: string; readonly agent: Agent } | undefined;
  #last: RequestOptions | undefined;
  #pending: Pending | undefined;

  constructor(config: KubeConfig, files: KubeconfigFiles) {
    this.#config = config;
    this.#files = files;
  }

  /** Rejects with a sentence where there are no credentials. */
  async next(request: CredentialRequest): Promise<RequestOptions> {
    const pending = this.#pending ?? this.#start(request);
    pending.waiting++;
    const { signal } = request;
    const left = new Promise<never>((_, failed) => {
      const leave = (): void => failed(new Error(t('It was left')));
      if (signal?.aborted) leave();
      signal?.addEventListener('abort', leave, { once: true });
      const forget = (): void => signal?.removeEventListener('abort', leave);
      pending.options.then(forget, forget);
    });
    try {
      return await Promise.race([pending.options, left]);
    } finally {
      pending.waiting--;
      if (pending.waiting === 0) this.#end(pending);
    }
  }

  /** Closes the connections: after a sleep nobody may be at their other end. */
  disconnect(): void {
    this.#agent?.agent.destroy();
    this.#agent = undefined;
  }

  #start({ refused, pluginMs = usualTiming.pluginMs }: CredentialRequest): Pending {
    const stop = new AbortController();
    // What was refused may have been replaced since that request was sent.
    const isRefused = refused !== undefined && (this.#last === undefined || isSame(refused, this.#last));
    const options = this.#ask(isRefused, pluginMs, stop.signal);
    const pending = { options, stop, waiting: 0 };
    this.#pending = pending;
    const end = (): void => this.#end(pending);
    options.then(end, end);
    return pending;
  }

  /** Whoever comes later begins anew. */
  #end(pending: Pending): void {
    pending.stop.abort();
    if (this.#pending === pending) this.#pending = undefined;
  }

  async #ask(isRefused: boolean, pluginMs: number, signal: AbortSignal): Promise<RequestOptions> {
    this.#config = this.#files.reread(isRefused) ?? this.#config;
    if (isRefused) this.#given = undefined;
    const user: KubeUser | null = this.#config.getCurrentUser();
    const cluster = this.#config.getCurrentCluster();
    const credential = await this.#credential(user, cluster, pluginMs, signal);
    const config = credential === undefined || user === null ? this.#config : this.#withCredential(user, credential);
    const options: RequestOptions = {};
    await within(config.applyToHTTPSOptions(options), pluginMs);
    const groups = user?.impersonateGroups ?? [];
    if (groups.length > 0) options.headers = { ...options.headers, 'Impersonate-Group': [...groups] };
    const isProxied = (cluster?.proxyUrl ?? '') !== '';
    const agent = isProxied || cluster?.server.startsWith('http:') ? {} : { agent: this.#ownAgent(options) };
    this.#last = { ...options, ...agent };
    return this.#last;
  }

  async #credential(
    user: KubeUser | null,
    cluster: Cluster | null,
    pluginMs: number,
    signal: AbortSignal,
  ): Promise<PluginCredential | undefined> {
    if (user?.tokenFile !== undefined) return { token: readToken(user.tokenFile) };
    const provider = user?.authProvider as { readonly name?: unknown; readonly config?: unknown } | undefined;
    if (provider?.name === 'oidc') {
      return { token: await this.#idToken((provider.config ?? {}) as ProviderSettings, pluginMs, signal) };
    }
    if (!user?.exec) return undefined;
    const plugin = pluginOf(user.exec as Readonly<Record<string, unknown>>, cluster);
    const command = JSON.stringify(plugin);
    const known = this.#given?.command === command ? this.#given.credential : undefined;
    if (known !== undefined && (known.ends === undefined || known.ends > Date.now())) return known;
    const credential = await runPlugin(plugin, pluginMs, signal);
    this.#given = { command, credential };
    return credential;
  }

  async #idToken(settings: ProviderSettings, pluginMs: number, signal: AbortSignal): Promise<string> {
    const { 'id-token': written = '', 'refresh-token': from = '' } = settings;
    const known = this.#renewed;
    const isOfLogin = known?.from === from || known?.tokens.refreshToken === from;
    const { idToken, refreshToken } = known && isOfLogin ? known.tokens : { idToken: written, refreshToken: from };
    const ends = tokenEnd(idToken);
    if (idToken !== '' && (ends === undefined || ends - leastMs > Date.now())) return idToken;
    const tokens = await within(renewIdToken({ ...settings, 'refresh-token': refreshToken }, signal), pluginMs);
    this.#renewed = { from, tokens };
    if (tokens.refreshToken !== from) this.#files.keep(from, tokens);
    return tokens.idToken;
  }

  /** The same one for the same credential: client-node keeps its connections by it. */
  #withCredential(
    { exec: _, authProvider: __, ...user }: KubeUser,
    { token, cert, key }: PluginCredential,
  ): KubeConfig {
    const name = JSON.stringify([token, cert, key]);
    const base = this.#config;
    if (this.#full?.key !== name || this.#full.base !== base) {
      const data = (pem: string): string => Buffer.from(pem).toString('base64');
      const { certFile, keyFile, ...bare } = user;
      const files = { ...(certFile ? { certFile } : {}), ...(keyFile ? { keyFile } : {}) };
      const pair = cert === undefined || key === undefined ? files : { certData: data(cert), keyData: data(key) };
      const config = new KubeConfig();
      const { clusters, contexts, currentContext } = base;
      const users = [{ ...bare, ...pair, ...(token === undefined ? {} : { token }) }];
      config.loadFromOptions({ clusters, contexts, currentContext, users });
      this.#full = { key: name, base, config };
    }
    return this.#full.config;
  }

  /** Connections are kept for the next request, until the certificates change. */
  #ownAgent({ ca, cert, key, pfx, passphrase, rejectUnauthorized, servername }: RequestOptions): Agent {
    const tls = { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername };
    const given = Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
    const name = JSON.stringify(given);
    if (this.#agent?.key !== name) {
      this.#agent = { key: name, agent: new Agent({ ...given, keepAlive: true, keepAliveMsecs: 30_000 }) };
    }
    return this.#agent.agent;
  }
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Error(t('The token file {0} can not be read: {1}', file, error instanceof Error ? error.message : ''));
  }
}

function pluginOf(exec: Readonly<Record<string, unknown>>, cluster: Cluster | null): PluginCommand {
  const text = (name: string): string => (typeof exec[name] === 'string' ? exec[name] : '');
  const list = (name: string): readonly unknown[] => (Array.isArray(exec[name]) ? exec[name] : []);
  const variables = list('env') as readonly { readonly name?: unknown; readonly value?: unknown }[];
  const told = exec['provideClusterInfo'] === true && cluster !== null ? { cluster: clusterInfo(cluster) } : {};
  return {
    apiVersion: text('apiVersion'),
    command: text('command'),
    args: list('args').map(String),
    env: Object.fromEntries(variables.map((one) => [String(one?.name), String(one?.value ?? '')])),
    interactiveMode: text('interactiveMode'),
    installHint: text('installHint'),
    ...told,
  };
}

/** As the ExecCredential API names it. */
function clusterInfo({ server, tlsServerName, skipTLSVerify, caData, proxyUrl }: Cluster): object {
  return {
    server,
    ...(tlsServerName ? { 'tls-server-name': tlsServerName } : {}),
    ...(skipTLSVerify ? { 'insecure-skip-tls-verify': true } : {}),
    ...(caData ? { 'certificate-authority-data': caData } : {}),
    ...(proxyUrl ? { 'proxy-url': proxyUrl } : {}),
  };
}

function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, failed) => {
    const message = t('The identity provider has not answered for {0} s', ms / 1000);
    timer = setTimeout(() => failed(new Error(message)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
