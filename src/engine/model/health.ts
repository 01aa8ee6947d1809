import type { ClusterNode, Pod } from './cluster.ts';
import { arrayAt, isObject, type JsonObject, type JsonValue, stringAt } from './json.ts';
import type { FieldPath, Resource } from './resource.ts';

/** A condition of an object's status. `reason` and `message` are '' where there is none. */
export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  /** Untrusted text of one line, shortened. */
  readonly message: string;
  /** From the object's root. */
  readonly path: FieldPath;
}

/** Characters of a component's message that are kept. */
const longestMessage = 240;

/**
 * The words of a component in one line, shortened. Identities of containers and pods, which differ with every attempt,
 * are `…`, so that the same trouble reads the same.
 */
export function shortMessage(text: string): string {
  // A message may have any length; what is cut away first is not searched.
  const line = text
    .slice(0, 4000)
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replaceAll(/[0-9a-f]{32,64}/g, '…')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '…')
    .trim();
  const characters = [...line];
  return characters.length <= longestMessage ? line : `${characters.slice(0, longestMessage - 1).join('')}…`;
}

/** What a kubelet says of the network among its other troubles, some of which count seconds. */
const networkNotReady = /(?:container )?runtime network not ready:.*/s;

/** The conditions of a node that say something about its network, as far as they are read here. */
export function nodeConditions(list: readonly JsonValue[]): readonly JsonObject[] {
  return list.flatMap((one) => {
    const type = stringAt(one, 'type');
    const status = stringAt(one, 'status');
    if ((type !== 'Ready' && type !== 'NetworkUnavailable') || status === undefined) return [];
    const isTrouble = (type === 'Ready') !== (status === 'True');
    const reason = stringAt(one, 'reason');
    const text = stringAt(one, 'message') ?? '';
    const told = type === 'Ready' ? (networkNotReady.exec(text)?.[0] ?? '') : text;
    return [
      {
        type,
        status,
        ...(isTrouble && reason !== undefined ? { reason } : {}),
        ...(isTrouble && told !== '' ? { message: shortMessage(told) } : {}),
      },
    ];
  });
}

/** The conditions of a pod without what changes while nothing happens; why one does not hold is one word. */
export function podConditions(list: readonly JsonValue[]): readonly JsonObject[] {
  const kept: JsonObject[] = [];
  for (const one of list) {
    if (!isObject(one)) continue;
    const { type, status, reason } = one;
    if (typeof type !== 'string' || typeof status !== 'string') continue;
    kept.push(status === 'False' && typeof reason === 'string' ? { type, status, reason } : { type, status });
  }
  return kept;
}

/** The containers of a pod that wait, each with one word that says for what; no other state is kept. */
export function waitingContainers(list: readonly JsonValue[]): readonly JsonObject[] {
  return list.flatMap((one) => {
    const reason = stringAt(one, 'state', 'waiting', 'reason');
    const name = stringAt(one, 'name');
    return name === undefined || reason === undefined ? [] : [{ name, state: { waiting: { reason } } }];
  });
}

/** A condition of an object by its type; `undefined` where its status has none. */
export function conditionOf(resource: Resource, type: string): Condition | undefined {
  const list = arrayAt(resource.object, 'status', 'conditions');
  const index = list.findIndex((one) => isObject(one) && stringAt(one, 'type') === type);
  const found = list[index];
  if (found === undefined) return undefined;
  return {
    type,
    status: stringAt(found, 'status') ?? '',
    reason: shortMessage(stringAt(found, 'reason') ?? ''),
    message: shortMessage(stringAt(found, 'message') ?? ''),
    path: ['status', 'conditions', index],
  };
}

/** True for a node whose kubelet has said how it is: one of a running cluster, or of a recording. */
export function hasStatus(node: ClusterNode): node is ClusterNode & { readonly resource: Resource } {
  return node.resource !== undefined && conditionOf(node.resource, 'Ready') !== undefined;
}

/** True while the kubelet of a node answers and has no complaint; what other nodes say of their pods may be old. */
export function isNodeReady(node: ClusterNode | undefined): boolean {
  return node?.resource !== undefined && conditionOf(node.resource, 'Ready')?.status === 'True';
}

/**
 * What a node says of a network that does not work: its kubelet has no network plugin, or the network's own controller
 * has not finished. `undefined` where the network is fine or nothing is known, as of a node that does not answer at all.
 * Source: kubernetes.io, Node Status; the kubelet's ReadyCondition.
 */
export function networkFault(node: ClusterNode): Condition | undefined {
  if (node.resource === undefined) return undefined;
  const ready = conditionOf(node.resource, 'Ready');
  if (ready === undefined || ready.status === 'Unknown') return undefined;
  if (ready.status === 'False') {
    const text = stringAt(node.resource.object, ...ready.path, 'message') ?? '';
    const told = networkNotReady.exec(text)?.[0];
    return told === undefined ? undefined : { ...ready, message: shortMessage(told) };
  }
  const unavailable = conditionOf(node.resource, 'NetworkUnavailable');
  return unavailable?.status === 'True' ? unavailable : undefined;
}

/** True for a pod of the pod network that really has an address of its own and keeps it. */
export function holdsAddress(pod: Pod): boolean {
  const isAlive = pod.phase === 'Running' || pod.phase === 'Pending';
  return isAlive && pod.seen && !pod.terminating && !pod.template.hostNetwork && pod.ips.length > 0;
}

/** True for a pod that has a node and waits there for an address: for the network, or for an image or a volume before it. */
export function waitsForAddress(pod: Pod): boolean {
  const isWaiting = pod.phase === 'Pending' && pod.node !== undefined && pod.node !== '' && pod.ips.length === 0;
  return isWaiting && pod.seen && !pod.terminating && !pod.template.hostNetwork;
}
