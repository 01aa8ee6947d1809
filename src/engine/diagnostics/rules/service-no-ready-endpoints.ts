import { t } from '@vscode/l10n';
import { addressFailures } from '../../cni/sandbox.ts';
import type { Pod, Service } from '../../model/cluster.ts';
import { eventsAbout } from '../../model/events.ts';
import { conditionOf, networkFault } from '../../model/health.ts';
import { hasEnded } from '../../model/pods.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { whyNotReady } from '../../service/readiness.ts';
import { selectedPods } from '../../service/selected.ts';
import type { Finding, Rule, RuleContext } from '../rule.ts';

/** As many pods as one reads. */
const shown = 5;

function* check({ snapshot, model }: RuleContext): Generator<Finding> {
  const faulty = new Set(snapshot.nodes.filter((one) => networkFault(one) !== undefined).map(({ name }) => name));
  const failing = new Set(addressFailures(snapshot).map(({ pod }) => pod));
  for (const service of snapshot.services) {
    const { selector = {}, resource, type } = service;
    if (resource.origin.type === 'simulated' || type === 'ExternalName' || Object.keys(selector).length === 0) continue;
    if (service.publishNotReadyAddresses || model.endpointsOf(service).endpoints.some((one) => one.ready)) continue;
    const pods = waitedFor(snapshot, service);
    const [first] = pods;
    if (first === undefined || !pods.every(isToldNotReady)) continue;
    // That no pod starts on a node without a network, or gets an address there, is told of the node or the pod.
    if (pods.every((one) => (one.phase === 'Pending' && faulty.has(one.node ?? '')) || failing.has(one))) continue;
    yield finding(snapshot, service, pods, first);
  }
}

/** Pods that are there to serve one day: those that have ended or are on their way out are not. */
function waitedFor(snapshot: Snapshot, service: Service): readonly Pod[] {
  return selectedPods(snapshot, service)
    .filter((one) => one.seen && !one.terminating && !hasEnded(one))
    .sort((a, b) => (a.ref.name < b.ref.name ? -1 : 1));
}

/** A status without conditions was written by hand, and leaves open whether the pod is ready. */
function isToldNotReady({ ready, resource, phase }: Pod): boolean {
  return !ready && (phase === 'Pending' || conditionOf(resource, 'Ready') !== undefined);
}

function finding(snapshot: Snapshot, { ref, resource }: Service, pods: readonly Pod[], first: Pod): Finding {
  const why = whyNotReady(first).text;
  const message =
    pods.length === 1
      ? t('Service {0} has no ready endpoint: {1}', ref.name, why)
      : t('Service {0} has no ready endpoint, none of its {1} pods is ready: {2}', ref.name, pods.length, why);
  const told = pods.slice(0, shown).map((one) => {
    const { text, path } = whyNotReady(one);
    return { ref: one.ref, path, message: text };
  });
  const events = eventsAbout(snapshot, resource).map((one) => ({
    ref: one.ref,
    path: ['message'],
    message: `${one.reason}: ${one.message}`,
  }));
  return { code: rule.code, message, ref, path: ['spec', 'selector'], related: [...told, ...events], fixes: [] };
}

const cluster = (ready: boolean): string => `apiVersion: v1
kind: Service
metadata:
  name: backend
spec:
  selector:
    app: backend
  ports:
    - port: 8080
---
apiVersion: v1
kind: Pod
metadata:
  name: backend-7c4d9
  labels: {app: backend}
spec:
  nodeName: node-1
  containers: [{name: api, image: api, ports: [{containerPort: 8080}]}]
status:
  phase: Running
  podIP: 10.244.0.5
  conditions:
    - {type: ContainersReady, status: "${ready ? 'True' : 'False'}"}
    - {type: Ready, status: "${ready ? 'True' : 'False'}"}
`;

/** Pods that do not serve. */
export const rule: Rule = {
  code: 'service-no-ready-endpoints',
  summary: 'In a running cluster: a Service that selects pods, and none of them is ready.',
  description:
    'Only ready pods get connections, so clients of this Service are refused or wait in vain. The network is not at fault: the pods are not scheduled, do not start, or fail their readiness probe. See why with `kubectl describe pod`. Services that publish pods that are not ready, and pods that have ended or are being deleted, are left alone.',
  severity: 'warning',
  reads: ['/Service', '/Pod', '/Node', '/Event'],
  example: { failing: cluster(false), corrected: cluster(true) },
  check,
};
