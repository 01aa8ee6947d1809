import {
  cidrs,
  Dice,
  type Json,
  labelKeys,
  labels,
  labelValues,
  podWithDistinctPorts,
  policy,
  portNames,
  portNumbers,
  type RandomCluster,
} from './clusters.ts';

const apiVersion = 'projectcalico.org/v3';

/** A random cluster with Calico's policies, tiers and network sets beside NetworkPolicies. */
export function calicoCluster(seed: number): RandomCluster {
  const dice = new Dice(seed);
  const names = dice.some(1, 3, (index) => `ns${index}`);
  const tiers = dice.some(0, 2, (index) => tier(dice, index));
  const tierNames = ['default', 'default', ...tiers.map(({ metadata }) => (metadata as { name: string }).name)];
  return {
    namespaces: names.map((name) => {
      return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: labels(dice) } };
    }),
    pods: dice.some(2, 5, (index) => podWithDistinctPorts(dice, names, index)),
    policies: [
      ...tiers,
      ...dice.some(0, 2, (index) => networkSet(dice, names, index)),
      ...dice.some(1, 5, (index) => calicoPolicy(dice, names, tierNames, index)),
      ...dice.some(0, 2, (index) => policy(dice, names, index)),
    ],
    blocksMatchPods: dice.pick([true, false, undefined]),
  };
}

function tier(dice: Dice, index: number): Json {
  // Some before the default tier and some after it.
  const order = dice.chance(80) ? 100 * (index + 1) : 2_000_000 + index;
  const end = dice.chance(40) ? { defaultAction: dice.pick(['Pass', 'Deny']) } : {};
  return { apiVersion, kind: 'Tier', metadata: { name: `tier${index}` }, spec: { order, ...end } };
}

function networkSet(dice: Dice, namespaces: readonly string[], index: number): Json {
  const own = dice.chance(50) ? { namespace: dice.pick(namespaces) } : {};
  return {
    apiVersion,
    kind: 'namespace' in own ? 'NetworkSet' : 'GlobalNetworkSet',
    metadata: { name: `set${index}`, ...own, labels: labels(dice) },
    spec: { nets: dice.some(1, 2, () => dice.pick(cidrs.slice(1))) },
  };
}

function calicoPolicy(dice: Dice, namespaces: readonly string[], tiers: readonly string[], index: number): Json {
  const isGlobal = dice.chance(45);
  const tierName = dice.pick(tiers);
  // Of equal orders the two kinds stand by name, in one version behind the namespace: these names come to the same in both.
  const letter = !isGlobal ? 'p' : tierName === 'default' ? 'a' : 'z';
  const name = `${tierName}.${letter}${index}`;
  const metadata = { name, ...(isGlobal ? {} : { namespace: dice.pick(namespaces) }) };
  const types = dice.pick([undefined, ['Ingress'], ['Egress'], ['Ingress', 'Egress'], ['Ingress', 'Egress']]);
  const rules = (direction: string) => dice.some(0, 3, () => rule(dice, isGlobal, direction));
  return {
    apiVersion,
    kind: isGlobal ? 'GlobalNetworkPolicy' : 'NetworkPolicy',
    metadata,
    spec: {
      ...(tierName === 'default' && dice.chance(50) ? {} : { tier: tierName }),
      ...(dice.chance(80) ? { order: 701 + index * 100 + dice.int(50) } : {}),
      selector: selector(dice),
      ...(isGlobal && dice.chance(30) ? { namespaceSelector: namespaceSelector(dice) } : {}),
      ...(types === undefined ? {} : { types }),
      ingress: rules('ingress'),
      egress: rules('egress'),
    },
  };
}

function rule(dice: Dice, isGlobal: boolean, direction: string): Json {
  const protocol = dice.chance(55) ? dice.pick(['TCP', 'UDP', 'SCTP']) : undefined;
  const [own, other] = direction === 'ingress' ? ['destination', 'source'] : ['source', 'destination'];
  const parts: Record<string, Json> = {};
  if (dice.chance(85)) parts[other as string] = entity(dice, isGlobal);
  if (dice.chance(12)) parts[own as string] = entity(dice, isGlobal);
  if (protocol !== undefined && dice.chance(75)) parts['destination'] = { ...parts['destination'], ...ports(dice) };
  const not = protocol === undefined && dice.chance(10) ? { notProtocol: dice.pick(['TCP', 'UDP']) } : {};
  return {
    action: dice.pick(['Allow', 'Allow', 'Allow', 'Deny', 'Deny', 'Pass', 'Log']),
    ...(protocol === undefined ? not : { protocol }),
    ...(dice.chance(8) ? { ipVersion: dice.pick([4, 6]) } : {}),
    ...parts,
  };
}

function entity(dice: Dice, isGlobal: boolean): Json {
  const made: Json = {};
  if (dice.chance(70)) made['selector'] = selector(dice);
  if (dice.chance(25)) made['namespaceSelector'] = ruleNamespaceSelector(dice);
  // Without a selector beside it, what it means in a namespaced policy depends on the release.
  if (dice.chance(15) && (isGlobal || made['selector'] !== undefined)) made['notSelector'] = selector(dice);
  if (dice.chance(20)) made['nets'] = dice.some(1, 2, () => dice.pick(cidrs));
  if (dice.chance(12)) made['notNets'] = [dice.pick(cidrs.slice(1, 4))];
  return made;
}

function ports(dice: Dice): Json {
  const port = (): number | string => {
    const first = dice.pick(portNumbers);
    if (dice.chance(20)) return dice.pick(portNames);
    return dice.chance(30) ? `${first}:${first + 1 + dice.int(300)}` : first;
  };
  if (dice.chance(15)) return { notPorts: dice.some(1, 2, () => dice.pick(portNumbers)) };
  return { ports: dice.some(1, 2, port) };
}

/** An expression of the language, now and then of two. */
function selector(dice: Dice): string {
  if (dice.chance(15)) return 'all()';
  const first = comparison(dice);
  if (dice.chance(60)) return first;
  const joined = `${first} ${dice.pick(['&&', '||'])} ${comparison(dice)}`;
  return dice.chance(25) ? `!(${joined})` : joined;
}

function comparison(dice: Dice): string {
  const key = dice.pick(labelKeys);
  const value = dice.pick(labelValues);
  switch (dice.int(9)) {
    case 0:
      return `${key} != '${value}'`;
    case 1:
      return `${key} in {'${value}', '${dice.pick(labelValues)}'}`;
    case 2:
      return `${key} not in {"${value}"}`;
    case 3:
      return dice.chance(50) ? `has(${key})` : `!has(${key})`;
    case 4:
      return `${key} ${dice.pick(['contains', 'starts with', 'ends with'])} '${value}'`;
    case 5:
      return `projectcalico.org/namespace == 'ns${dice.int(3)}'`;
    default:
      return `${key} == '${value}'`;
  }
}

function namespaceSelector(dice: Dice): string {
  return dice.chance(30) ? `projectcalico.org/name == 'ns${dice.int(3)}'` : comparison(dice);
}

function ruleNamespaceSelector(dice: Dice): string {
  return dice.pick(['all()', 'global()', namespaceSelector(dice), namespaceSelector(dice)]);
}
