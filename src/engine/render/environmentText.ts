import { t } from '@vscode/l10n';
import type { Derived } from '../analysis/derived.ts';

/** The network that answers rest on, in one line: CNI, proxy, nodes. */
export function environmentLine({ profile, cni, proxy, snapshot }: Derived): string {
  const network = cni.value === 'unknown' ? t('CNI unknown, policies enforced') : profile.title;
  const kubeProxy = proxy.value === 'ebpf' ? t('eBPF in place of kube-proxy') : `kube-proxy ${proxy.value}`;
  const simulated = snapshot.nodes.some((one) => one.simulated) ? t(' (simulated)') : '';
  return [network, kubeProxy, t('{0} nodes', snapshot.nodes.length) + simulated].join(', ');
}
