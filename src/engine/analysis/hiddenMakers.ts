import { t } from '@vscode/l10n';
import type { Resource } from '../model/resource.ts';

/** API groups whose objects make no pods and no Services that the files don't show, beside Kubernetes' own. */
const passiveGroups: ReadonlySet<string> = new Set([
  'acme.cert-manager.io',
  'aquasecurity.github.io',
  'cert-manager.io',
  'cilium.io',
  'crd.antrea.io',
  'crd.projectcalico.org',
  'external-secrets.io',
  'extensions.istio.io',
  'gateway.networking.k8s.io',
  'k8s.cni.cncf.io',
  'k8s.ovn.org',
  'kustomize.config.k8s.io',
  'kyverno.io',
  'monitoring.coreos.com',
  'networking.istio.io',
  'operator.tigera.io',
  'podpath.dev',
  'policy.networking.k8s.io',
  'projectcalico.org',
  'route.openshift.io',
  'security.istio.io',
  'security.openshift.io',
  'snapshot.storage.k8s.io',
  'source.toolkit.fluxcd.io',
  'telemetry.istio.io',
  'traefik.io',
  'traefik.containo.us',
]);

/** Groups of Kubernetes itself have no dot, or end in `k8s.io`. */
function isBuiltIn(group: string): boolean {
  return !group.includes('.') || group.endsWith('.k8s.io');
}

/** A sentence for each kind of custom resource whose operator may make pods and Services that the files do not show. */
export function hiddenMakers(resources: readonly Resource[]): readonly string[] {
  const makers = resources.filter(({ ref }) => !isBuiltIn(ref.group) && !passiveGroups.has(ref.group));
  const kinds = [...new Set(makers.map(({ ref }) => `${ref.kind}.${ref.group}`))].sort();
  return kinds.map((kind) => t('{0} objects may make pods and Services that the files do not show', kind));
}
