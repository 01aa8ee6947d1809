import {
  cidrs,
  Dice,
  type Json,
  labels,
  outer,
  pod,
  policy,
  portNames,
  portNumbers,
  protocols,
  type RandomCluster,
  selector,
} from './clusters.ts';

/** Where the API server is: one of the addresses outside. The entity `cluster` means it too. */
const apiServer: readonly Json[] = [
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kubernetes', namespace: 'default' },
    spec: { clusterIP: '10.96.0.1', ports: [{ port: 443, targetPort: 6443 }] },
  },
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: 'IPv4',
    ports: [{ port: 6443, protocol: 'TCP' }],
    endpoints: [{ addresses: ['203.0.113.200'] }],
  },
];

/** A random cluster with NetworkPolicies and both of Cilium's kinds, in which a block never matches a pod. */
export function ciliumCluster(seed: number): RandomCluster {
  const dice = new Dice(seed);
  const names = dice.some(1, 3, (index) => `ns${index}`);
  return {
    namespaces: names.map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: labels(dice) },
    })),
    pods: dice.some(2, 5, (index) => completed(dice, pod(dice, names, index))),
    policies: [
      ...dice.some(0, 2, (index) => policy(dice, names, index)),
      ...dice.some(1, 4, (index) => ciliumPolicy(dice, names, index)),
    ],
    others: apiServer,
    blocksMatchPods: false,
  };
}

const serviceAccounts = ['reader', 'writer'];

/** With a service account; and a port's name stands once in a container, for the API server refuses another. */
function completed(dice: Dice, object: Json): Json {
  const spec = object['spec'] as { containers: { ports: Json[] }[]; serviceAccountName?: string };
  const { containers } = spec;
  spec.serviceAccountName = dice.pick(serviceAccounts);
  const seen = new Set<unknown>();
  for (const { ports } of containers) {
    for (const port of ports) {
      if (seen.has(port['name'])) delete port['name'];
      else seen.add(port['name']);
    }
  }
  return object;
}

function ciliumPolicy(dice: Dice, namespaces: readonly string[], index: number): Json {
  const isClusterwide = dice.chance(40);
  const several = dice.chance(15);
  return {
    apiVersion: 'cilium.io/v2',
    kind: isClusterwide ? 'CiliumClusterwideNetworkPolicy' : 'CiliumNetworkPolicy',
    metadata: { name: `cilium${index}`, ...(isClusterwide ? {} : { namespace: dice.pick(namespaces) }) },
    ...(several ? { specs: dice.some(1, 2, () => rule(dice, isClusterwide)) } : { spec: rule(dice, isClusterwide) }),
  };
}

function rule(dice: Dice, isClusterwide: boolean): Json {
  const sections: [string, 'from' | 'to', number][] = [
    ['ingress', 'from', 60],
    ['egress', 'to', 45],
    ['ingressDeny', 'from', 20],
    ['egressDeny', 'to', 15],
  ];
  const written = sections.flatMap(([name, side, percent]) =>
    dice.chance(percent) ? [[name, dice.some(0, 3, () => part(dice, side))] as const] : [],
  );
  // A rule without any entry is refused.
  const filled = written.some(([, parts]) => parts.length > 0) ? written : [['ingress', [part(dice, 'from')]] as const];
  return {
    endpointSelector: ciliumSelector(dice, isClusterwide),
    ...Object.fromEntries(filled),
    ...(dice.chance(25) ? { enableDefaultDeny: defaultDeny(dice, Object.fromEntries(filled)) } : {}),
  };
}

/** What `true` means for a direction without entries depends on Cilium's release. */
function defaultDeny(dice: Dice, written: Json): Json {
  const isRuled = (direction: string): boolean =>
    [direction, `${direction}Deny`].some((name) => ((written[name] ?? []) as unknown[]).length > 0);
  return Object.fromEntries(
    ['ingress', 'egress'].flatMap((direction) =>
      dice.chance(60) ? [[direction, isRuled(direction) && dice.chance(40)]] : [],
    ),
  );
}

function part(dice: Dice, side: 'from' | 'to'): Json {
  if (dice.chance(8)) return {};
  return {
    ...(dice.chance(85) ? peers(dice, side) : {}),
    ...(dice.chance(4) ? { [`${side}${dice.pick(['Endpoints', 'Entities', 'CIDR', 'CIDRSet'])}`]: [] } : {}),
    ...(dice.chance(4) ? { icmps: [{ fields: [{ type: 8, family: 'IPv4' }] }] } : ports(dice)),
  };
}

/** One kind of peers: Cilium refuses two in one entry. */
function peers(dice: Dice, side: 'from' | 'to'): Json {
  if (dice.chance(55)) return { [`${side}Endpoints`]: dice.some(1, 2, () => ciliumSelector(dice, true)) };
  if (dice.chance(40)) return { [`${side}Entities`]: dice.some(1, 2, () => entity(dice)) };
  if (dice.chance(50)) return { [`${side}CIDR`]: dice.some(1, 2, () => dice.pick(cidrs)) };
  return {
    [`${side}CIDRSet`]: dice.some(1, 2, () => {
      const cidr = dice.pick(cidrs);
      const inner = outer[cidr] ?? [];
      return { cidr, ...(inner.length > 0 && dice.chance(60) ? { except: [dice.pick(inner)] } : {}) };
    }),
  };
}

function entity(dice: Dice): string {
  if (dice.chance(20)) return dice.pick(['init', 'health', 'ingress', 'unmanaged', 'none', 'remote-node', 'host']);
  return dice.pick(['all', 'world', 'world', 'cluster', 'cluster', 'world-ipv4', 'world-ipv6', 'kube-apiserver']);
}

/** A label selector whose keys have Cilium's prefixes, now and then with keys of the namespace. */
function ciliumSelector(dice: Dice, hasNamespace: boolean): Json {
  const { matchLabels, matchExpressions } = selector(dice) as {
    matchLabels?: Readonly<Record<string, unknown>>;
    matchExpressions?: readonly Json[];
  };
  const pairs = Object.entries(matchLabels ?? {}).map(([key, value]) => [`${prefix(dice)}${key}`, value] as const);
  const expressions = (matchExpressions ?? []).map(
    (one): Json => ({ ...one, key: `${prefix(dice)}${String(one['key'])}` }),
  );
  if (hasNamespace && dice.chance(35)) pairs.push(...namespacePair(dice));
  if (dice.chance(8)) {
    pairs.push([`${prefix(dice)}io.cilium.k8s.policy.serviceaccount`, dice.pick(serviceAccounts)]);
  }
  if (hasNamespace && dice.chance(15)) {
    // Whether a selector that only excludes means addresses outside too depends on Cilium's release.
    const isPositive =
      pairs.length > 0 || expressions.some((one) => ['In', 'Exists'].includes(String(one['operator'])));
    expressions.push(namespaceExpression(dice, isPositive));
  }
  return {
    ...(pairs.length > 0 ? { matchLabels: Object.fromEntries(pairs) } : {}),
    ...(expressions.length > 0 ? { matchExpressions: expressions } : {}),
  };
}

function prefix(dice: Dice): string {
  return dice.pick(['', '', 'k8s:', 'any:']);
}

function namespacePair(dice: Dice): (readonly [string, unknown])[] {
  if (dice.chance(50)) return [[`${prefix(dice)}io.kubernetes.pod.namespace`, `ns${dice.int(3)}`]];
  const [key, value] = Object.entries({ ...labels(dice), 'kubernetes.io/metadata.name': `ns${dice.int(3)}` })[0] ?? [];
  return [[`${prefix(dice)}io.cilium.k8s.namespace.labels.${String(key)}`, value]];
}

function namespaceExpression(dice: Dice, mayExclude: boolean): Json {
  const operator = dice.pick(mayExclude ? ['In', 'NotIn', 'Exists', 'DoesNotExist'] : ['In', 'Exists']);
  const isName = dice.chance(50);
  const key = isName ? 'io.kubernetes.pod.namespace' : 'io.cilium.k8s.namespace.labels.env';
  const values = isName ? ['ns0', 'ns1'] : ['a', 'b'];
  return {
    key: `${prefix(dice)}${key}`,
    operator,
    ...(operator === 'In' || operator === 'NotIn' ? { values: values.slice(0, 1 + dice.int(2)) } : {}),
  };
}

function ports(dice: Dice): Json {
  return dice.chance(50) ? { toPorts: dice.some(0, 2, () => portRule(dice)) } : {};
}

function portRule(dice: Dice): Json {
  return { ports: dice.some(1, 3, () => port(dice)) };
}

function port(dice: Dice): Json {
  const protocol = dice.chance(65) ? { protocol: dice.pick([...protocols, 'ANY']) } : {};
  if (dice.chance(8)) return { ...protocol, port: '0' };
  if (dice.chance(30)) {
    const name = dice.pick(portNames);
    return { ...protocol, port: dice.chance(20) ? name.toUpperCase() : name };
  }
  const first = dice.pick(portNumbers);
  return { ...protocol, port: String(first), ...(dice.chance(25) ? { endPort: first + dice.int(400) } : {}) };
}
