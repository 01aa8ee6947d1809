// Kubeconfigs as tests need them.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The path of a kubeconfig of one context, `test`. */
export function kubeconfig(cluster: object, user: object): string {
  const file = join(mkdtempSync(join(tmpdir(), 'podpath-kubeconfig-')), 'config');
  writeKubeconfig(file, { test: { cluster, user } });
  return file;
}

/** Writes a kubeconfig of several contexts, by their names; the first is the current one. */
export function writeKubeconfig(
  file: string,
  contexts: Readonly<Record<string, { readonly cluster: object; readonly user: object }>>,
): void {
  const all = Object.entries(contexts);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: all.map(([name, { cluster }]) => ({ name, cluster })),
    users: all.map(([name, { user }]) => ({ name, user })),
    contexts: all.map(([name]) => ({ name, context: { cluster: name, user: name } })),
    'current-context': all[0]?.[0],
  };
  writeFileSync(file, JSON.stringify(config));
}

const version = 'client.authentication.k8s.io/v1';

/** A user whose credentials a program of this Node gives. */
export function pluginUser(script: string, more: object = {}): object {
  const command = process.execPath;
  return { exec: { apiVersion: version, command, args: ['-e', script], interactiveMode: 'Never', ...more } };
}

/** A script that prints an ExecCredential with this status. */
export function printing(status: object, apiVersion = version): string {
  return `console.log(${JSON.stringify(JSON.stringify({ apiVersion, kind: 'ExecCredential', status }))})`;
}
