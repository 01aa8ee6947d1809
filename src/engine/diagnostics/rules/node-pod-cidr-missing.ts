import { t } from '@vscode/l10n';
import { nodesWithoutCidr } from '../../cni/pools.ts';
import { eventsAbout } from '../../model/events.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

/** As many nodes as one reads. */
const shown = 5;

/** One finding for all nodes: the controller that gives blocks gives none. */
function* check({ snapshot, model }: RuleContext): Generator<Finding> {
  const lacking = nodesWithoutCidr(snapshot, model.environment).flatMap(({ name, resource }) =>
    resource === undefined ? [] : [{ name, resource }],
  );
  const [first, ...others] = lacking;
  if (first === undefined) return;
  const events = lacking.flatMap(({ resource }) => eventsAbout(snapshot, resource));
  const isSpent = events.some(({ reason }) => reason === 'CIDRNotAvailable');
  const why = isSpent ? ` ${t('The controller manager has no block left to give.')}` : '';
  const more = others.length === 0 ? '' : ` ${t('Other nodes without one: {0}.', others.length)}`;
  yield {
    code: rule.code,
    message:
      t(
        'Node {0} has no podCIDR, and {1} takes the addresses of its pods from it: none starts there.',
        first.name,
        model.profile.title,
      ) +
      why +
      more,
    ref: first.resource.ref,
    path: ['spec'],
    related: [
      ...others.slice(0, shown).map(({ name, resource }) => ({
        ref: resource.ref,
        path: ['spec'],
        message: t('Node {0} has none, too', name),
      })),
      ...events.slice(0, shown).map(({ ref, reason, message }) => ({
        ref,
        path: ['message'],
        message: `${reason}: ${message}`,
      })),
    ],
    fixes: [],
  };
}

const cluster = (podCIDR: string): string => `apiVersion: v1
kind: Node
metadata:
  name: node-1
spec:${podCIDR}
status:
  conditions: [{type: Ready, status: "True"}]
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

/** A node that can give no addresses. */
export const rule: Rule = {
  code: 'node-pod-cidr-missing',
  summary: 'In a running cluster: a node without podCIDR where the CNI takes pod addresses from it.',
  description:
    'Flannel, kindnet, Antrea and plain bridges, and Cilium and Calico where they are set up so, take the addresses of a node’s pods from the podCIDR of its Node object. The controller manager writes it, with `--allocate-node-cidrs` and a `--cluster-cidr` that has a block left (kubeadm: `--pod-network-cidr`). Without it the pods of the node get no address, and other nodes have no route to them.',
  severity: 'error',
  reads: ['/Node', '/Event', 'apps/DaemonSet', '/ConfigMap'],
  example: { failing: cluster(' {}'), corrected: cluster('\n  podCIDR: 10.244.0.0/24') },
  check,
};
