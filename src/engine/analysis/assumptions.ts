import { t } from '@vscode/l10n';
import { parseCidr } from '../model/addresses.ts';
import type { AssumptionSettings } from '../model/assumptions.ts';
import type { JsonObject, JsonValue } from '../model/json.ts';
import type { FieldPath } from '../model/resource.ts';

/** The CNI names that may be assumed (CONTRACT.md). */
export const cniNames = [
  'unknown',
  'antrea',
  'aws-vpc',
  'azure',
  'bridge',
  'calico-bgp',
  'calico-ebpf',
  'calico-ipip',
  'calico-vxlan',
  'cilium-geneve',
  'cilium-native',
  'cilium-vxlan',
  'flannel-host-gw',
  'flannel-vxlan',
  'gke',
  'kindnet',
  'ovn-kubernetes',
  'weave',
] as const;

type Kind =
  | { readonly type: 'networks' | 'boolean' | 'number' | 'addresses' }
  | { readonly type: 'choice'; readonly values: readonly string[] };

const keys: Readonly<Record<keyof AssumptionSettings, Kind>> = {
  cni: { type: 'choice', values: cniNames },
  proxy: { type: 'choice', values: ['iptables', 'ipvs', 'nftables', 'ebpf', 'none'] },
  podCIDR: { type: 'networks' },
  serviceCIDR: { type: 'networks' },
  clusterCIDR: { type: 'networks' },
  detectLocalMode: {
    type: 'choice',
    values: ['ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix', 'None'],
  },
  masqueradeAll: { type: 'boolean' },
  nodePortAddresses: { type: 'addresses' },
  localhostNodePorts: { type: 'boolean' },
  nodes: { type: 'number' },
  ipBlockMatchesPods: { type: 'boolean' },
  hostNetworkPolicy: { type: 'choice', values: ['ignored', 'as-pod'] },
};

/** Assumptions as read, and what of them means nothing. */
export interface ReadAssumptions {
  readonly settings: AssumptionSettings;
  readonly problems: readonly { readonly path: FieldPath; readonly message: string }[];
}

/** Reads assumptions from an object of podpath.yaml or of the settings. Empty and null values count as absent. */
export function readAssumptions(value: JsonObject | undefined, path: FieldPath): ReadAssumptions {
  const settings: Record<string, unknown> = {};
  const problems: { path: FieldPath; message: string }[] = [];
  for (const [key, given] of Object.entries(value ?? {})) {
    if (given === undefined || given === null || given === '') continue;
    const kind = Object.hasOwn(keys, key) ? keys[key as keyof AssumptionSettings] : undefined;
    const read = kind === undefined ? undefined : readValue(kind, given);
    if (read !== undefined) settings[key] = read;
    else problems.push({ path: [...path, key], message: wrong(key, given, kind) });
  }
  return { settings: settings as AssumptionSettings, problems };
}

/** Reads `KEY=VALUE` of the command line; a string is the problem. */
export function readAssumption(text: string): AssumptionSettings | string {
  const equals = text.indexOf('=');
  const key = text.slice(0, equals < 0 ? text.length : equals);
  const { settings, problems } = readAssumptions({ [key]: equals < 0 ? 'true' : text.slice(equals + 1) }, []);
  return problems[0]?.message ?? settings;
}

function readValue(kind: Kind, given: JsonValue): unknown {
  switch (kind.type) {
    case 'choice':
      return typeof given === 'string' && kind.values.includes(given) ? given : undefined;
    case 'networks':
      return typeof given === 'string' && given.split(',').every(isNetwork) ? given : undefined;
    case 'boolean':
      return typeof given === 'boolean' ? given : given === 'true' ? true : given === 'false' ? false : undefined;
    case 'number': {
      const number = typeof given === 'string' ? Number(given) : given;
      return typeof number === 'number' && Number.isInteger(number) && number > 0 && number <= 10_000
        ? number
        : undefined;
    }
    case 'addresses': {
      const list: readonly JsonValue[] =
        typeof given === 'string' ? given.split(',') : Array.isArray(given) ? given : [];
      const isKnown = (one: JsonValue): boolean => one === 'primary' || (typeof one === 'string' && isNetwork(one));
      return list.length > 0 && list.every(isKnown) ? list.map((one) => String(one).trim()) : undefined;
    }
    default:
      return kind satisfies never;
  }
}

function isNetwork(text: string): boolean {
  return parseCidr(text.trim()) !== undefined;
}

function wrong(key: string, given: JsonValue, kind: Kind | undefined): string {
  if (kind === undefined) return t('{0} is not an assumption; known are {1}', key, Object.keys(keys).join(', '));
  const text = typeof given === 'string' ? given : JSON.stringify(given);
  return kind.type === 'choice'
    ? t('{0} is not a value of {1}; known are {2}', text, key, kind.values.join(', '))
    : t('{0} is not a value of {1}', text, key);
}
