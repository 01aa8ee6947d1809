import { t } from '@vscode/l10n';
import type { Assumption } from '../model/assumptions.ts';
import type { Pod } from '../model/cluster.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { membershipOf } from './membership.ts';

/**
 * What is taken for granted of a pod's place in a mesh, where the mesh's policies judge it; absent where it was seen on
 * the pod, or where there is no such policy.
 */
export function meshAssumption(snapshot: Snapshot, pod: Pod): Assumption | undefined {
  const kinds = ['AuthorizationPolicy', 'PeerAuthentication'];
  if (kinds.every((kind) => snapshot.ofKind('security.istio.io', kind).length === 0)) return undefined;
  const { mode, certain, why } = membershipOf(snapshot, pod);
  if (certain) return undefined;
  const { name, namespace } = pod.ref;
  const part = {
    none: t('{0} is not in the mesh: {1}', name, why),
    sidecar: t('{0} gets a sidecar of the mesh: {1}', name, why),
    gateway: t('{0} is a gateway of the mesh: {1}', name, why),
    ambient: t('{0} is in the ambient mesh: {1}', name, why),
    waypoint: t('{0} is in the ambient mesh, behind a waypoint: {1}', name, why),
    unknown: t('Whether {0} is in the mesh is not known: {1}', name, why),
  }[mode];
  return { code: 'mesh-membership', text: part, confirm: `istioctl x describe pod ${name}.${namespace}` };
}
