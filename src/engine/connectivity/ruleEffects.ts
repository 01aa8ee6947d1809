import type { PortRange, PortSets } from '../model/ports.ts';
import { peerMatches } from '../policy/peers.ts';
import type { PolicyEnd, PolicyRule } from '../policy/policy.ts';
import { namedPort } from '../policy/policySet.ts';
import { type Bits, bitsOf, members } from './bits.ts';
import type { PodClasses, SubjectClass } from './classes.ts';
import { bitsOfAny, isRelative, type PeerSpace } from './peerBits.ts';
import type { RuleEffect } from './row.ts';

/** True for a rule that means other pods, or only some of its policy's own, depending on whose policy it is. */
export function isRelativeRule({ peers, onlyFor }: PolicyRule): boolean {
  return onlyFor !== undefined || (peers?.some(isRelative) ?? false);
}

/** True for a rule whose ports are another number on another pod. */
export function namesPorts({ ports }: PolicyRule): boolean {
  return ports?.some(({ kind }) => kind === 'named') ?? false;
}

/** What rules do to some ends on some ports; for a rule that is the same for every subject computed once. */
export class RuleEffects {
  readonly #classes: PodClasses;
  readonly #ports: PortSets;
  readonly #known = new WeakMap<PolicyRule, Map<PeerSpace, readonly RuleEffect[]>>();

  constructor(classes: PodClasses, ports: PortSets) {
    this.#classes = classes;
    this.#ports = ports;
  }

  of(rule: PolicyRule, subject: SubjectClass, space: PeerSpace): readonly RuleEffect[] {
    if (isRelativeRule(rule) || namesPorts(rule)) return this.#compute(rule, subject, space);
    let bySpace = this.#known.get(rule);
    if (bySpace === undefined) {
      bySpace = new Map();
      this.#known.set(rule, bySpace);
    }
    let effects = bySpace.get(space);
    if (effects === undefined) {
      effects = this.#compute(rule, subject, space);
      bySpace.set(space, effects);
    }
    return effects;
  }

  #compute(rule: PolicyRule, subject: SubjectClass, space: PeerSpace): readonly RuleEffect[] {
    const end: PolicyEnd = { kind: 'pod', pod: subject.pod };
    if (rule.onlyFor?.some((peer) => peerMatches(this.#classes.policies, peer, end, end)) === false) return [];
    const { action, condition } = rule;
    const effect = { action, ...(condition === undefined ? {} : { condition: condition.of }) };
    const bits = rule.peers === undefined ? undefined : bitsOfAny(space, rule.peers, end);
    const effects = this.#byPorts(rule, subject, space, bits).map((one) => ({ ...one, ...effect }));
    // Whether an address has the name that a rule gives is not known.
    const names = !space.arePods && (rule.peers?.some(({ kind }) => kind === 'names') ?? false);
    if (!names) return effects;
    return [...effects, { bits: space.all, ports: this.#fixedPorts(rule), action, condition: 'unseen' }];
  }

  /** A rule's ends by the ports that it means on them. */
  #byPorts(
    rule: PolicyRule,
    subject: SubjectClass,
    space: PeerSpace,
    bits: Bits | undefined,
  ): readonly { readonly bits?: Bits; readonly ports: number }[] {
    const whole = bits === undefined ? {} : { bits };
    if (!namesPorts(rule)) return [{ ...whole, ports: this.#fixedPorts(rule) }];
    if (rule.direction === 'ingress') return [{ ...whole, ports: this.#portsOn(rule, subject) }];
    if (!space.arePods) return [{ ...whole, ports: this.#fixedPorts(rule) }];
    const byPorts = Map.groupBy(members(bits ?? space.all), (index) =>
      this.#portsOn(rule, this.#classes.classes[index] ?? subject),
    );
    return [...byPorts].map(([ports, indices]) => ({ bits: bitsOf(indices), ports }));
  }

  #fixedPorts(rule: PolicyRule): number {
    if (rule.ports === undefined) return this.#ports.all;
    return this.#ports.of(rule.ports.flatMap((port) => (port.kind === 'range' ? [port] : [])));
  }

  #portsOn(rule: PolicyRule, { pod }: SubjectClass): number {
    const named = (rule.ports ?? []).flatMap((port): PortRange[] => {
      if (port.kind !== 'named') return [];
      const protocols = port.protocol === undefined ? (['TCP', 'UDP', 'SCTP'] as const) : [port.protocol];
      return protocols.flatMap((protocol) => {
        const number = namedPort(pod, port.name, protocol);
        return number === undefined ? [] : [{ protocol, from: number, to: number }];
      });
    });
    return this.#ports.union(this.#fixedPorts(rule), this.#ports.of(named));
  }
}
