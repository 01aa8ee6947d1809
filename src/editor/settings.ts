import * as vscode from 'vscode';
import type { AssumptionSettings } from '../engine/index.ts';
import type { EngineSettings } from '../protocol.ts';

/** Keys of `podpath.assume.*`, as CONTRACT.md has them. */
const assumptionKeys: readonly (keyof AssumptionSettings)[] = [
  'cni',
  'proxy',
  'podCIDR',
  'serviceCIDR',
  'clusterCIDR',
  'detectLocalMode',
  'masqueradeAll',
  'nodePortAddresses',
  'localhostNodePorts',
  'nodes',
  'ipBlockMatchesPods',
  'hostNetworkPolicy',
];

/** The settings that the engine reads. Unset ones are left out, so that podpath.yaml and detection count. */
export function engineSettings(): EngineSettings {
  const settings = vscode.workspace.getConfiguration('podpath');
  const assume = assumptionKeys.flatMap((key) => {
    const value = settings.get<unknown>(`assume.${key}`);
    return value === undefined || value === null || value === '' ? [] : [[key, value]];
  });
  const values: EngineSettings = {
    assume: Object.fromEntries(assume) as AssumptionSettings,
    rules: settings.get<Record<string, string>>('rules', {}),
    exclude: settings.get<string[]>('exclude', []),
  };
  // VS Code hands out proxies, which can't be sent to a thread.
  return JSON.parse(JSON.stringify(values)) as EngineSettings;
}

/** Whether code lenses are wanted. */
export function lensesEnabled(): boolean {
  return vscode.workspace.getConfiguration('podpath').get('codeLens.enabled', true);
}

/** Whether inlay hints are wanted. */
export function hintsEnabled(): boolean {
  return vscode.workspace.getConfiguration('podpath').get('inlayHints.enabled', true);
}
