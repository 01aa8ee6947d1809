import { existsSync, readFileSync, statSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { t } from '@vscode/l10n';
import { parse } from 'yaml';
import { type CredentialRequest, Credentials, type KubeUser } from './credentials.ts';
import { type IdTokens, keepTokens } from './identityProvider.ts';

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
  /** TLS and authentication of one request; runs the context's credential plugin where it has one. Rejects where there are none. */
  readonly authenticate: (request?: CredentialRequest) => Promise<RequestOptions>;
  /** Closes the connections that are kept for later requests, and those in use. */
  readonly disconnect: () => void;
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
  const config = load(choice.kubeconfig);
  return 'problem' in config ? config : accessOf(config, choice);
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
  const config = load(kubeconfig);
  if ('problem' in config) return config;
  const contexts = config.contexts.map(({ name, cluster, namespace }) => ({
    name,
    server: config.clusters.find((one) => one.name === cluster)?.server ?? '',
    namespace: namespace || 'default',
  }));
  return { contexts, current: config.currentContext ?? '' };
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
function merge(files: readonly string[]): KubeConfig | AccessProblem {
  const all: KubeConfig[] = [];
  for (const file of files) {
    try {
      all.push(readFile(file));
    } catch (error) {
      return { problem: t('The kubeconfig {0} can not be read: {1}', file, messageOf(error)) };
    }
  }
  const merged = new KubeConfig();
  merged.loadFromOptions({
    clusters: firstOfName(all.flatMap((one) => one.clusters)),
    users: firstOfName(all.flatMap((one) => one.users)),
    contexts: firstOfName(all.flatMap((one) => one.contexts)),
    currentContext: all.map((one) => one.currentContext).find((one) => one !== undefined && one !== ''),
  });
  return merged;
}

/** An empty file is an empty kubeconfig, as it is for kubectl. What is no YAML is said by client-node. */
function readFile(file: string): KubeConfig {
  const one = new KubeConfig();
  const text = readFileSync(file, 'utf8');
  const written: unknown = parse(text, { logLevel: 'silent' });
  if (written === null || written === undefined) return one;
  if (typeof written !== 'object' || Array.isArray(written)) throw new Error(t('it is no mapping'));
  one.loadFromString(text);
  one.makePathsAbsolute(dirname(file));
  one.users = completed(one.users, written, dirname(file));
  return one;
}

/**
 * Users with what client-node does not read of them; paths are relative to the file, and so is a plugin that is named by
 * one, as client-go resolves them (k8s.io/client-go/tools/clientcmd, GetAuthInfoFileReferences).
 */
function completed(users: readonly KubeUser[], kubeconfig: { readonly users?: unknown }, folder: string): KubeUser[] {
  const { users: raw } = kubeconfig;
  const list = (Array.isArray(raw) ? raw : []) as readonly { name?: unknown; user?: Record<string, unknown> | null }[];
  const absolute = (path: string): string => (isAbsolute(path) ? path : join(folder, path));
  return users.map((user): KubeUser => {
    const written = list.find(({ name }) => name === user.name)?.user ?? {};
    const { tokenFile, 'as-groups': groups } = written;
    const command: unknown = user.exec?.command;
    const isPath = typeof command === 'string' && /[/\\]/.test(command);
    return {
      ...user,
      ...(isPath ? { exec: { ...user.exec, command: absolute(command) } } : {}),
      ...(typeof tokenFile === 'string' && tokenFile !== '' ? { tokenFile: absolute(tokenFile) } : {}),
      ...(Array.isArray(groups) ? { impersonateGroups: groups.map(String) } : {}),
    };
  });
}

function firstOfName<T extends { readonly name: string }>(list: readonly T[]): T[] {
  return list.filter((one, index) => list.findIndex((other) => other.name === one.name) === index);
}

function accessOf(config: KubeConfig, choice: ClusterChoice): ClusterAccess | AccessProblem {
  const names = config.contexts.map(({ name }) => name);
  const context = choice.context ?? config.currentContext;
  if (names.length === 0) return { problem: t('The kubeconfig has no contexts') };
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
  let stamp = stampOf(choice.kubeconfig);
  const reread = (always: boolean): KubeConfig | undefined => {
    const now = stampOf(choice.kubeconfig);
    if (!always && now === stamp) return undefined;
    const read = load(choice.kubeconfig);
    // A file that is being written is read again next time.
    if ('problem' in read || !read.contexts.some(({ name }) => name === context)) return undefined;
    read.setCurrentContext(context);
    stamp = now;
    return read;
  };
  const keep = (refreshToken: string, tokens: IdTokens): void => {
    for (const file of filesOf(choice.kubeconfig)) if (existsSync(file)) keepTokens(file, refreshToken, tokens);
  };
  const source = new Credentials(config, { reread, keep });
  return {
    context,
    server,
    namespace: config.getContextObject(context)?.namespace || 'default',
    authenticate: (request = {}) => source.next(request),
    disconnect: () => source.disconnect(),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
