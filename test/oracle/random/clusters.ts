import { seededRandom } from '../../fuzz/mutate.ts';

/** Chance by a seed: the same seed gives the same cluster everywhere. */
export class Dice {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** 0 ≤ x < n */
  int(n: number): number {
    return Math.floor(this.#random() * n);
  }

  chance(percent: number): boolean {
    return this.int(100) < percent;
  }

  pick<T>(all: readonly T[]): T {
    return all[this.int(all.length)] as T;
  }

  /** Between `least` and `most` things. */
  some<T>(least: number, most: number, make: (index: number) => T): T[] {
    return Array.from({ length: least + this.int(most - least + 1) }, (_, index) => make(index));
  }
}

/** An object of a manifest. */
export type Json = Record<string, unknown>;

/** Objects of one random cluster, raw. */
export interface RandomCluster {
  readonly namespaces: readonly Json[];
  readonly pods: readonly Json[];
  readonly policies: readonly Json[];
  /** What else policies may ask about. */
  readonly others?: readonly Json[];
  /** What is assumed of ipBlocks over pods; `undefined`: nothing. */
  readonly blocksMatchPods: boolean | undefined;
}

/** Keys of labels. */
export const labelKeys = ['app', 'tier', 'env'];
/** Values of labels. */
export const labelValues = ['a', 'b', 'c'];
/** Protocols of rules and connections. */
export const protocols = ['TCP', 'UDP', 'SCTP'];
/** Ports of containers and rules. */
export const portNumbers = [53, 80, 81, 443, 8080];
/** Names of container ports. */
export const portNames = ['http', 'dns', 'web'];
/** Blocks of rules. */
export const cidrs = [
  '10.0.0.0/8',
  '10.244.0.0/16',
  '10.244.1.0/24',
  '203.0.113.0/24',
  '0.0.0.0/0',
  'fd00::/8',
  '::/0',
];
/** Blocks inside of them. */
export const outer: Readonly<Record<string, readonly string[]>> = {
  '10.0.0.0/8': ['10.244.1.0/24', '10.1.0.0/16'],
  '10.244.0.0/16': ['10.244.1.0/25'],
  '203.0.113.0/24': ['203.0.113.128/25', '203.0.113.7/32'],
  '0.0.0.0/0': ['10.0.0.0/8', '203.0.113.0/25'],
  'fd00::/8': ['fd00:244::/64'],
};

/** Addresses outside of every random cluster. */
export const outsiders = ['203.0.113.7', '203.0.113.200', '10.1.2.3', '198.51.100.1', 'fd01::1', '2001:db8::1'];

/** Ports that questions are about: those that policies name, their neighbours, and one that nobody names. */
export const askedPorts = [53, 79, 80, 81, 82, 443, 8080, 9999];

export function randomCluster(seed: number): RandomCluster {
  const dice = new Dice(seed);
  const names = dice.some(1, 3, (index) => `ns${index}`);
  return {
    namespaces: names.map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: labels(dice) },
    })),
    pods: dice.some(2, 7, (index) => pod(dice, names, index)),
    policies: dice.some(0, 5, (index) => policy(dice, names, index)),
    blocksMatchPods: dice.chance(50),
  };
}

/** Labels of a pod or a namespace, of few keys and values. */
export function labels(dice: Dice): Json {
  return Object.fromEntries(labelKeys.flatMap((key) => (dice.chance(65) ? [[key, dice.pick(labelValues)]] : [])));
}

/** A pod with an address or two, and ports that may have names. */
export function pod(dice: Dice, namespaces: readonly string[], index: number): Json {
  const ports = dice.some(0, 3, () => ({
    containerPort: dice.pick(portNumbers),
    ...(dice.chance(60) ? { name: dice.pick(portNames) } : {}),
    ...(dice.chance(40) ? { protocol: dice.pick(protocols) } : {}),
  }));
  const podIP = `10.244.${1 + dice.int(2)}.${10 + index * 20}`;
  const podIPs = dice.chance(30) ? [{ ip: podIP }, { ip: `fd00:244::${index + 1}` }] : [{ ip: podIP }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `pod${index}`, namespace: dice.pick(namespaces), labels: labels(dice) },
    spec: { containers: [{ name: 'c', image: 'c', ports }] },
    status: { phase: 'Running', podIP, podIPs },
  };
}

/** A label selector, often one that means everything. */
export function selector(dice: Dice): Json {
  if (dice.chance(25)) return {};
  const result: Json = {};
  if (dice.chance(70)) result['matchLabels'] = { [dice.pick(labelKeys)]: dice.pick(labelValues) };
  if (dice.chance(35)) result['matchExpressions'] = dice.some(1, 2, () => expression(dice));
  return result;
}

function expression(dice: Dice): Json {
  const operator = dice.pick(['In', 'NotIn', 'Exists', 'DoesNotExist']);
  const wantsValues = operator === 'In' || operator === 'NotIn';
  return {
    key: dice.pick(labelKeys),
    operator,
    ...(wantsValues ? { values: dice.some(1, 2, () => dice.pick(labelValues)) } : {}),
  };
}

function peer(dice: Dice): Json {
  if (dice.chance(30)) {
    const cidr = dice.pick(cidrs);
    const inner = outer[cidr] ?? [];
    return { ipBlock: { cidr, ...(inner.length > 0 && dice.chance(50) ? { except: [dice.pick(inner)] } : {}) } };
  }
  const both = dice.chance(30);
  const byName = { matchLabels: { 'kubernetes.io/metadata.name': `ns${dice.int(3)}` } };
  return {
    ...(both || dice.chance(50) ? { namespaceSelector: dice.chance(20) ? byName : selector(dice) } : {}),
    ...(both || dice.chance(50) ? { podSelector: selector(dice) } : {}),
  };
}

function port(dice: Dice): Json {
  const protocol = dice.chance(60) ? { protocol: dice.pick(protocols) } : {};
  if (dice.chance(15)) return protocol;
  if (dice.chance(25)) return { ...protocol, port: dice.pick(portNames) };
  const first = dice.pick(portNumbers);
  return { ...protocol, port: first, ...(dice.chance(25) ? { endPort: first + dice.int(400) } : {}) };
}

/** Absent, empty and filled lists, for they mean different things in different places. */
function maybeList(dice: Dice, name: string, make: () => Json): Json {
  if (dice.chance(20)) return {};
  return { [name]: dice.some(0, 3, make) };
}

/** A NetworkPolicy. */
export function policy(dice: Dice, namespaces: readonly string[], index: number): Json {
  const rules = (side: 'from' | 'to') => () => ({
    // A peer has to name someone.
    ...maybeList(dice, side, () => {
      const one = peer(dice);
      return Object.keys(one).length === 0 ? { podSelector: {} } : one;
    }),
    ...maybeList(dice, 'ports', () => port(dice)),
  });
  const types = dice.pick([undefined, [], ['Ingress'], ['Egress'], ['Ingress', 'Egress']]);
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `policy${index}`, namespace: dice.pick(namespaces) },
    spec: {
      podSelector: selector(dice),
      ...(types === undefined ? {} : { policyTypes: types }),
      ...maybeList(dice, 'ingress', rules('from')),
      ...maybeList(dice, 'egress', rules('to')),
    },
  };
}

/** A pod of which no two ports have one name. */
export function podWithDistinctPorts(dice: Dice, namespaces: readonly string[], index: number): Json {
  const made = pod(dice, namespaces, index);
  const { containers } = made['spec'] as { containers: { ports: { name?: string }[] }[] };
  const seen = new Set<string>();
  for (const container of containers) {
    container.ports = container.ports.filter(({ name }) => {
      if (name === undefined) return true;
      const isNew = !seen.has(name);
      seen.add(name);
      return isNew;
    });
  }
  return made;
}
