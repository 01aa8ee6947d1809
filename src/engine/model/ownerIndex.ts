import { AddressBook } from './addressBook.ts';
import { type CidrBlock, parseIp } from './addresses.ts';
import type { ClusterNode, Pod, Service } from './cluster.ts';
import type { Exchange } from './lists.ts';
import { ownAddresses } from './nodes.ts';
import { hasEnded } from './pods.ts';
import type { AddressOwners } from './snapshot.ts';

/** What has addresses. */
export interface Addressed {
  readonly pods: readonly Pod[];
  readonly services: readonly Service[];
  readonly nodes: readonly ClusterNode[];
}

/** Who has an address, of pods, Services and nodes. */
export class OwnerIndex {
  readonly #pods: AddressBook<Pod>;
  readonly #services: AddressBook<Service>;
  readonly #nodes: AddressBook<ClusterNode>;
  #isKnown: boolean | undefined;

  private constructor(pods: AddressBook<Pod>, services: AddressBook<Service>, nodes: AddressBook<ClusterNode>) {
    this.#pods = pods;
    this.#services = services;
    this.#nodes = nodes;
  }

  static of({ pods, services, nodes }: Addressed): OwnerIndex {
    return new OwnerIndex(
      AddressBook.of(pods.filter(holdsAddress), ({ ips }) => ips),
      AddressBook.of(services, ({ clusterIPs, externalIPs, loadBalancer }) => [
        ...clusterIPs,
        ...externalIPs,
        ...loadBalancer.flatMap(({ ip }) => ip ?? []),
      ]),
      AddressBook.of(nodes, ownAddresses),
    );
  }

  /** The index once some pods gave way to others; `undefined` where an address comes to have two owners. */
  exchanging({ gone, come }: Exchange<Pod>): OwnerIndex | undefined {
    const pods = this.#pods.exchanging(gone.filter(holdsAddress), come.filter(holdsAddress));
    return pods && new OwnerIndex(pods, this.#services, this.#nodes);
  }

  /** The first pod of the pod network, by address, that is known to have one in a block and outside of some exceptions. */
  podIn(block: CidrBlock, except: readonly CidrBlock[]): Pod | undefined {
    // Where every address is invented, as of most files, there is none to look for.
    this.#isKnown ??= this.#pods.some(hasKnownAddress);
    return this.#isKnown ? this.#pods.firstIn(block, except, hasKnownAddress) : undefined;
  }

  at(text: string): AddressOwners {
    const ip = parseIp(text);
    if (ip === undefined) return { pods: [], services: [], nodes: [] };
    return { pods: this.#pods.at(ip), services: this.#services.at(ip), nodes: this.#nodes.at(ip) };
  }
}

function hasKnownAddress({ simulatedIPs, template }: Pod): boolean {
  return !simulatedIPs && !template.hostNetwork;
}

/** Addresses of ended pods are free again; those of hostNetwork pods are their node's. */
function holdsAddress(pod: Pod): boolean {
  return !hasEnded(pod);
}
