import { t } from '@vscode/l10n';
import { listEdit, sameList } from '../model/lists.ts';
import type { Resource } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import {
  adminRivals,
  compileAdminNetworkPolicy,
  compileBaselineAdminNetworkPolicy,
  compileClusterNetworkPolicy,
} from './adminPolicy.ts';
import { compileHostEndpoint } from './calicoHost.ts';
import { calicoRelated, compileCalicoPolicy, compileGlobalCalicoPolicy } from './calicoPolicy.ts';
import { calicoTiers } from './calicoTiers.ts';
import { compileCiliumClusterwidePolicy, compileCiliumPolicy } from './ciliumPolicy.ts';
import { ciliumRelated } from './ciliumRelated.ts';
import { compileEgressFirewall } from './egressFirewall.ts';
import { compileAuthorizationPolicies } from './istioAuthorization.ts';
import { compilePeerAuthentications } from './istioPeerAuthentication.ts';
import { compileMultiNetworkPolicy } from './multiNetworkPolicy.ts';
import { compileNetworkPolicy } from './networkPolicy.ts';
import { openPods } from './openDefaultPorts.ts';
import type { PolicyProgram, PolicyTier } from './policy.ts';
import { builtInTiers } from './tiers.ts';
import { isPolicyLike, notModelled, unmodelledProgram } from './unmodelled.ts';
import { compileClusterUserDefinedNetwork, compileUserDefinedNetwork } from './userDefinedNetwork.ts';

/** A policy kind that Podpath models: adding one is a file and a line here. */
interface PolicyKind {
  readonly group: string;
  readonly kind: string;
  /** Those that the compiler reads. */
  readonly versions: readonly string[];
  readonly compile: (resource: Resource, related: readonly Resource[]) => readonly PolicyProgram[];
  /** Other objects that the policy's meaning hangs on; absent: none. */
  readonly related?: (resource: Resource, snapshot: Snapshot) => readonly Resource[];
}

/** A kind whose objects mean something only together with others of its group and with the pods. */
interface JointKind {
  readonly group: string;
  readonly kind: string;
  readonly versions: readonly string[];
  readonly compileAll: (snapshot: Snapshot) => readonly PolicyProgram[];
}

const admin = 'policy.networking.k8s.io';
const cilium = 'cilium.io';
const calico = [
  { group: 'crd.projectcalico.org', versions: ['v1'] },
  { group: 'projectcalico.org', versions: ['v3'] },
];
const ovn = 'k8s.ovn.org';

const policyKinds: readonly PolicyKind[] = [
  { group: 'networking.k8s.io', kind: 'NetworkPolicy', versions: ['v1'], compile: compileNetworkPolicy },
  {
    group: admin,
    kind: 'AdminNetworkPolicy',
    versions: ['v1alpha1'],
    compile: compileAdminNetworkPolicy,
    related: adminRivals,
  },
  {
    group: admin,
    kind: 'BaselineAdminNetworkPolicy',
    versions: ['v1alpha1'],
    compile: compileBaselineAdminNetworkPolicy,
    related: adminRivals,
  },
  {
    group: admin,
    kind: 'ClusterNetworkPolicy',
    versions: ['v1alpha2'],
    compile: compileClusterNetworkPolicy,
    related: adminRivals,
  },
  {
    group: cilium,
    kind: 'CiliumNetworkPolicy',
    versions: ['v2'],
    compile: compileCiliumPolicy,
    related: ciliumRelated,
  },
  {
    group: cilium,
    kind: 'CiliumClusterwideNetworkPolicy',
    versions: ['v2'],
    compile: compileCiliumClusterwidePolicy,
    related: ciliumRelated,
  },
  ...calico.flatMap((api): readonly PolicyKind[] => [
    { ...api, kind: 'GlobalNetworkPolicy', compile: compileGlobalCalicoPolicy, related: calicoRelated },
    { ...api, kind: 'HostEndpoint', compile: compileHostEndpoint },
    { ...api, kind: 'NetworkPolicy', compile: compileCalicoPolicy, related: calicoRelated },
  ]),
  {
    group: 'k8s.cni.cncf.io',
    kind: 'MultiNetworkPolicy',
    versions: ['v1beta1', 'v1beta2'],
    compile: compileMultiNetworkPolicy,
  },
  {
    group: ovn,
    kind: 'ClusterUserDefinedNetwork',
    versions: ['v1'],
    compile: compileClusterUserDefinedNetwork,
    related: openPods,
  },
  { group: ovn, kind: 'EgressFirewall', versions: ['v1'], compile: compileEgressFirewall },
  {
    group: ovn,
    kind: 'UserDefinedNetwork',
    versions: ['v1'],
    compile: compileUserDefinedNetwork,
    related: openPods,
  },
];

const mesh = 'security.istio.io';

const jointKinds: readonly JointKind[] = [
  { group: mesh, kind: 'AuthorizationPolicy', versions: ['v1', 'v1beta1'], compileAll: compileAuthorizationPolicies },
  { group: mesh, kind: 'PeerAuthentication', versions: ['v1', 'v1beta1'], compileAll: compilePeerAuthentications },
];

const modelled: ReadonlySet<string> = new Set([...policyKinds, ...jointKinds].map((one) => `${one.group}/${one.kind}`));

/** True for a kind that can change who may connect and that Podpath does not model. */
export function isUnmodelledPolicy(group: string, kind: string): boolean {
  return isPolicyLike(group, kind) && !modelled.has(`${group}/${kind}`);
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

/** What all objects of a kind came to, one by one and together, where each means the same in any company. */
interface CompiledList {
  readonly ofEach: readonly (readonly PolicyProgram[])[];
  readonly programs: readonly PolicyProgram[];
}

const knownLists = new WeakMap<readonly Resource[], CompiledList>();

/**
 * Every policy of a snapshot in the one form that the evaluator reads. A kind that is not modelled becomes a program
 * without rules and with a doubt, so that whatever it could change is unknown and never silently allowed. `before` is an
 * earlier state of the scope, whose policies have mostly stayed.
 */
export function compilePolicies(snapshot: Snapshot, before?: Snapshot): readonly PolicyProgram[] {
  const alone = policyKinds.flatMap(({ group, kind, versions, compile, related }) => {
    const list = snapshot.ofKind(group, kind);
    const inOwnVersion = inVersion(versions, compile);
    if (related === undefined) return compiledList(list, before?.ofKind(group, kind) ?? [], inOwnVersion);
    return list.flatMap((resource) => compiled(resource, inOwnVersion, related(resource, snapshot)));
  });
  const unknown = snapshot.kinds
    .filter(({ group, kind }) => isUnmodelledPolicy(group, kind))
    .flatMap(({ group, kind }) => snapshot.ofKind(group, kind))
    .flatMap((resource) => compiled(resource, (one) => [unmodelledProgram(one, ['kind'], whyUnknown(one))], []));
  const joint = compileJoint(snapshot);
  return [...alone, ...joint, ...unknown];
}

function whyUnknown({ ref, origin }: Resource): string {
  return origin.type === 'simulated' ? origin.note : notModelled(ref.kind);
}

/** What the joint kinds came to, by the pods of a snapshot: these are others where anything but policies is. */
const jointly = new WeakMap<Snapshot['pods'], Compiled>();

function compileJoint(snapshot: Snapshot): readonly PolicyProgram[] {
  const related = jointKinds.flatMap(({ group, kind }) => snapshot.ofKind(group, kind));
  if (related.length === 0) return [];
  let found = jointly.get(snapshot.pods);
  if (found === undefined || !sameList(found.related, related)) {
    const programs = jointKinds
      .flatMap(({ compileAll }) => compileAll(snapshot))
      .filter(({ resource }) => resource.origin.type !== 'simulated');
    // What a version that is not known says beside is in doubt for its whole namespace.
    const strange = jointKinds.flatMap(({ group, kind, versions }) =>
      snapshot.ofKind(group, kind).flatMap((one) => inVersion(versions, () => [])(one, [])),
    );
    found = { programs: [...programs, ...strange], related };
    jointly.set(snapshot.pods, found);
  }
  return found.programs;
}

function compiledList(
  list: readonly Resource[],
  before: readonly Resource[],
  compile: PolicyKind['compile'],
): readonly PolicyProgram[] {
  let found = knownLists.get(list);
  if (found === undefined) {
    const earlier = knownLists.get(before);
    const { at, gone, come } = listEdit(earlier === undefined ? [] : before, list);
    const own = come.map((one) => compiled(one, compile, []));
    const { ofEach, programs } = earlier ?? { ofEach: [], programs: [] };
    const sizeOf = (part: CompiledList['ofEach']): number => part.reduce((sum, { length }) => sum + length, 0);
    const [first, count] = [sizeOf(ofEach.slice(0, at)), sizeOf(ofEach.slice(at, at + gone.length))];
    found = {
      ofEach: ofEach.toSpliced(at, gone.length, ...own),
      programs: programs.toSpliced(first, count, ...own.flat()),
    };
    knownLists.set(list, found);
  }
  return found.programs;
}

function compiled(
  resource: Resource,
  compile: PolicyKind['compile'],
  related: readonly Resource[],
): readonly PolicyProgram[] {
  let found = known.get(resource);
  if (found === undefined || !sameList(found.related, related)) {
    found = { programs: compile(resource, related), related };
    known.set(resource, found);
  }
  return found.programs;
}

/** A version that the compiler was not written for may mean other things by the same fields. */
function inVersion(versions: readonly string[], compile: PolicyKind['compile']): PolicyKind['compile'] {
  return (resource, related) => {
    const { origin } = resource;
    // Nobody invents a policy but to stand for those that can't be read.
    if (origin.type === 'simulated') return [unmodelledProgram(resource, [], origin.note)];
    const version = resource.apiVersion.split('/').at(-1) ?? '';
    if (versions.includes(version)) return compile(resource, related);
    const note = t('version {0} of {1} is not known; {2} is', version, resource.ref.kind, versions.join(', '));
    return [unmodelledProgram(resource, ['apiVersion'], note)];
  };
}
