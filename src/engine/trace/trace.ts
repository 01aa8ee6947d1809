import { t } from '@vscode/l10n';
import type { Derived } from '../analysis/derived.ts';
import type { Pod } from '../model/cluster.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { assemble } from './assemble.ts';
import { resolveTarget, type Target } from './destination.ts';
import { branchesTo } from './dial.ts';
import { formatFlowEnd, isProblem } from './ends.ts';
import type { Flow, FlowEnd, FlowProblem, Trace } from './flow.ts';
import { type Place, placeOf, podPlace, sourcePod } from './place.ts';
import { traceUrl } from './url.ts';

/**
 * Follows a connection from its source to each endpoint it may reach, and the reply back. A problem says that the
 * question can't be asked; everything else, down to “no such name”, is a trace with a disposition.
 */
export function trace(derived: Derived, flow: Flow): Trace | FlowProblem {
  const source = sourcePlace(derived.snapshot, flow.source);
  if (isProblem(source)) return source;
  if (flow.destination.kind === 'url') return traceUrl(derived, flow, source, flow.destination.url);
  const target = resolveTarget(derived, flow, source);
  if (isProblem(target)) return target;
  return assemble(derived, flow, branchesTo(derived, flow, source, target), portOf(target, flow));
}

function portOf(target: Target, flow: Flow): number {
  const dialled = target.kind === 'dial' ? target.dialled[0]?.port : undefined;
  return dialled ?? (typeof flow.port === 'number' ? flow.port : 0);
}

/** A pod, a workload's first pod by name, a node or an address. Services and names have no place to start from. */
function sourcePlace(snapshot: Snapshot, end: FlowEnd): Place | FlowProblem {
  switch (end.kind) {
    case 'pod':
    case 'workload':
      return fromPod(sourcePod(snapshot, end), formatFlowEnd(end));
    case 'node': {
      const node = snapshot.node(end.name);
      if (node === undefined) return noSuchSource(`node/${end.name}`);
      return { kind: 'node', node, ip: node.internalIPs[0] ?? '' };
    }
    case 'address': {
      const { services } = snapshot.ownersOf(end.ip);
      return services.length > 0 ? notASource(end.ip) : placeOf(snapshot, end.ip);
    }
    case 'service':
      return notASource(`${end.namespace}/svc/${end.name}`);
    case 'name':
      return notASource(end.name);
    case 'url':
      return notASource(end.url);
    default:
      return end satisfies never;
  }
}

function fromPod(pod: Pod | undefined, text: string): Place | FlowProblem {
  if (pod === undefined) return noSuchSource(text);
  return podPlace(pod, 'IPv4') ?? { code: 'no-such-end', message: t('{0} has no address yet', text), choices: [] };
}

function noSuchSource(text: string): FlowProblem {
  return { code: 'no-such-end', message: t('There is no {0} in this scope', text), choices: [] };
}

function notASource(text: string): FlowProblem {
  return {
    code: 'not-a-source',
    message: t('{0} opens no connections: start from a pod, a workload, a node or an address', text),
    choices: [],
  };
}
