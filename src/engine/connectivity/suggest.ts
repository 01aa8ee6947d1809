import { t } from '@vscode/l10n';
import type { Derived } from '../analysis/derived.ts';
import { parseCidr } from '../model/addresses.ts';
import type { Workload } from '../model/cluster.ts';
import type { JsonObject } from '../model/json.ts';
import type { PortRange } from '../model/ports.ts';
import { refKey } from '../model/resource.ts';
import { blocksOfRange } from './blocks.ts';
import { type Distinction, distinguish } from './distinguish.ts';
import type { ExternalRange } from './externalRanges.ts';
import { isWorkload, type Opening, type Wanted, type WantedEnd } from './wanted.ts';

/** NetworkPolicies that allow exactly what was asked for, and sentences on what they can't express. */
export interface Suggestion {
  readonly policies: readonly JsonObject[];
  readonly problems: readonly string[];
}

/** Policies that name more workloads and blocks than these are neither read nor applied by anyone. */
export const mostPeers = 100_000;

/**
 * The fewest NetworkPolicies that allow what is wanted and nothing else in some namespaces, those of its workloads where
 * none are given: a default deny and a way to DNS a namespace, and one policy a workload that talks. Workloads are chosen by
 * the labels that tell them apart. Yields between workloads; `undefined` where the policies would name more than
 * {@link mostPeers}.
 */
export function* suggestPolicies(
  derived: Derived,
  wanted: Wanted,
  namespaces = wanted.namespaces,
): Generator<undefined, Suggestion | undefined> {
  const suggester = new Suggester(derived, wanted);
  const policies: JsonObject[] = [];
  for (const namespace of namespaces) {
    policies.push(defaultDeny(namespace), allowDns(namespace));
    for (const workload of suggester.usersIn(namespace)) {
      policies.push(...suggester.policyOf(workload));
      if (suggester.peers > mostPeers) return undefined;
      yield;
    }
  }
  return { policies, problems: suggester.problems };
}

class Suggester {
  /** How many peers the policies so far name. */
  peers = 0;
  readonly #derived: Derived;
  readonly #wanted: Wanted;
  readonly #users: readonly Workload[];
  readonly #byNamespace: ReadonlyMap<string, readonly Workload[]>;
  readonly #problems = new Set<string>();
  readonly #selectors = new Map<string, JsonObject>();

  constructor(derived: Derived, wanted: Wanted) {
    this.#derived = derived;
    this.#wanted = wanted;
    this.#users = derived.snapshot.workloads.filter((one) => !one.system);
    this.#byNamespace = Map.groupBy(this.#users, ({ ref }) => ref.namespace);
    for (const [, own] of this.#byNamespace) for (const one of distinguish(own)) this.#note(one);
  }

  get problems(): readonly string[] {
    return [...this.#problems];
  }

  usersIn(namespace: string): readonly Workload[] {
    return this.#byNamespace.get(namespace) ?? [];
  }

  #note({ workload, selector, alike }: Distinction): void {
    this.#selectors.set(refKey(workload.ref), selector);
    const name = `${workload.ref.namespace}/${workload.ref.name}`;
    if (workload.template.hostNetwork) {
      this.#problems.add(t('{0} uses the host network: a NetworkPolicy can neither select nor name it', name));
    } else if (alike.length > 0) {
      const others = alike.map(({ ref }) => ref.name).join(', ');
      this.#problems.add(t('{0} has no label that tells it from {1}: the policies treat them alike', name, others));
    }
  }

  /** The policy that opens a workload and its ways out; none where nothing is wanted of it. */
  policyOf(workload: Workload): readonly JsonObject[] {
    if (workload.template.hostNetwork) return [];
    const ingress = this.#rules(workload, this.#wanted.into(workload), 'from');
    const egress = this.#rules(workload, this.#wanted.out(workload), 'to');
    if (ingress.length + egress.length === 0) return [];
    const { namespace, name } = workload.ref;
    const spec = {
      podSelector: this.#selectorOf(workload),
      policyTypes: [...(ingress.length > 0 ? ['Ingress'] : []), ...(egress.length > 0 ? ['Egress'] : [])],
      ...(ingress.length > 0 ? { ingress } : {}),
      ...(egress.length > 0 ? { egress } : {}),
    };
    return [policy(namespace, `allow-${name}`, spec)];
  }

  #selectorOf({ ref }: Workload): JsonObject {
    return this.#selectors.get(refKey(ref)) ?? {};
  }

  /** A rule a set of ports, with everyone who may use it. */
  #rules(subject: Workload, openings: Iterable<Opening>, field: 'from' | 'to'): readonly JsonObject[] {
    return [...openings].map((opening): JsonObject => {
      const ports = portsOf(opening.ports);
      const pods = this.#podPeers(subject, opening.others);
      const ranges = [...opening.others].flatMap((one) => (isWorkload(one) ? [] : [one]));
      const isOpen = pods.length === 1 && isEverywhere(pods[0]) && ranges.some(isWhole);
      const peers = isOpen ? [] : [...pods, ...ranges.flatMap((one) => this.#blocks(one))];
      this.peers += peers.length;
      return { ...(isOpen ? {} : { [field]: peers }), ...(ports === undefined ? {} : { ports }) };
    });
  }

  /** Peers for some workloads: one for all of them where nobody is left out, or for all of a namespace. */
  #podPeers(subject: Workload, chosen: ReadonlySet<WantedEnd>): readonly JsonObject[] {
    const hasAll = (workloads: readonly Workload[]): boolean =>
      workloads.every((one) => one === subject || one.template.hostNetwork || chosen.has(one));
    const others = [...chosen].filter(isWorkload);
    if (others.length === 0) return [];
    if (hasAll(this.#users)) return [{ namespaceSelector: {} }];
    const byNamespace = Map.groupBy(others, ({ ref }) => ref.namespace);
    return [...byNamespace].flatMap(([namespace, own]): readonly JsonObject[] => {
      const isHome = namespace === subject.ref.namespace;
      const within = isHome ? {} : { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } };
      if (hasAll(this.usersIn(namespace))) return [isHome ? { podSelector: {} } : within];
      return own
        .filter(({ template }) => !template.hostNetwork)
        .map((one) => ({ ...within, podSelector: this.#selectorOf(one) }));
    });
  }

  /** Where a block of addresses would match pods as well, the pods' networks are taken out of it. */
  #blocks(range: ExternalRange): readonly JsonObject[] {
    const { snapshot, policies } = this.#derived;
    return blocksOfRange(range).map((cidr): JsonObject => {
      const outer = parseCidr(cidr);
      const except = snapshot.podCIDRs.filter((text) => {
        const inner = parseCidr(text);
        return (
          inner?.family === outer?.family && outer && inner && outer.first <= inner.first && inner.last <= outer.last
        );
      });
      const some = policies.settings.ipBlockMatchesPods && except.length > 0;
      return { ipBlock: { cidr, ...(some ? { except } : {}) } };
    });
  }
}

/** True for a peer that is every pod of every namespace. */
function isEverywhere(peer: JsonObject | undefined): boolean {
  return peer !== undefined && peer['podSelector'] === undefined && JSON.stringify(peer['namespaceSelector']) === '{}';
}

/** True for all IPv4 addresses. */
function isWhole({ family, first, last }: ExternalRange): boolean {
  return family === 4 && first === 0n && last === (1n << 32n) - 1n;
}

function policy(namespace: string, name: string, spec: JsonObject): JsonObject {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name, namespace }, spec };
}

/** Isolates every pod of a namespace in both directions. */
export function defaultDeny(namespace: string): JsonObject {
  return policy(namespace, 'default-deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
}

/** Lets every pod of a namespace ask the cluster's DNS. */
export function allowDns(namespace: string): JsonObject {
  const dns = {
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
    podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
  };
  const ports = ['UDP', 'TCP'].map((protocol) => ({ protocol, port: 53 }));
  return policy(namespace, 'allow-dns', { podSelector: {}, policyTypes: ['Egress'], egress: [{ to: [dns], ports }] });
}

/** `undefined` for all ports of every protocol. */
function portsOf(ranges: readonly PortRange[]): readonly JsonObject[] | undefined {
  const whole = ({ from, to }: PortRange): boolean => from === 1 && to === 65_535;
  if (ranges.length === 3 && ranges.every(whole)) return undefined;
  return ranges.map((range): JsonObject => {
    const { protocol, from, to } = range;
    if (whole(range)) return { protocol };
    return from === to ? { protocol, port: from } : { protocol, port: from, endPort: to };
  });
}
