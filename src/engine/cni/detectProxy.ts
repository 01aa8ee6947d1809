import { t } from '@vscode/l10n';
import { readDocuments } from '../manifest/parse.ts';
import type { AssumptionSettings, Detected } from '../model/assumptions.ts';
import { arrayAt, isObject, isTrueAt, type JsonObject, stringAt, stringsAt } from '../model/json.ts';
import type { Evidence, Resource } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { ProxyConfig } from '../proxy/proxy.ts';
import { ciliumConfig } from './modes.ts';
import type { CniProfile } from './profile.ts';

type Mode = NonNullable<AssumptionSettings['proxy']>;

/** kube-proxy's own configuration, and where it was read. */
interface ProxySettings {
  readonly object: JsonObject;
  readonly evidence: Evidence;
}

const settingsOf = new WeakMap<Snapshot, ProxySettings | 'none'>();

/** The KubeProxyConfiguration of a scope: a document of its own, or the one inside kube-proxy's ConfigMap. */
function proxySettings(snapshot: Snapshot): ProxySettings | undefined {
  let found = settingsOf.get(snapshot);
  if (found === undefined) {
    found = readSettings(snapshot) ?? 'none';
    settingsOf.set(snapshot, found);
  }
  return found === 'none' ? undefined : found;
}

function readSettings(snapshot: Snapshot): ProxySettings | undefined {
  const [own] = snapshot.ofKind('kubeproxy.config.k8s.io', 'KubeProxyConfiguration');
  if (own !== undefined) return { object: own.object, evidence: { ref: own.ref, path: ['mode'], note: '' } };
  for (const map of snapshot.ofKind('', 'ConfigMap')) {
    if (map.ref.name !== 'kube-proxy' && map.ref.name !== 'kube-proxy-config') continue;
    for (const key of ['config.conf', 'config']) {
      const text = stringAt(map.object, 'data', key);
      const value = text === undefined ? undefined : readDocuments(text)[0]?.value;
      if (isObject(value)) return { object: value, evidence: { ref: map.ref, path: ['data', key], note: '' } };
    }
  }
  return undefined;
}

/**
 * How Services are translated: as assumed, else as kube-proxy's configuration or its replacement says, else the
 * CNI's own way, else iptables.
 */
export function detectProxy(snapshot: Snapshot, profile: CniProfile): Detected<Mode> {
  const { proxy } = snapshot.assume;
  if (proxy !== undefined) return { value: proxy, confidence: 'explicit', evidence: [] };
  const replaced = profile.name.startsWith('cilium-') ? ciliumReplacement(snapshot) : undefined;
  if (replaced !== undefined) return replaced;
  const settings = proxySettings(snapshot);
  if (settings !== undefined) {
    const value = modeOf(stringAt(settings.object, 'mode'));
    const note = t('kube-proxy runs in mode {0}', value);
    return { value, confidence: 'detected', evidence: [{ ...settings.evidence, note }] };
  }
  return (
    proxyAgent(snapshot) ?? { value: profile.replacesProxy ? 'ebpf' : 'iptables', confidence: 'default', evidence: [] }
  );
}

/** An empty mode is iptables on Linux. */
function modeOf(text: string | undefined): Mode {
  return text === 'ipvs' || text === 'nftables' ? text : 'iptables';
}

/** What Cilium's settings say of it taking kube-proxy's place; `undefined` where they leave it open. */
export function ciliumReplacement(snapshot: Snapshot): Detected<Mode> | undefined {
  const config = ciliumConfig(snapshot);
  const key = 'kube-proxy-replacement';
  const written = stringAt(config?.object, 'data', key);
  if (config === undefined || written === undefined) return undefined;
  const evidence = [{ ref: config.ref, path: ['data', key], note: `${key}: ${written}` }];
  const on = written === 'true' || written === 'strict';
  const mode = on ? 'ebpf' : modeOf(stringAt(proxySettings(snapshot)?.object, 'mode'));
  return { value: mode, confidence: 'detected', evidence };
}

/** kube-proxy's DaemonSet with the mode among its arguments. */
function proxyAgent(snapshot: Snapshot): Detected<Mode> | undefined {
  const agent = snapshot.ofKind('apps', 'DaemonSet').find((one) => one.ref.name === 'kube-proxy');
  if (agent === undefined) return undefined;
  const mode = proxyArguments(agent)
    .find((one) => one.startsWith('--proxy-mode='))
    ?.slice('--proxy-mode='.length);
  const note = t('DaemonSet kube-proxy runs it');
  const path = ['spec', 'template', 'spec', 'containers'];
  return { value: modeOf(mode), confidence: 'detected', evidence: [{ ref: agent.ref, path, note }] };
}

function proxyArguments({ object }: Resource): readonly string[] {
  return arrayAt(object, 'spec', 'template', 'spec', 'containers').flatMap((one) => [
    ...stringsAt(one, 'command'),
    ...stringsAt(one, 'args'),
  ]);
}

/** How the nodes' proxies are set up: assumptions first, then kube-proxy's configuration, then its defaults with the pod network as clusterCIDR. */
export function proxyConfigOf(snapshot: Snapshot): ProxyConfig {
  const { assume } = snapshot;
  const own = proxySettings(snapshot)?.object;
  const written = assume.clusterCIDR ?? stringAt(own, 'clusterCIDR') ?? '';
  const cidrs = written.split(',').flatMap((one) => (one.trim() === '' ? [] : [one.trim()]));
  const mode = stringAt(own, 'detectLocalMode');
  const known = ['ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix'] as const;
  const localhost = own?.['iptables'];
  return {
    detectLocalMode: assume.detectLocalMode ?? known.find((one) => one === mode) ?? 'ClusterCIDR',
    clusterCIDRs: cidrs.length > 0 ? cidrs : snapshot.podCIDRs,
    masqueradeAll: assume.masqueradeAll ?? isTrueAt(own, 'iptables', 'masqueradeAll'),
    nodePortAddresses: assume.nodePortAddresses ?? stringsAt(own, 'nodePortAddresses'),
    localhostNodePorts:
      assume.localhostNodePorts ?? !(isObject(localhost) && localhost['localhostNodePorts'] === false),
  };
}
