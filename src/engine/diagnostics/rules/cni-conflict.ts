import { t } from '@vscode/l10n';
import { areRivals, fullReplacement, proxyPods, type RunningAgent, runningAgents } from '../../cni/running.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

const containers = ['spec', 'template', 'spec', 'containers'];

function* check(context: RuleContext): Generator<Finding> {
  const agents = [...runningAgents(context.snapshot)].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  for (const [index, one] of agents.entries()) {
    for (const other of agents.slice(0, index)) yield* rivals(context, one, other);
  }
  yield* besideReplacement(context);
}

function nameOf({ resource: { ref } }: RunningAgent): string {
  return `${ref.namespace}/${ref.name}`;
}

/** Agents that run on different nodes are a cluster on its way from one CNI to the other. */
function* rivals({ snapshot }: RuleContext, one: RunningAgent, other: RunningAgent): Generator<Finding> {
  if (!areRivals(snapshot, one, other)) return;
  const shared = [...one.readyOn.keys()].filter((node) => other.readyOn.has(node)).sort();
  const [node] = shared;
  if (node === undefined) return;
  const message = t(
    'The CNIs {0} and {1} both run on {2} (such nodes: {3}): which of them a pod gets depends on the names of their configuration files',
    one.resource.ref.name,
    other.resource.ref.name,
    node,
    shared.length,
  );
  const related = [{ ref: other.resource.ref, path: containers, message: t('The other CNI') }];
  yield { code: rule.code, message, ref: one.resource.ref, path: containers, related, fixes: [] };
}

function* besideReplacement({ snapshot, model }: RuleContext): Generator<Finding> {
  const replaced = fullReplacement(snapshot, model.environment);
  if (replaced === undefined) return;
  const pods = proxyPods(snapshot)
    .filter((one) => one.ready)
    .sort((a, b) => (a.ref.name < b.ref.name ? -1 : 1));
  const [first] = pods;
  if (first === undefined) return;
  const message = t(
    'kube-proxy runs beside {0}, which takes its place (pods of kube-proxy: {1}): neither knows of the connections of the other',
    model.profile.title,
    pods.length,
  );
  const related = [{ ref: replaced.ref, path: replaced.path, message: t('Said here') }];
  yield { code: rule.code, message, ref: first.ref, path: ['metadata', 'name'], related, fixes: [] };
}

const agent = (name: string, image: string): string => `---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: ${name}, namespace: kube-system, uid: ${name}}
spec:
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {hostNetwork: true, containers: [{name: ${name}, image: ${image}}]}
---
apiVersion: v1
kind: Pod
metadata:
  name: ${name}-x7k2p
  namespace: kube-system
  labels: {app: ${name}}
  ownerReferences: [{apiVersion: apps/v1, kind: DaemonSet, name: ${name}, uid: ${name}, controller: true}]
spec: {nodeName: node-1, hostNetwork: true, containers: [{name: ${name}, image: ${image}}]}
status:
  phase: Running
  conditions: [{type: Ready, status: "True"}]
`;

const flannel = agent('kube-flannel-ds', 'ghcr.io/flannel-io/flannel:v0.27.0').slice(4);
const kindnet = agent('kindnet', 'docker.io/kindest/kindnetd:v20250512');

/** Two that do one thing. */
export const rule: Rule = {
  code: 'cni-conflict',
  summary: 'In a running cluster: two CNIs on the same nodes, or kube-proxy beside a full replacement.',
  description:
    'A container runtime takes the first configuration file by name, so with two CNIs pods of one cluster end up in two networks that do not know each other. Take one away, and its files from `/etc/cni/net.d`. CNIs that are made to work together (one for addresses, one for policies; chained Cilium; Canal) are left alone. kube-proxy beside eBPF that replaces it translates the same connections twice, and they break when one of the two is taken away.',
  severity: 'warning',
  reads: [
    '/Pod',
    '/ConfigMap',
    'apps/DaemonSet',
    'crd.projectcalico.org/FelixConfiguration',
    'crd.projectcalico.org/IPPool',
    'operator.tigera.io/Installation',
    'projectcalico.org/FelixConfiguration',
    'projectcalico.org/IPPool',
  ],
  example: { failing: flannel + kindnet, corrected: flannel },
  check,
};
