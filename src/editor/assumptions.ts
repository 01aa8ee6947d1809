import * as vscode from 'vscode';

interface Choice {
  readonly key: string;
  readonly title: string;
  /** Empty: the user types the value. */
  readonly values: readonly string[];
}

const cnis = [
  'flannel-vxlan',
  'flannel-host-gw',
  'calico-bgp',
  'calico-vxlan',
  'calico-ipip',
  'cilium-vxlan',
  'cilium-native',
  'kindnet',
  'unknown',
];

/** “Podpath: Change Assumptions…”: sets one `podpath.assume.*`, or takes it back. */
export async function changeAssumption(): Promise<void> {
  const { t } = vscode.l10n;
  const choices: readonly Choice[] = [
    { key: 'cni', title: t('CNI'), values: cnis },
    { key: 'proxy', title: t('Service proxy'), values: ['iptables', 'ipvs', 'nftables', 'ebpf', 'none'] },
    { key: 'nodes', title: t('Number of simulated nodes'), values: [] },
    { key: 'podCIDR', title: t('Pod network'), values: [] },
    { key: 'serviceCIDR', title: t('Service network'), values: [] },
    { key: 'hostNetworkPolicy', title: t('Policies on hostNetwork pods'), values: ['ignored', 'as-pod'] },
  ];
  const settings = vscode.workspace.getConfiguration('podpath.assume');
  const shown = choices.map((choice) => {
    const value = settings.get<unknown>(choice.key);
    return { label: choice.title, description: value === undefined || value === null ? '' : String(value), choice };
  });
  const picked = await vscode.window.showQuickPick(shown, { title: t('What do you know about the cluster?') });
  if (picked === undefined) return;
  const value = await valueFor(picked.choice, picked.description);
  if (value === undefined) return;
  const { Workspace, Global } = vscode.ConfigurationTarget;
  const target = vscode.workspace.workspaceFolders === undefined ? Global : Workspace;
  await settings.update(picked.choice.key, parsed(picked.choice.key, value), target);
}

async function valueFor({ title, values }: Choice, current: string): Promise<string | undefined> {
  if (values.length === 0) return vscode.window.showInputBox({ title, value: current });
  const none = vscode.l10n.t('Not assumed: detect it, or take the default');
  const picked = await vscode.window.showQuickPick([none, ...values], { title });
  return picked === none ? '' : picked;
}

function parsed(key: string, text: string): string | number | undefined {
  if (text.trim() === '') return undefined;
  return key === 'nodes' ? Number(text) : text.trim();
}
