import { t } from '@vscode/l10n';
import type { Derived } from '../analysis/derived.ts';
import { networkViews } from '../analysis/networks.ts';
import { type ExplainedPorts, explainPair } from '../connectivity/explain.ts';
import type { Pod, Protocol, Service } from '../model/cluster.ts';
import { refKey } from '../model/resource.ts';
import type { PolicyEnd } from '../policy/policy.ts';
import { formatFlowEnd, isProblem, parseEnd } from '../trace/ends.ts';
import type { FlowEnd, FlowProblem } from '../trace/flow.ts';

/** Why the ports between two ends are open or not. `from` and `to` are as CONTRACT.md writes ends. */
export interface Explanation {
  readonly from: string;
  readonly to: string;
  /** A network beside the cluster's own that both are attached to; absent: the cluster's own. */
  readonly network?: string;
  readonly groups: readonly ExplainedPorts[];
}

/**
 * Explains FROM TO: a workload speaks by its first pod, a Service is each of its endpoints' pods. With a port in TO only
 * what decides that port of the protocol. Networks beside the cluster's own that both pods are on follow.
 */
export function explainEnds(
  derived: Derived,
  fromText: string,
  toText: string,
  protocol: Protocol = 'TCP',
): readonly Explanation[] | FlowProblem {
  const from = parseEnd(derived.snapshot, fromText, 'from');
  if (isProblem(from)) return from;
  const to = parseEnd(derived.snapshot, toText, 'to');
  if (isProblem(to)) return to;
  const sources = policyEnds(derived, from.end, fromText);
  const destinations = policyEnds(derived, to.end, toText, to.port);
  if (isProblem(sources)) return sources;
  if (isProblem(destinations)) return destinations;
  const [source] = sources;
  if (source === undefined) return problem(t('{0} has no pods', fromText));
  if (destinations.length === 0) return problem(t('{0} has no pods', toText));
  return destinations.flatMap(({ end, name, ports: own = [to.port] }) => {
    const explained = (where: Derived, a: PolicyEnd, b: PolicyEnd, network?: string): Explanation => ({
      from: source.name,
      to: name,
      ...(network === undefined ? {} : { network }),
      groups: explainPair(where, a, b).filter(({ ports }) => own.some((port) => isAbout(ports, protocol, port))),
    });
    const beside = networkViews(derived).flatMap((view) => {
      const [a, b] = [endOn(view.derived, source.end), endOn(view.derived, end)];
      return a === undefined || b === undefined ? [] : [explained(view.derived, a, b, view.name)];
    });
    return [explained(derived, source.end, end), ...beside];
  });
}

/** The same pod on a network beside the cluster's own; `undefined` for what is not attached to it. */
function endOn({ snapshot }: Derived, end: PolicyEnd): PolicyEnd | undefined {
  const pod = end.kind === 'pod' ? snapshot.pod(end.pod.ref.namespace, end.pod.ref.name) : undefined;
  return pod === undefined ? undefined : { kind: 'pod', pod };
}

function isAbout(ports: ExplainedPorts['ports'], protocol: Protocol, port: number | string | undefined): boolean {
  return (
    typeof port !== 'number' || ports.some((one) => one.protocol === protocol && one.from <= port && port <= one.to)
  );
}

function problem(message: string): FlowProblem {
  return { code: 'no-such-end', message, choices: [] };
}

interface NamedEnd {
  readonly end: PolicyEnd;
  readonly name: string;
  /** The pods' own ports behind a Service's port that was named; policies see these. */
  readonly ports?: readonly number[];
}

function policyEnds(
  derived: Derived,
  end: FlowEnd,
  text: string,
  port?: number | string,
): readonly NamedEnd[] | FlowProblem {
  const { snapshot } = derived;
  switch (end.kind) {
    case 'pod': {
      const pod = snapshot.pod(end.namespace, end.name);
      return pod === undefined ? problem(t('There is no pod {0}', formatFlowEnd(end))) : [podEnd(pod)];
    }
    case 'workload': {
      const found = snapshot.workloadNamed(end.ref);
      return found === undefined ? problem(t('There is no workload {0}', text)) : found.pods.slice(0, 1).map(podEnd);
    }
    case 'service': {
      const service = snapshot.service(end.namespace, end.name);
      if (service === undefined) return problem(t('There is no Service {0}', text));
      return servicePods(derived, service, port);
    }
    case 'node': {
      const node = snapshot.node(end.name);
      return node === undefined
        ? problem(t('There is no node {0}', end.name))
        : [{ end: { kind: 'node', node }, name: text }];
    }
    case 'address':
      return [{ end: addressEnd(derived, end.ip), name: text }];
    default:
      return problem(t('{0} can not be explained: name a pod, a workload, a Service, a node or an address', text));
  }
}

/** One pod of each workload behind a Service: the others are like it to policies, or else `connectivity` tells them apart. */
function servicePods(derived: Derived, service: Service, port: number | string | undefined): readonly NamedEnd[] {
  const meant = service.ports.filter((one) => port === undefined || one.port === port || one.name === port);
  const { endpoints } = derived.endpointsOf(service);
  const byWorkload = new Map<string, Pod>();
  for (const { pod } of endpoints) {
    const key = pod === undefined ? '' : refKey(pod.workload);
    if (pod !== undefined && !byWorkload.has(key)) byWorkload.set(key, pod);
  }
  return [...byWorkload.values()].map((pod) => {
    const own = endpoints.filter((one) => one.pod === pod && meant.some(({ name }) => name === one.portName));
    return { ...podEnd(pod), ports: own.map((one) => one.port) };
  });
}

function podEnd(pod: Pod): NamedEnd {
  return { end: { kind: 'pod', pod }, name: `${pod.ref.namespace}/${pod.ref.name}` };
}

/** An address of a pod or a node is that pod or node to policies. */
function addressEnd({ snapshot }: Derived, ip: string): PolicyEnd {
  const { pods, nodes } = snapshot.ownersOf(ip);
  const [pod] = pods;
  const [node] = nodes;
  if (pod !== undefined) return { kind: 'pod', pod, ip };
  return node === undefined ? { kind: 'address', ip } : { kind: 'node', node, ip };
}
