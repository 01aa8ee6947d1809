import { t } from '@vscode/l10n';
import type { Detected } from '../model/assumptions.ts';
import { arrayAt, isTrueAt, stringAt, stringMapAt } from '../model/json.ts';
import { oncePer } from '../model/memo.ts';
import type { Evidence, FieldPath, Resource } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { calicoMode, ciliumMode, flannelMode } from './modes.ts';

/** One sign that a CNI is installed. Running agents weigh more than what an uninstalled CNI leaves behind. */
interface Sign {
  readonly family: string;
  readonly weight: number;
  readonly evidence: Evidence;
}

const agentWeight = 100;
const annotationWeight = 50;
const resourceWeight = 20;
const configWeight = 10;

/** Agents by what their images contain; the first that matches counts. Source: each project's manifests. */
const agents: readonly (readonly [RegExp, string])[] = [
  [/flannel-io\/flannel|coreos\/flannel|flannel\/flannel|flannelcni\/flannel/, 'flannel'],
  [/calico\/(node|calico)\b|calico-node/, 'calico'],
  [/gke[-/\w.]*cilium|gke\.gcr\.io\/cilium/, 'gke'],
  [/cilium\/cilium\b/, 'cilium'],
  [/antrea\/antrea-agent|antrea-agent-ubuntu|antrea\/antrea-ubuntu/, 'antrea'],
  [/ovn-kube/, 'ovn-kubernetes'],
  [/amazon-k8s-cni\b/, 'aws-vpc'],
  [/azure-cns|containernetworking\/azure-cni/, 'azure'],
  [/kindnetd|networking\/kindnet/, 'kindnet'],
  [/weaveworks\/weave-kube|weave-kube/, 'weave'],
];

/** Agents by their DaemonSet's name, where a mirror renames the images. */
const agentNames: Readonly<Record<string, string>> = {
  'kube-flannel-ds': 'flannel',
  canal: 'flannel',
  'calico-node': 'calico',
  cilium: 'cilium',
  anetd: 'gke',
  'antrea-agent': 'antrea',
  'ovnkube-node': 'ovn-kubernetes',
  'aws-node': 'aws-vpc',
  'azure-cns': 'azure',
  kindnet: 'kindnet',
  'weave-net': 'weave',
};

const annotationPrefixes: readonly (readonly [string, string])[] = [
  ['flannel.alpha.coreos.com/', 'flannel'],
  ['projectcalico.org/', 'calico'],
  ['network.cilium.io/', 'cilium'],
  ['io.cilium.network.', 'cilium'],
  ['node.antrea.io/', 'antrea'],
  ['k8s.ovn.org/', 'ovn-kubernetes'],
];

const installedKinds: readonly (readonly [group: string, kind: string, family: string])[] = [
  ['operator.tigera.io', 'Installation', 'calico'],
  ['crd.projectcalico.org', 'IPPool', 'calico'],
  ['projectcalico.org', 'IPPool', 'calico'],
  ['cilium.io', 'CiliumNode', 'cilium'],
];

const configMaps: Readonly<Record<string, string>> = {
  'kube-flannel-cfg': 'flannel',
  'canal-config': 'flannel',
  'calico-config': 'calico',
  'cilium-config': 'cilium',
  'antrea-config': 'antrea',
};

/**
 * The CNI of a scope: as assumed, else as its agents, node annotations, custom resources and ConfigMaps show, with
 * all of that as evidence, else `unknown`. Where signs of two CNIs stand side by side the stronger counts.
 */
export function detectCni(snapshot: Snapshot): Detected {
  const assumed = snapshot.assume.cni;
  if (assumed !== undefined) return { value: assumed, confidence: 'explicit', evidence: [] };
  const signs = [
    ...agentSigns(snapshot),
    ...annotationSigns(snapshot.nodes),
    ...resourceSigns(snapshot),
    ...configSigns(snapshot),
  ];
  const family = strongest(signs);
  if (family === undefined) return kindDefault(snapshot) ?? { value: 'unknown', confidence: 'default', evidence: [] };
  const mode = modeOf(family, snapshot);
  const own = signs.filter((one) => one.family === family).map(({ evidence }) => evidence);
  const others = signs.filter((one) => one.family !== family).map(({ evidence }) => evidence);
  return {
    value: mode.name,
    confidence: 'detected',
    evidence: [...own.slice(0, 6), ...mode.evidence, ...others.slice(0, 4)],
  };
}

function modeOf(family: string, snapshot: Snapshot): { readonly name: string; readonly evidence: readonly Evidence[] } {
  switch (family) {
    case 'flannel':
      return flannelMode(snapshot);
    case 'calico':
      return calicoMode(snapshot);
    case 'cilium':
      return ciliumMode(snapshot);
    default:
      return { name: family, evidence: [] };
  }
}

function strongest(signs: readonly Sign[]): string | undefined {
  const totals = new Map<string, number>();
  // Each kind of sign counts once: a hundred annotated nodes say no more than one.
  const seen = new Set<string>();
  for (const { family, weight } of signs) {
    if (seen.has(`${family} ${weight}`)) continue;
    seen.add(`${family} ${weight}`);
    totals.set(family, (totals.get(family) ?? 0) + weight);
  }
  const sorted = [...totals].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return sorted[0]?.[0];
}

/** The DaemonSets that run the agents of known CNIs, each with its CNI's family: `flannel`, `calico`, … */
export function agentsOf(snapshot: Snapshot): readonly { readonly family: string; readonly resource: Resource }[] {
  return snapshot.ofKind('apps', 'DaemonSet').flatMap((resource) => {
    const image = containerImages(resource).find((one) => agents.some(([pattern]) => pattern.test(one)));
    // Canal runs both agents in one pod; Flannel carries its packets.
    const canal = containerImages(resource).some((one) => /flannel/.test(one));
    const byImage = canal ? 'flannel' : agents.find(([pattern]) => image !== undefined && pattern.test(image))?.[1];
    const family =
      byImage ?? (Object.hasOwn(agentNames, resource.ref.name) ? agentNames[resource.ref.name] : undefined);
    return family === undefined ? [] : [{ family, resource }];
  });
}

function agentSigns(snapshot: Snapshot): readonly Sign[] {
  return agentsOf(snapshot).map(({ family, resource }) => {
    const note = t('DaemonSet {0} runs its agent', resource.ref.name);
    return sign(family, agentWeight, resource, ['spec', 'template', 'spec', 'containers'], note);
  });
}

/** The images of a controller's containers and init containers. */
export function containerImages({ object }: Resource): readonly string[] {
  const spec: FieldPath = ['spec', 'template', 'spec'];
  return (['containers', 'initContainers'] as const).flatMap((list) =>
    arrayAt(object, ...spec, list).flatMap((one) => stringAt(one, 'image') ?? []),
  );
}

const annotationSigns = oncePer((nodes: Snapshot['nodes']): readonly Sign[] =>
  nodes.flatMap((node) => {
    const { resource } = node;
    if (resource === undefined) return [];
    return annotationPrefixes.flatMap(([prefix, family]): Sign[] => {
      const key = Object.keys(node.annotations).find((one) => one.startsWith(prefix));
      if (key === undefined) return [];
      const note = t('Node {0} has the annotation {1}', node.name, key);
      return [sign(family, annotationWeight, resource, ['metadata', 'annotations', key], note)];
    });
  }),
);

function resourceSigns(snapshot: Snapshot): readonly Sign[] {
  return installedKinds.flatMap(([group, kind, family]) =>
    snapshot
      .ofKind(group, kind)
      .map((one) => sign(family, resourceWeight, one, ['spec'], t('{0} {1} belongs to it', kind, one.ref.name))),
  );
}

function configSigns(snapshot: Snapshot): readonly Sign[] {
  return snapshot.ofKind('', 'ConfigMap').flatMap((one): Sign[] => {
    const known = Object.hasOwn(configMaps, one.ref.name) ? configMaps[one.ref.name] : undefined;
    const family = known ?? ('net-conf.json' in stringMapAt(one.object, 'data') ? 'flannel' : undefined);
    const note = t('ConfigMap {0} configures it', one.ref.name);
    return family === undefined ? [] : [sign(family, configWeight, one, ['data'], note)];
  });
}

function sign(family: string, weight: number, { ref }: Resource, path: FieldPath, note: string): Sign {
  return { family, weight, evidence: { ref, path, note } };
}

/** kind brings its own CNI unless its configuration says not to. */
function kindDefault(snapshot: Snapshot): Detected | undefined {
  const config = snapshot.ofKind('kind.x-k8s.io', 'Cluster')[0];
  if (config === undefined || isTrueAt(config.object, 'networking', 'disableDefaultCNI')) return undefined;
  const evidence = { ref: config.ref, path: ['networking'], note: t('kind installs kindnet') };
  return { value: 'kindnet', confidence: 'detected', evidence: [evidence] };
}
