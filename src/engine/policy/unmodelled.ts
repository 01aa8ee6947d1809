import { t } from '@vscode/l10n';
import { everything } from '../model/labels.ts';
import type { FieldPath, Resource } from '../model/resource.ts';
import type { PolicyProgram } from './policy.ts';

/**
 * Kinds that can change who may connect, beside those that say so by their name. The API references of OVN-Kubernetes,
 * OpenShift, Linkerd, Kuma, Consul and the AWS VPC resource controller.
 */
const named: ReadonlySet<string> = new Set([
  'consul.hashicorp.com/ServiceIntentions',
  'ingressnodefirewall.openshift.io/IngressNodeFirewall',
  'kuma.io/MeshTrafficPermission',
  'kuma.io/TrafficPermission',
  'policy.linkerd.io/AuthorizationPolicy',
  'policy.linkerd.io/Server',
  'policy.linkerd.io/ServerAuthorization',
  'vpcresources.k8s.aws/SecurityGroupPolicy',
]);

/**
 * True for a kind that can change who may connect, also where its name is misspelt in a way that people do, or its group.
 * Calico's staged policies only watch.
 */
export function isPolicyLike(group: string, kind: string): boolean {
  return (
    named.has(`${group}/${kind}`) ||
    (/(networkpolic(y|ies)|userdefinednetwork)$/i.test(kind) && !kind.startsWith('Staged'))
  );
}

/**
 * A policy that Podpath can't act on, for the reason that is given: a program without rules and with a doubt, so that
 * whatever it could change is unknown and never silently allowed.
 */
export function unmodelledProgram(resource: Resource, path: FieldPath, note: string): PolicyProgram {
  const { ref } = resource;
  const isEverywhere = ref.namespace === '' || /^(Cluster|Global|Admin)/.test(ref.kind);
  return {
    ref,
    resource,
    tier: 'default',
    priority: 0,
    subject: { ...(isEverywhere ? { namespaces: everything } : { inNamespace: ref.namespace }), pods: everything },
    subjectPath: path,
    isolates: { ingress: false, egress: false },
    rules: [],
    doubts: [{ ref, path, note, isGap: true }],
    couldDeny: true,
  };
}

/** The note of a kind that is not modelled. */
export function notModelled(kind: string): string {
  return t('{0} is not modelled yet', kind);
}
