import { t } from '@vscode/l10n';
import { isObject, stringAt, valueAt } from '../model/json.ts';
import { everything, type LabelSelector } from '../model/labels.ts';
import type { FieldPath, Resource } from '../model/resource.ts';
import { type OpenPod, openPod } from './openDefaultPorts.ts';
import type { Direction, Peer, PodSet, PolicyProgram, PolicyRule } from './policy.ts';
import { PolicyReader } from './reader.ts';

/** A namespace joins a primary network only with this label, set when it was made. */
const label = 'k8s.ovn.org/primary-user-defined-network';
const joins: LabelSelector = { requirements: [{ key: label, operator: 'Exists', values: [] }] };
const staysOut: LabelSelector = { requirements: [{ key: label, operator: 'DoesNotExist', values: [] }] };

/**
 * Compiles a UserDefinedNetwork of OVN-Kubernetes: as the primary network of its namespace it has no way to pods of any
 * other network, whatever the policies say. Secondary networks leave the pods' own network as it is.
 * Source: ovn-kubernetes docs/features/user-defined-networks.
 */
export function compileUserDefinedNetwork(resource: Resource, related: readonly Resource[]): readonly PolicyProgram[] {
  const set: PodSet = { inNamespace: resource.ref.namespace, namespaces: joins, pods: everything };
  return compile(new PolicyReader(resource), ['spec'], set, related);
}

/** Compiles a ClusterUserDefinedNetwork, one network over all the namespaces that it selects. */
export function compileClusterUserDefinedNetwork(
  resource: Resource,
  related: readonly Resource[],
): readonly PolicyProgram[] {
  const reader = new PolicyReader(resource);
  const selector = reader.selector(['spec', 'namespaceSelector']) ?? everything;
  const namespaces = { ...selector, requirements: [...selector.requirements, ...joins.requirements] };
  return compile(reader, ['spec', 'network'], { namespaces, pods: everything }, related);
}

function compile(
  reader: PolicyReader,
  network: FieldPath,
  members: PodSet,
  related: readonly Resource[],
): readonly PolicyProgram[] {
  const { resource } = reader;
  const spec = reader.at(network);
  const written = stringAt(spec, 'topology') ?? '';
  const topology = written === 'Layer3' ? 'layer3' : 'layer2';
  if (!['Layer2', 'Layer3', 'Localnet'].includes(written)) {
    reader.doubt([...network, 'topology'], t('the topology {0} is none of Layer2, Layer3 and Localnet', written));
  } else if (written !== 'Localnet' && !isObject(valueAt(spec, topology))) {
    reader.doubt([...network, 'topology'], t('the topology is {0}, and there is no {1}', written, topology));
  }
  const isPrimary = stringAt(spec, topology, 'role') === 'Primary';
  if (!isPrimary && reader.doubts.length === 0) return [];
  const path = [...network, topology, 'role'];
  const others: Peer = {
    kind: 'all-of',
    peers: [
      { kind: 'pods', pods: { pods: everything }, path },
      { kind: 'none-of', peers: [{ kind: 'pods', pods: members, path }], path },
    ],
    path,
  };
  const rule = (direction: Direction): PolicyRule => ({
    direction,
    action: 'deny',
    peers: [others],
    evidence: reader.evidence(path),
  });
  return [
    {
      ref: resource.ref,
      resource,
      tier: 'networks',
      priority: 0,
      subject: members,
      subjectPath: ['spec'],
      isolates: { ingress: false, egress: false },
      rules: [...related.flatMap((one) => openPod(one) ?? []).map(opening), rule('ingress'), rule('egress')],
      doubts: reader.doubts,
      couldDeny: true,
    },
  ];
}

/** What a pod opens by its annotation to the pods of the cluster's own network, to those of no other. */
function opening({ pods, ports, evidence }: OpenPod): PolicyRule {
  const { path } = evidence;
  return {
    direction: 'ingress',
    action: 'pass',
    peers: [{ kind: 'pods', pods: { namespaces: staysOut, pods: everything }, path }],
    onlyFor: [{ kind: 'pods', pods, path }],
    ports,
    evidence,
  };
}
