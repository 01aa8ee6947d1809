import { t } from '@vscode/l10n';
import { arrayAt, isTrueAt, stringAt, stringMapAt } from '../model/json.ts';
import type { Evidence, FieldPath, Resource } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { netConf } from './netConf.ts';

/** A profile's name with the fields that say which of a CNI's datapaths is configured. */
export interface Mode {
  readonly name: string;
  readonly evidence: readonly Evidence[];
}

function mode(name: string, resource?: Resource, path: FieldPath = [], note = ''): Mode {
  return { name, evidence: resource === undefined ? [] : [{ ref: resource.ref, path, note }] };
}

/** Flannel's backend: each node's annotation says what runs, net-conf.json what is configured; VXLAN by default. */
export function flannelMode(snapshot: Snapshot): Mode {
  const key = 'flannel.alpha.coreos.com/backend-type';
  const node = snapshot.nodes.find((one) => one.annotations[key] !== undefined);
  const config = netConf(snapshot);
  const running = node?.annotations[key];
  const type = running ?? stringAt(config?.value, 'Backend', 'Type') ?? 'vxlan';
  const note = t('The backend is {0}', type);
  const [resource, path]: [Resource | undefined, FieldPath] =
    running !== undefined && node?.resource !== undefined
      ? [node.resource, ['metadata', 'annotations', key]]
      : [config?.resource, ['data', 'net-conf.json']];
  switch (type.toLowerCase()) {
    case 'vxlan':
      return mode('flannel-vxlan', resource, path, note);
    case 'host-gw':
      return mode('flannel-host-gw', resource, path, note);
    default:
      return mode('unknown', resource, path, note);
  }
}

/** Calico's datapath: eBPF where it is switched on, else by the encapsulation of the pools that are in use. */
export function calicoMode(snapshot: Snapshot): Mode {
  return (
    calicoEbpf(snapshot) ??
    calicoPools(snapshot) ??
    calicoInstallation(snapshot) ??
    calicoEnvironment(snapshot) ??
    calicoAnnotations(snapshot) ??
    // The operator's and the manifest's own default.
    mode('calico-ipip')
  );
}

const calicoGroups = ['crd.projectcalico.org', 'projectcalico.org'];

function calicoEbpf(snapshot: Snapshot): Mode | undefined {
  const felix = calicoGroups
    .flatMap((group) => snapshot.ofKind(group, 'FelixConfiguration'))
    .find((one) => isTrueAt(one.object, 'spec', 'bpfEnabled'));
  if (felix !== undefined) return mode('calico-ebpf', felix, ['spec', 'bpfEnabled'], t('eBPF is switched on'));
  const path: FieldPath = ['spec', 'calicoNetwork', 'linuxDataplane'];
  const installation = snapshot
    .ofKind('operator.tigera.io', 'Installation')
    .find((one) => stringAt(one.object, ...path) === 'BPF');
  return installation && mode('calico-ebpf', installation, path, t('The Linux dataplane is BPF'));
}

function calicoPools(snapshot: Snapshot): Mode | undefined {
  const pools = calicoGroups
    .flatMap((group) => snapshot.ofKind(group, 'IPPool'))
    .filter((one) => !isTrueAt(one.object, 'spec', 'disabled'));
  const using = (field: string): Resource | undefined =>
    pools.find((one) => ['Always', 'CrossSubnet'].includes(stringAt(one.object, 'spec', field) ?? 'Never'));
  const vxlan = using('vxlanMode');
  if (vxlan !== undefined) return mode('calico-vxlan', vxlan, ['spec', 'vxlanMode'], t('The pool uses VXLAN'));
  const ipip = using('ipipMode');
  if (ipip !== undefined) return mode('calico-ipip', ipip, ['spec', 'ipipMode'], t('The pool uses IP-in-IP'));
  return pools[0] && mode('calico-bgp', pools[0], ['spec'], t('The pool is not encapsulated'));
}

function calicoInstallation(snapshot: Snapshot): Mode | undefined {
  const [installation] = snapshot.ofKind('operator.tigera.io', 'Installation');
  if (installation === undefined) return undefined;
  const path: FieldPath = ['spec', 'calicoNetwork', 'ipPools', 0, 'encapsulation'];
  const bgp = stringAt(installation.object, 'spec', 'calicoNetwork', 'bgp');
  const written = stringAt(installation.object, ...path);
  const encapsulation = written ?? (bgp === 'Disabled' ? 'VXLAN' : 'IPIP');
  const note = t('The encapsulation is {0}', encapsulation);
  return mode(encapsulationName(encapsulation), installation, written === undefined ? ['spec'] : path, note);
}

function encapsulationName(encapsulation: string): string {
  if (encapsulation.startsWith('VXLAN')) return 'calico-vxlan';
  return encapsulation.startsWith('IPIP') ? 'calico-ipip' : 'calico-bgp';
}

/** The manifest installation says by environment variables which encapsulation its first pool gets. */
function calicoEnvironment(snapshot: Snapshot): Mode | undefined {
  for (const agent of snapshot.ofKind('apps', 'DaemonSet')) {
    for (const [c, container] of arrayAt(agent.object, 'spec', 'template', 'spec', 'containers').entries()) {
      const path: FieldPath = ['spec', 'template', 'spec', 'containers', c, 'env'];
      const value = (name: string): string | undefined =>
        stringAt(
          arrayAt(container, 'env').find((one) => stringAt(one, 'name') === name),
          'value',
        );
      const vxlan = value('CALICO_IPV4POOL_VXLAN');
      const ipip = value('CALICO_IPV4POOL_IPIP');
      const on = (text: string | undefined): boolean => text !== undefined && !/^(never|off)$/i.test(text);
      if (on(vxlan)) return mode('calico-vxlan', agent, path, `CALICO_IPV4POOL_VXLAN=${vxlan}`);
      if (on(ipip)) return mode('calico-ipip', agent, path, `CALICO_IPV4POOL_IPIP=${ipip}`);
      if (ipip !== undefined || vxlan !== undefined)
        return mode('calico-bgp', agent, path, 'CALICO_IPV4POOL_IPIP=Never');
    }
  }
  return undefined;
}

function calicoAnnotations(snapshot: Snapshot): Mode | undefined {
  const having = (key: string): Mode | undefined => {
    const node = snapshot.nodes.find((one) => one.annotations[key] !== undefined);
    if (node?.resource === undefined) return undefined;
    const name = key.includes('VXLAN') ? 'calico-vxlan' : key.includes('IPIP') ? 'calico-ipip' : 'calico-bgp';
    return mode(name, node.resource, ['metadata', 'annotations', key], t('Node {0} has {1}', node.name, key));
  };
  return (
    having('projectcalico.org/IPv4VXLANTunnelAddr') ??
    having('projectcalico.org/IPv4IPIPTunnelAddr') ??
    having('projectcalico.org/IPv4Address')
  );
}

/** The cilium-config ConfigMap; `undefined` without one. */
export function ciliumConfig(snapshot: Snapshot): Resource | undefined {
  return snapshot.ofKind('', 'ConfigMap').find((one) => one.ref.name === 'cilium-config');
}

/** Cilium's datapath by cilium-config, old and new keys; VXLAN by default. */
export function ciliumMode(snapshot: Snapshot): Mode {
  const config = ciliumConfig(snapshot);
  const data: Readonly<Record<string, string>> = config === undefined ? {} : stringMapAt(config.object, 'data');
  const at = (key: string, name: string): Mode => mode(name, config, ['data', key], `${key}: ${data[key]}`);
  if (data['routing-mode'] === 'native') return at('routing-mode', 'cilium-native');
  if (data['tunnel'] === 'disabled') return at('tunnel', 'cilium-native');
  if (data['tunnel-protocol'] === 'geneve') return at('tunnel-protocol', 'cilium-geneve');
  if (data['tunnel'] === 'geneve') return at('tunnel', 'cilium-geneve');
  return mode('cilium-vxlan', config, ['data'], '');
}
