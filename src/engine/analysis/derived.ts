import type { Detected } from '../model/assumptions.ts';
import type { Protocol, Service } from '../model/cluster.ts';
import type { PolicyDecision, PolicyEnd, PolicyProgram } from '../policy/policy.ts';
import type { ServiceEndpoints } from '../service/endpoint.ts';

/** What follows from a snapshot, each part computed when first asked and kept as long as the snapshot. */
export interface Derived {
  endpointsOf(service: Service): ServiceEndpoints;
  readonly policies: readonly PolicyProgram[];
  decide(source: PolicyEnd, destination: PolicyEnd, protocol: Protocol, port: number): PolicyDecision;
  readonly cni: Detected;
  readonly proxy: Detected;
  /** Whether the detected or assumed CNI enforces NetworkPolicy. */
  readonly enforces: 'yes' | 'no' | 'unknown';
}
