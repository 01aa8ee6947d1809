import { familyOf, formatIp, parseIp } from '../model/addresses.ts';
import type { Service } from '../model/cluster.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Endpoint, ServiceEndpoints } from './endpoint.ts';

/** The kinds of records that cluster DNS serves. */
export type RecordType = 'A' | 'AAAA' | 'SRV' | 'PTR' | 'CNAME' | 'TXT';

/** One resource record; names end with a dot, an SRV's data is `priority weight port target`. */
export interface DnsRecord {
  readonly name: string;
  readonly type: RecordType;
  readonly rdata: string;
}

/** What the cluster's DNS server answers. NOERROR with no answer: the name exists, with other records. */
export interface DnsAnswer {
  readonly rcode: 'NOERROR' | 'NXDOMAIN' | 'REFUSED';
  readonly answer: readonly DnsRecord[];
  /** The Services that the name led to. */
  readonly services: readonly Service[];
  /** Endpoints behind the addresses, for a headless name. */
  readonly endpoints: readonly Endpoint[];
}

/** What the zone is made of. `zone` has no dots at its ends. */
export interface DnsZone {
  readonly snapshot: Snapshot;
  readonly zone: string;
  endpointsOf(service: Service): ServiceEndpoints;
}

/** Of the specification that {@link answerDns} keeps to, as its section 2.2 has it asked. */
const schemaVersion = '1.1.0';

const nothing = { answer: [], services: [], endpoints: [] } as const;
const nxdomain: DnsAnswer = { rcode: 'NXDOMAIN', ...nothing };
const nodata: DnsAnswer = { rcode: 'NOERROR', ...nothing };

/**
 * Answers one question as the Kubernetes DNS specification 1.1.0 says. A name outside the zone is REFUSED: the
 * cluster's server would forward it. Names match in any case and are answered as they were asked.
 */
export function answerDns(zone: DnsZone, qname: string, qtype: string): DnsAnswer {
  const name = qname.toLowerCase().replace(/\.$/, '');
  if (name.endsWith('.in-addr.arpa') || name.endsWith('.ip6.arpa')) return reverse(zone, qname, name, qtype);
  if (name === zone.zone) return nodata;
  if (!name.endsWith(`.${zone.zone}`)) return { rcode: 'REFUSED', ...nothing };
  const labels = name.slice(0, -zone.zone.length - 1).split('.');
  const type = labels.at(-1);
  if (type === 'svc') return serviceName(zone, qname, qtype, labels.slice(0, -1));
  if (type === 'pod') return podName(zone, qname, qtype, labels.slice(0, -1));
  if (name !== `dns-version.${zone.zone}`) return nxdomain;
  return qtype === 'TXT' ? { ...nodata, answer: [{ name: qname, type: 'TXT', rdata: `"${schemaVersion}"` }] } : nodata;
}

/** `labels` are what stands before `svc`: [_port _proto | host] service namespace. */
function serviceName(zone: DnsZone, qname: string, qtype: string, labels: readonly string[]): DnsAnswer {
  const namespace = labels.at(-1);
  if (namespace === undefined) return nodata;
  if (!zone.snapshot.namespaces.has(namespace)) return nxdomain;
  const name = labels.at(-2);
  if (name === undefined) return nodata;
  const service = zone.snapshot.service(namespace, name);
  if (service === undefined) return nxdomain;
  const before = labels.slice(0, -2);
  if (service.type === 'ExternalName') return before.length === 0 ? alias(service, qname) : nxdomain;
  if (before.length === 0) return wholeService(zone, service, qname, qtype);
  const [port, protocol] = before;
  if (before.length === 2 && port?.startsWith('_') && protocol?.startsWith('_')) {
    return portRecords(zone, service, qname, qtype, port.slice(1), protocol.slice(1));
  }
  return before.length === 1 && service.headless ? hostRecords(zone, service, qname, qtype, port ?? '') : nxdomain;
}

function alias(service: Service, qname: string): DnsAnswer {
  const target = `${(service.externalName ?? '').replace(/\.$/, '')}.`;
  return { ...nodata, answer: [{ name: qname, type: 'CNAME', rdata: target }], services: [service] };
}

function readyEndpoints(zone: DnsZone, service: Service): readonly Endpoint[] {
  return zone.endpointsOf(service).endpoints.filter((one) => one.ready);
}

function wholeService(zone: DnsZone, service: Service, qname: string, qtype: string): DnsAnswer {
  if (service.headless) {
    const endpoints = readyEndpoints(zone, service);
    // A headless Service without ready endpoints does not exist in DNS.
    if (endpoints.length === 0) return { ...nxdomain, services: [service] };
    return addresses(
      qname,
      qtype,
      endpoints.map((one) => one.ip),
      service,
      endpoints,
    );
  }
  return addresses(qname, qtype, service.clusterIPs, service, []);
}

function addresses(
  qname: string,
  qtype: string,
  ips: readonly string[],
  service: Service,
  endpoints: readonly Endpoint[],
): DnsAnswer {
  const family = qtype === 'A' ? 'IPv4' : qtype === 'AAAA' ? 'IPv6' : undefined;
  const own = [...new Set(ips)].filter((ip) => familyOf(ip) === family);
  return {
    rcode: 'NOERROR',
    answer: own.map((rdata) => ({ name: qname, type: qtype as RecordType, rdata })),
    services: [service],
    endpoints: endpoints.filter((one) => one.family === family),
  };
}

/** SRV records exist for named ports only; a headless Service's lead to its endpoints and their own ports. */
function portRecords(
  zone: DnsZone,
  service: Service,
  qname: string,
  qtype: string,
  name: string,
  protocol: string,
): DnsAnswer {
  const port = service.ports.find((one) => one.name.toLowerCase() === name && one.protocol.toLowerCase() === protocol);
  if (port === undefined || port.name === '') return nxdomain;
  const target = `${service.ref.name}.${service.ref.namespace}.svc.${zone.zone}.`;
  const endpoints = service.headless
    ? readyEndpoints(zone, service).filter((one) => one.portName === port.name && one.protocol === port.protocol)
    : [];
  if (service.headless && endpoints.length === 0) return nxdomain;
  if (qtype !== 'SRV') return { ...nodata, services: [service] };
  const targets = service.headless
    ? endpoints.map((one) => [one.port, `${hostLabel(one)}.${target}`] as const)
    : [[port.port, target] as const];
  const weight = Math.max(1, Math.floor(100 / targets.length));
  const lines = [...new Set(targets.map(([number, host]) => `0 ${weight} ${number} ${host}`))];
  return {
    ...nodata,
    answer: lines.map((rdata) => ({ name: qname, type: 'SRV', rdata })),
    services: [service],
    endpoints,
  };
}

/** `<hostname>.<service>…`, or the address with dashes where the endpoint has no hostname. */
function hostRecords(zone: DnsZone, service: Service, qname: string, qtype: string, host: string): DnsAnswer {
  const own = readyEndpoints(zone, service).filter((one) => hostLabel(one).toLowerCase() === host);
  if (own.length === 0) return nxdomain;
  return addresses(
    qname,
    qtype,
    own.map((one) => one.ip),
    service,
    own,
  );
}

/** The label that names an endpoint under its headless Service, as CoreDNS makes it. */
export function hostLabel(endpoint: Endpoint): string {
  if (endpoint.hostname !== undefined) return endpoint.hostname;
  const dashed = endpoint.ip.replaceAll(/[.:]/g, '-');
  return dashed.endsWith('-') ? `${dashed}0` : dashed;
}

/** `<dashed-ip>.<namespace>`: served for pods that exist (CoreDNS, pods verified). */
function podName(zone: DnsZone, qname: string, qtype: string, labels: readonly string[]): DnsAnswer {
  const [dashed = '', namespace = ''] = labels;
  if (labels.length === 1 && zone.snapshot.namespaces.has(dashed)) return nodata;
  const address = parseIp(dashed.replaceAll('-', '.')) ?? parseIp(dashed.replaceAll('-', ':'));
  if (labels.length !== 2 || address === undefined) return nxdomain;
  const ip = formatIp(address);
  const exists = zone.snapshot.ownersOf(ip).pods.some((pod) => pod.ref.namespace === namespace);
  if (!exists) return nxdomain;
  const type = address.family === 4 ? 'A' : 'AAAA';
  return qtype === type ? { ...nodata, answer: [{ name: qname, type, rdata: ip }] } : nodata;
}

/** Addresses of Services lead to the Service's name; those of endpoints to their name under a headless Service. */
function reverse(zone: DnsZone, qname: string, name: string, qtype: string): DnsAnswer {
  const ip = reversedAddress(name);
  if (ip === undefined) return nxdomain;
  const under = (service: Service): string => `${service.ref.name}.${service.ref.namespace}.svc.${zone.zone}.`;
  const services = zone.snapshot.services.filter((one) => one.clusterIPs.includes(ip));
  const hosts = zone.snapshot.services
    .filter((one) => one.headless)
    .flatMap((service) =>
      readyEndpoints(zone, service)
        .filter((one) => one.ip === ip)
        .map((one) => `${hostLabel(one)}.${under(service)}`),
    );
  const targets = [...new Set([...services.map(under), ...hosts])];
  if (targets.length === 0) return nxdomain;
  if (qtype !== 'PTR') return nodata;
  return { ...nodata, answer: targets.map((rdata) => ({ name: qname, type: 'PTR', rdata })), services };
}

function reversedAddress(name: string): string | undefined {
  const v4 = name.endsWith('.in-addr.arpa')
    ? name.slice(0, -'.in-addr.arpa'.length).split('.').reverse().join('.')
    : undefined;
  const nibbles = name.endsWith('.ip6.arpa') ? name.slice(0, -'.ip6.arpa'.length).split('.').reverse().join('') : '';
  const v6 = nibbles.length === 32 ? nibbles.replaceAll(/(.{4})(?=.)/g, '$1:') : undefined;
  const address = parseIp(v4 ?? v6 ?? '');
  return address === undefined ? undefined : formatIp(address);
}
