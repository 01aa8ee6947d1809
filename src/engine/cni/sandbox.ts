import type { Pod } from '../model/cluster.ts';
import { eventsAbout, type NetworkEvent } from '../model/events.ts';
import { waitsForAddress } from '../model/health.ts';
import type { Snapshot } from '../model/snapshot.ts';

/** A pod that waits for an address, and the Warning that says that its network could not be set up. */
export interface AddressFailure {
  readonly pod: Pod;
  readonly event: NetworkEvent;
  /** True where there was no free address left to give. */
  readonly isExhausted: boolean;
}

/** How container runtimes begin to tell that a network plugin failed; a sandbox fails for other reasons, too. */
const ofNetwork = /set ?up network|network sandbox|cni network|plugin type=|\bcni\b/i;
const ofImage = /sandbox image|pulling? image/i;
/** The words of host-local, Calico, Cilium and the AWS plugin. */
const exhausted =
  /no (?:more |free )?ips?(?: addresses)? available|no more ips|range is full|failed to assign an ip address|assigned 0 out of/i;

const known = new WeakMap<Snapshot['pods'], readonly AddressFailure[]>();

/**
 * The pods that get no address because the network plugin of their node fails, sorted by namespace and name. A pod that
 * merely waits is none: it may wait for a volume. Source: the kubelet's FailedCreatePodSandBox events; containerd and CRI-O.
 */
export function addressFailures(snapshot: Snapshot): readonly AddressFailure[] {
  let found = known.get(snapshot.pods);
  if (found === undefined) {
    found = snapshot.pods
      .filter(waitsForAddress)
      .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
      .flatMap((pod) => failure(snapshot, pod) ?? []);
    known.set(snapshot.pods, found);
  }
  return found;
}

function nameOf({ ref }: Pod): string {
  return `${ref.namespace}/${ref.name}`;
}

function failure(snapshot: Snapshot, pod: Pod): AddressFailure | undefined {
  const event = eventsAbout(snapshot, pod.resource).find(
    ({ reason, message }) => reason === 'FailedCreatePodSandBox' && ofNetwork.test(message) && !ofImage.test(message),
  );
  return event && { pod, event, isExhausted: exhausted.test(event.message) };
}
