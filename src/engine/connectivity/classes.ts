import { parseCidr, parseIp } from '../model/addresses.ts';
import type { Pod, Workload } from '../model/cluster.ts';
import type { LabelSelector } from '../model/labels.ts';
import { refKey } from '../model/resource.ts';
import type { Peer, PodSet, PolicyProgram } from '../policy/policy.ts';
import type { PolicySet } from '../policy/policySet.ts';

/** Pods that no policy can tell apart; `pod` stands for all of them. */
export interface PodClass {
  readonly index: number;
  readonly pod: Pod;
}

/** A row and column of the matrix: a workload, or one pod of a workload whose pods differ under some policy. */
export interface ConnectivityEnd {
  /** `ns/name[Kind]` */
  readonly name: string;
  readonly workload: Workload;
  readonly podClass: PodClass;
}

/**
 * Partitions pods by what policies can see: namespace, the labels that some selector reads, the declared ports that
 * some rule names, and where it matters the address. Everything else (a template hash, an unread label) makes no class.
 */
export class PodClasses {
  readonly classes: PodClass[] = [];
  readonly #byKey = new Map<string, PodClass>();
  readonly #labelKeys: ReadonlySet<string>;
  readonly #portNames: ReadonlySet<string>;
  readonly #blocks: readonly string[];
  readonly #policies: PolicySet;

  constructor(policies: PolicySet) {
    this.#policies = policies;
    const { programs } = policies;
    this.#labelKeys = new Set(programs.flatMap(selectorsOf).flatMap((one) => one.requirements.map(({ key }) => key)));
    this.#portNames = new Set(
      programs.flatMap((one) =>
        one.rules.flatMap((rule) => (rule.ports ?? []).flatMap((port) => (port.kind === 'named' ? [port.name] : []))),
      ),
    );
    this.#blocks = [
      ...new Set(programs.flatMap((one) => one.rules.flatMap((rule) => (rule.peers ?? []).flatMap(cidrsOf)))),
    ];
  }

  classOf(pod: Pod): PodClass {
    const key = this.#key(pod);
    let found = this.#byKey.get(key);
    if (found === undefined) {
      found = { index: this.classes.length, pod };
      this.classes.push(found);
      this.#byKey.set(key, found);
    }
    return found;
  }

  /** True when some policy treats the two pods differently, as a subject, a peer or by a named port. */
  tellsApart(a: Pod, b: Pod): boolean {
    const differs = (set: PodSet): boolean => this.#policies.inSet(set, a) !== this.#policies.inSet(set, b);
    const peerDiffers = (peer: Peer): boolean =>
      peer.kind === 'pods'
        ? differs(peer.pods)
        : this.#policies.peerMatches(peer, { kind: 'pod', pod: a }) !==
          this.#policies.peerMatches(peer, { kind: 'pod', pod: b });
    return (
      this.#portKey(a) !== this.#portKey(b) ||
      this.#policies.programs.some(
        (one) => differs(one.subject) || one.rules.some((rule) => rule.peers?.some(peerDiffers) ?? false),
      )
    );
  }

  #portKey({ template }: Pod): string {
    const named = template.ports.filter((one) => this.#portNames.has(one.name));
    return named.map((one) => `${one.name}:${one.protocol}:${one.port}`).join();
  }

  #key(pod: Pod): string {
    const { template, ref, phase } = pod;
    const labels = Object.keys(template.labels)
      .filter((key) => this.#labelKeys.has(key))
      .sort()
      .map((key) => `${key}=${template.labels[key]}`);
    const ended = phase === 'Succeeded' || phase === 'Failed';
    return JSON.stringify([
      ref.namespace,
      labels,
      this.#portKey(pod),
      template.hostNetwork,
      ended,
      this.#blockBits(pod),
    ]);
  }

  /** Which of the policies' blocks hold the pod's addresses, where that can matter. */
  #blockBits(pod: Pod): string {
    const { ipBlockMatchesPods } = this.#policies.settings;
    if (!ipBlockMatchesPods && !pod.template.hostNetwork) return '';
    const addresses = pod.ips.flatMap((ip) => parseIp(ip) ?? []);
    return this.#blocks
      .map((text) => {
        const block = parseCidr(text);
        const inside = addresses.some(
          (one) => one.family === block?.family && one.value >= block.first && one.value <= block.last,
        );
        return inside ? '1' : '0';
      })
      .join('');
  }
}

function selectorsOf(program: PolicyProgram): LabelSelector[] {
  const peers = program.rules.flatMap((rule) => rule.peers ?? []);
  return [program.subject.pods, ...peers.flatMap((peer) => (peer.kind === 'pods' ? [peer.pods.pods] : []))];
}

function cidrsOf(peer: Peer): string[] {
  return peer.kind === 'block' ? [peer.cidr, ...peer.except] : [];
}

/** The ends of a matrix, by name: workloads of the user's, each once, or once a pod where its pods are in several classes. */
export function connectivityEnds(workloads: readonly Workload[], classes: PodClasses): readonly ConnectivityEnd[] {
  const ends = workloads
    .filter((one) => !one.system)
    .flatMap((workload): ConnectivityEnd[] => {
      const { namespace, name, kind } = workload.ref;
      const label = `${namespace}/${name}[${kind}]`;
      const pods = workload.pods.length > 0 ? workload.pods : [templatePod(workload)];
      const first = classes.classOf(pods[0] ?? templatePod(workload));
      const same = pods.every((pod) => classes.classOf(pod) === first || !classes.tellsApart(pod, first.pod));
      if (same) return [{ name: label, workload, podClass: first }];
      return pods.map((pod) => ({
        name: `${namespace}/${pod.ref.name}[Pod]`,
        workload,
        podClass: classes.classOf(pod),
      }));
    });
  return ends.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A workload of zero replicas is judged as its first pod would be. */
function templatePod({ ref, template, resource }: Workload): Pod {
  return {
    ref: { ...ref, group: '', kind: 'Pod' },
    template,
    resource,
    workload: ref,
    ips: [],
    phase: 'Running',
    ready: true,
    terminating: false,
    simulated: true,
    simulatedIPs: true,
  };
}

/** True when two ends are of one workload: connectivity leaves such pairs out. */
export function sameWorkload(a: ConnectivityEnd, b: ConnectivityEnd): boolean {
  return refKey(a.workload.ref) === refKey(b.workload.ref);
}
