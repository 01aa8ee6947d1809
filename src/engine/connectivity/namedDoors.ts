import type { Protocol } from '../model/cluster.ts';
import type { PortSets } from '../model/ports.ts';
import type { PolicyProgram, PortMatch } from '../policy/policy.ts';

/** A port that is known by its name alone, and the number that stands for it. */
export interface NamedDoor {
  readonly protocol: Protocol;
  readonly name: string;
  readonly port: number;
}

/** A port by its name: the number is the pod's own, which is not here. */
export interface PortName {
  readonly protocol: Protocol;
  readonly name: string;
}

const protocols: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];

/**
 * The ports that rules for what goes out name, each with a number that no rule begins or ends at, and none at the number
 * below it: so the two differ for a pod only where a rule means the name.
 */
export function namedDoors(programs: readonly PolicyProgram[]): readonly NamedDoor[] {
  const ports = programs.flatMap(({ rules }) =>
    rules.flatMap((rule) => (rule.direction === 'egress' ? (rule.ports ?? []) : [])),
  );
  const taken = new Set(
    ports.flatMap((one) => (one.kind === 'range' ? [one.from, one.from - 1, one.to, one.to + 1] : [])),
  );
  const found = new Map(ports.flatMap(namesOf).map((one) => [`${one.protocol} ${one.name}`, one]));
  let port = 65_534;
  return [...found.values()].map((one) => {
    while (taken.has(port) || taken.has(port - 1)) port -= 2;
    const door = { ...one, port };
    port -= 2;
    return door;
  });
}

function namesOf(port: PortMatch): readonly PortName[] {
  if (port.kind !== 'named') return [];
  const own = port.protocol === undefined ? protocols : [port.protocol];
  return own.map((protocol) => ({ protocol, name: port.name }));
}

/** A set of ports without the numbers that stand for names, and the names that it means beside its numbers. */
export function withoutDoors(
  ports: PortSets,
  set: number,
  doors: readonly NamedDoor[],
): { readonly set: number; readonly names: readonly PortName[] } {
  const names: PortName[] = [];
  let rest = set;
  for (const { protocol, name, port } of doors) {
    const own = ports.of([{ protocol, from: port, to: port }]);
    const isOpen = ports.has(set, protocol, port - 1);
    if (ports.has(set, protocol, port) && !isOpen) names.push({ protocol, name });
    rest = isOpen ? ports.union(rest, own) : ports.difference(rest, own);
  }
  return { set: rest, names };
}
