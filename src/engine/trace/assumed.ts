import { t } from '@vscode/l10n';
import type { Derived } from '../analysis/derived.ts';
import { meshAssumption } from '../mesh/assumption.ts';
import type { Assumption, Detected } from '../model/assumptions.ts';
import type { Pod } from '../model/cluster.ts';
import { goneNode } from '../model/goneNode.ts';
import { refLabel } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { meansServices } from '../policy/ciliumRelated.ts';
import { localBalancer } from './entry.ts';
import type { Branch, ClientSees } from './flow.ts';

/** What a trace rests on that nobody has confirmed, each with how to confirm or change it. */
export function assumptionsOf(derived: Derived, branches: readonly Branch[]): readonly Assumption[] {
  const { snapshot, profile } = derived;
  const list = [cniAssumption(derived), proxyAssumption(derived)];
  const add = (code: string, text: string, confirm: string): void => {
    list.push({ code, text, confirm });
  };
  if (profile.replacesProxy && derived.cni.confidence === 'explicit') {
    add('proxy-replaced', t('{0} balances in the socket, in place of kube-proxy', profile.title), '--assume proxy=…');
  }
  if (snapshot.nodes.some((one) => one.simulated)) {
    add('simulated-nodes', t('{0} nodes, simulated', snapshot.nodes.length), 'kubectl get nodes -o wide');
  }
  const served = branches.flatMap(({ destination: { pod, port } }) => {
    const found = pod && snapshot.pod(pod.namespace, pod.name);
    return found === undefined ? [] : [{ pod: found, port }];
  });
  const pods = new Set([...served.map(({ pod }) => pod), ...clientPods(derived, branches)]);
  if ([...pods].some((one) => one.simulatedIPs)) {
    add(
      'simulated-addresses',
      t('Pods, their nodes and addresses are simulated from the manifests'),
      'kubectl get pods -A -o wide',
    );
  }
  const apart = [...pods].find((one) => one.node && !snapshot.node(one.node) && !goneNode(snapshot, one));
  if (apart !== undefined) {
    const text = t(
      '{0} is on node {1}, which has no Node object here: it is taken as being there',
      apart.ref.name,
      apart.node ?? '',
    );
    add('node-not-read', text, 'kubectl get nodes');
  }
  const first = served[0]?.pod;
  // The pods of one destination share their template, and so their place in a mesh.
  const mesh = first === undefined ? undefined : meshAssumption(snapshot, first);
  if (mesh !== undefined) list.push(mesh);
  const undeclared = served.find(({ pod, port }) => !pod.template.ports.some((one) => one.port === port));
  if (undeclared !== undefined) {
    const { pod, port } = undeclared;
    add('undeclared-port', t('No container of {0} declares port {1}; declaring is optional', pod.ref.name, port), '');
  }
  const isNodes = (ip: string): boolean =>
    snapshot.ownersOf(ip).nodes.some(({ internalIPs }) => internalIPs.includes(ip));
  if (!profile.modelled && branches.some(({ serverSees, destination }) => destination.pod && isNodes(serverSees.ip))) {
    const text = t("The server sees a node's own address; with some CNIs it is that of the node's bridge or tunnel");
    add('node-source-address', text, '--assume cni=…');
  }
  list.push(...wayAssumptions(derived, branches));
  if (branches.some((one) => one.clientSees === 'connected')) {
    add('process-listens', t('A process listens on the port'), 'kubectl exec … -- ss -lnt');
  }
  for (const resource of systemParts(derived, branches)) add('simulated-system', resource, '');
  return list;
}

const failureCodes: ReadonlySet<ClientSees> = new Set(['http-502', 'http-503', 'http-504']);

/** What the way of the packets rests on: programs beside kube-proxy, their versions, and networks outside. */
function wayAssumptions(derived: Derived, branches: readonly Branch[]): readonly Assumption[] {
  const list: Assumption[] = [];
  const { profile, snapshot } = derived;
  if (branches.some(isToHostPort)) {
    const text = t('The network serves host ports: by the portmap plugin, or by Cilium in place of kube-proxy');
    list.push({ code: 'host-ports', text, confirm: 'cat /etc/cni/net.d/*.conflist' });
  }
  const hasCilium = snapshot.kinds.some(({ group }) => group === 'cilium.io');
  if (hasCilium && branches.some((one) => isByServices(snapshot, one))) {
    const text = t('Cilium is 1.17 or newer: an older one does not know toServices with selectors or with toPorts');
    list.push({ code: 'cilium-to-services', text, confirm: 'kubectl -n kube-system get ds cilium -o wide' });
  }
  if (branches.some((one) => isBalanced(derived, one))) {
    const text = t('The load balancer checks the health of nodes, and sends to those with an endpoint');
    list.push({
      code: 'balancer-health-checks',
      text,
      confirm: 'kubectl get svc … -o jsonpath={.spec.healthCheckNodePort}',
    });
  }
  if (branches.some(({ clientSees }) => failureCodes.has(clientSees))) {
    const text = t(
      'ingress-nginx answers failures as its defaults have it: after up to three endpoints, without pages of your own',
    );
    list.push({
      code: 'ingress-defaults',
      text,
      confirm: 'kubectl -n ingress-nginx get cm ingress-nginx-controller -o yaml',
    });
  }
  if (branches.some(isDialledOutside)) {
    const text =
      profile.podsRoutedOutside === 'no'
        ? t('The network outside has a route to pod addresses; {0} makes none', profile.title)
        : t('The network outside has a route to pod addresses');
    list.push({ code: 'pods-routed-outside', text, confirm: 'ip route get …' });
  }
  return list;
}

/** The pods that the connection starts from: a packet begins in the network namespace of its pod. */
function clientPods({ snapshot }: Derived, branches: readonly Branch[]): readonly Pod[] {
  const places = new Set(branches.map(({ forward: [first] }) => first?.location.namespace ?? ''));
  return [...places].flatMap((place) => {
    const [, namespace = '', name = ''] = /^pod ([^/]*)\/(.*)$/s.exec(place) ?? [];
    return snapshot.pod(namespace, name) ?? [];
  });
}

/** True where a packet is sent on because a container has the port as its host port, or may be. */
function isToHostPort({ forward }: Branch): boolean {
  return forward.some(({ steps }) =>
    steps.some(({ evidence }) => evidence.some(({ path }) => path.at(-2) === 'ports' && path.at(-4) === 'containers')),
  );
}

/** True where a policy has a say that names Services as peers. */
function isByServices(snapshot: Snapshot, { decidedBy, considered }: Branch): boolean {
  return [...decidedBy, ...considered].some(({ ref }) => {
    const policy = snapshot.get(ref);
    return policy !== undefined && meansServices(policy);
  });
}

function isBalanced(derived: Derived, { forward: [first] }: Branch): boolean {
  const dialled = first?.location.namespace === 'external' ? first.steps[0]?.after.dst : undefined;
  return dialled !== undefined && localBalancer(derived, dialled) !== undefined;
}

/** True where a client outside the cluster dials a pod's own address, which few networks have a route to. */
function isDialledOutside({ forward, destination }: Branch): boolean {
  const isOutside = forward[0]?.location.namespace === 'external';
  const isPod = destination.pod !== undefined && forward.at(-1)?.location.namespace.startsWith('pod ') === true;
  return isOutside && isPod && !forward.some(({ steps }) => steps.some(({ kind }) => kind === 'dnat'));
}

function systemParts(derived: Derived, branches: readonly Branch[]): readonly string[] {
  const resolved = branches.some((one) =>
    one.forward.some((hop) => hop.steps.some((step) => step.mechanism === 'DNS')),
  );
  const controller = branches.some((one) =>
    one.forward.some((hop) => hop.steps.some((step) => step.kind === 'proxy-l7')),
  );
  if (!resolved && !controller) return [];
  return derived.snapshot.ofKind('apps', 'Deployment').flatMap(({ ref, origin }) => {
    if (origin.type !== 'simulated') return [];
    const used = ref.namespace === 'kube-system' ? resolved : controller;
    return used ? [t('{0} is not in the files; it is taken as given', refLabel(ref))] : [];
  });
}

function how(detected: Detected): string {
  switch (detected.confidence) {
    case 'explicit':
      return t('assumed by you');
    case 'detected':
      return t('detected from {0}', detected.evidence[0] ? refLabel(detected.evidence[0].ref) : '');
    case 'default':
      return t('nothing says otherwise');
    default:
      return detected.confidence satisfies never;
  }
}

function cniAssumption({ cni, profile }: Derived): Assumption {
  const named = profile.name === cni.value && (profile.modelled || cni.value === 'unknown');
  const text = named
    ? t('CNI: {0} ({1})', profile.title, how(cni))
    : t(
        'CNI: {0} ({1}); its datapath is not modelled yet, so devices and encapsulation are generic',
        cni.value,
        how(cni),
      );
  return { code: 'cni', text, confirm: 'kubectl -n kube-system get ds; --assume cni=…' };
}

function proxyAssumption({ proxy }: Derived): Assumption {
  const modelled = proxy.value === 'iptables' || proxy.value === 'ebpf';
  const text = modelled
    ? t('Service proxy: {0} ({1})', proxy.value, how(proxy))
    : t(
        'Service proxy: {0} ({1}); its endpoints are chosen as iptables mode would, its rules are not shown yet',
        proxy.value,
        how(proxy),
      );
  return { code: 'proxy', text, confirm: 'kubectl -n kube-system get cm kube-proxy -o yaml; --assume proxy=…' };
}
