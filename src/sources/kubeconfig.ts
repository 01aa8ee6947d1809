import { existsSync, statSync } from 'node:fs';
import { Agent, type RequestOptions } from 'node:https';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { t } from '@vscode/l10n';

/** Which cluster to read. Absent: the files and the context that kubectl would take. */
export interface ClusterChoice {
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** A context of a kubeconfig, ready to make requests with. */
export interface ClusterAccess {
  readonly context: string;
  /** The API server's URL, without a last slash. */
  readonly server: string;
  /** The context's namespace; `default` where it names none. */
  readonly namespace: string;
  /**
   * TLS and authentication of one request; runs the context's credential plugin where it has one. `refused` says that the
   * server took the last ones for invalid. Rejects where there are none.
   */
  readonly authenticate: (refused: boolean) => Promise<RequestOptions>;
}

/** Why a kubeconfig can't be used; a sentence. */
export interface AccessProblem {
  readonly problem: string;
}

/**
 * Reads a kubeconfig as kubectl does: the file given, else those of KUBECONFIG (of two entries with one name the first
 * counts), else `~/.kube/config`, else the account of the pod that this runs in.
 * Source: kubernetes.io, Organizing Cluster Access Using kubeconfig Files.
 */
export function readKubeconfig(choice: ClusterChoice): ClusterAccess | AccessProblem {
  try {
    const config = load(choice.kubeconfig);
    return 'problem' in config ? config : accessOf(config, choice);
  } catch (error) {
    return { problem: t('The kubeconfig can not be read: {0}', messageOf(error)) };
  }
}

/** A context as a kubeconfig writes it. */
export interface KubeContext {
  readonly name: string;
  readonly server: string;
  readonly namespace: string;
}

/** The contexts of the kubeconfig, and the current one ('' for none). Nothing that it names is run or asked. */
export function listContexts(
  kubeconfig: string | undefined,
): { readonly contexts: readonly KubeContext[]; readonly current: string } | AccessProblem {
  try {
    const config = load(kubeconfig);
    if ('problem' in config) return config;
    const contexts = config.contexts.map(({ name, cluster, namespace }) => ({
      name,
      server: config.clusters.find((one) => one.name === cluster)?.server ?? '',
      namespace: namespace || 'default',
    }));
    return { contexts, current: config.currentContext ?? '' };
  } catch (error) {
    return { problem: t('The kubeconfig can not be read: {0}', messageOf(error)) };
  }
}

/** The files that count, and whether they were named. */
function filesOf(named: string | undefined): readonly string[] {
  if (named !== undefined) return [named];
  const listed = (process.env['KUBECONFIG'] ?? '').split(delimiter).filter((one) => one !== '');
  return listed.length > 0 ? listed : [join(homedir(), '.kube', 'config')];
}

function load(named: string | undefined): KubeConfig | AccessProblem {
  const wanted = filesOf(named);
  const files = wanted.filter((one) => existsSync(one));
  if (files.length > 0) return merge(files);
  if (named === undefined && process.env['KUBERNETES_SERVICE_HOST'] !== undefined) {
    const config = new KubeConfig();
    config.loadFromCluster();
    return config;
  }
  return { problem: t('There is no kubeconfig: {0} does not exist', wanted.join(', ')) };
}

/** Changes when one of the files does. */
function stampOf(named: string | undefined): string {
  return filesOf(named)
    .map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? '')
    .join();
}

/** Later files add what earlier ones do not have; a file that is missing says nothing. */
function merge(files: readonly string[]): KubeConfig {
  const all = files.map((file) => {
    const one = new KubeConfig();
    one.loadFromFile(file);
    return one;
  });
  const merged = new KubeConfig();
  merged.loadFromOptions({
    clusters: firstOfName(all.flatMap((one) => one.clusters)),
    users: firstOfName(all.flatMap((one) => one.users)),
    contexts: firstOfName(all.flatMap((one) => one.contexts)),
    currentContext: all.map((one) => one.currentContext).find((one) => one !== undefined && one !== ''),
  });
  return merged;
}

function firstOfName<T extends { readonly name: string }>(list: readonly T[]): T[] {
  return list.filter((one, index) => list.findIndex((other) => other.name === one.name) === index);
}

function accessOf(config: KubeConfig, choice: ClusterChoice): ClusterAccess | AccessProblem {
  const names = config.contexts.map(({ name }) => name);
  const context = choice.context ?? config.currentContext;
  if (context === undefined || context === '') {
    return { problem: t('The kubeconfig has no current context; choose one of: {0}', names.join(', ')) };
  }
  if (!names.includes(context)) {
    return { problem: t('There is no context {0}; there are: {1}', context, names.join(', ')) };
  }
  config.setCurrentContext(context);
  const cluster = config.getCurrentCluster();
  if (cluster === null) return { problem: t('Context {0} names a cluster that the kubeconfig does not have', context) };
  const server = cluster.server.replace(/\/+$/, '');
  if (!/^https?:\/\//.test(server)) return { problem: t('{0} is no address of an API server', server) };
  const proxied = cluster.proxyUrl !== undefined && cluster.proxyUrl !== '';
  const source = new Credentials(config, choice, proxied);
  return {
    context,
    server,
    namespace: config.getContextObject(context)?.namespace || 'default',
    authenticate: (refused) => source.next(refused),
  };
}

/** Credential plugins may ask a person, or hang. */
const longestPlugin = 60_000;

/**
 * Asks client-node for each request: tokens of files and plugins end. What a plugin said is kept by client-node until it
 * ends; the kubeconfig is read again when it has changed, or when the server refused what it gave.
 */
class Credentials {
  #config: KubeConfig;
  #stamp: string;
  readonly #context: string;
  readonly #choice: ClusterChoice;
  readonly #proxied: boolean;
  #agent: { readonly key: string; readonly agent: Agent } | undefined;
  /** Requests that start together share one run of the plugin. */
  #pending: Promise<RequestOptions> | undefined;

  constructor(config: KubeConfig, choice: ClusterChoice, proxied: boolean) {
    this.#config = config;
    this.#context = config.currentContext;
    this.#choice = choice;
    this.#proxied = proxied;
    this.#stamp = stampOf(choice.kubeconfig);
  }

  next(refused: boolean): Promise<RequestOptions> {
    if (this.#pending === undefined) {
      this.#pending = this.#ask(refused).finally(() => {
        this.#pending = undefined;
      });
    }
    return this.#pending;
  }

  async #ask(refused: boolean): Promise<RequestOptions> {
    this.#reread(refused);
    const options: RequestOptions = {};
    const late = t('The credential plugin has not answered for {0} s', longestPlugin / 1000);
    await within(this.#config.applyToHTTPSOptions(options), longestPlugin, late);
    if (this.#proxied || this.#config.getCurrentCluster()?.server.startsWith('http:') === true) return options;
    return { ...options, agent: this.#ownAgent(options) };
  }

  #reread(refused: boolean): void {
    const stamp = stampOf(this.#choice.kubeconfig);
    if (!refused && stamp === this.#stamp) return;
    const read = load(this.#choice.kubeconfig);
    // A file that is being written is read again next time.
    if ('problem' in read || !read.contexts.some(({ name }) => name === this.#context)) return;
    read.setCurrentContext(this.#context);
    this.#config = read;
    this.#stamp = stamp;
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

function within<T>(promise: Promise<T>, ms: number, message: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, failed) => {
    timer = setTimeout(() => failed(new Error(message)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
