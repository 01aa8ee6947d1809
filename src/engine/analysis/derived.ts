import { type Environment, environmentOf } from '../cni/environment.ts';
import type { CniProfile } from '../cni/profile.ts';
import { ConnectivityMatrix } from '../connectivity/matrix.ts';
import type { Detected } from '../model/assumptions.ts';
import type { Pod, Protocol, Service } from '../model/cluster.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { decide, type OwnNode } from '../policy/evaluate.ts';
import { compilePolicies, policyTiers } from '../policy/kinds.ts';
import type { Direction, PolicyDecision, PolicyEnd, Verdict } from '../policy/policy.ts';
import { PolicySet } from '../policy/policySet.ts';
import type { ProxyConfig, ProxyServices } from '../proxy/proxy.ts';
import { proxyServices } from '../proxy/services.ts';
import type { DnsZone } from '../service/dns.ts';
import type { ServiceEndpoints } from '../service/endpoint.ts';
import { resolveEndpoints } from '../service/endpoints.ts';

/** Endpoints follow from everything but policies, so they live as long as the pods that they are. */
const endpointsOfPods = new WeakMap<readonly Pod[], Map<Service, ServiceEndpoints>>();

/** What follows from a snapshot; each part is computed when first asked for and lives as long as the snapshot. */
export class Derived {
  readonly snapshot: Snapshot;
  readonly #memo = new Map<string, unknown>();
  readonly #endpoints: Map<Service, ServiceEndpoints>;
  readonly #compile: typeof compilePolicies;
  #snapshotBefore: Snapshot | undefined;
  #matrixBefore: ConnectivityMatrix | undefined;

  /**
   * `previous` is what followed from an earlier state; what still holds of it is taken over. `compile` gives the policies:
   * those of the cluster's own network where it is absent.
   */
  constructor(snapshot: Snapshot, previous?: Derived, compile = compilePolicies) {
    this.snapshot = snapshot;
    this.#compile = compile;
    this.#snapshotBefore = previous?.snapshot;
    this.#matrixBefore = previous?.matrixSoFar;
    this.#endpoints = endpointsOfPods.get(snapshot.pods) ?? new Map();
    endpointsOfPods.set(snapshot.pods, this.#endpoints);
  }

  #once<T>(name: string, make: () => T): T {
    if (!this.#memo.has(name)) this.#memo.set(name, make());
    return this.#memo.get(name) as T;
  }

  readonly endpointsOf = (service: Service): ServiceEndpoints => {
    let found = this.#endpoints.get(service);
    if (found === undefined) {
      found = resolveEndpoints(this.snapshot, service);
      this.#endpoints.set(service, found);
    }
    return found;
  };

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
        networksMatchPods: assume.ipBlockMatchesPods ?? true,
        hostNetworkPolicy: assume.hostNetworkPolicy ?? 'ignored',
      };
      const programs = this.#compile(this.snapshot, this.#snapshotBefore);
      this.#snapshotBefore = undefined;
      return new PolicySet(this.snapshot, programs, settings, policyTiers(this.snapshot));
    });
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
      const enforced = programs.filter(({ ref }) => this.environment.enforcesGroup(ref.group) !== 'no');
      if (enforced.length === programs.length) return this.policies;
      return new PolicySet(this.snapshot, enforced, settings, this.policies.tiers);
    });
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
    const judge = (policies: PolicySet): PolicyDecision => decide(policies, connection, ownNode);
    const real = judge(this.#enforced);
    if (this.#enforced === this.policies) return real;
    const written = judge(this.policies);
    const judged = (direction: Direction): Verdict =>
      written[direction].action === 'deny' && real[direction].action !== 'deny'
        ? { ...written[direction], action: 'not-enforced' }
        : real[direction];
    return { action: real.action, egress: judged('egress'), ingress: judged('ingress') };
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

  get dns(): DnsZone {
    return { snapshot: this.snapshot, zone: 'cluster.local', endpointsOf: this.endpointsOf };
  }
}

/** The node that an end is to policies: a node, or that of a hostNetwork pod. */
function nodeNameOf(policies: PolicySet, end: PolicyEnd): string | undefined {
  if (end.kind === 'node') return end.node.name;
  return end.kind === 'pod' && policies.isHost(end.pod) ? end.pod.node : undefined;
}
