import { t } from '@vscode/l10n';
import { type AddressPool, addressPools, isVirtualNode } from '../../cni/pools.ts';
import { cidrContains, type IpAddress, parseIp } from '../../model/addresses.ts';
import { hasStatus } from '../../model/health.ts';
import { arrayAt, stringAt } from '../../model/json.ts';
import type { FieldPath, ResourceRef } from '../../model/resource.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

/** As many objects as one reads. */
const shown = 5;

function* check(context: RuleContext): Generator<Finding> {
  const pools = [...addressPools(context.snapshot, context.model.environment)].sort(byFirst);
  if (pools.length === 0) return;
  yield* amongPools(pools);
  yield* inside(pools, nodeAddresses(context), (one, cidr, count) =>
    t(
      'Pods get addresses of {0}, and node {2} has {3} (nodes there: {1}): pods can’t reach it, or it has the address of a pod',
      cidr,
      count,
      one.ref.name,
      one.text,
    ),
  );
  yield* inside(pools, serviceAddresses(context), (one, cidr, count) =>
    t(
      'Pods get addresses of {0}, and Service {2} has {3} (Services there: {1}): pods and Services need networks of their own',
      cidr,
      count,
      `${one.ref.namespace}/${one.ref.name}`,
      one.text,
    ),
  );
}

function byFirst({ block: a }: AddressPool, { block: b }: AddressPool): number {
  if (a.family !== b.family) return a.family - b.family;
  if (a.first !== b.first) return a.first < b.first ? -1 : 1;
  return b.prefix - a.prefix;
}

/** Blocks in the order of their first addresses: each is held against the one before it that reaches farthest. */
function* amongPools(pools: readonly AddressPool[]): Generator<Finding> {
  let farthest: AddressPool | undefined;
  for (const pool of pools) {
    const before = farthest?.block.family === pool.block.family ? farthest : undefined;
    if (before !== undefined && before.block.last >= pool.block.first) yield overlap(pool, before);
    if (before === undefined || pool.block.last > before.block.last) farthest = pool;
  }
}

function overlap(pool: AddressPool, other: AddressPool): Finding {
  const message = t(
    'The pod network {0} of {1} overlaps {2} of {3}: two pods may get one address, and packets go to the wrong node',
    pool.cidr,
    pool.ref.name,
    other.cidr,
    other.ref.name,
  );
  const related = [{ ref: other.ref, path: other.path, message: t('{0} has {1}', other.ref.name, other.cidr) }];
  return { code: rule.code, message, ref: pool.ref, path: pool.path, related, fixes: [] };
}

interface Owned {
  readonly ref: ResourceRef;
  readonly path: FieldPath;
  readonly text: string;
  readonly address: IpAddress;
}

/** One finding a block, at the block: it is what can be chosen anew. */
function* inside(
  pools: readonly AddressPool[],
  owned: readonly Owned[],
  say: (first: Owned, cidr: string, count: number) => string,
): Generator<Finding> {
  const found = new Map<AddressPool, Owned[]>();
  for (const one of owned) {
    const pool = poolOf(pools, one.address);
    if (pool !== undefined) found.set(pool, [...(found.get(pool) ?? []), one]);
  }
  for (const [{ ref, path, cidr }, all] of found) {
    const [first] = all;
    if (first === undefined) continue;
    const related = all
      .slice(0, shown)
      .map((one) => ({ ref: one.ref, path: one.path, message: t('{0} has {1}', one.ref.name, one.text) }));
    yield { code: rule.code, message: say(first, cidr, all.length), ref, path, related, fixes: [] };
  }
}

/** The block that an address is in; of blocks that overlap, which is told already, any. */
function poolOf(pools: readonly AddressPool[], address: IpAddress): AddressPool | undefined {
  let low = 0;
  let high = pools.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const block = pools[middle]?.block;
    const isAfter =
      block !== undefined &&
      (block.family === address.family ? block.first > address.value : block.family > address.family);
    if (isAfter) high = middle;
    else low = middle + 1;
  }
  const pool = pools[low - 1];
  return pool !== undefined && cidrContains(pool.block, address) ? pool : undefined;
}

function nodeAddresses({ snapshot }: RuleContext): readonly Owned[] {
  return snapshot.nodes.flatMap((node) => {
    if (!hasStatus(node) || isVirtualNode(node)) return [];
    const { ref, object } = node.resource;
    return arrayAt(object, 'status', 'addresses').flatMap((one, index): readonly Owned[] => {
      const text = stringAt(one, 'address') ?? '';
      const address = stringAt(one, 'type') === 'InternalIP' ? parseIp(text) : undefined;
      return address === undefined ? [] : [{ ref, path: ['status', 'addresses', index], text, address }];
    });
  });
}

function serviceAddresses({ snapshot }: RuleContext): readonly Owned[] {
  return snapshot.services.flatMap(({ ref, clusterIPs, simulated }) =>
    simulated.clusterIPs
      ? []
      : clusterIPs.flatMap((text): readonly Owned[] => {
          const address = parseIp(text);
          return address === undefined ? [] : [{ ref, path: ['spec', 'clusterIP'], text, address }];
        }),
  );
}

const cluster = (cidr: string): string => `apiVersion: crd.projectcalico.org/v1
kind: IPPool
metadata:
  name: default-ipv4-ippool
spec:
  cidr: ${cidr}
  ipipMode: Always
---
apiVersion: v1
kind: Node
metadata: {name: node-1}
spec: {}
status:
  addresses: [{type: InternalIP, address: 192.168.0.11}]
  conditions: [{type: Ready, status: "True"}]
`;

/** Addresses that mean two things. */
export const rule: Rule = {
  code: 'cidr-overlap',
  summary: 'In a running cluster: networks of pods, Services and nodes that overlap.',
  description:
    'An address must lead to one place. Where the pods’ network holds addresses of nodes (Calico’s default 192.168.0.0/16 in many a home or office), nodes and everything else there can’t be reached from pods, or pods get the address of a node. Two nodes with one block give one address twice. Choose networks that nothing else uses; those of Services and pods can’t be changed in place.',
  severity: 'error',
  reads: [
    '/Node',
    '/Service',
    'apps/DaemonSet',
    '/ConfigMap',
    'cilium.io/CiliumNode',
    'crd.projectcalico.org/IPPool',
    'projectcalico.org/IPPool',
  ],
  example: { failing: cluster('192.168.0.0/16'), corrected: cluster('10.244.0.0/16') },
  check,
};
