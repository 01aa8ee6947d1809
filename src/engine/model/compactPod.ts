import type { Pod, PodTemplate } from './cluster.ts';
import type { Resource, ResourceRef } from './resource.ts';

/** What a pod is now. There are few different ones, which pods share. */
export type PodState = Pick<Pod, 'phase' | 'ready' | 'terminating' | 'seen' | 'simulated' | 'simulatedIPs'>;

const states: PodState[] = [];

function shared(state: PodState): PodState {
  const known = states.find(
    (one) =>
      one.phase === state.phase &&
      one.ready === state.ready &&
      one.terminating === state.terminating &&
      one.seen === state.seen &&
      one.simulated === state.simulated &&
      one.simulatedIPs === state.simulatedIPs,
  );
  if (known !== undefined) return known;
  states.push(state);
  return state;
}

/** A pod as a large cluster has many of: an only address stands there without a list, and the state is shared. */
export class CompactPod implements Pod {
  readonly resource: Resource;
  readonly ref: ResourceRef;
  readonly template: PodTemplate;
  readonly workload: ResourceRef;
  readonly node: string | undefined;
  readonly #ips: string | readonly string[];
  readonly #state: PodState;

  constructor(own: Pick<Pod, 'ref' | 'resource' | 'template' | 'workload' | 'node' | 'ips'>, state: PodState) {
    this.ref = own.ref;
    this.resource = own.resource;
    this.template = own.template;
    this.workload = own.workload;
    this.node = own.node;
    const [first, ...others] = own.ips;
    this.#ips = first !== undefined && others.length === 0 ? first : own.ips;
    this.#state = shared(state);
  }

  /** The same pod with other addresses; `simulatedIPs` where they are invented. */
  withAddresses(ips: readonly string[], simulatedIPs: boolean): CompactPod {
    const { ref, resource, template, workload, node } = this;
    return new CompactPod({ ref, resource, template, workload, node, ips }, { ...this.#state, simulatedIPs });
  }

  get ips(): readonly string[] {
    return typeof this.#ips === 'string' ? [this.#ips] : this.#ips;
  }

  get phase(): Pod['phase'] {
    return this.#state.phase;
  }

  get ready(): boolean {
    return this.#state.ready;
  }

  get terminating(): boolean {
    return this.#state.terminating;
  }

  get seen(): boolean {
    return this.#state.seen;
  }

  get simulated(): boolean {
    return this.#state.simulated;
  }

  get simulatedIPs(): boolean {
    return this.#state.simulatedIPs;
  }
}
