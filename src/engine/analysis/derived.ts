import { type Environment, environmentOf } from '../cni/environment.ts';
import type { CniProfile } from '../cni/profile.ts';
import { ConnectivityMatrix } from '../connectivity/matrix.ts';
import type { Detected } from '../model/assumptions.ts';
import type { Pod, Protocol, Service } from '../model/cluster.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { touchedNamespaces } from '../model/touched.ts';
import { decide, judge, type OwnNode } from '../policy/evaluate.ts';
import { compilePolicies, policyTiers } from '../policy/kinds.ts';
import type { Direction, PolicyDecision, PolicyEnd, Verdict } from '../policy/policy.ts';
import { PolicySet } from '../policy/policySet.ts';
import { type HostPorts, hostPorts } from '../proxy/hostPorts.ts';
import type { ProxyConfig, ProxyServices } from '../proxy/proxy.ts';
import { proxyServices } from '../proxy/services.ts';
import type { DnsZone } from '../service/dns.ts';
import type { ServiceEndpoints } from '../service/endpoint.ts';
import { EndpointBook } from '../service/endpointBook.ts';

/** Endpoints follow from everything but policies, so they live as long as the pods that they are. */
const endpointsOfPods = new WeakMap<readonly Pod[], EndpointBook>();

/** What follows from a snapshot; each part is computed when first asked for and lives as long as the snapshot. */
export class Derived {
  readonly snapshot: Snapshot;
  readonly #memo = new Map<string, unknown>();
  readonly #endpoints: EndpointBook;
  readonly #compile: typeof compilePolicies;
  #policiesBefore: PolicySet | undefined;
  #enforcedBefore: PolicySet | undefined;
  #matrixBefore: ConnectivityMatrix | undefined;

  /**
   * `previous` is what followed from an earlier state; what still holds of it is taken over. `compile` gives the policies:
   * those of the cluster's own network where it is absent.
   */
  constructor(snapshot: Snapshot, previous?: Derived, compile = compilePolicies) {
    this.snapshot = snapshot;
    this.#compile = compile;
    this.#policiesBefore = previous?.policiesSoFar;
    this.#enforcedBefore = previous?.enforcedSoFar;
    this.#matrixBefore = previous?.matrixSoFar;
    this.#endpoints = endpointsOfPods.get(snapshot.pods) ?? endpointsAfter(previous, snapshot);
    endpointsOfPods.set(snapshot.pods, this.#endpoints);
  }

  #once<T>(name: string, make: () => T): T {
    if (!this.#memo.has(name)) this.#memo.set(name, make());
    return this.#memo.get(name) as T;
  }

  readonly endpointsOf = (service: Service): ServiceEndpoints => this.#endpoints.of(this.snapshot, service);

  /** The endpoints found so far. */
  get endpointsSoFar(): EndpointBook {
    return this.#endpoints;
  }

  get environment(): Environment {
    return this.#once('environment', () => environmentOf(this.snapshot));
  }

  get cni(): Detected {
    return this.environment.cni;
  }

  get proxy(): Detected {
    return this.environment.proxy;
  }

  get profile(): CniProfile {
    return this.environment.profile;
  }

  get proxyConfig(): ProxyConfig {
    return this.environment.proxyConfig;
  }

  /** Policies with the settings that are assumed, or that the CNI has. */
  get policies(): PolicySet {
    return this.#once('policies', () => {
      const { assume } = this.snapshot;
      const settings = {
        ipBlockMatchesPods: this.environment.ipBlockMatchesPods,
        ipBlockMatchesNodes: this.environment.profile.ipBlockMatchesNodes,
        networksMatchPods: assume.ipBlockMatchesPods ?? true,
        hostNetworkPolicy: assume.hostNetworkPolicy ?? 'ignored',
      };
      const before = this.#policiesBefore;
      this.#policiesBefore = undefined;
      const programs = this.#compile(this.snapshot, before?.snapshot);
      return new PolicySet(this.snapshot, programs, settings, policyTiers(this.snapshot), before);
    });
  }

  /** The policies where they have been asked for, else those before them. */
  get policiesSoFar(): PolicySet | undefined {
    return (this.#memo.get('policies') as PolicySet | undefined) ?? this.#policiesBefore;
  }

  decide(source: PolicyEnd, destination: PolicyEnd, protocol: Protocol, port: number): PolicyDecision {
    return decide(this.policies, { source, destination, protocol, port }, this.#ownNode(source, destination));
  }

  /** How the network treats a node on its way to its own pods; `undefined` for all other connections. */
  #ownNode(source: PolicyEnd, destination: PolicyEnd): OwnNode | undefined {
    if (destination.kind !== 'pod' || destination.pod.node === undefined) return undefined;
    return nodeNameOf(this.policies, source) === destination.pod.node ? this.profile.ownNode : undefined;
  }

  /** The policies that the network enforces, or may. */
  get #enforced(): PolicySet {
    return this.#once('enforced', () => {
      const { programs, settings } = this.policies;
      const before = this.#enforcedBefore;
      this.#enforcedBefore = undefined;
      const enforced = programs.filter(this.environment.mayEnforce);
      if (enforced.length === programs.length) return this.policies;
      return new PolicySet(this.snapshot, enforced, settings, this.policies.tiers, before);
    });
  }

  /** {@link policiesSoFar} of those that the network enforces. */
  get enforcedSoFar(): PolicySet | undefined {
    return (this.#memo.get('enforced') as PolicySet | undefined) ?? this.#enforcedBefore;
  }

  /**
   * What the policies do to a connection here: as {@link decide}, but by those that the network enforces. What only the
   * others would deny is `not-enforced`. `isForwarded`: a node that is the source only hides whoever sent the packet.
   */
  enforce(
    source: PolicyEnd,
    destination: PolicyEnd,
    protocol: Protocol,
    port: number,
    isForwarded = false,
  ): PolicyDecision {
    const connection = { source, destination, protocol, port };
    const ownNode = isForwarded ? undefined : this.#ownNode(source, destination);
    const real = decide(this.#enforced, connection, ownNode);
    if (this.#enforced === this.policies) return real;
    const written = decide(this.policies, connection, ownNode);
    const judged = (direction: Direction): Verdict => enforced(real[direction], written[direction]);
    return { action: real.action, egress: judged('egress'), ingress: judged('ingress') };
  }

  /** What {@link enforce} says of the way out of another pod than the destination. */
  enforceEgress(source: PolicyEnd, destination: PolicyEnd, protocol: Protocol, port: number): Verdict {
    const connection = { source, destination, protocol, port };
    const real = judge(this.#enforced, connection, 'egress');
    return this.#enforced === this.policies ? real : enforced(real, judge(this.policies, connection, 'egress'));
  }

  get matrix(): ConnectivityMatrix {
    const matrix = this.#once('matrix', () => new ConnectivityMatrix(this.snapshot, this.policies, this.#matrixBefore));
    this.#matrixBefore = undefined;
    return matrix;
  }

  /** The matrix where it has been asked for, else the one before it. */
  get matrixSoFar(): ConnectivityMatrix | undefined {
    return (this.#memo.get('matrix') as ConnectivityMatrix | undefined) ?? this.#matrixBefore;
  }

  get proxyServices(): ProxyServices {
    return this.#once('proxyServices', () => proxyServices(this.snapshot, this.endpointsOf));
  }

  get hostPorts(): HostPorts {
    return this.#once('hostPorts', () => hostPorts(this.snapshot));
  }

  get dns(): DnsZone {
    return { snapshot: this.snapshot, zone: 'cluster.local', endpointsOf: this.endpointsOf };
  }
}

function endpointsAfter(previous: Derived | undefined, snapshot: Snapshot): EndpointBook {
  const touched = previous && touchedNamespaces(previous.snapshot, snapshot);
  return previous === undefined || touched === undefined
    ? new EndpointBook()
    : previous.endpointsSoFar.without(touched);
}

/** A verdict of the policies that act, beside that of all. */
function enforced(real: Verdict, written: Verdict): Verdict {
  return written.action === 'deny' && real.action !== 'deny' ? { ...written, action: 'not-enforced' } : real;
}

/** The node that an end is to policies: a node, or that of a hostNetwork pod. */
function nodeNameOf(policies: PolicySet, end: PolicyEnd): string | undefined {
  if (end.kind === 'node') return end.node.name;
  return end.kind === 'pod' && policies.isHost(end.pod) ? end.pod.node : undefined;
}
