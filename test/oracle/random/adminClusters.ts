import {
  cidrs,
  Dice,
  type Json,
  labelKeys,
  labels,
  podWithDistinctPorts,
  policy,
  portNames,
  portNumbers,
  protocols,
  type RandomCluster,
  selector,
} from './clusters.ts';

/** The words of one version of the API. */
interface Dialect {
  readonly version: 'v1alpha1' | 'v1alpha2';
  readonly actions: readonly string[];
}

/** A random cluster with policies of the Network Policy API, of one version, beside NetworkPolicies. */
export function adminCluster(seed: number): RandomCluster {
  const dice = new Dice(seed);
  const names = dice.some(1, 3, (index) => `ns${index}`);
  const isNew = dice.chance(50);
  const dialect: Dialect = isNew
    ? { version: 'v1alpha2', actions: ['Accept', 'Deny', 'Pass'] }
    : { version: 'v1alpha1', actions: ['Allow', 'Deny', 'Pass'] };
  const admins = dice.some(1, 3, (index) => cluster(dice, dialect, 'Admin', index));
  const baselines = dice.some(0, isNew ? 2 : 1, (index) => cluster(dice, dialect, 'Baseline', index));
  return {
    namespaces: names.map((name) => {
      return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: labels(dice) } };
    }),
    pods: dice.some(2, 6, (index) => podWithDistinctPorts(dice, names, index)),
    policies: [...admins, ...baselines, ...dice.some(0, 2, (index) => policy(dice, names, index))],
    blocksMatchPods: dice.pick([true, false, undefined]),
  };
}

function cluster(dice: Dice, dialect: Dialect, tier: 'Admin' | 'Baseline', index: number): Json {
  const isNew = dialect.version === 'v1alpha2';
  const priority = index * 10 + dice.int(10);
  const actions = dialect.actions.slice(0, isNew || tier === 'Admin' ? 3 : 2);
  const rules = (direction: 'from' | 'to') => dice.some(0, 3, () => rule(dice, dialect, actions, direction));
  return {
    apiVersion: `policy.networking.k8s.io/${dialect.version}`,
    kind: isNew ? 'ClusterNetworkPolicy' : tier === 'Admin' ? 'AdminNetworkPolicy' : 'BaselineAdminNetworkPolicy',
    metadata: { name: !isNew && tier === 'Baseline' ? 'default' : `${tier.toLowerCase()}${index}` },
    spec: {
      ...(isNew ? { tier } : {}),
      ...(isNew || tier === 'Admin' ? { priority } : {}),
      subject: dice.chance(50)
        ? { namespaces: selector(dice) }
        : { pods: { namespaceSelector: selector(dice), podSelector: selector(dice) } },
      ingress: rules('from'),
      egress: rules('to'),
    },
  };
}

function rule(dice: Dice, dialect: Dialect, actions: readonly string[], direction: 'from' | 'to'): Json {
  const field = dialect.version === 'v1alpha2' ? 'protocols' : 'ports';
  return {
    action: dice.pick(actions),
    [direction]: dice.some(1, 2, () => peer(dice, dialect, direction)),
    ...(dice.chance(40) ? {} : { [field]: dice.some(1, 2, () => port(dice, dialect)) }),
  };
}

function peer(dice: Dice, { version }: Dialect, direction: 'from' | 'to'): Json {
  if (direction === 'to' && dice.chance(25)) return { networks: [dice.pick(cidrs)] };
  if (version === 'v1alpha1' && dice.chance(25)) {
    const namespaces = dice.chance(50) ? { sameLabels: [dice.pick(labelKeys)] } : { namespaceSelector: selector(dice) };
    return dice.chance(50) ? { namespaces } : { pods: { namespaces, podSelector: selector(dice) } };
  }
  if (dice.chance(50)) return { namespaces: selector(dice) };
  return { pods: { namespaceSelector: selector(dice), podSelector: selector(dice) } };
}

function port(dice: Dice, { version }: Dialect): Json {
  const start = dice.pick(portNumbers);
  const range = { start, end: start + 1 + dice.int(400) };
  const protocol = dice.pick(protocols);
  if (dice.chance(25)) {
    return version === 'v1alpha2'
      ? { destinationNamedPort: dice.pick(portNames) }
      : { namedPort: dice.pick(portNames) };
  }
  if (version === 'v1alpha1') {
    return dice.chance(50) ? { portNumber: { protocol, port: start } } : { portRange: { protocol, ...range } };
  }
  const destinationPort = dice.chance(50) ? { number: start } : { range };
  return { [protocol.toLowerCase()]: dice.chance(25) ? {} : { destinationPort } };
}
