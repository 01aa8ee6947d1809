import { type CidrBlock, cidrContains, parseCidr, parseIp } from '../model/addresses.ts';
import type { Pod } from '../model/cluster.ts';
import { matchesLabels } from '../model/labels.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Peer, PodSet, PolicyEnd, PolicyProgram } from './policy.ts';

/** How policies and addresses meet in a cluster; the CNI decides where nothing is assumed. */
export interface PolicySettings {
  /** Whether an ipBlock that covers a pod's address matches the pod. */
  readonly ipBlockMatchesPods: boolean;
  /** `ignored`: policies neither select nor match hostNetwork pods by labels, as the API leaves undefined. */
  readonly hostNetworkPolicy: 'ignored' | 'as-pod';
}

/** The policies of one snapshot, indexed by the pods that they select. */
export class PolicySet {
  readonly programs: readonly PolicyProgram[];
  readonly settings: PolicySettings;
  readonly #snapshot: Snapshot;
  readonly #byNamespace = new Map<string, PolicyProgram[]>();
  readonly #wide: readonly PolicyProgram[];
  readonly #selecting = new Map<Pod, readonly PolicyProgram[]>();
  readonly #blocks = new Map<string, CidrBlock | undefined>();
  readonly #members = new Map<PodSet, readonly Pod[]>();

  constructor(snapshot: Snapshot, programs: readonly PolicyProgram[], settings: PolicySettings) {
    this.programs = programs;
    this.settings = settings;
    this.#snapshot = snapshot;
    this.#wide = programs.filter(({ subject }) => subject.inNamespace === undefined);
    for (const program of programs) {
      const namespace = program.subject.inNamespace;
      if (namespace === undefined) continue;
      const list = this.#byNamespace.get(namespace);
      if (list === undefined) this.#byNamespace.set(namespace, [program]);
      else list.push(program);
    }
  }

  /** The policies whose subject the pod is, in reading order; none for a pod that policies ignore. */
  selecting(pod: Pod): readonly PolicyProgram[] {
    let found = this.#selecting.get(pod);
    if (found === undefined) {
      const candidates = [...(this.#byNamespace.get(pod.ref.namespace) ?? []), ...this.#wide];
      found = candidates.filter((program) => this.inSet(program.subject, pod));
      this.#selecting.set(pod, found);
    }
    return found;
  }

  /** True when labels and namespace put the pod into the set. Ended pods and, by default, hostNetwork pods are in none. */
  inSet(set: PodSet, pod: Pod): boolean {
    if (pod.phase === 'Succeeded' || pod.phase === 'Failed') return false;
    if (pod.template.hostNetwork && this.settings.hostNetworkPolicy === 'ignored') return false;
    return this.namespaceMatches(set, pod.ref.namespace) && matchesLabels(set.pods, pod.template.labels);
  }

  /** The pods of a set, in reading order within each namespace. */
  podsOf(set: PodSet): readonly Pod[] {
    let found = this.#members.get(set);
    if (found === undefined) {
      const { namespaces } = this.#snapshot;
      const names = set.inNamespace === undefined ? [...namespaces.keys()] : [set.inNamespace];
      found = names
        .filter((name) => this.namespaceMatches(set, name))
        .flatMap((name) => this.#snapshot.podsIn(name).filter((pod) => this.inSet(set, pod)));
      this.#members.set(set, found);
    }
    return found;
  }

  /** True when the set's namespace part holds for the namespace. */
  namespaceMatches(set: PodSet, namespace: string): boolean {
    if (set.namespaces === undefined) return set.inNamespace === namespace;
    const known = this.#snapshot.namespaces.get(namespace);
    return known !== undefined && matchesLabels(set.namespaces, known.labels);
  }

  /** True when the peer covers the end of a connection. An unreadable block covers nothing. */
  peerMatches(peer: Peer, end: PolicyEnd): boolean {
    if (peer.kind === 'pods') return end.kind === 'pod' && this.inSet(peer.pods, end.pod);
    if (peer.invalid !== undefined) return false;
    return this.#addressesOf(end).some((ip) => this.#inBlock(peer, ip));
  }

  #addressesOf(end: PolicyEnd): readonly string[] {
    switch (end.kind) {
      case 'address':
        return [end.ip];
      case 'node':
        return end.ip === undefined ? end.node.internalIPs : [end.ip];
      case 'pod': {
        // A hostNetwork pod is its node to an ipBlock, whatever the CNI thinks of pods.
        const asNode = end.pod.template.hostNetwork && this.settings.hostNetworkPolicy === 'ignored';
        if (!this.settings.ipBlockMatchesPods && !asNode) return [];
        return end.ip === undefined ? end.pod.ips : [end.ip];
      }
      default:
        return end satisfies never;
    }
  }

  #inBlock(peer: Extract<Peer, { kind: 'block' }>, ip: string): boolean {
    const address = parseIp(ip);
    const inside = (text: string): boolean => {
      const block = this.#block(text);
      return address !== undefined && block !== undefined && cidrContains(block, address);
    };
    return inside(peer.cidr) && !peer.except.some(inside);
  }

  #block(text: string): CidrBlock | undefined {
    if (!this.#blocks.has(text)) this.#blocks.set(text, parseCidr(text));
    return this.#blocks.get(text);
  }
}

/** The port that a named port means on a pod for a protocol, as kubelet resolves it: the first container that has it. */
export function namedPort(pod: Pod, name: string, protocol: string): number | undefined {
  return pod.template.ports.find((port) => port.name === name && port.protocol === protocol)?.port;
}
