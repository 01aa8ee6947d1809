// Stands in for scheduler and kubelets: makes nodes, gives every pod a node, an address and a status, and lets go of
// pods that are deleted. The real controllers do all the rest.
import { pause } from './kubeApi.mjs';

/** Pods with this annotation at `false` run and are not ready. */
export const readyAnnotation = 'podpath.dev/test-ready';

/** The address of a pod, where it is to have one of its own. */
export const addressAnnotation = 'podpath.dev/test-address';

const nodeNames = ['node-1', 'node-2', 'node-3'];

function nodeObject(name, index) {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' } },
    spec: { podCIDR: `10.244.${index}.0/24`, podCIDRs: [`10.244.${index}.0/24`] },
  };
}

function addressesOf(name, index) {
  return [
    { type: 'InternalIP', address: `192.168.0.${11 + index}` },
    { type: 'Hostname', address: name },
  ];
}

function condition(type, isTrue = true) {
  return { type, status: isTrue ? 'True' : 'False', lastTransitionTime: new Date().toISOString() };
}

function runningContainer({ name, image }) {
  const state = { running: { startedAt: new Date().toISOString() } };
  return { name, image, imageID: '', ready: true, restartCount: 0, state };
}

/** The node that a DaemonSet's pod asks for, else one in turn. */
function wantedNode({ spec }, turn) {
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const named = terms.flatMap((term) => term.matchFields ?? []).find((field) => field.key === 'metadata.name');
  return named?.values[0] ?? nodeNames[turn % nodeNames.length];
}

export class StatusWriter {
  #api;
  #stopped = false;
  #ended;
  #turn = 0;
  /** The last address given out on each node; the first one is the bridge's. */
  #last = new Map(nodeNames.map((name) => [name, 1]));

  constructor(api) {
    this.#api = api;
  }

  /** Makes the nodes, then looks after pods until `stop`. */
  async start() {
    for (const [index, name] of nodeNames.entries()) {
      await this.#api.create('/api/v1/nodes', nodeObject(name, index));
      await this.#api.patch(`/api/v1/nodes/${name}/status`, {
        status: { addresses: addressesOf(name, index), conditions: [condition('Ready')] },
      });
    }
    this.#ended = this.#run();
  }

  /** Says on every node where its kubelet takes commands. */
  async pointKubeletsAt(host, port) {
    for (const [index, name] of nodeNames.entries()) {
      const addresses = [...addressesOf(name, index), { type: 'InternalDNS', address: host }];
      const daemonEndpoints = { kubeletEndpoint: { Port: port } };
      await this.#api.patch(`/api/v1/nodes/${name}/status`, { status: { addresses, daemonEndpoints } });
    }
  }

  async stop() {
    this.#stopped = true;
    await this.#ended;
  }

  async #run() {
    while (!this.#stopped) {
      // A server that is down or busy is asked again.
      await this.#round().catch(() => undefined);
      await pause(100);
    }
  }

  async #round() {
    const { items } = await this.#api.get('/api/v1/pods');
    await Promise.all(items.map((pod) => this.#lookAfter(pod).catch(() => undefined)));
  }

  async #lookAfter(pod) {
    const path = `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`;
    if (pod.metadata.deletionTimestamp !== undefined) {
      return this.#api.remove(path, { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } });
    }
    let node = pod.spec.nodeName;
    if (!node) {
      node = wantedNode(pod, this.#turn++);
      await this.#api.call('POST', `${path}/binding`, {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: pod.metadata.name, uid: pod.metadata.uid },
        target: { apiVersion: 'v1', kind: 'Node', name: node },
      });
    }
    const ready = pod.metadata.annotations?.[readyAnnotation] !== 'false';
    const told = pod.status.conditions?.find((one) => one.type === 'Ready')?.status;
    const added = pod.spec.ephemeralContainers ?? [];
    const isTold = added.length === (pod.status.ephemeralContainerStatuses ?? []).length;
    if (pod.status.phase === 'Running' && told === (ready ? 'True' : 'False') && isTold) return undefined;
    const ephemeralContainerStatuses = added.map(runningContainer);
    return this.#api.patch(`${path}/status`, {
      status: { ...this.#status(pod, node, ready), ...(added.length > 0 ? { ephemeralContainerStatuses } : {}) },
    });
  }

  #status({ metadata, spec, status }, node, ready) {
    const index = nodeNames.indexOf(node);
    const host = `192.168.0.${11 + index}`;
    const own = metadata.annotations?.[addressAnnotation];
    const ip = status.podIP ?? own ?? (spec.hostNetwork ? host : this.#nextAddress(node, index));
    return {
      phase: 'Running',
      hostIP: host,
      podIP: ip,
      podIPs: [{ ip }],
      startTime: new Date().toISOString(),
      conditions: [
        condition('PodScheduled'),
        condition('Initialized'),
        condition('ContainersReady', ready),
        condition('Ready', ready),
      ],
    };
  }

  /** Addresses are not given out twice, until a node has given all of its own. */
  #nextAddress(node, index) {
    const next = this.#last.get(node) + 1;
    this.#last.set(node, next > 250 ? 1 : next);
    return `10.244.${index}.${next}`;
  }
}
