import { t } from '@vscode/l10n';
import { needsProxy, proxiedNodes, proxyExpected, proxyPods } from '../../cni/running.ts';
import type { ClusterNode, Pod } from '../../model/cluster.ts';
import { isNodeReady } from '../../model/health.ts';
import { whyNotReady } from '../../service/readiness.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

/** As many nodes as one reads. */
const shown = 5;

function* check(context: RuleContext): Generator<Finding> {
  const { snapshot, model } = context;
  if (!snapshot.services.some(({ clusterIPs, simulated }) => clusterIPs.length > 0 && !simulated.clusterIPs)) return;
  if (!needsProxy(snapshot, model.environment)) return;
  const nodes = proxiedNodes(snapshot);
  if (nodes.length === 0) return;
  const pods = proxyPods(snapshot);
  if (pods.length === 0) yield* nowhere(context);
  else yield* onSomeNodes(context, nodes, pods);
}

/** Only where everything is seen, and the cluster is of a make that runs kube-proxy in pods. */
function* nowhere({ snapshot, model }: RuleContext): Generator<Finding> {
  const expected = proxyExpected(snapshot);
  const isRead = snapshot.podsIn('kube-system').some(({ seen }) => seen);
  if (expected === undefined || snapshot.incomplete.length > 0 || !isRead) return;
  const message = t(
    'kube-proxy runs on no node, and {0} does not replace it: no address of a Service leads anywhere.',
    model.profile.title,
  );
  yield { code: rule.code, message, ref: expected.ref, path: expected.path, related: [], fixes: [] };
}

type Lack = Finding['related'][number];

function* onSomeNodes(
  { snapshot }: RuleContext,
  nodes: readonly ClusterNode[],
  pods: readonly Pod[],
): Generator<Finding> {
  const byNode = Map.groupBy(pods, ({ node }) => node);
  const lacks = nodes
    .filter(isNodeReady)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((node) => lackOf(node, byNode.get(node.name) ?? [], snapshot.incomplete.length === 0));
  const [first, ...others] = lacks;
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` ${t('Other nodes without it: {0}.', others.length)}`;
  yield {
    code: rule.code,
    message: `${first.message}. ${t('There no address of a Service leads anywhere, or it leads to pods of the past.')}${more}`,
    ref: first.ref,
    path: first.path,
    related: others.slice(0, shown),
    fixes: [],
  };
}

function lackOf(node: ClusterNode, pods: readonly Pod[], isAllSeen: boolean): readonly Lack[] {
  if (pods.some((one) => one.ready)) return [];
  const [pod] = pods;
  if (pod !== undefined) {
    const { text, path } = whyNotReady(pod);
    return [{ ref: pod.ref, path, message: t('kube-proxy does not work on node {0}: {1}', node.name, text) }];
  }
  if (!isAllSeen || node.resource === undefined) return [];
  return [
    { ref: node.resource.ref, path: ['metadata', 'name'], message: t('Node {0} has no pod of kube-proxy', node.name) },
  ];
}

const cluster = (ready: boolean): string => `apiVersion: v1
kind: Node
metadata:
  name: node-1
spec: {podCIDR: 10.244.0.0/24}
status:
  conditions: [{type: Ready, status: "True"}]
---
apiVersion: v1
kind: Service
metadata: {name: kubernetes}
spec: {clusterIP: 10.96.0.1, ports: [{port: 443, targetPort: 6443}]}
---
apiVersion: v1
kind: Pod
metadata: {name: kube-proxy-x7k2p, namespace: kube-system, labels: {k8s-app: kube-proxy}}
spec: {nodeName: node-1, hostNetwork: true, containers: [{name: kube-proxy, image: registry.k8s.io/kube-proxy:v1.34.0}]}
status:
  phase: Running
  conditions: [{type: Ready, status: "${ready ? 'True' : 'False'}"}]
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

/** Services without anybody to translate them. */
export const rule: Rule = {
  code: 'kube-proxy-missing',
  summary: 'In a running cluster: Services, and nodes on which nothing translates their addresses.',
  description:
    'A Service’s address is on no machine: kube-proxy on each node turns it into the address of a pod, unless the CNI does so itself. Where kube-proxy does not run, connections to Services time out, DNS with them, and often the CNI itself never starts, as it asks the API server by its Service. Nothing is said where another program may do the work: Cilium, Antrea, OVN-Kubernetes, eBPF of Calico, kube-router, or a distribution that has kube-proxy inside.',
  severity: 'error',
  reads: [
    '/Service',
    '/Node',
    '/Pod',
    '/ConfigMap',
    'apps/DaemonSet',
    'crd.projectcalico.org/FelixConfiguration',
    'projectcalico.org/FelixConfiguration',
  ],
  example: { failing: cluster(false), corrected: cluster(true) },
  check,
};
