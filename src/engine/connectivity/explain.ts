import type { Derived } from '../analysis/derived.ts';
import type { Protocol } from '../model/cluster.ts';
import type { PortRange } from '../model/ports.ts';
import { subjectOf } from '../policy/match.ts';
import type { PolicyDecision, PolicyEnd, PolicyRule } from '../policy/policy.ts';
import { namedPort } from '../policy/policySet.ts';

/** Ports between two ends that the same rules decide in the same way. */
export interface ExplainedPorts {
  readonly ports: readonly PortRange[];
  readonly decision: PolicyDecision;
}

const protocols: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];

/**
 * Why each port between two ends is open or not: all 65535 ports of each protocol, cut where some rule of the policies
 * that select an end begins or ends, and grouped by what decides. In the order of their lowest TCP port.
 */
export function explainPair(derived: Derived, source: PolicyEnd, destination: PolicyEnd): readonly ExplainedPorts[] {
  const groups = new Map<string, { ports: PortRange[]; decision: PolicyDecision }>();
  for (const protocol of protocols) {
    const cuts = cutsOf(derived, source, destination, protocol);
    for (const [index, from] of cuts.entries()) {
      const to = (cuts[index + 1] ?? 65_536) - 1;
      const decision = derived.decide(source, destination, protocol, from);
      const key = keyOf(decision);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { ports: [{ protocol, from, to }], decision });
      else addRange(group.ports, { protocol, from, to });
    }
  }
  return [...groups.values()];
}

/** Where ports begin that some rule treats in another way than the one below; 1 is the first. */
function cutsOf(derived: Derived, source: PolicyEnd, destination: PolicyEnd, protocol: Protocol): readonly number[] {
  const cuts = new Set([1]);
  const connection = { source, destination, protocol, port: 1 };
  for (const direction of ['egress', 'ingress'] as const) {
    for (const { programs } of derived.policies.steps(subjectOf(connection, direction))) {
      for (const { rules } of programs) {
        for (const rule of rules) for (const cut of ruleCuts(rule, destination, protocol)) cuts.add(cut);
      }
    }
  }
  return [...cuts].filter((cut) => cut >= 1 && cut <= 65_535).sort((a, b) => a - b);
}

function ruleCuts({ ports = [] }: PolicyRule, destination: PolicyEnd, protocol: Protocol): readonly number[] {
  return ports.flatMap((port) => {
    if (port.kind === 'range') return port.protocol === protocol ? [port.from, port.to + 1] : [];
    if (port.kind !== 'named' || destination.kind !== 'pod') return [];
    const number = namedPort(destination.pod, port.name, protocol);
    return number === undefined ? [] : [number, number + 1];
  });
}

/** Equal for decisions that the same rules have made. */
function keyOf({ action, egress, ingress }: PolicyDecision): string {
  const parts = [egress, ingress].map(({ action: one, decidedBy, passed = [], conditions = [] }) => [
    one,
    [...passed, ...decidedBy].map(({ ref, path }) => [ref, path]),
    conditions,
  ]);
  return JSON.stringify([action, parts]);
}

function addRange(ports: PortRange[], range: PortRange): void {
  const last = ports.at(-1);
  if (last?.protocol === range.protocol && last.to + 1 === range.from) {
    ports[ports.length - 1] = { ...last, to: range.to };
  } else ports.push(range);
}
