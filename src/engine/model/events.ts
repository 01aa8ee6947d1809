import { shortMessage } from './health.ts';
import { type JsonObject, objectAt, stringAt } from './json.ts';
import type { Resource, ResourceRef } from './resource.ts';
import type { Snapshot } from './snapshot.ts';

/** Something that a component said of an object; `message` is untrusted text of one line. */
export interface NetworkEvent {
  /** The Event itself. */
  readonly ref: ResourceRef;
  readonly reason: string;
  readonly message: string;
}

/** Why components warn when the network is at fault. Source: the kubelet's, the node IPAM's and the endpoint controllers' events. */
const networkReasons: ReadonlySet<string> = new Set([
  'CIDRAssignmentFailed',
  'CIDRNotAvailable',
  'FailedCreatePodSandBox',
  'FailedToCreateEndpoint',
  'FailedToUpdateEndpoint',
  'FailedToUpdateEndpointSlices',
  'NetworkNotReady',
]);

/** True for a Warning about the network. */
export function isNetworkEvent(event: JsonObject): boolean {
  return stringAt(event, 'type') === 'Warning' && networkReasons.has(stringAt(event, 'reason') ?? '');
}

/** What of an Event is kept: about whom it is, why, and what was said, alike as long as the same trouble goes on. */
export function eventFields(event: JsonObject): JsonObject {
  const about = objectAt(event, 'involvedObject') ?? {};
  const fields = ['kind', 'namespace', 'name', 'uid'].filter((one) => typeof about[one] === 'string');
  return {
    type: stringAt(event, 'type') ?? '',
    reason: stringAt(event, 'reason') ?? '',
    message: shortMessage(stringAt(event, 'message') ?? ''),
    involvedObject: Object.fromEntries(fields.map((one) => [one, about[one]])),
  };
}

type EventIndex = ReadonlyMap<string, readonly Resource[]>;

const indexes = new WeakMap<Snapshot['pods'], EventIndex>();

/** Warnings about the network that name an object, by the Events' names; none where no Events were read. */
export function eventsAbout(snapshot: Snapshot, { ref, object }: Resource): readonly NetworkEvent[] {
  let index = indexes.get(snapshot.pods);
  if (index === undefined) {
    index = Map.groupBy(snapshot.ofKind('', 'Event'), (one: Resource) => aboutKey(one.object));
    indexes.set(snapshot.pods, index);
  }
  const uid = stringAt(object, 'metadata', 'uid');
  return (index.get(`${ref.kind}/${ref.namespace}/${ref.name}`) ?? [])
    .filter((one) => isNetworkEvent(one.object) && isSameObject(ref.kind, uid, one.object))
    .sort((a, b) => (a.ref.name < b.ref.name ? -1 : 1))
    .map((one) => ({
      ref: one.ref,
      reason: stringAt(one.object, 'reason') ?? '',
      message: shortMessage(stringAt(one.object, 'message') ?? ''),
    }));
}

/** A pod of a StatefulSet has the name of the one before it. Of nodes kubelets give the name in place of the uid. */
function isSameObject(kind: string, uid: string | undefined, event: JsonObject): boolean {
  const meant = stringAt(event, 'involvedObject', 'uid');
  return kind !== 'Pod' || uid === undefined || meant === undefined || meant === uid;
}

function aboutKey(event: JsonObject): string {
  const at = (field: string): string => stringAt(event, 'involvedObject', field) ?? '';
  return `${at('kind')}/${at('namespace')}/${at('name')}`;
}
