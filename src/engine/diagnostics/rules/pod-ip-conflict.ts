import { t } from '@vscode/l10n';
import { type AddressPool, addressPools } from '../../cni/pools.ts';
import { cidrContains, parseIp } from '../../model/addresses.ts';
import type { Pod } from '../../model/cluster.ts';
import { holdsAddress, isNodeReady } from '../../model/health.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

/** As many pods as one reads. */
const shown = 5;

function* check(context: RuleContext): Generator<Finding> {
  const { snapshot } = context;
  // Networks of their own may have the same addresses.
  if (snapshot.kinds.some(({ kind }) => kind === 'UserDefinedNetwork' || kind === 'ClusterUserDefinedNetwork')) return;
  // What a node that does not answer has said of its pods may be old.
  const isCurrent = new Map(snapshot.nodes.map((one) => [one.name, isNodeReady(one)]));
  const pods = snapshot.pods.filter((one) => holdsAddress(one) && isCurrent.get(one.node ?? '') === true);
  yield* twice(pods);
  yield* outside(context, pods);
}

function nameOf({ ref }: Pod): string {
  return `${ref.namespace}/${ref.name}`;
}

function byName(a: Pod, b: Pod): number {
  return nameOf(a) < nameOf(b) ? -1 : 1;
}

/** One finding an address. */
function* twice(pods: readonly Pod[]): Generator<Finding> {
  const first = new Map<string, Pod>();
  const shared = new Map<string, Pod[]>();
  for (const pod of pods) {
    for (const ip of new Set(pod.ips)) {
      const other = first.get(ip);
      const all = shared.get(ip);
      if (other === undefined) first.set(ip, pod);
      else if (all === undefined) shared.set(ip, [other, pod]);
      else all.push(pod);
    }
  }
  for (const [ip, all] of [...shared].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [other, pod, ...others] = all.sort(byName);
    if (other === undefined || pod === undefined) continue;
    const more = others.length === 0 ? '' : `. ${t('Other pods that have it: {0}', others.length)}`;
    const message = t(
      '{0} and {1} both have the address {2}: packets reach one of them',
      nameOf(pod),
      nameOf(other),
      ip,
    );
    const related = [other, ...others.slice(0, shown)].map((one) => ({
      ref: one.ref,
      path: ipPath(one, ip),
      message: t('{0} has it, too', nameOf(one)),
    }));
    yield { code: rule.code, message: message + more, ref: pod.ref, path: ipPath(pod, ip), related, fixes: [] };
  }
}

function ipPath({ resource }: Pod, ip: string): Finding['path'] {
  const { status } = resource.object;
  const isSingle = typeof status === 'object' && status !== null && 'podIP' in status && status['podIP'] === ip;
  return isSingle ? ['status', 'podIP'] : ['status', 'podIPs'];
}

/** Addresses that their node has no route for; one finding a node, as one thing made them all. */
function* outside({ snapshot, model }: RuleContext, pods: readonly Pod[]): Generator<Finding> {
  if (model.profile.podAddresses !== 'node-cidr') return;
  const pools = Map.groupBy(addressPools(snapshot, model.environment), (one) => one.node);
  const strays = pods.flatMap((pod) => {
    const ip = pod.ips.find((one) => isOutside(one, pools.get(pod.node) ?? []));
    return ip === undefined ? [] : [{ pod, ip }];
  });
  for (const [node = '', onNode] of Map.groupBy(strays, ({ pod }) => pod.node)) {
    const [first, ...others] = onNode.sort((a, b) => byName(a.pod, b.pod));
    if (first === undefined) continue;
    const { pod, ip } = first;
    const cidrs = (pools.get(node) ?? []).map(({ cidr }) => cidr).join(', ');
    const more = others.length === 0 ? '' : ` ${t('Other pods there like it: {0}.', others.length)}`;
    yield {
      code: rule.code,
      message:
        t(
          '{0} has the address {1}, which is outside of {2}, the pod network of {3}: other nodes can’t reach it. Another network plugin or an earlier podCIDR made it; delete the pod to have a new one.',
          nameOf(pod),
          ip,
          cidrs,
          node,
        ) + more,
      ref: pod.ref,
      path: ipPath(pod, ip),
      related: [
        ...(pools.get(node) ?? []).map(({ ref, path, cidr }) => ({ ref, path, message: t('{0} has {1}', node, cidr) })),
        ...others.slice(0, shown).map((one) => ({
          ref: one.pod.ref,
          path: ipPath(one.pod, one.ip),
          message: t('{0} has {1}', nameOf(one.pod), one.ip),
        })),
      ],
      fixes: [],
    };
  }
}

/** A family that the node has no block of comes from elsewhere. */
function isOutside(ip: string, pools: readonly AddressPool[]): boolean {
  const address = parseIp(ip);
  const ofFamily = pools.filter(({ block }) => block.family === address?.family);
  return address !== undefined && ofFamily.length > 0 && !ofFamily.some(({ block }) => cidrContains(block, address));
}

const cluster = (ip: string): string => `apiVersion: v1
kind: Node
metadata:
  name: node-1
spec:
  podCIDR: 10.244.0.0/24
status:
  conditions: [{type: Ready, status: "True"}]
---
apiVersion: v1
kind: Pod
metadata: {name: api-1}
spec: {nodeName: node-1, containers: [{name: api, image: api}]}
status: {phase: Running, podIP: 10.244.0.5}
---
apiVersion: v1
kind: Pod
metadata: {name: api-2}
spec: {nodeName: node-1, containers: [{name: api, image: api}]}
status: {phase: Running, podIP: ${ip}}
`;

/** Addresses that lead to another pod, or nowhere. */
export const rule: Rule = {
  code: 'pod-ip-conflict',
  summary: 'In a running cluster: one address on two running pods, or one outside of its node’s podCIDR.',
  description:
    'Every pod has an address of its own, and the other nodes find it by the block of its node. Two pods with one address, or an address outside of the block, come from a change of the network plugin or of the podCIDR that left pods behind, or from address management that lost its state. Delete the pods to have them made again. Pods that have ended, are being deleted or use the host network are left alone.',
  severity: 'error',
  reads: [
    '/Pod',
    '/Node',
    'apps/DaemonSet',
    '/ConfigMap',
    'k8s.ovn.org/ClusterUserDefinedNetwork',
    'k8s.ovn.org/UserDefinedNetwork',
  ],
  example: { failing: cluster('10.244.0.5'), corrected: cluster('10.244.0.6') },
  check,
};
