import { t } from '@vscode/l10n';
import { type AddressPool, addressPools, takesAddress } from '../../cni/pools.ts';
import { type AddressFailure, addressFailures } from '../../cni/sandbox.ts';
import { cidrContains, parseIp } from '../../model/addresses.ts';
import type { Pod } from '../../model/cluster.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

/** As many pods as one reads. */
const shown = 5;
/** A block of more addresses than there are pods in any cluster is not counted. */
const mostCounted = 1n << 20n;

function* check({ snapshot, model }: RuleContext): Generator<Finding> {
  const pools = addressPools(snapshot, model.environment);
  const taking = pools.length === 0 ? [] : snapshot.pods.filter(takesAddress);
  const byNode = Map.groupBy(taking, ({ node }) => node);
  const failures = addressFailures(snapshot).filter((one) => one.isExhausted);
  const told = new Set<AddressFailure>();
  for (const pool of pools) {
    const used = usedIn(pool, pool.node === undefined ? taking : (byNode.get(pool.node) ?? []));
    if (used === undefined) continue;
    const here = failures.filter(({ pod }) => pool.node === undefined || pod.node === pool.node);
    for (const one of here) told.add(one);
    yield poolFinding(pool, used, here);
  }
  const left = failures.filter((one) => !told.has(one));
  for (const onNode of Map.groupBy(left, ({ pod }) => pod.node).values()) yield* podFinding(onNode);
}

/** How many addresses of a block are taken; `undefined` where some are free. */
function usedIn({ block, reserved }: AddressPool, pods: readonly Pod[]): number | undefined {
  const size = block.last - block.first + 1n;
  const isFull = (used: number): boolean => used > 0 && BigInt(used + reserved) >= size;
  // Most blocks are not nearly full: addresses are read only where they may be.
  if (size > mostCounted || !isFull(pods.length)) return undefined;
  const addresses = new Set(pods.flatMap(({ ips }) => ips));
  const used = [...addresses].filter((ip) => {
    const address = parseIp(ip);
    return address !== undefined && cidrContains(block, address);
  }).length;
  return isFull(used) ? used : undefined;
}

function poolFinding(
  { ref, path, cidr, node }: AddressPool,
  used: number,
  failures: readonly AddressFailure[],
): Finding {
  const message =
    node === undefined
      ? t('{0} {1} has no free address left: {2} has {3} pods', ref.kind, ref.name, cidr, used)
      : t('Node {0} has no free pod address left: {1} has {2} pods', node, cidr, used);
  const waiting = failures.length === 0 ? '' : `. ${t('Pods that get none: {0}', failures.length)}`;
  return { code: rule.code, message: message + waiting, ref, path, related: proof(failures), fixes: [] };
}

function proof(failures: readonly AddressFailure[]): Finding['related'] {
  return failures
    .slice(0, shown)
    .map(({ pod, event }) => ({ ref: event.ref, path: ['message'], message: `${pod.ref.name}: ${event.message}` }));
}

/** The plugin says that nothing is free, and the pods that are seen do not fill a block that is known. */
function* podFinding(failures: readonly AddressFailure[]): Generator<Finding> {
  const [first] = failures;
  if (first === undefined) return;
  const { ref, node } = first.pod;
  const more = failures.length === 1 ? '' : ` ${t('Other pods there that get none: {0}.', failures.length - 1)}`;
  const head = t('{0} gets no address: the network plugin of node {1} has none left to give.', ref.name, node ?? '');
  yield {
    code: rule.code,
    message: `${head}${more} ${first.event.message}`,
    ref,
    path: ['status', 'phase'],
    related: proof(failures),
    fixes: [],
  };
}

const cluster = (cidr: string): string => `apiVersion: v1
kind: Node
metadata:
  name: node-1
spec:
  podCIDR: ${cidr}
status:
  conditions: [{type: Ready, status: "True"}]
---
apiVersion: v1
kind: Pod
metadata: {name: api}
spec: {nodeName: node-1, containers: [{name: api, image: api}]}
status: {phase: Running, podIP: 10.244.0.2}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: kube-flannel-ds, namespace: kube-flannel}
spec:
  selector: {matchLabels: {app: flannel}}
  template:
    metadata: {labels: {app: flannel}}
    spec: {hostNetwork: true, containers: [{name: flannel, image: ghcr.io/flannel-io/flannel:v0.27.0}]}
`;

/** A block that is full. */
export const rule: Rule = {
  code: 'ip-pool-exhausted',
  summary: 'In a running cluster: a node’s podCIDR or a pool that has no free address left.',
  description:
    'A block of addresses takes no more pods than it has addresses, less those of the network and the bridge: 253 for a /24, 61 for a /26. Pods beyond that wait for ever. Give nodes larger blocks (`--node-cidr-mask-size`), add a pool, or lower the kubelet’s `maxPods` below what the block holds. Where fewer pods are seen than the block has addresses, pods that are gone may not have given theirs back: look at the CNI’s address management.',
  severity: 'warning',
  reads: [
    '/Node',
    '/Pod',
    '/Event',
    'apps/DaemonSet',
    '/ConfigMap',
    'cilium.io/CiliumNode',
    'crd.projectcalico.org/IPPool',
    'projectcalico.org/IPPool',
  ],
  example: { failing: cluster('10.244.0.0/30'), corrected: cluster('10.244.0.0/24') },
  check,
};
