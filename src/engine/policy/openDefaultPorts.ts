import { readEmbedded } from '../manifest/documents.ts';
import type { Protocol } from '../model/cluster.ts';
import { arrayAt, type JsonValue, numberAt, stringAt, stringMapAt } from '../model/json.ts';
import { selectorOfLabels } from '../model/labels.ts';
import type { Evidence, FieldPath, Resource } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { PodSet, PortMatch } from './policy.ts';

const annotation = 'k8s.ovn.org/open-default-ports';

/** Pods of a primary network that open ports to the cluster's own. */
export interface OpenPod {
  readonly pods: PodSet;
  readonly ports: readonly PortMatch[];
  readonly evidence: Evidence;
}

/** Where the objects that make pods keep the pods' metadata. */
const metadataPaths: readonly FieldPath[] = [
  ['spec', 'template', 'metadata'],
  ['spec', 'jobTemplate', 'spec', 'template', 'metadata'],
  ['metadata'],
];

const known = new WeakMap<Snapshot['pods'], readonly Resource[]>();

/** The objects whose pods have the annotation. */
export function openPods(_: Resource, { pods, workloads }: Snapshot): readonly Resource[] {
  let found = known.get(pods);
  if (found === undefined) {
    const all = workloads.flatMap((one) => [one.resource, ...one.pods.map((pod) => pod.resource)]);
    found = [...new Set(all)].filter((one) => pathOf(one) !== undefined);
    known.set(pods, found);
  }
  return found;
}

function pathOf({ object }: Resource): FieldPath | undefined {
  return metadataPaths.find((path) => stringMapAt(object, ...path, 'annotations')[annotation] !== undefined);
}

/**
 * What the annotation of an object opens on its pods, which are known by their labels; `undefined` where nothing of it can
 * be read, for then nothing is opened. Source: ovn-kubernetes go-controller/pkg/util/pod_annotation.go (OpenPort).
 */
export function openPod(resource: Resource): OpenPod | undefined {
  const path = pathOf(resource);
  if (path === undefined) return undefined;
  const { object, ref } = resource;
  const text = stringMapAt(object, ...path, 'annotations')[annotation] ?? '';
  const at = [...path, 'annotations', annotation];
  const ports = arrayAt(readEmbedded(text)).flatMap((one) => portOf(one, at));
  const pods = selectorOfLabels(stringMapAt(object, ...path, 'labels'));
  const evidence = { ref, path: at, note: '' };
  return ports.length === 0 ? undefined : { pods: { inNamespace: ref.namespace, pods }, ports, evidence };
}

function portOf(value: JsonValue, path: FieldPath): readonly PortMatch[] {
  const protocol = (stringAt(value, 'protocol') ?? '').toUpperCase();
  const port = numberAt(value, 'port');
  const isKnown = protocol === 'TCP' || protocol === 'UDP' || protocol === 'SCTP';
  return isKnown && port !== undefined
    ? [{ kind: 'range', protocol: protocol as Protocol, from: port, to: port, path }]
    : [];
}
