import { isTrueAt, numberAt, stringAt } from '../model/json.ts';
import type { Resource } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { ciliumConfig } from './modes.ts';
import { netConf } from './netConf.ts';
import type { CniProfile, Transport } from './profile.ts';

type Tunnel = Extract<Transport, { kind: 'tunnel' }>;

/** A profile with what the scope's own configuration changes of it: VNI, port, MTU, plain routing inside a subnet. */
export function configured(profile: CniProfile, snapshot: Snapshot): CniProfile {
  if (profile.name.startsWith('flannel-')) return flannel(profile, snapshot);
  if (profile.name.startsWith('calico-')) return calico(profile, snapshot);
  if (profile.name.startsWith('cilium-')) return cilium(profile, snapshot);
  if (profile.name === 'antrea' && (isAntreaChained(snapshot) || hasAntreaPools(snapshot)))
    return { ...profile, podAddresses: 'unknown' };
  return profile;
}

function cilium(profile: CniProfile, snapshot: Snapshot): CniProfile {
  const config = ciliumConfig(snapshot);
  const sized = withMtu(profile, Number(stringAt(config?.object, 'data', 'mtu')));
  const set = { ...sized, podAddresses: ciliumAddresses(snapshot), ipBlockMatchesNodes: blocksMeanNodes(config) };
  if (!isLenient(config)) return set;
  const none = Object.keys(profile.otherKinds ?? {}).map((group) => [group, 'no'] as const);
  return { ...set, enforces: 'no', otherKinds: Object.fromEntries(none) };
}

/**
 * True where agents are told to let everything through, or only to log what policies deny.
 * Source: cilium Documentation/security/policy/intro, "Policy Enforcement Modes"; security/policy-creation, policy-audit-mode.
 */
function isLenient(config: Resource | undefined): boolean {
  const value = (key: string): string => stringAt(config?.object, 'data', key) ?? '';
  return value('enable-policy') === 'never' || value('policy-audit-mode') === 'true';
}

function flannel(profile: CniProfile, snapshot: Snapshot): CniProfile {
  const backend = netConf(snapshot)?.value['Backend'];
  const vni = numberAt(backend, 'VNI');
  const sized = withMtu(profile, numberAt(backend, 'MTU'));
  return withTunnel(sized, (tunnel) => ({
    ...tunnel,
    ...(vni === undefined ? {} : { vni, device: `flannel.${vni}` }),
    port: numberAt(backend, 'Port') || (tunnel.port ?? 8472),
    ...(isTrueAt(backend, 'DirectRouting') ? { crossSubnetOnly: true } : {}),
  }));
}

/**
 * Blocks of addresses mean no nodes unless agents are told so, by the ConfigMap that is given.
 * Source: cilium Documentation/security/policy/layer3, "Selecting nodes with CIDR / ipBlock".
 */
export function blocksMeanNodes(config: Resource | undefined): boolean {
  return /\bnodes\b/.test(stringAt(config?.object, 'data', 'policy-cidr-match-mode') ?? '');
}

/** Source: Cilium's documentation of its IPAM modes; cluster-pool is the default. */
function ciliumAddresses(snapshot: Snapshot): CniProfile['podAddresses'] {
  const mode = stringAt(ciliumConfig(snapshot)?.object, 'data', 'ipam') ?? 'cluster-pool';
  if (mode === 'kubernetes') return 'node-cidr';
  return mode === 'cluster-pool' ? 'own-pools' : 'unknown';
}

/** Antrea that only enforces policies leaves addresses to another CNI. */
export function isAntreaChained(snapshot: Snapshot): boolean {
  return /^\s*trafficEncapMode:\s*["']?networkPolicyOnly/im.test(antreaConfig(snapshot));
}

/** With its own IPAM switched on, namespaces and pods may ask for addresses of other pools. */
function hasAntreaPools(snapshot: Snapshot): boolean {
  return /^\s*AntreaIPAM:\s*true/m.test(antreaConfig(snapshot));
}

function antreaConfig(snapshot: Snapshot): string {
  const config = snapshot.ofKind('', 'ConfigMap').find((one) => one.ref.name.startsWith('antrea-config'));
  return stringAt(config?.object, 'data', 'antrea-agent.conf') ?? '';
}

/** Source: the Installation API of Calico's operator; without it Calico brings its own IPAM. */
function calicoAddresses(installation: Resource | undefined): CniProfile['podAddresses'] {
  const type = stringAt(installation?.object, 'spec', 'cni', 'type') ?? 'Calico';
  if (type !== 'Calico') return 'unknown';
  return stringAt(installation?.object, 'spec', 'cni', 'ipam', 'type') === 'HostLocal' ? 'node-cidr' : 'own-pools';
}

function calico(profile: CniProfile, snapshot: Snapshot): CniProfile {
  const pools = ['crd.projectcalico.org', 'projectcalico.org'].flatMap((group) => snapshot.ofKind(group, 'IPPool'));
  const [installation] = snapshot.ofKind('operator.tigera.io', 'Installation');
  const crossSubnet =
    pools.some(({ object }) =>
      ['vxlanMode', 'ipipMode'].some((field) => stringAt(object, 'spec', field) === 'CrossSubnet'),
    ) ||
    (stringAt(installation?.object, 'spec', 'calicoNetwork', 'ipPools', 0, 'encapsulation') ?? '').endsWith(
      'CrossSubnet',
    );
  const config = snapshot.ofKind('', 'ConfigMap').find((one) => one.ref.name === 'calico-config');
  const mtu =
    numberAt(installation?.object, 'spec', 'calicoNetwork', 'mtu') ??
    Number(stringAt(config?.object, 'data', 'veth_mtu'));
  const sized = { ...withMtu(profile, mtu), podAddresses: calicoAddresses(installation) };
  return crossSubnet ? withTunnel(sized, (tunnel) => ({ ...tunnel, crossSubnetOnly: true })) : sized;
}

/** Zero means “find out” wherever a CNI lets one write an MTU. */
function withMtu(profile: CniProfile, mtu: number | undefined): CniProfile {
  return mtu !== undefined && Number.isInteger(mtu) && mtu > 0 ? { ...profile, mtu } : profile;
}

function withTunnel(profile: CniProfile, change: (tunnel: Tunnel) => Tunnel): CniProfile {
  return profile.transport.kind === 'tunnel' ? { ...profile, transport: change(profile.transport) } : profile;
}
