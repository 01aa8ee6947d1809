import { t } from '@vscode/l10n';
import type { ScopeAnalysis } from '../analysis/scopeAnalysis.ts';
import { membershipOf } from '../mesh/membership.ts';
import { familyOf, parseIp } from '../model/addresses.ts';
import type { Pod } from '../model/cluster.ts';
import { arrayAt, stringAt } from '../model/json.ts';
import type { Branch, ClientSees, Hop, Step, Trace } from '../trace/flow.ts';
import { placeOf, podPlace, policyEnd, sourcePod } from '../trace/place.ts';
import { connectCommands, lookupCommands, type ProbeCommand } from './tools.ts';

/** One question to the cluster, and the commands that ask it, best first: the first that there is counts. */
export type ProbeQuestion =
  | {
      readonly kind: 'lookup';
      readonly name: string;
      /** The addresses that the trace rests on, sorted; none: the name should have no answer. */
      readonly expected: readonly string[];
      readonly commands: readonly ProbeCommand[];
    }
  | {
      readonly kind: 'connect';
      readonly ip: string;
      readonly port: number;
      /** What the client sees by each branch that begins with this address, each once. */
      readonly expected: readonly ClientSees[];
      /** The client's own addresses by the trace, each once. */
      readonly sources: readonly string[];
      /** Indexes of these branches. */
      readonly branches: readonly number[];
      /** Why an open connection shows nothing: a proxy takes every one, and judges it later; '' where none does. */
      readonly proxy: string;
      readonly commands: readonly ProbeCommand[];
    };

/** What is run where to verify a trace, for a person to agree to. Only this is run. */
export interface ProbePlan {
  /** The context of the running cluster. */
  readonly context: string;
  readonly namespace: string;
  readonly pod: string;
  /** Where the programs may be, in the order in which they are looked for: containers share the pod's network. */
  readonly containers: readonly string[];
  readonly questions: readonly ProbeQuestion[];
  /** What of the trace nothing is asked about, each a sentence. */
  readonly untested: readonly string[];
  readonly trace: Trace;
}

/** Why a trace can not be verified, a sentence. */
export interface ProbeProblem {
  readonly problem: string;
}

/** More connections than this are not opened for one trace. */
const mostConnections = 4;
const mostContainers = 3;

/** Plans how a trace is verified. Nothing is asked of anybody here. */
export function probePlan(scope: ScopeAnalysis, trace: Trace): ProbePlan | ProbeProblem {
  const { context, files, name } = scope.scope;
  if (context === undefined)
    return { problem: t('{0} is made of files: only a trace in a running cluster can be verified', name) };
  if (files.length > 0) {
    return { problem: t('{0} is files laid over {1}: what is not applied can not be verified', name, context) };
  }
  const pod = sourcePod(scope.snapshot, trace.flow.source);
  if (pod === undefined) return { problem: t('Only a connection from a pod or a workload can be verified') };
  if (pod.phase !== 'Running' || pod.terminating) {
    return { problem: t('Pod {0}/{1} does not run: nothing can be run in it', pod.ref.namespace, pod.ref.name) };
  }
  if (trace.flow.destination.kind === 'url') {
    return { problem: t('A URL is traced through an Ingress: verify the trace to its Service') };
  }
  const lookup = lookupQuestion(scope, trace, pod);
  const connects = connectQuestions(scope, trace, pod);
  const questions = [...lookup, ...connects.slice(0, mostConnections)];
  const untested = notAsked(trace, connects);
  if (questions.length === 0) return { problem: untested[0] ?? t('This trace has no address to connect to') };
  const { namespace, name: podName } = pod.ref;
  return { context, namespace, pod: podName, containers: containersOf(pod), questions, untested, trace };
}

const meshProxies: ReadonlySet<string> = new Set(['istio-proxy', 'linkerd-proxy']);

/** Not the proxies of meshes: what they send goes another way than what the pod's programs send. */
function containersOf({ template }: Pod): readonly string[] {
  const names = arrayAt(template.spec, 'containers').flatMap((one) => stringAt(one, 'name') ?? []);
  return names.filter((one) => !meshProxies.has(one)).slice(0, mostContainers);
}

/**
 * The proxy that opens every connection of one end before it knows whether it may: of Istio and Linkerd, or of a CNI whose
 * policy judges requests. A refusal or silence still shows what it shows. '' where there is none.
 * Source: istio.io, Understanding traffic routing; docs.cilium.io, Layer 7 policies.
 */
function proxyBetween({ derived }: ScopeAnalysis, source: Pod, { destination: { ip, port, pod } }: Branch): string {
  const { snapshot } = derived;
  const target = pod === undefined ? undefined : snapshot.pod(pod.namespace, pod.name);
  const meshed = [source, target].find((one) => one !== undefined && isMeshed(snapshot, one));
  if (meshed !== undefined) {
    return t('a proxy of the mesh takes the connections of pod {0}/{1}', meshed.ref.namespace, meshed.ref.name);
  }
  const from = podPlace(source, familyOf(ip) ?? 'IPv4');
  if (from === undefined || parseIp(ip) === undefined) return '';
  const decision = derived.enforce(policyEnd(from, from.ip), policyEnd(placeOf(snapshot, ip), ip), 'TCP', port);
  const conditions = [decision.egress, decision.ingress].flatMap((one) => one.conditions ?? []);
  return conditions.length === 0 ? '' : t('each request is judged by itself ({0})', conditions.join(', '));
}

function isMeshed(snapshot: ScopeAnalysis['snapshot'], pod: Pod): boolean {
  const { mode } = membershipOf(snapshot, pod);
  const lists = [...arrayAt(pod.template.spec, 'containers'), ...arrayAt(pod.template.spec, 'initContainers')];
  const isLinked = lists.some((one) => stringAt(one, 'name') === 'linkerd-proxy');
  return isLinked || mode === 'sidecar' || mode === 'ambient' || mode === 'waypoint';
}

/** Words that may be an argument of a program: what begins with a dash would be an option of it. */
function isName(name: string): boolean {
  return /^[\da-z_][\w.-]{0,252}$/i.test(name);
}

function lookupQuestion({ derived }: ScopeAnalysis, trace: Trace, pod: Pod): readonly ProbeQuestion[] {
  const { destination } = trace.flow;
  const name =
    destination.kind === 'name'
      ? destination.name
      : destination.kind === 'service'
        ? `${destination.name}.${destination.namespace}.svc.${derived.dns.zone}`
        : undefined;
  if (name === undefined || !isName(name) || parseIp(name) !== undefined) return [];
  // Outside its zone the cluster's DNS says what others told it.
  if (trace.branches.some(({ disposition, destination: { ip } }) => disposition === 'exits-cluster' && ip === '')) {
    return [];
  }
  if (destination.kind === 'service' && trace.branches.some((one) => one.disposition === 'no-route')) return [];
  const family = familyOf(pod.ips[0] ?? '') ?? 'IPv4';
  const dialled = trace.branches.flatMap((one) => socketOf(one)?.after.dst ?? []);
  const expected = [...new Set(dialled.filter((ip) => familyOf(ip) === family))].sort();
  return [{ kind: 'lookup', name, expected, commands: lookupCommands(name) }];
}

/** The step in which the client opens its connection; `undefined` where it never comes so far. */
export function socketOf({ forward }: Branch): Step | undefined {
  return stepsOf(forward).find(({ kind, mechanism }) => kind === 'originate' && mechanism === 'socket');
}

/** The steps of a way, in order. */
export function stepsOf(hops: readonly Hop[]): readonly Step[] {
  return hops.flatMap(({ steps }) => steps);
}

/** One for each address that the client may dial. */
function connectQuestions(scope: ScopeAnalysis, trace: Trace, pod: Pod): readonly ProbeQuestion[] {
  if (trace.flow.protocol !== 'TCP') return [];
  const groups = new Map<string, number[]>();
  for (const [index, branch] of trace.branches.entries()) {
    const dialled = socketOf(branch)?.after;
    if (dialled === undefined || parseIp(dialled.dst) === undefined || !isPort(dialled.dport)) continue;
    const key = `${dialled.dst} ${dialled.dport}`;
    groups.set(key, [...(groups.get(key) ?? []), index]);
  }
  return [...groups].map(([key, branches]): ProbeQuestion => {
    const [ip = '', port = ''] = key.split(' ');
    const own = branches.flatMap((index) => trace.branches[index] ?? []);
    return {
      kind: 'connect',
      ip,
      port: Number(port),
      expected: [...new Set(own.map((one) => one.clientSees))],
      sources: [...new Set(own.flatMap(sourceOf))],
      branches,
      proxy: own.map((one) => proxyBetween(scope, pod, one)).find((one) => one !== '') ?? '',
      commands: connectCommands(ip, Number(port)),
    };
  });
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port > 0 && port < 65_536;
}

/** The client's own address: a translation in the socket may choose another one than the first step has. */
function sourceOf(branch: Branch): readonly string[] {
  const steps = stepsOf(branch.forward);
  const socket = steps.find(({ kind }) => kind === 'socket-lb') ?? socketOf(branch);
  return socket === undefined ? [] : [socket.after.src];
}

function notAsked(trace: Trace, connects: readonly ProbeQuestion[]): readonly string[] {
  const { protocol } = trace.flow;
  if (protocol !== 'TCP') return [t('{0} answers nothing by itself: only a TCP connection can be verified', protocol)];
  const isWhole = trace.branches.every((one) => socketOf(one) !== undefined);
  return [
    ...(connects.length > mostConnections
      ? [t('Of {0} addresses only the first {1} are connected to', connects.length, mostConnections)]
      : []),
    ...(isWhole ? [] : [t('Where the trace ends before any address is known, there is nothing to connect to')]),
  ];
}
