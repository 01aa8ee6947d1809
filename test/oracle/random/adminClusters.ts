import {
  cidrs,
  Dice,
  type Json,
  labelKeys,
  labels,
  pod,
  policy,
  portNames,
  portNumbers,
  protocols,
  type RandomCluster,
  selector,
} from './clusters.ts';

/** Labels that every namespace has: what `notSameLabels` means for a subject without one the API leaves open. */
const zones = { zone: ['x', 'y'], team: ['x', 'y'] } as const;

/** A random cluster with NetworkPolicies and, by turns, the admin kinds of v1alpha1 or those of v1alpha2. */
export function adminCluster(seed: number): RandomCluster {
  const dice = new Dice(seed);
  const names = dice.some(1, 3, (index) => `ns${index}`);
  const pods = dice.some(2, 5, (index) => pod(dice, names, index));
  const dualStack = pods.some((one) => (one['status'] as { podIPs: unknown[] }).podIPs.length > 1);
  return {
    namespaces: names.map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { ...labels(dice), zone: dice.pick(zones.zone), team: dice.pick(zones.team) } },
    })),
    pods,
    policies: [
      ...dice.some(0, 2, (index) => policy(dice, names, index)),
      ...(dice.chance(50) ? alpha1Policies(dice) : alpha2Policies(dice)),
    ],
    // A row of the matrix can't tell the addresses of a dual-stack pod apart.
    blocksMatchPods: dualStack || dice.pick([true, false, undefined]),
  };
}

/** Different numbers in a random order: equal priorities have no defined order. */
function priorities(dice: Dice, count: number): number[] {
  const chosen = new Set<number>();
  while (chosen.size < count) chosen.add(dice.chance(10) ? dice.pick([0, 1000]) : dice.int(100));
  return [...chosen];
}

function alpha1Policies(dice: Dice): Json[] {
  const policies = priorities(dice, 1 + dice.int(4)).map((priority, index) =>
    adminPolicy(dice, 'AdminNetworkPolicy', `admin${index}`, { priority }, ['Allow', 'Deny', 'Deny', 'Pass']),
  );
  if (dice.chance(70)) {
    policies.push(adminPolicy(dice, 'BaselineAdminNetworkPolicy', 'default', {}, ['Allow', 'Deny', 'Deny']));
  }
  return policies;
}

function adminPolicy(dice: Dice, kind: string, name: string, priority: Json, actions: readonly string[]): Json {
  return {
    apiVersion: 'policy.networking.k8s.io/v1alpha1',
    kind,
    metadata: { name },
    spec: { ...priority, subject: subject(dice), ...directions(dice, (side) => alpha1Rule(dice, side, actions)) },
  };
}

function alpha2Policies(dice: Dice): Json[] {
  return ['Admin', 'Baseline'].flatMap((tier) =>
    priorities(dice, dice.int(4)).map((priority) => ({
      apiVersion: 'policy.networking.k8s.io/v1alpha2',
      kind: 'ClusterNetworkPolicy',
      metadata: { name: `${tier.toLowerCase()}${priority}` },
      spec: { tier, priority, subject: subject(dice), ...directions(dice, (side) => alpha2Rule(dice, side)) },
    })),
  );
}

function subject(dice: Dice): Json {
  if (dice.chance(30)) return { namespaces: {} };
  return dice.chance(50) ? { namespaces: selector(dice) } : { pods: namespacedPods(dice) };
}

function namespacedPods(dice: Dice): Json {
  return { namespaceSelector: selector(dice), podSelector: selector(dice) };
}

type Side = 'from' | 'to';

function directions(dice: Dice, rule: (side: Side) => Json): Json {
  return {
    ...(dice.chance(85) ? { ingress: dice.some(0, 4, () => rule('from')) } : {}),
    ...(dice.chance(75) ? { egress: dice.some(0, 4, () => rule('to')) } : {}),
  };
}

function alpha1Rule(dice: Dice, side: Side, actions: readonly string[]): Json {
  const older = dice.chance(35);
  const to = dice.some(1, 2, () => (older ? setPeer(dice) : peer(dice, side)));
  const isNamed = !to.some((one) => 'networks' in one);
  return {
    action: dice.pick(actions),
    [side]: to,
    ...(dice.chance(55) ? { ports: dice.some(1, 3, () => alpha1Port(dice, isNamed)) } : {}),
  };
}

function alpha2Rule(dice: Dice, side: Side): Json {
  const to = dice.some(1, 2, () => peer(dice, side));
  const isNamed = !to.some((one) => 'networks' in one);
  return {
    action: dice.pick(['Accept', 'Deny', 'Deny', 'Pass']),
    [side]: to,
    ...(dice.chance(55) ? { protocols: dice.some(1, 3, () => alpha2Protocol(dice, isNamed)) } : {}),
  };
}

function peer(dice: Dice, side: Side): Json {
  if (side === 'to' && dice.chance(40)) return { networks: dice.some(1, 2, () => dice.pick(cidrs)) };
  return dice.chance(40) ? { namespaces: selector(dice) } : { pods: namespacedPods(dice) };
}

/** The peers of the releases before v0.1.2. */
function setPeer(dice: Dice): Json {
  const set = dice.pick([
    { namespaceSelector: selector(dice) },
    { sameLabels: dice.some(0, 2, () => dice.pick([...labelKeys, 'zone', 'team'])) },
    { notSameLabels: dice.pick([[], ['zone'], ['team'], ['zone', 'team']]) },
  ]);
  return dice.chance(50) ? { namespaces: set } : { pods: { namespaces: set, podSelector: selector(dice) } };
}

function range(dice: Dice): Json {
  const start = dice.pick(portNumbers);
  return { start, end: start + 1 + dice.int(400) };
}

function alpha1Port(dice: Dice, isNamed: boolean): Json {
  if (isNamed && dice.chance(25)) return { namedPort: dice.pick(portNames) };
  if (dice.chance(30)) {
    return { portRange: { ...range(dice), ...(dice.chance(60) ? { protocol: dice.pick(protocols) } : {}) } };
  }
  return { portNumber: { protocol: dice.pick(protocols), port: dice.pick(portNumbers) } };
}

function alpha2Protocol(dice: Dice, isNamed: boolean): Json {
  if (isNamed && dice.chance(25)) return { destinationNamedPort: dice.pick(portNames) };
  const destinationPort = dice.chance(40) ? { range: range(dice) } : { number: dice.pick(portNumbers) };
  return { [dice.pick(protocols).toLowerCase()]: { destinationPort } };
}
