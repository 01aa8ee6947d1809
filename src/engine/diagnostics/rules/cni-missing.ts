import { t } from '@vscode/l10n';
import { nodesWithoutCidr } from '../../cni/pools.ts';
import { type AddressFailure, addressFailures } from '../../cni/sandbox.ts';
import type { ClusterNode, Pod } from '../../model/cluster.ts';
import { eventsAbout } from '../../model/events.ts';
import { type Condition, hasStatus, networkFault, waitsForAddress } from '../../model/health.ts';
import { refKey } from '../../model/resource.ts';
import { whyNotReady } from '../../service/readiness.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

type Related = Finding['related'][number];

/** As many objects of a sort as one reads. */
const shown = 5;

interface FaultyNode {
  readonly node: ClusterNode & { readonly resource: NonNullable<ClusterNode['resource']> };
  readonly fault: Condition;
}

function* check(context: RuleContext): Generator<Finding> {
  const { snapshot } = context;
  // A node without addresses to give has no network for that reason, which has a finding of its own.
  const isTold = new Set(nodesWithoutCidr(snapshot, context.model.environment));
  const faulty = snapshot.nodes
    .filter((one) => !isTold.has(one))
    .filter(hasStatus)
    .flatMap((node): readonly FaultyNode[] => {
      const fault = networkFault(node);
      return fault === undefined ? [] : [{ node, fault }];
    })
    .sort((a, b) => (a.node.name < b.node.name ? -1 : 1));
  const [first, ...others] = faulty;
  if (first !== undefined) yield nodeFinding(context, first, others);
  const names = new Set(faulty.map(({ node }) => node.name));
  const failures = addressFailures(snapshot).filter(
    ({ pod, isExhausted }) => !isExhausted && !names.has(pod.node ?? ''),
  );
  for (const onNode of Map.groupBy(failures, ({ pod }) => pod.node).values()) yield* podFinding(onNode);
}

/** One finding for all nodes: what keeps one without a network mostly keeps the others. */
function nodeFinding(context: RuleContext, first: FaultyNode, others: readonly FaultyNode[]): Finding {
  const all = [first, ...others];
  const names = new Set(all.map(({ node }) => node.name));
  const waiting = context.snapshot.pods.filter((one) => waitsForAddress(one) && names.has(one.node ?? ''));
  const more = others.length === 0 ? '' : ` ${t('Other nodes that say so: {0}.', others.length)}`;
  const pods = waiting.length === 0 ? '' : ` ${t('Pods that wait there for an address: {0}.', waiting.length)}`;
  const { reason, message } = first.fault;
  const words = message === '' ? reason : message;
  const said = words === '' ? '' : ` ${t('The node says: {0}', words)}`;
  return {
    code: rule.code,
    message: headOf(context, first) + more + pods + said,
    ref: first.node.resource.ref,
    path: first.fault.path,
    related: [
      ...all.slice(0, shown).flatMap((one) => agentOf(context, one.node)),
      ...others.slice(0, shown).map(nodeRelated),
      ...waiting.slice(0, shown).map(podRelated),
      ...all.slice(0, shown).flatMap((one) => eventRelated(context, one.node)),
    ],
    fixes: [],
  };
}

function headOf({ snapshot, model }: RuleContext, { node, fault }: FaultyNode): string {
  if (fault.type === 'NetworkUnavailable') return t('The network of node {0} is not set up.', node.name);
  const { cni, profile } = model.environment;
  if (cni.evidence.some(({ ref }) => ref.kind === 'DaemonSet'))
    return t('Node {0} has no working network plugin, although {1} is installed.', node.name, profile.title);
  // Where not everything may be read, or only traces are left, nothing is said of what is installed.
  return cni.confidence === 'default' && snapshot.incomplete.length === 0
    ? t('Node {0} has no working network plugin, and no CNI that Podpath knows is installed.', node.name)
    : t('Node {0} has no working network plugin.', node.name);
}

/** The CNI's agent on a node where it does not do its work. */
function agentOf({ snapshot, model }: RuleContext, node: ClusterNode): readonly Related[] {
  return model.cni.evidence
    .filter(({ ref }) => ref.kind === 'DaemonSet')
    .flatMap(({ ref, path }): readonly Related[] => {
      const pods = snapshot.workload(ref)?.pods ?? [];
      const here = pods.find((one) => one.node === node.name && refKey(one.workload) === refKey(ref));
      if (here === undefined) return [{ ref, path, message: t('Its agent has no pod on {0}', node.name) }];
      if (here.ready) return [];
      const { text, path: where } = whyNotReady(here);
      return [{ ref: here.ref, path: where, message: text }];
    });
}

function nodeRelated({ node, fault }: FaultyNode): Related {
  return { ref: node.resource.ref, path: fault.path, message: t('Node {0} says so, too', node.name) };
}

function podRelated({ ref, node }: Pod): Related {
  return { ref, path: ['status', 'phase'], message: t('{0} waits for an address on {1}', ref.name, node ?? '') };
}

function eventRelated({ snapshot }: RuleContext, { resource }: ClusterNode): readonly Related[] {
  return (resource === undefined ? [] : eventsAbout(snapshot, resource)).map(({ ref, reason, message }) => ({
    ref,
    path: ['message'],
    message: `${reason}: ${message}`,
  }));
}

function* podFinding(failures: readonly AddressFailure[]): Generator<Finding> {
  const [first] = failures;
  if (first === undefined) return;
  const { ref, node } = first.pod;
  const more = failures.length === 1 ? '' : ` ${t('Other pods there without an address: {0}.', failures.length - 1)}`;
  yield {
    code: rule.code,
    message: `${t('{0} gets no address on node {1}: its network plugin fails.', ref.name, node ?? '')}${more} ${first.event.message}`,
    ref,
    path: ['status', 'phase'],
    related: failures.slice(0, shown).map(({ event }) => ({
      ref: event.ref,
      path: ['message'],
      message: `${event.reason}: ${event.message}`,
    })),
    fixes: [],
  };
}

const node = (condition: string): string => `apiVersion: v1
kind: Node
metadata:
  name: node-1
spec:
  podCIDR: 10.244.0.0/24
status:
  conditions:
    - ${condition}
`;

/** Nodes on which no pod gets an address. */
export const rule: Rule = {
  code: 'cni-missing',
  summary: 'In a running cluster: nodes without a working network plugin, and pods that get no address.',
  description:
    'Kubernetes leaves the pod network to a CNI plugin. Until one is installed and its agent runs on a node, the node is not ready and pods stay without an address; only pods on the host network start. Install one CNI, or look at the pod and the log of its agent on that node.',
  severity: 'error',
  reads: ['/Node', '/Pod', '/Event', 'apps/DaemonSet'],
  example: {
    failing: node(
      '{type: Ready, status: "False", reason: KubeletNotReady, message: "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized"}',
    ),
    corrected: node('{type: Ready, status: "True", reason: KubeletReady, message: kubelet is posting ready status}'),
  },
  check,
};
