import type { Workload } from './cluster.ts';
import { arrayAt, isObject, type JsonValue, stringAt, stringMapAt } from './json.ts';
import { matchesLabels, readLabelSelector } from './labels.ts';
import type { Resource } from './resource.ts';
import type { Snapshot } from './snapshot.ts';

/** A network beside the cluster's own, which pods are attached to by an interface each. */
export interface SecondaryNetwork {
  /** The name that its attachment definitions have. */
  readonly name: string;
  /** The attachment definitions that lead to it, as `namespace/name`. */
  readonly definitions: ReadonlySet<string>;
  readonly members: readonly Workload[];
}

const group = 'k8s.cni.cncf.io';

/**
 * The networks that some workload is attached to, by name. Attachment definitions of one name in several namespaces lead to
 * one network where they say the same of it, as do those that a ClusterUserDefinedNetwork makes; one that is not among the
 * objects is a network of its own.
 * Source: the Network Plumbing Working Group's de facto standard, version 1, "Network Attachment Selection Annotation";
 * ovn-kubernetes docs/features/multiple-networks.
 */
export function secondaryNetworks(snapshot: Snapshot): readonly SecondaryNetwork[] {
  const found = new Map<string, { readonly name: string; definitions: Set<string>; members: Workload[] }>();
  for (const workload of snapshot.workloads) {
    if (workload.template.hostNetwork) continue;
    const { resource, template, ref } = workload;
    const annotations = stringMapAt(resource.object, ...template.metadataPath, 'annotations');
    const written = selected(annotations['k8s.v1.cni.cncf.io/networks'] ?? '', ref.namespace);
    // A virtual machine of KubeVirt names them in its specification.
    const ofMachine = arrayAt(template.spec, 'networks').map((one) => stringAt(one, 'multus', 'networkName') ?? '');
    for (const definition of [...written, ...ofMachine.flatMap((one) => selectedByList(one, ref.namespace))]) {
      const identity = identityOf(snapshot, definition);
      const name = definition.slice(definition.indexOf('/') + 1);
      const network = found.get(identity) ?? { name, definitions: new Set(), members: [] };
      found.set(identity, network);
      network.definitions.add(definition);
      if (!network.members.includes(workload)) network.members.push(workload);
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The networks of a policy: a list like `net-a, ns/net-b` of attachment definitions. Source: multi-networkpolicy, "policy-for". */
export function networksOfPolicy({ ref, object }: Resource): readonly string[] {
  const text = stringMapAt(object, 'metadata', 'annotations')['k8s.v1.cni.cncf.io/policy-for'] ?? '';
  return selectedByList(text.replaceAll(' ', ''), ref.namespace);
}

/** What the annotation of a pod selects: a list of names, or JSON. */
function selected(text: string, namespace: string): readonly string[] {
  if (!text.trimStart().startsWith('[')) return selectedByList(text, namespace);
  return arrayAt(parsed(text)).flatMap((one) => {
    const name = isObject(one) ? stringAt(one, 'name') : undefined;
    return name === undefined ? [] : [`${stringAt(one, 'namespace') ?? namespace}/${name}`];
  });
}

function selectedByList(text: string, namespace: string): readonly string[] {
  return text.split(',').flatMap((part) => {
    // Behind the @ stands the name of the interface.
    const name = part.trim().replace(/@.*$/, '');
    const whole = name.includes('/') ? name : `${namespace}/${name}`;
    return whole.startsWith('/') || whole.endsWith('/') ? [] : [whole];
  });
}

function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

function identityOf(snapshot: Snapshot, definition: string): string {
  const at = definition.indexOf('/');
  const ref = {
    group,
    kind: 'NetworkAttachmentDefinition',
    namespace: definition.slice(0, at),
    name: definition.slice(at + 1),
  };
  const config = stringAt(snapshot.get(ref)?.object, 'spec', 'config');
  if (config !== undefined) return linkOf(ref.name, config);
  const wide = snapshot.get({ group: 'k8s.ovn.org', kind: 'ClusterUserDefinedNetwork', namespace: '', name: ref.name });
  return wide !== undefined && reaches(snapshot, wide, ref.namespace) ? `wide ${ref.name}` : `own ${definition}`;
}

/**
 * What makes two definitions one network: for OVN-Kubernetes the name in the configuration, else the name of the
 * definition and how its plugins are linked, whatever addresses they give.
 */
function linkOf(name: string, config: string): string {
  const value = parsed(config);
  if (!isObject(value)) return `link ${name} ${config.replaceAll(/\s+/g, '')}`;
  if (value['type'] === 'ovn-k8s-cni-overlay') return `ovn ${stringAt(value, 'name') ?? name}`;
  const given = new Set(['capabilities', 'cniVersion', 'ipam', 'name']);
  return `link ${name} ${JSON.stringify(value, (key, inner: unknown) => (given.has(key) ? undefined : inner))}`;
}

function reaches(snapshot: Snapshot, { object }: Resource, namespace: string): boolean {
  const selector = readLabelSelector(isObject(object['spec']) ? object['spec']['namespaceSelector'] : undefined);
  const labels = snapshot.namespaces.get(namespace)?.labels;
  return selector !== undefined && labels !== undefined && matchesLabels(selector, labels);
}
