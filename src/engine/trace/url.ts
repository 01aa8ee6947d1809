import { t } from '@vscode/l10n';
import type { Derived } from '../analysis/derived.ts';
import type { Pod, Service } from '../model/cluster.ts';
import { type IngressRoute, matchIngress } from '../route/ingress.ts';
import { assemble } from './assemble.ts';
import { originate } from './carry.ts';
import { failureAnswer } from './controllerAnswer.ts';
import { branchesTo } from './dial.ts';
import type { Branch, ClientSees, Flow, FlowProblem, Trace } from './flow.ts';
import { nodeOf, type Place, podPlace } from './place.ts';
import { Walk } from './walk.ts';

/**
 * A request to a URL: to the Ingress controller's load balancer, and from the controller's pod straight to the
 * backend's endpoints, as most controllers do.
 */
export function traceUrl(derived: Derived, flow: Flow, source: Place, text: string): Trace | FlowProblem {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return { code: 'malformed', message: t('{0} is not a URL', text), choices: [] };
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  const port = url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port);
  const entry = controllerService(derived);
  if (entry === undefined) {
    return { code: 'no-such-end', message: t('No Ingress controller is known in this scope'), choices: [] };
  }
  const toController: Flow = {
    ...flow,
    destination: { kind: 'service', namespace: entry.ref.namespace, name: entry.ref.name },
    port,
  };
  const balancer = entry.loadBalancer.find((one) => one.ip !== undefined)?.ip;
  const dialled = balancer ?? entry.clusterIPs[0] ?? '';
  const first = branchesTo(derived, toController, source, { kind: 'dial', dialled: [{ ip: dialled, port, share: 1 }] });
  const route = matchIngress(derived.snapshot, { scheme, host: url.hostname, path: url.pathname });
  const branches = first.flatMap((branch) => behindController(derived, flow, branch, route, url));
  return assemble(derived, flow, branches, port);
}

/** The Service whose pods are the Ingress controller: the simulated one, else one that serves 80 to a controller's pods. */
function controllerService({ snapshot }: Derived): Service | undefined {
  return (
    snapshot.service('ingress-nginx', 'ingress-nginx-controller') ??
    snapshot.services.find(
      (one) =>
        /ingress|traefik|contour|haproxy/.test(one.ref.name) &&
        one.ports.some((port) => port.port === 80 || port.port === 443),
    )
  );
}

function behindController(
  derived: Derived,
  flow: Flow,
  first: Branch,
  route: IngressRoute | undefined,
  url: URL,
): readonly Branch[] {
  const { pod } = first.destination;
  const controller = pod === undefined ? undefined : derived.snapshot.pod(pod.namespace, pod.name);
  if (first.disposition !== 'delivered' || controller === undefined) return [first];
  const service = route?.backend.service;
  const port = route?.backend.port;
  if (route === undefined)
    return [
      answered(derived, first, controller, 'http-404', t('No Ingress rule matches {0}', url.host + url.pathname), []),
    ];
  const evidence = [{ ref: route.ingress.ref, path: route.backend.path, note: '' }];
  if (service === undefined || port === undefined) {
    const reason = route.backend.problem?.text ?? t('The backend of the rule is not known');
    const disposition = service === undefined ? 'no-such-service' : 'port-not-exposed';
    return [{ ...answered(derived, first, controller, failureAnswer(controller, []), reason, evidence), disposition }];
  }
  const ready = derived.endpointsOf(service).endpoints.filter((one) => one.ready && one.portName === port.name);
  if (ready.length === 0) {
    const reason = t(
      'Service {0} has no ready endpoint. {1}',
      service.ref.name,
      derived.endpointsOf(service).reasons[0]?.text ?? '',
    );
    return [answered(derived, first, controller, failureAnswer(controller, []), reason.trim(), evidence)];
  }
  const place = podPlace(controller, 'IPv4');
  if (place === undefined) return [first];
  const why = t(
    '{0} routes {1} to {2}, straight to an endpoint',
    controller.ref.name,
    url.host + url.pathname,
    service.ref.name,
  );
  const dialled = ready.map((one) => ({
    ip: one.ip,
    port: one.port,
    share: 1 / ready.length,
    ...(one.pod ? { pod: one.pod } : {}),
  }));
  const second = branchesTo(derived, { ...flow, protocol: 'TCP' }, place, { kind: 'dial', dialled });
  const failure = failureAnswer(
    controller,
    second.map(({ clientSees }) => clientSees),
  );
  return second.map((branch) => joined(derived, first, branch, place, why, evidence, failure));
}

/** The controller's own hop between the two connections. */
function proxyHops(
  derived: Derived,
  first: Branch,
  place: Place,
  why: string,
  evidence: Branch['decidedBy'],
  ok: boolean,
): Branch['forward'] {
  const last = first.forward.at(-1)?.steps.at(-1)?.after;
  const walk = new Walk(last ?? { src: '', dst: '', sport: 0, dport: 0, ttl: 64 });
  originate(walk, place, nodeOf(derived.snapshot, place));
  walk.step({ kind: 'proxy-l7', action: ok ? 'forwarded' : 'rejected', mechanism: 'Ingress', why, evidence });
  return walk.hops;
}

function joined(
  derived: Derived,
  first: Branch,
  second: Branch,
  place: Place,
  why: string,
  evidence: Branch['decidedBy'],
  failure: ClientSees,
): Branch {
  const failed = second.disposition !== 'delivered' && second.disposition !== 'not-enforced';
  return {
    ...second,
    probability: first.probability * second.probability,
    forward: [...first.forward, ...proxyHops(derived, first, place, why, evidence, true), ...second.forward],
    reverse: second.reverse.length > 0 ? [...second.reverse, ...first.reverse] : [],
    // The controller answers for a backend that it can't reach.
    clientSees: failed ? failure : second.clientSees,
    decidedBy: [...evidence, ...second.decidedBy],
  };
}

function answered(
  derived: Derived,
  first: Branch,
  controller: Pod,
  clientSees: Branch['clientSees'],
  reason: string,
  evidence: Branch['decidedBy'],
): Branch {
  const place = podPlace(controller, 'IPv4');
  const hops = place === undefined ? [] : proxyHops(derived, first, place, reason, evidence, false);
  const disposition = clientSees === 'http-404' ? 'port-not-exposed' : 'no-endpoints';
  return { ...first, forward: [...first.forward, ...hops], disposition, clientSees, reason, decidedBy: evidence };
}
