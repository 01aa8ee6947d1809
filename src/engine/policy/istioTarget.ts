import { t } from '@vscode/l10n';
import { type MeshConfig, meshConfigOf } from '../mesh/config.ts';
import type { MeshMode } from '../mesh/membership.ts';
import { isObject, stringAt } from '../model/json.ts';
import { type LabelSelector, podFacts, selectorOfLabels } from '../model/labels.ts';
import type { FieldPath, Resource } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { meshIs, meshModes, meshPods } from './istioMesh.ts';
import { readSelector } from './istioPeerAuthentication.ts';
import type { PodSet } from './policy.ts';
import type { PolicyReader } from './reader.ts';

/** Whom a policy acts on. */
export interface Target {
  readonly subject: PodSet;
  readonly path: FieldPath;
  /** Set where it is attached to what stands in front of pods: a waypoint enforces it, for what passes there. */
  readonly attached: boolean;
  /** True where it can't be read. */
  readonly broken: boolean;
}

const judged: readonly MeshMode[] = [...meshModes, 'unknown'];

/**
 * The pods that an AuthorizationPolicy acts on: by selector in its namespace, in all where that is the root namespace,
 * or by what it is attached to. A gateway's pods carry its name; a waypoint stands in front of others.
 * Source: istio.io, Authorization Policy (selector, targetRefs), Use Layer 4 security policy (attachment).
 */
export function targetOf(reader: PolicyReader, snapshot: Snapshot): Target {
  const config = meshConfigOf(snapshot);
  const { object } = reader.resource;
  const spec = isObject(object['spec']) ? object['spec'] : {};
  const refs = ['targetRefs', 'targetRef'].find((one) => spec[one] !== undefined && spec[one] !== null);
  const place = placeOf(reader.resource, config);
  if (refs === undefined) {
    const path = ['spec', 'selector'];
    const pods = readSelector(reader, path);
    const set = { ...place, pods: pods ?? { requirements: [] } };
    return { subject: meshPods(judged, path, set).pods, path, attached: false, broken: pods === undefined };
  }
  const path = ['spec', refs];
  const before = reader.doubts.length;
  if (spec['selector'] !== undefined) reader.doubt(path, t('{0} can not go with a selector', refs));
  const entries = refs === 'targetRef' ? [path] : reader.entries(path);
  const found = entries.flatMap((one) => targets(reader, one, snapshot));
  if (found.length > 0 && reader.doubts.length === before) {
    return { subject: { pods: { requirements: [], anyOf: [found] } }, path, attached: true, broken: false };
  }
  if (reader.doubts.length === before) reader.doubt(path, t('{0} names nothing', refs));
  const subject = meshPods(judged, path, { ...place, pods: { requirements: [] } }).pods;
  return { subject, path, attached: true, broken: true };
}

function placeOf({ ref }: Resource, { rootNamespace }: MeshConfig): Pick<PodSet, 'inNamespace'> {
  return ref.namespace === rootNamespace ? {} : { inNamespace: ref.namespace };
}

function targets(reader: PolicyReader, path: FieldPath, snapshot: Snapshot): readonly LabelSelector[] {
  const value = reader.at(path);
  const [kind, name] = [stringAt(value, 'kind'), stringAt(value, 'name')];
  const { namespace } = reader.resource.ref;
  const here = { key: podFacts.namespace, operator: 'In' as const, values: [namespace] };
  const behind = meshIs(['waypoint']);
  if (name === undefined || name === '') {
    reader.doubt([...path, 'name'], t('the target needs a name'));
    return [];
  }
  switch (kind) {
    case 'Gateway': {
      const label = { key: 'gateway.networking.k8s.io/gateway-name', operator: 'In' as const, values: [name] };
      const own = { requirements: [here, meshIs(judged), label] };
      return isPlainGateway(snapshot, namespace, name) ? [own] : [own, { requirements: [behind] }];
    }
    case 'GatewayClass':
      return [{ requirements: [behind] }];
    case 'Service': {
      const selector = snapshot.service(namespace, name)?.selector;
      const labels = selector === undefined ? [] : selectorOfLabels(selector).requirements;
      return [{ requirements: [here, behind, ...labels] }];
    }
    case 'ServiceEntry':
      // What stands outside the cluster is no pod.
      return [{ requirements: [here, behind] }];
    default:
      reader.doubt([...path, 'kind'], t('a target of kind {0} is not known', kind ?? ''));
      return [];
  }
}

/** True for a Gateway of the files that is no waypoint. */
function isPlainGateway(snapshot: Snapshot, namespace: string, name: string): boolean {
  const ref = { group: 'gateway.networking.k8s.io', kind: 'Gateway', namespace, name };
  const gatewayClass = stringAt(snapshot.get(ref)?.object, 'spec', 'gatewayClassName');
  return gatewayClass !== undefined && !gatewayClass.includes('waypoint');
}
