import { t } from '@vscode/l10n';
import type { Pod } from '../model/cluster.ts';
import { conditionOf, shortMessage, waitsForAddress } from '../model/health.ts';
import { arrayAt, stringAt } from '../model/json.ts';
import type { FieldPath } from '../model/resource.ts';

/** Why a pod is not ready, and where its object says so. */
export interface NotReady {
  /** One sentence that begins with the pod's name. */
  readonly text: string;
  readonly path: FieldPath;
}

/** Why a pod is not ready, as far as its status tells; a sentence without the reason where it tells nothing. */
export function whyNotReady(pod: Pod): NotReady {
  const { name } = pod.ref;
  const plain = { text: t('{0} is not ready', name), path: [] };
  if (!pod.seen) return plain;
  if (pod.terminating) return { text: t('{0} is being deleted', name), path: ['metadata', 'deletionTimestamp'] };
  const scheduled = conditionOf(pod.resource, 'PodScheduled');
  if (scheduled?.status === 'False') return { text: t('{0} has no node yet', name), path: scheduled.path };
  const waiting = waitingContainer(pod);
  if (waiting !== undefined) return waiting;
  if (waitsForAddress(pod)) return { text: t('{0} has no address yet', name), path: ['status', 'phase'] };
  const ready = conditionOf(pod.resource, 'Ready');
  if (ready?.reason === 'ReadinessGatesNotReady')
    return { text: t('{0} is not ready: its containers are, a readiness gate is not', name), path: ready.path };
  // The control plane calls the pods of a node not ready that it hears nothing of, and leaves their containers as they were.
  if (ready !== undefined && conditionOf(pod.resource, 'ContainersReady')?.status === 'True')
    return { text: t('{0} is not ready, although its containers are: does its node answer?', name), path: ready.path };
  if (ready !== undefined && pod.phase === 'Running') {
    const text = t('{0} runs and is not ready: a readiness probe has not succeeded, or a container restarts', name);
    return { text, path: ready.path };
  }
  return { ...plain, path: ready?.path ?? ['status', 'phase'] };
}

/** Waiting for its turn says nothing: something else does not come to an end. */
const notTelling: ReadonlySet<string> = new Set(['ContainerCreating', 'PodInitializing']);

function waitingContainer(pod: Pod): NotReady | undefined {
  for (const list of ['initContainerStatuses', 'containerStatuses']) {
    for (const [index, one] of arrayAt(pod.resource.object, 'status', list).entries()) {
      const reason = stringAt(one, 'state', 'waiting', 'reason');
      if (reason === undefined || reason === '' || notTelling.has(reason)) continue;
      const container = stringAt(one, 'name') ?? '';
      const text = t('{0} is not ready: container {1} waits ({2})', pod.ref.name, container, shortMessage(reason));
      return { text, path: ['status', list, index, 'state', 'waiting', 'reason'] };
    }
  }
  return undefined;
}
