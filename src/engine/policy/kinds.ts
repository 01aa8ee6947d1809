import { t } from '@vscode/l10n';
import { everything } from '../model/labels.ts';
import type { Resource } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import {
  compileAdminNetworkPolicy,
  compileBaselineAdminNetworkPolicy,
  compileClusterNetworkPolicy,
} from './adminPolicy.ts';
import { compileHostEndpoint } from './calicoHost.ts';
import { calicoRelated, compileCalicoPolicy, compileGlobalCalicoPolicy } from './calicoPolicy.ts';
import { calicoTiers } from './calicoTiers.ts';
import { compileCiliumClusterwidePolicy, compileCiliumPolicy } from './ciliumPolicy.ts';
import { ciliumRelated } from './ciliumRelated.ts';
import { compileAuthorizationPolicies } from './istioAuthorization.ts';
import { compilePeerAuthentications } from './istioPeerAuthentication.ts';
import { compileNetworkPolicy } from './networkPolicy.ts';
import type { PolicyProgram, PolicyTier } from './policy.ts';
import { builtInTiers } from './tiers.ts';
import { compileClusterUserDefinedNetwork, compileUserDefinedNetwork } from './userDefinedNetwork.ts';

/** A policy kind that Podpath models: adding one is a file and a line here. */
interface PolicyKind {
  readonly group: string;
  readonly kind: string;
  readonly compile: (resource: Resource, related: readonly Resource[]) => readonly PolicyProgram[];
  /** Other objects that the policy's meaning hangs on; absent: none. */
  readonly related?: (resource: Resource, snapshot: Snapshot) => readonly Resource[];
}

/** A kind whose objects mean something only together with others of its group and with the pods. */
interface JointKind {
  readonly group: string;
  readonly kind: string;
  readonly compileAll: (snapshot: Snapshot) => readonly PolicyProgram[];
}

const admin = 'policy.networking.k8s.io';
const cilium = 'cilium.io';
const calico = ['crd.projectcalico.org', 'projectcalico.org'];
const ovn = 'k8s.ovn.org';

const policyKinds: readonly PolicyKind[] = [
  { group: 'networking.k8s.io', kind: 'NetworkPolicy', compile: compileNetworkPolicy },
  { group: admin, kind: 'AdminNetworkPolicy', compile: compileAdminNetworkPolicy },
  { group: admin, kind: 'BaselineAdminNetworkPolicy', compile: compileBaselineAdminNetworkPolicy },
  { group: admin, kind: 'ClusterNetworkPolicy', compile: compileClusterNetworkPolicy },
  { group: cilium, kind: 'CiliumNetworkPolicy', compile: compileCiliumPolicy, related: ciliumRelated },
  {
    group: cilium,
    kind: 'CiliumClusterwideNetworkPolicy',
    compile: compileCiliumClusterwidePolicy,
    related: ciliumRelated,
  },
  ...calico.flatMap((group): readonly PolicyKind[] => [
    { group, kind: 'GlobalNetworkPolicy', compile: compileGlobalCalicoPolicy, related: calicoRelated },
    { group, kind: 'HostEndpoint', compile: compileHostEndpoint },
    { group, kind: 'NetworkPolicy', compile: compileCalicoPolicy, related: calicoRelated },
  ]),
  { group: ovn, kind: 'ClusterUserDefinedNetwork', compile: compileClusterUserDefinedNetwork },
  { group: ovn, kind: 'UserDefinedNetwork', compile: compileUserDefinedNetwork },
];

const mesh = 'security.istio.io';

const jointKinds: readonly JointKind[] = [
  { group: mesh, kind: 'AuthorizationPolicy', compileAll: compileAuthorizationPolicies },
  { group: mesh, kind: 'PeerAuthentication', compileAll: compilePeerAuthentications },
];

/** Policy kinds that can change who may connect and are not modelled; the mark says that they act in all namespaces. */
const unmodelledKinds: readonly (readonly [group: string, kind: string, everywhere?: true])[] = [
  ['crd.antrea.io', 'ClusterNetworkPolicy', true],
  ['crd.antrea.io', 'NetworkPolicy'],
  ['k8s.cni.cncf.io', 'MultiNetworkPolicy'],
  ['k8s.ovn.org', 'EgressFirewall'],
];

/** True for a kind of policy that Podpath knows of and does not model. */
export function isUnmodelledPolicy(group: string, kind: string): boolean {
  return unmodelledKinds.some(([g, k]) => g === group && k === kind);
}

/** The tiers that the policies of a snapshot may stand in. */
export function policyTiers(snapshot: Snapshot): readonly PolicyTier[] {
  return [...builtInTiers, ...calicoTiers(snapshot)];
}

/** What a policy compiled to, and the other objects that it was compiled with. */
interface Compiled {
  readonly programs: readonly PolicyProgram[];
  readonly related: readonly Resource[];
}

/** Compiled programs are functions of immutable objects, so they outlive the snapshot that asked first. */
const known = new WeakMap<Resource, Compiled>();

/**
 * Every policy of a snapshot in the one form that the evaluator reads. A kind that is not modelled becomes a program
 * without rules and with a doubt, so that whatever it could change is unknown and never silently allowed.
 */
export function compilePolicies(snapshot: Snapshot): readonly PolicyProgram[] {
  const modelled = policyKinds.flatMap(({ group, kind, compile, related }) =>
    snapshot
      .ofKind(group, kind)
      .flatMap((resource) => compiled(resource, compile, related === undefined ? [] : related(resource, snapshot))),
  );
  const unknown = unmodelledKinds.flatMap(([group, kind, everywhere]) =>
    snapshot
      .ofKind(group, kind)
      .flatMap((resource) => compiled(resource, (one) => [doubtful(one, everywhere === true)], [])),
  );
  const joint = compileJoint(snapshot);
  return [...modelled, ...joint, ...unknown];
}

/** What the joint kinds came to, by the pods of a snapshot: these are others where anything but policies is. */
const jointly = new WeakMap<Snapshot['pods'], Compiled>();

function compileJoint(snapshot: Snapshot): readonly PolicyProgram[] {
  const related = jointKinds.flatMap(({ group, kind }) => snapshot.ofKind(group, kind));
  if (related.length === 0) return [];
  let found = jointly.get(snapshot.pods);
  if (found === undefined || !isSame(found.related, related)) {
    found = { programs: jointKinds.flatMap(({ compileAll }) => compileAll(snapshot)), related };
    jointly.set(snapshot.pods, found);
  }
  return found.programs;
}

function compiled(
  resource: Resource,
  compile: PolicyKind['compile'],
  related: readonly Resource[],
): readonly PolicyProgram[] {
  let found = known.get(resource);
  if (found === undefined || !isSame(found.related, related)) {
    found = { programs: compile(resource, related), related };
    known.set(resource, found);
  }
  return found.programs;
}

function isSame(a: readonly Resource[], b: readonly Resource[]): boolean {
  return a.length === b.length && a.every((one, index) => one === b[index]);
}

function doubtful(resource: Resource, everywhere: boolean): PolicyProgram {
  const { ref } = resource;
  return {
    ref,
    resource,
    tier: 'default',
    priority: 0,
    subject: { ...(everywhere ? { namespaces: everything } : { inNamespace: ref.namespace }), pods: everything },
    subjectPath: ['kind'],
    isolates: { ingress: false, egress: false },
    rules: [],
    doubts: [{ ref, path: ['kind'], note: t('{0} is not modelled yet', ref.kind), isGap: true }],
    couldDeny: true,
  };
}
