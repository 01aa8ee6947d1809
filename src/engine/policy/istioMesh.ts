import { t } from '@vscode/l10n';
import { servicesWithOwnTls } from '../mesh/clientTls.ts';
import { type MeshMode, modesIn, podAnnotations } from '../mesh/membership.ts';
import type { Workload } from '../model/cluster.ts';
import { type LabelRequirement, type LabelSelector, podFacts, selectorOfLabels } from '../model/labels.ts';
import { oncePer } from '../model/memo.ts';
import { type Evidence, type FieldPath, refLabel } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Peer, PodSet, PolicyRule } from './policy.ts';
import { allPorts, type PortRanges, rangesOf, tcpPorts, without } from './portRanges.ts';

/** Pods in front of which an Envoy of their own stands. */
export const envoyModes: readonly MeshMode[] = ['sidecar', 'gateway'];
/** Pods in front of which their node's ztunnel stands. */
export const ztunnelModes: readonly MeshMode[] = ['ambient', 'waypoint'];
/** Pods that show an identity of the mesh when they connect. */
export const meshModes: readonly MeshMode[] = [...envoyModes, ...ztunnelModes];

/** A requirement on how a pod takes part in the mesh. */
export function meshIs(modes: readonly MeshMode[]): LabelRequirement {
  return { key: podFacts.mesh, operator: 'In', values: modes };
}

/** The pods of some modes, of a set where one is given. */
export function meshPods(modes: readonly MeshMode[], path: FieldPath, set?: PodSet): Extract<Peer, { kind: 'pods' }> {
  const selector: LabelSelector = set?.pods ?? { requirements: [] };
  const pods = { ...selector, requirements: [...selector.requirements, meshIs(modes)] };
  return { kind: 'pods', pods: { ...set, pods }, path };
}

/** A peer that is one of several; of a single one itself. */
export function oneOf(peers: readonly Peer[], path: FieldPath): Peer {
  const first = peers[0];
  if (first !== undefined && peers.length === 1) return first;
  return { kind: 'none-of', peers: [{ kind: 'none-of', peers, path }], path };
}

/** A peer that is all of several; of a single one itself. */
export function allOf(peers: readonly Peer[], path: FieldPath): Peer {
  const first = peers[0];
  return first !== undefined && peers.length === 1 ? first : { kind: 'all-of', peers, path };
}

/** Ports of the agent beside a sidecar, which redirection leaves out: health, merged metrics, Envoy's metrics. */
const agentPorts: PortRanges = [
  [15_020, 15_021],
  [15_090, 15_090],
];

/**
 * Rules for what no proxy of the mesh sees, to stand before the rules of every program: protocols other than TCP, the
 * agent's own ports, what the node itself sends to its ambient pods, ports left out by annotations. Then the pods of
 * which it is not known whether the mesh judges them.
 * Source: istio.io, Protocol Selection, Ambient and Kubernetes NetworkPolicy, Resource Annotations.
 */
export function outsideMesh(snapshot: Snapshot, action: 'allow' | 'pass', evidence: Evidence): readonly PolicyRule[] {
  const { path } = evidence;
  const head = { direction: 'ingress', action, implied: true, evidence } as const;
  const every = { from: 1, to: 65_535, path } as const;
  const some = modesIn(snapshot);
  const rules: PolicyRule[] = [
    { ...head, ports: (['UDP', 'SCTP'] as const).map((protocol) => ({ kind: 'range', protocol, ...every })) },
    { ...head, ports: tcpPorts(agentPorts, path), onlyFor: [meshPods([...envoyModes, 'unknown'], path)] },
    ...uncaptured(snapshot).map(({ workload, ports, at, modes }) => ({
      ...head,
      ports: tcpPorts(ports, path),
      onlyFor: [meshPods(modes, path, podsOf(workload))],
      evidence: { ref: workload.ref, path: at, note: '' },
    })),
  ];
  if (ztunnelModes.some((mode) => some.has(mode))) {
    const own = { kind: 'nodes', nodes: { requirements: [] }, which: 'own', path } as const;
    rules.push({ ...head, peers: [own], onlyFor: [meshPods(ztunnelModes, path)] });
  }
  if (some.has('unknown')) {
    const text = t('whether it is in the mesh: the labels of its namespace are not in the files');
    rules.push({ ...head, onlyFor: [meshPods(['unknown'], path)], condition: { of: 'unseen', text } });
  }
  return rules;
}

/**
 * Rules that make unknown what comes of pods whose clients may not use the mesh's mutual TLS; to stand before rules that
 * ask who the client is.
 */
export function ownTls(snapshot: Snapshot, action: 'allow' | 'pass', evidence: Evidence): readonly PolicyRule[] {
  return servicesWithOwnTls(snapshot).flatMap(({ service, evidence: rule }): PolicyRule[] => {
    const { ref, selector } = service;
    if (selector === undefined) return [];
    const set = { inNamespace: ref.namespace, pods: selectorOfLabels(selector) };
    const text = t('whether clients use mutual TLS: {0} sets another mode', refLabel(rule.ref));
    const condition = { of: 'unseen', text } as const;
    const onlyFor = [meshPods(envoyModes, evidence.path, set)];
    const ports = tcpPorts(allPorts, evidence.path);
    // Who is outside the mesh shows no identity anyway.
    const peers = [meshPods([...meshModes, 'unknown'], evidence.path)];
    const head = { direction: 'ingress', implied: true, peers, onlyFor, ports, condition, evidence: rule } as const;
    return [
      { ...head, action },
      { ...head, action: 'deny' },
    ];
  });
}

function podsOf({ ref, pods }: Workload): PodSet {
  const names = { key: podFacts.name, operator: 'In' as const, values: pods.map((pod) => pod.ref.name) };
  return { inNamespace: ref.namespace, pods: { requirements: [names] } };
}

interface Uncaptured {
  readonly workload: Workload;
  readonly ports: PortRanges;
  readonly at: FieldPath;
  readonly modes: readonly MeshMode[];
}

/** Ports that annotations keep out of the sidecar. */
const uncaptured = oncePer(({ workloads }: Snapshot): readonly Uncaptured[] => workloads.flatMap(leftOut));

function leftOut(workload: Workload): readonly Uncaptured[] {
  const annotations = podAnnotations(workload);
  const prefix = 'traffic.sidecar.istio.io/';
  const at = (name: string): FieldPath => [...workload.template.metadataPath, 'annotations', `${prefix}${name}`];
  const [excluded, included] = [
    annotations[`${prefix}excludeInboundPorts`],
    annotations[`${prefix}includeInboundPorts`],
  ];
  const modes = ['sidecar'] as const;
  const out: Uncaptured[] = [];
  if (excluded !== undefined) out.push({ workload, modes, ports: portList(excluded), at: at('excludeInboundPorts') });
  if (included !== undefined && included.trim() !== '*') {
    out.push({ workload, modes, ports: without(allPorts, portList(included)), at: at('includeInboundPorts') });
  }
  const bypass = 'ambient.istio.io/bypass-inbound-capture';
  if (annotations[bypass] === 'true') {
    const path = [...workload.template.metadataPath, 'annotations', bypass];
    out.push({ workload, modes: ztunnelModes, ports: allPorts, at: path });
  }
  return out.filter(({ ports }) => ports.length > 0);
}

/** The ports of an annotation's list, each a range of its own; what is no port is left out. */
export function portList(text: string): PortRanges {
  return rangesOf(
    text
      .split(',')
      .map(Number)
      .filter((port) => Number.isInteger(port) && port >= 1 && port <= 65_535),
  );
}
