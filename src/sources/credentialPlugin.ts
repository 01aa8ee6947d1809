import { type ChildProcess, spawn } from 'node:child_process';
import { t } from '@vscode/l10n';

/** A credential plugin as a kubeconfig names it. Source: kubernetes.io, client-go credential plugins. */
export interface PluginCommand {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly interactiveMode: string;
  readonly installHint: string;
  /** What a plugin that asks for it is told of the cluster; absent where it does not. */
  readonly cluster?: object;
}

/** What a plugin gave: a token, a client certificate with its key (PEM), or both, until `ends` (ms since 1970). */
export interface PluginCredential {
  readonly token?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly ends?: number;
}

/** More than any token or certificate. */
const mostOutput = 1024 * 1024;
/** Of what a plugin says about its failure. */
const mostWords = 300;

/**
 * Runs a plugin once, without a shell. Rejects with a sentence when it can't be run, fails, prints something else, does not
 * end within `limitMs`, or the signal is given; then the process is killed.
 */
export async function runPlugin(
  plugin: PluginCommand,
  limitMs: number,
  signal: AbortSignal,
): Promise<PluginCredential> {
  const { command } = plugin;
  const isInteractive = process.stdin.isTTY === true && plugin.interactiveMode !== 'Never';
  if (plugin.interactiveMode === 'Always' && !isInteractive) {
    throw new Error(t('The credential plugin {0} needs a terminal: run it there once', command));
  }
  return readCredential(await outputOf(plugin, isInteractive, limitMs, signal), plugin);
}

function start({ apiVersion, command, args, env, cluster }: PluginCommand, isInteractive: boolean): ChildProcess {
  const spec = { interactive: isInteractive, ...(cluster === undefined ? {} : { cluster }) };
  const info = JSON.stringify({ apiVersion, kind: 'ExecCredential', spec });
  return spawn(command, args, {
    env: { ...process.env, ...env, KUBERNETES_EXEC_INFO: info },
    stdio: [isInteractive ? 'inherit' : 'ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
}

function outputOf(
  plugin: PluginCommand,
  isInteractive: boolean,
  limitMs: number,
  signal: AbortSignal,
): Promise<string> {
  const { command, installHint } = plugin;
  return new Promise((done, failed) => {
    const child = start(plugin, isInteractive);
    const give = (problem: string): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', leave);
      // A program that hangs may not listen to a gentler signal, and what it started may hold its pipes.
      child.kill('SIGKILL');
      for (const stream of child.stdio) stream?.destroy();
      failed(new Error(problem));
    };
    const leave = (): void => give(t('It was left'));
    const late = t('The credential plugin {0} has not answered for {1} s', command, limitMs / 1000);
    const timer = setTimeout(() => give(late), limitMs);
    signal.addEventListener('abort', leave);
    let [printed, said] = ['', ''];
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      if (printed.length > mostOutput) give(t('The credential plugin {0} prints without an end', command));
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (said.length < mostWords) said += text;
      // How to log in may be said there.
      if (isInteractive) process.stderr.write(text);
    });
    child.on('error', (error) => {
      give(joined(t('The credential plugin {0} can not be run: {1}', command, error.message), installHint));
    });
    child.on('close', (code, killed) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', leave);
      if (code === 0) done(printed);
      else give(joined(t('The credential plugin {0} ended with {1}', command, code ?? killed ?? '?'), said));
    });
  });
}

/** Both on one line; what a plugin says is text from elsewhere. */
function joined(sentence: string, more: string): string {
  const words = more.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return words === '' ? sentence : `${sentence}: ${words.slice(0, mostWords)}`;
}

/** What is printed may hold secrets: no message repeats it. */
function readCredential(text: string, { command, apiVersion }: PluginCommand): PluginCredential {
  const printed = parsed(text);
  if (printed?.['kind'] !== 'ExecCredential') {
    throw new Error(t('The credential plugin {0} printed no ExecCredential', command));
  }
  if (printed['apiVersion'] !== apiVersion) {
    const other = String(printed['apiVersion']);
    throw new Error(
      t('The credential plugin {0} printed an ExecCredential of {1}, not of {2}', command, other, apiVersion),
    );
  }
  const status = (printed['status'] ?? {}) as Readonly<Record<string, unknown>>;
  const member = (name: string): string | undefined => {
    const value = status[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const [token, cert, key] = ['token', 'clientCertificateData', 'clientKeyData'].map(member);
  if (token === undefined && (cert === undefined || key === undefined)) {
    throw new Error(t('The credential plugin {0} gave neither a token nor a certificate with its key', command));
  }
  const ends = Date.parse(member('expirationTimestamp') ?? '');
  return {
    ...(token === undefined ? {} : { token }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    ...(Number.isNaN(ends) ? {} : { ends }),
  };
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
