import { arrayAt, isTrueAt, type JsonObject, stringAt, stringsAt } from '../model/json.ts';

/** What a kubelet is told about DNS. */
export interface KubeletDns {
  readonly clusterDNS: readonly string[];
  readonly clusterDomain: string;
  readonly nodeResolvConf: ResolvConf;
}

/** A resolv.conf. `options` are as written there: `ndots:5`, `edns0`. */
export interface ResolvConf {
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
  readonly options: readonly string[];
}

const mostNameservers = 3;
const mostSearches = 32;
const longestSearch = 2048;

/** The resolv.conf that kubelet writes for a pod. Source: pkg/kubelet/network/dns. */
export function resolvConf(pod: JsonObject, kubelet: KubeletDns): ResolvConf {
  const policy = stringAt(pod, 'spec', 'dnsPolicy') ?? 'ClusterFirst';
  const base = baseConf(pod, policy, kubelet);
  const config = pod['spec'];
  const options = arrayAt(config, 'dnsConfig', 'options').flatMap((one) => {
    const name = stringAt(one, 'name');
    const value = stringAt(one, 'value');
    return name === undefined ? [] : [value === undefined ? name : `${name}:${value}`];
  });
  return limit({
    nameservers: [...base.nameservers, ...stringsAt(config, 'dnsConfig', 'nameservers')],
    search: [...base.search, ...stringsAt(config, 'dnsConfig', 'searches')],
    options: mergeOptions(base.options, options),
  });
}

function baseConf(pod: JsonObject, policy: string, kubelet: KubeletDns): ResolvConf {
  if (policy === 'None') return { nameservers: [], search: [], options: [] };
  const host = isTrueAt(pod, 'spec', 'hostNetwork');
  const cluster = policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && !host);
  if (!cluster || kubelet.clusterDNS.length === 0) return kubelet.nodeResolvConf;
  const namespace = stringAt(pod, 'metadata', 'namespace') ?? 'default';
  const zone = kubelet.clusterDomain;
  const own = zone === '' ? [] : [`${namespace}.svc.${zone}`, `svc.${zone}`, zone];
  return {
    nameservers: kubelet.clusterDNS,
    search: [...own, ...kubelet.nodeResolvConf.search],
    options: ['ndots:5'],
  };
}

/** A later option replaces an earlier one of its name. */
function mergeOptions(base: readonly string[], more: readonly string[]): readonly string[] {
  const byName = new Map([...base, ...more].map((one) => [one.split(':')[0], one]));
  return [...byName.values()];
}

function limit(conf: ResolvConf): ResolvConf {
  let length = 0;
  const search = [...new Set(conf.search)].slice(0, mostSearches).filter((one) => {
    length += one.length + 1;
    return length <= longestSearch + 1;
  });
  return { ...conf, nameservers: [...new Set(conf.nameservers)].slice(0, mostNameservers), search };
}

/** The `ndots` of a resolv.conf; 1 where it is not written, as in glibc. */
export function ndotsOf({ options }: ResolvConf): number {
  const text = options.find((one) => one.startsWith('ndots:'))?.slice('ndots:'.length);
  const value = Number(text);
  return text === undefined || !Number.isInteger(value) ? 1 : Math.min(value, 15);
}

/** The names that glibc's resolver asks for, in order, each with its last dot. */
export function searchOrder(name: string, search: readonly string[], ndots: number): readonly string[] {
  if (name.endsWith('.')) return [name];
  const dots = name.split('.').length - 1;
  const literal = `${name}.`;
  const searched = search.map((suffix) => (suffix === '.' ? literal : `${name}.${suffix.replace(/\.$/, '')}.`));
  return [...new Set(dots >= ndots ? [literal, ...searched] : [...searched, literal])];
}
