import { t } from '@vscode/l10n';
import type { Resource } from '../model/resource.ts';

/** API groups whose objects make no pods and no Services that the files don't show, beside Kubernetes' own. */
const passiveGroups: ReadonlySet<string> = new Set([
  'acme.cert-manager.io',
  'aquasecurity.github.io',
  'cert-manager.io',
  'cilium.io',
  'cloud.google.com',
  'configuration.konghq.com',
  'crd.antrea.io',
  'crd.k8s.amazonaws.com',
  'crd.projectcalico.org',
  'external-secrets.io',
  'extensions.istio.io',
  'elbv2.k8s.aws',
  'gateway.networking.k8s.io',
  'k8s.cni.cncf.io',
  'k8s.ovn.org',
  'kustomize.config.k8s.io',
  'kyverno.io',
  'metallb.io',
  'monitoring.coreos.com',
  'networking.gke.io',
  'networking.istio.io',
  'notification.toolkit.fluxcd.io',
  'operator.tigera.io',
  'podpath.dev',
  'policy.networking.k8s.io',
  'projectcalico.org',
  'projectcontour.io',
  'route.openshift.io',
  'secrets-store.csi.x-k8s.io',
  'security.istio.io',
  'security.openshift.io',
  'snapshot.storage.k8s.io',
  'source.toolkit.fluxcd.io',
  'telemetry.istio.io',
  'traefik.io',
  'traefik.containo.us',
  'vpcresources.k8s.aws',
]);

/** Kinds that go against their group: operators turn the first into pods and Services, and the others into nothing. */
const makers: ReadonlySet<string> = new Set([
  'Alertmanager.monitoring.coreos.com',
  'Prometheus.monitoring.coreos.com',
  'PrometheusAgent.monitoring.coreos.com',
  'ThanosRuler.monitoring.coreos.com',
]);
const passiveKinds: ReadonlySet<string> = new Set([
  'AppProject.argoproj.io',
  'ScaledObject.keda.sh',
  'SealedSecret.bitnami.com',
]);

/** Groups of Kubernetes itself have no dot, or end in `k8s.io`. */
function isBuiltIn(group: string): boolean {
  return !group.includes('.') || group.endsWith('.k8s.io');
}

/** A sentence for each kind of custom resource whose operator may make pods and Services that the files do not show. */
export function hiddenMakers(resources: readonly Resource[]): readonly string[] {
  const kinds = new Set(resources.filter(isMaker).map(kindOf));
  return [...kinds].sort().map((kind) => t('{0} objects may make pods and Services that the files do not show', kind));
}

function kindOf({ ref }: Resource): string {
  return `${ref.kind}.${ref.group}`;
}

function isMaker(resource: Resource): boolean {
  const { group } = resource.ref;
  const kind = kindOf(resource);
  return makers.has(kind) || !(isBuiltIn(group) || passiveGroups.has(group) || passiveKinds.has(kind));
}
