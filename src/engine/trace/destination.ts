import { t } from '@vscode/l10n';
import type { Derived } from '../analysis/derived.ts';
import { familyOf } from '../model/addresses.ts';
import type { Pod, Service } from '../model/cluster.ts';
import type { Evidence } from '../model/resource.ts';
import { dnsDenied } from '../service/clusterDns.ts';
import { answerDns } from '../service/dns.ts';
import { ndotsOf, type ResolvConf, resolvConf, searchOrder } from '../service/resolver.ts';
import type { ClientSees, Disposition, Flow, FlowEnd, FlowProblem } from './flow.ts';
import { type Place, podPlace } from './place.ts';

/** An address to dial and its share of the connections. */
export interface Dialled {
  readonly ip: string;
  readonly port: number;
  readonly share: number;
  /** The pod meant, where the flow names pods or DNS answers with them. */
  readonly pod?: Pod;
}

/** What a destination comes to before the first packet: addresses, or an end before any packet. */
export type Target =
  | { readonly kind: 'dial'; readonly dialled: readonly Dialled[]; readonly resolved?: Resolution }
  | {
      readonly kind: 'fails';
      readonly disposition: Disposition;
      readonly clientSees: ClientSees;
      readonly reason: string;
      readonly resolved?: Resolution;
      readonly evidence: readonly Evidence[];
    };

/** How a name was resolved, for the first step of the trace. */
export interface Resolution {
  readonly name: string;
  readonly found: string;
  readonly why: string;
}

const zoneWide = { clusterDomain: 'cluster.local', nodeResolvConf: { nameservers: [], search: [], options: [] } };

/** Turns the destination of a flow into addresses, as the client's resolver and the objects do. */
export function resolveTarget(
  derived: Derived,
  flow: Flow,
  source: Place,
  destination: FlowEnd = flow.destination,
): Target | FlowProblem {
  const { snapshot } = derived;
  switch (destination.kind) {
    case 'pod': {
      const pod = snapshot.pod(destination.namespace, destination.name);
      return pod === undefined
        ? noSuchEnd(`${destination.namespace}/${destination.name}`)
        : toPods([pod], flow, source);
    }
    case 'workload': {
      const { namespace, kind, name } = destination.ref;
      const workload = snapshot.workloadNamed(destination.ref);
      return workload === undefined ? noSuchEnd(`${namespace}/${kind}/${name}`) : toPods(workload.pods, flow, source);
    }
    case 'service':
      return toService(derived, flow, source, destination.namespace, destination.name);
    case 'node': {
      const node = snapshot.node(destination.name);
      if (node === undefined) return noSuchEnd(`node/${destination.name}`);
      return withNumber(flow, (port) => dial([{ ip: node.internalIPs[0] ?? '', port, share: 1 }]));
    }
    case 'address':
      return withNumber(flow, (port) => dial([{ ip: destination.ip, port, share: 1 }]));
    case 'name':
      // Every container's /etc/hosts has it.
      if (/^localhost\.?$/i.test(destination.name)) {
        const ip = familyOf(source.ip) === 'IPv6' ? '::1' : '127.0.0.1';
        return withNumber(flow, (port) => dial([{ ip, port, share: 1 }]));
      }
      return withoutDns(derived, source, destination.name) ?? toName(derived, flow, source, destination.name);
    case 'url':
      return noSuchEnd(destination.url);
    default:
      return destination satisfies never;
  }
}

function dial(dialled: readonly Dialled[], resolved?: Resolution): Target {
  return { kind: 'dial', dialled, ...(resolved === undefined ? {} : { resolved }) };
}

function noSuchEnd(text: string): FlowProblem {
  return { code: 'no-such-end', message: t('There is no {0} in this scope', text), choices: [] };
}

function portNeeded(choices: readonly string[]): FlowProblem {
  const message =
    choices.length === 0
      ? t('Say the port: it is not declared anywhere')
      : t('Say the port: one of {0}', choices.join(', '));
  return { code: 'port-needed', message, choices };
}

function withNumber(flow: Flow, make: (port: number) => Target): Target | FlowProblem {
  return typeof flow.port === 'number' ? make(flow.port) : portNeeded([]);
}

/** One address a pod; a port name means each pod's own number. */
function toPods(pods: readonly Pod[], flow: Flow, source: Place): Target | FlowProblem {
  const family = familyOf(source.ip) ?? 'IPv4';
  const port = flow.port ?? onlyPort(pods, flow.protocol);
  if (typeof port === 'object') return port;
  const dialled = pods.flatMap((pod): Dialled[] => {
    const place = podPlace(pod, family);
    const number =
      typeof port === 'number'
        ? port
        : pod.template.ports.find((one) => one.name === port && one.protocol === flow.protocol)?.port;
    return place === undefined || number === undefined
      ? []
      : [{ ip: place.ip, port: number, share: 1 / pods.length, pod }];
  });
  if (dialled.length > 0) return dial(dialled);
  const reason =
    pods.length === 0 ? t('The workload has no pods') : t('No pod has an address and a port {0}', String(port));
  return { kind: 'fails', disposition: 'no-endpoints', clientSees: 'unknown', reason, evidence: [] };
}

function onlyPort(pods: readonly Pod[], protocol: string): number | FlowProblem {
  const ports = [
    ...new Set(
      pods.flatMap((pod) => pod.template.ports.filter((one) => one.protocol === protocol).map((one) => one.port)),
    ),
  ];
  return ports.length === 1 && ports[0] !== undefined ? ports[0] : portNeeded(ports.map(String));
}

/** A Service's own port: as written, by name, or the only one. */
function servicePort(service: Service, flow: Flow): number | FlowProblem {
  const own = service.ports.filter((one) => one.protocol === flow.protocol);
  if (typeof flow.port === 'number') return flow.port;
  if (typeof flow.port === 'string') {
    return (
      own.find((one) => one.name === flow.port)?.port ?? portNeeded(own.map((one) => one.name || String(one.port)))
    );
  }
  const [only] = own;
  return own.length === 1 && only !== undefined ? only.port : portNeeded(own.map((one) => String(one.port)));
}

function toService(derived: Derived, flow: Flow, source: Place, namespace: string, name: string): Target | FlowProblem {
  const service = derived.snapshot.service(namespace, name);
  if (service === undefined) {
    const reason = t('There is no Service {0} in namespace {1}', name, namespace);
    return { kind: 'fails', disposition: 'no-such-service', clientSees: 'nxdomain', reason, evidence: [] };
  }
  if (service.type === 'ExternalName') {
    if (source.kind === 'outside') return notOutside(service);
    return toName(derived, flow, source, `${name}.${namespace}.svc.${derived.dns.zone}.`);
  }
  const port = servicePort(service, flow);
  if (typeof port === 'object') return port;
  if (source.kind === 'outside') return fromOutside(derived, flow, service, port, source);
  if (service.headless) return toHeadless(derived, flow, service, port, source);
  const family = familyOf(source.ip);
  const ip = service.clusterIPs.find((one) => familyOf(one) === family) ?? service.clusterIPs[0];
  if (ip === undefined) return fails(service, 'no-route', 'timeout', t('Service {0} has no ClusterIP', name));
  return dial([{ ip, port, share: 1 }]);
}

function fails(service: Service, disposition: Disposition, clientSees: ClientSees, reason: string): Target {
  return { kind: 'fails', disposition, clientSees, reason, evidence: [{ ref: service.ref, path: ['spec'], note: '' }] };
}

/** From outside a Service means its load balancer, else its node port, else an externalIP (CONTRACT.md). */
function fromOutside(derived: Derived, flow: Flow, service: Service, port: number, source: Place): Target {
  const family = familyOf(source.ip);
  const ofFamily = (ips: readonly string[]): string | undefined => ips.find((ip) => familyOf(ip) === family) ?? ips[0];
  const balancer = ofFamily(service.loadBalancer.flatMap(({ ip }) => ip ?? []));
  if (balancer !== undefined) return dial([{ ip: balancer, port, share: 1 }]);
  const nodePort = service.ports.find((one) => one.port === port && one.protocol === flow.protocol)?.nodePort;
  const node = derived.snapshot.node(flow.node) ?? derived.snapshot.nodes[0];
  if (nodePort !== undefined && node !== undefined) {
    const ip = ofFamily([...node.externalIPs, ...node.internalIPs]) ?? '';
    return dial([{ ip, port: nodePort, share: 1 }]);
  }
  const external = ofFamily(service.externalIPs);
  if (external !== undefined) return dial([{ ip: external, port, share: 1 }]);
  return notOutside(service);
}

function notOutside({ ref, type }: Service): Target {
  const reason = t('Service {0} is of type {1}: it has no address outside the cluster', ref.name, type);
  return {
    kind: 'fails',
    disposition: 'no-route',
    clientSees: 'unreachable',
    reason,
    evidence: [{ ref, path: ['spec'], note: '' }],
  };
}

/** A headless name is answered with the ready endpoints; the client dials one of them, on the port that it names itself. */
function toHeadless(derived: Derived, flow: Flow, service: Service, port: number, source: Place): Target {
  const family = familyOf(source.ip) ?? 'IPv4';
  const { endpoints, reasons } = derived.endpointsOf(service);
  const ready = endpoints.filter((one) => one.ready && one.family === family);
  const ips = [...new Map(ready.map((one) => [one.ip, one])).values()];
  const name = `${service.ref.name}.${service.ref.namespace}.svc.${derived.dns.zone}`;
  if (ips.length === 0) {
    const reason = t(
      '{0} has no ready endpoint, so DNS has no address for it. {1}',
      service.ref.name,
      reasons[0]?.text ?? '',
    );
    return fails(service, 'no-such-name', 'nxdomain', reason.trim());
  }
  const numbered = typeof flow.port === 'string' ? ready.find((one) => one.portName === flow.port)?.port : undefined;
  const dialled = ips.map((one) => ({
    ip: one.ip,
    port: numbered ?? port,
    share: 1 / ips.length,
    ...(one.pod ? { pod: one.pod } : {}),
  }));
  return dial(dialled, {
    name,
    found: ips.map((one) => one.ip).join(', '),
    why: t('headless: DNS answers with the addresses of the pods'),
  });
}

/** A pod that may not ask the cluster's DNS gets no answer, whatever stands in it. */
function withoutDns(derived: Derived, source: Place, name: string): Target | undefined {
  const denied = source.kind === 'pod' ? dnsDenied(derived, source.pod) : undefined;
  if (denied === undefined) return undefined;
  const reason = t('{0} is not resolved: the pod may not ask DNS. {1}', name, denied.reason);
  return { kind: 'fails', disposition: 'denied-egress', clientSees: 'timeout', reason, evidence: denied.decidedBy };
}

/** CoreDNS gives up after so many aliases of one name. */
const mostAliases = 10;

/** Walks the search path as the pod's resolver does; the first name that has addresses counts. */
function toName(derived: Derived, flow: Flow, source: Place, name: string, aliases = 0): Target | FlowProblem {
  const conf = resolverOf(derived, source);
  const type = familyOf(source.ip) === 'IPv6' ? 'AAAA' : 'A';
  for (const candidate of searchOrder(name, conf.search, ndotsOf(conf))) {
    const result = answerDns(derived.dns, candidate, type);
    const [service] = result.services;
    const why =
      candidate === `${name}.` || candidate === name
        ? t('DNS, as written')
        : t('DNS, search path {0}', candidate.slice(name.length + 1, -1));
    if (service?.type === 'ExternalName' && result.answer.length > 0)
      return toAlias(derived, flow, source, service, name, aliases);
    if (result.answer.length === 0) continue;
    const found = result.answer.map((one) => one.rdata).join(', ');
    const resolution = { name, found, why };
    if (service === undefined || service.headless)
      return toAnswers(
        derived,
        flow,
        result.answer.map((one) => one.rdata),
        resolution,
      );
    const port = servicePort(service, flow);
    return typeof port === 'object' ? port : dial([{ ip: result.answer[0]?.rdata ?? '', port, share: 1 }], resolution);
  }
  return unresolved(derived, name);
}

function resolverOf(derived: Derived, source: Place): ResolvConf {
  if (source.kind !== 'pod') return { nameservers: [], search: [], options: [] };
  const { pod } = source;
  const object = { metadata: { namespace: pod.ref.namespace }, spec: pod.template.spec };
  const dns = derived.snapshot.service('kube-system', 'kube-dns')?.clusterIPs ?? [];
  return resolvConf(object, { ...zoneWide, clusterDNS: dns.length > 0 ? dns : ['10.96.0.10'] });
}

function toAnswers(derived: Derived, flow: Flow, ips: readonly string[], resolution: Resolution): Target | FlowProblem {
  const pods = ips.flatMap((ip) => derived.snapshot.ownersOf(ip).pods.slice(0, 1));
  const port = flow.port ?? onlyPort(pods, flow.protocol);
  if (typeof port === 'object') return port;
  const named = pods.flatMap((pod) => pod.template.ports).find((one) => one.name === port)?.port;
  const number = typeof port === 'number' ? port : named;
  if (number === undefined) return portNeeded([]);
  return dial(
    ips.map((ip) => ({ ip, port: number, share: 1 / ips.length })),
    resolution,
  );
}

/** The alias of a name in the cluster is followed; one outside has an address that nobody here knows. */
function toAlias(
  derived: Derived,
  flow: Flow,
  source: Place,
  service: Service,
  name: string,
  aliases: number,
): Target | FlowProblem {
  const alias = `${(service.externalName ?? '').replace(/\.$/, '')}.`;
  if (alias.toLowerCase().endsWith(`.${derived.dns.zone}.`)) {
    if (aliases < mostAliases) return toName(derived, flow, source, alias, aliases + 1);
    const reason = t('{0} is an alias that leads back to itself: DNS has no address for it', service.ref.name);
    return fails(service, 'no-such-name', 'nxdomain', reason);
  }
  const reason = t(
    '{0} is an alias of {1}, which is outside the cluster',
    service.ref.name,
    service.externalName ?? '',
  );
  const resolved = { name, found: alias, why: t('ExternalName: a CNAME, no proxying and no policy of its own') };
  return {
    kind: 'fails',
    disposition: 'exits-cluster',
    clientSees: 'unknown',
    reason,
    resolved,
    evidence: [{ ref: service.ref, path: ['spec', 'externalName'], note: '' }],
  };
}

/** A name of the cluster's own zone does not exist; any other is somebody else's to answer. */
function unresolved(derived: Derived, name: string): Target {
  const bare = name.replace(/\.$/, '');
  const ours =
    bare === derived.dns.zone ||
    bare.endsWith(`.${derived.dns.zone}`) ||
    !bare.includes('.') ||
    /\.svc$/.test(bare) ||
    namesNamespace(derived, bare);
  if (ours) {
    const reason = t('No Service or pod has the name {0}', bare);
    return { kind: 'fails', disposition: 'no-such-name', clientSees: 'nxdomain', reason, evidence: [] };
  }
  const reason = t('{0} is not a name of this cluster: its address is not known from objects', bare);
  return { kind: 'fails', disposition: 'exits-cluster', clientSees: 'unknown', reason, evidence: [] };
}

/** `service.namespace` with a namespace of the cluster is meant for the cluster. */
function namesNamespace(derived: Derived, name: string): boolean {
  const parts = name.split('.');
  return parts.length === 2 && derived.snapshot.namespaces.has(parts[1] ?? '');
}
