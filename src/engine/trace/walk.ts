import type { Evidence } from '../model/resource.ts';
import type { Hop, Packet, Step } from './flow.ts';

/** What a step says beside what it does to the packet. */
export interface StepText {
  readonly kind: Step['kind'];
  readonly action: Step['action'];
  readonly mechanism: string;
  readonly why: string;
  readonly evidence?: readonly Evidence[];
  /** Headers that the step changes; an absent encapsulation stays, `null` takes it off. */
  readonly change?: Partial<Omit<Packet, 'encapsulation'>> & {
    readonly encapsulation?: Packet['encapsulation'] | null;
  };
}

/** Follows one packet and writes down its hops; each step starts from the headers that the last one left. */
export class Walk {
  readonly #hops: { location: Hop['location']; steps: Step[] }[] = [];
  #packet: Packet;

  constructor(packet: Packet) {
    this.#packet = packet;
  }

  get packet(): Packet {
    return this.#packet;
  }

  get hops(): readonly Hop[] {
    return this.#hops.filter((hop) => hop.steps.length > 0);
  }

  /** A copy that goes its own way from here. */
  branch(): Walk {
    const copy = new Walk(this.#packet);
    copy.#hops.push(...this.#hops.map((hop) => ({ location: hop.location, steps: [...hop.steps] })));
    return copy;
  }

  /** Moves on; staying in one place adds no hop. */
  enter(node: string, namespace: string, device: string, certainty: Hop['location']['certainty'] = 'generic'): this {
    const last = this.#hops.at(-1)?.location;
    if (last?.node === node && last.namespace === namespace && last.device === device) return this;
    this.#hops.push({ location: { node, namespace, device, certainty }, steps: [] });
    return this;
  }

  step({ kind, action, mechanism, why, evidence = [], change = {} }: StepText): this {
    const before = this.#packet;
    const { encapsulation, ...headers } = change;
    const { encapsulation: wrapped, ...bare } = { ...before, ...headers };
    const outer = encapsulation === undefined ? wrapped : encapsulation;
    const after: Packet = outer ? { ...bare, encapsulation: outer } : bare;
    this.#packet = after;
    this.#hops.at(-1)?.steps.push({ kind, action, before, after, mechanism, evidence, why });
    return this;
  }
}
