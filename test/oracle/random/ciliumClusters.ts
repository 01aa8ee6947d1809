import {
  cidrs,
  Dice,
  type Json,
  labelKeys,
  labels,
  labelValues,
  outer,
  podWithDistinctPorts,
  policy,
  portNames,
  portNumbers,
  type RandomCluster,
  selector,
} from './clusters.ts';

/** A random cluster with Cilium's policies beside NetworkPolicies. */
export function ciliumCluster(seed: number): RandomCluster {
  const dice = new Dice(seed);
  const names = dice.some(1, 3, (index) => `ns${index}`);
  const cilium = dice.some(1, 4, (index) => ciliumPolicy(dice, names, index));
  return {
    namespaces: names.map((name) => {
      return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: labels(dice) } };
    }),
    pods: dice.some(2, 6, (index) => podWithDistinctPorts(dice, names, index)),
    policies: [...cilium, ...dice.some(0, 2, (index) => policy(dice, names, index))],
    blocksMatchPods: false,
  };
}

function ciliumPolicy(dice: Dice, namespaces: readonly string[], index: number): Json {
  const isWide = dice.chance(30);
  const metadata = { name: `cilium${index}`, ...(isWide ? {} : { namespace: dice.pick(namespaces) }) };
  const body = dice.chance(85) ? { spec: spec(dice) } : { specs: dice.some(1, 2, () => spec(dice)) };
  const kind = isWide ? 'CiliumClusterwideNetworkPolicy' : 'CiliumNetworkPolicy';
  return { apiVersion: 'cilium.io/v2', kind, metadata, ...body };
}

function spec(dice: Dice): Json {
  const lists = [
    ['ingress', 'from', false, 60],
    ['egress', 'to', false, 60],
    ['ingressDeny', 'from', true, 25],
    ['egressDeny', 'to', true, 25],
  ] as const;
  const rules = lists.flatMap(([name, side, denies, percent]) =>
    dice.chance(percent) ? [[name, dice.some(denies ? 1 : 0, 2, () => rule(dice, side, denies))] as const] : [],
  );
  const open = dice.chance(20) ? { enableDefaultDeny: { [dice.pick(['ingress', 'egress'])]: false } } : {};
  return { endpointSelector: withSources(dice, selector(dice)), ...Object.fromEntries(rules), ...open };
}

/** Keys may name the source of a label. */
function withSources(dice: Dice, made: Json): Json {
  const source = dice.pick(['', '', 'k8s:', 'any:']);
  const matchLabels = Object.entries((made['matchLabels'] ?? {}) as Record<string, string>);
  const expressions = (made['matchExpressions'] ?? []) as { key: string }[];
  return {
    ...(matchLabels.length > 0
      ? { matchLabels: Object.fromEntries(matchLabels.map(([key, value]) => [source + key, value])) }
      : {}),
    ...(expressions.length > 0
      ? { matchExpressions: expressions.map((one) => ({ ...one, key: source + one.key })) }
      : {}),
  };
}

function rule(dice: Dice, side: 'from' | 'to', denies: boolean): Json {
  // A rule without peers and ports isolates and lets nothing through; what it would deny is not documented.
  if (!denies && dice.chance(10)) return {};
  const hasPeers = dice.chance(80);
  const hasPorts = !hasPeers || dice.chance(50);
  return {
    ...(hasPeers ? peers(dice, side, denies) : {}),
    ...(hasPorts ? { toPorts: dice.some(1, 2, () => ({ ports: dice.some(1, 2, () => port(dice)) })) } : {}),
  };
}

function peers(dice: Dice, side: 'from' | 'to', denies: boolean): Json {
  const least = denies || dice.chance(85) ? 1 : 0;
  switch (dice.int(6)) {
    case 0:
      return { [`${side}Entities`]: dice.some(1, 2, () => dice.pick(['all', 'world', 'cluster'])) };
    case 1:
      return { [`${side}CIDR`]: dice.some(1, 2, () => dice.pick(cidrs)) };
    case 2:
      return { [`${side}CIDRSet`]: dice.some(1, 2, () => cidrSet(dice)) };
    default:
      return { [`${side}Endpoints`]: dice.some(least, 2, () => endpoints(dice)) };
  }
}

function cidrSet(dice: Dice): Json {
  const cidr = dice.pick(cidrs);
  const inner = outer[cidr] ?? [];
  return { cidr, ...(inner.length > 0 && dice.chance(50) ? { except: [dice.pick(inner)] } : {}) };
}

/** Endpoints of the own namespace, of one by its name, or of those with a label. */
function endpoints(dice: Dice): Json {
  const own = withSources(dice, selector(dice));
  if (dice.chance(60)) return own;
  const key = dice.chance(50)
    ? 'k8s:io.kubernetes.pod.namespace'
    : `k8s:io.cilium.k8s.namespace.labels.${dice.pick(labelKeys)}`;
  const value = key.endsWith('pod.namespace') ? `ns${dice.int(3)}` : dice.pick(labelValues);
  return { ...own, matchLabels: { ...(own['matchLabels'] as Json | undefined), [key]: value } };
}

function port(dice: Dice): Json {
  const protocol = dice.chance(70) ? { protocol: dice.pick(['TCP', 'UDP', 'SCTP', 'ANY']) } : {};
  if (dice.chance(25)) return { port: dice.pick(portNames), ...protocol };
  const first = dice.pick(portNumbers);
  return { port: `${first}`, ...(dice.chance(25) ? { endPort: first + dice.int(400) } : {}), ...protocol };
}
