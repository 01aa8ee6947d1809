import { t } from '@vscode/l10n';
import { isTrueAt } from '../model/json.ts';
import { everything, type LabelSelector } from '../model/labels.ts';
import type { FieldPath, Resource } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { accountWords, endpointWords, namedServices, namespaceWords, selectorAt } from './calicoEntity.ts';
import { hostsOf, onForwarded, onHosts } from './calicoHost.ts';
import { readRule } from './calicoRule.ts';
import { allOf } from './calicoSelector.ts';
import { serviceWithAddresses } from './calicoServices.ts';
import { calicoGroups, tierOf } from './calicoTiers.ts';
import { calicoRivals, withTies } from './calicoTies.ts';
import { compileNetworkPolicy } from './networkPolicy.ts';
import type { Direction, PodSet, PolicyProgram } from './policy.ts';
import { PolicyReader } from './reader.ts';

const directions = ['ingress', 'egress'] as const;

const fields = [
  ...['egress', 'ingress', 'order', 'performanceHints', 'selector'],
  ...['serviceAccountSelector', 'tier', 'types'],
];

const globalFields = [...fields, 'applyOnForward', 'doNotTrack', 'namespaceSelector', 'preDNAT'];

/** What a policy's meaning hangs on: tiers, network sets and host endpoints, and the Services that it names. */
export function calicoRelated(resource: Resource, snapshot: Snapshot): readonly Resource[] {
  const services = namedServices(resource).flatMap(({ namespace, name }) => {
    const service = snapshot.get({ group: '', kind: 'Service', namespace, name });
    return service === undefined ? [] : serviceWithAddresses(service, snapshot);
  });
  const kinds = ['Tier', 'NetworkSet', 'GlobalNetworkSet', 'HostEndpoint'];
  const objects = calicoGroups.flatMap((group) => kinds.flatMap((kind) => snapshot.ofKind(group, kind)));
  const homes = [...new Set(objects.map(({ ref }) => ref.namespace))].flatMap((name) => {
    return snapshot.get({ group: '', kind: 'Namespace', namespace: '', name }) ?? [];
  });
  return [...objects, ...homes, ...services, ...calicoRivals(resource, snapshot)];
}

/**
 * Compiles a NetworkPolicy of Calico. Within its tier policies stand by `order`, the first rule that matches acts, and a
 * selected pod is denied what no rule of the tier decides. NetworkPolicies of Kubernetes are in tier `default` too, with
 * order 1000. Source: Calico docs, NetworkPolicy and Tier; felix/rules.
 */
export function compileCalicoPolicy(resource: Resource, related: readonly Resource[]): readonly PolicyProgram[] {
  const reader = new PolicyReader(resource);
  return tied(compile(reader, selectorOf(reader, fields), related), related);
}

/** A policy with what comes of others in its place. */
function tied(program: PolicyProgram, related: readonly Resource[]): readonly PolicyProgram[] {
  const rivals = related.filter(({ ref }) => ['GlobalNetworkPolicy', 'NetworkPolicy'].includes(ref.kind));
  const subject = (one: Resource): PodSet => {
    if (one.ref.group === 'networking.k8s.io') return compileNetworkPolicy(one)[0]?.subject ?? { pods: everything };
    const known = one.ref.namespace === '' ? globalFields : fields;
    return subjectOf(one, selectorOf(new PolicyReader(one), known) ?? everything);
  };
  return withTies(program, rivals, (one) => compileNetworkPolicy(one)[0], subject);
}

/**
 * Compiles a GlobalNetworkPolicy, whose subject is pods of all namespaces, and host endpoints; of these alone where it
 * acts before DNAT or before connections are tracked. Source: Calico docs, GlobalNetworkPolicy.
 */
export function compileGlobalCalicoPolicy(resource: Resource, related: readonly Resource[]): readonly PolicyProgram[] {
  const reader = new PolicyReader(resource);
  const selector = selectorOf(reader, globalFields);
  for (const key of ['preDNAT', 'doNotTrack', 'applyOnForward']) switchAt(reader, ['spec', key]);
  const isSet = (key: string): boolean => isTrueAt(resource.object, 'spec', key);
  const isOfHosts = isSet('preDNAT') || isSet('doNotTrack');
  const program = compile(reader, selector, related);
  const hosts = hostsOf(selector ?? everything, related);
  return [
    ...(isOfHosts ? [] : tied(program, related)),
    ...(hosts.length > 0 ? [onHosts(program, hosts)] : []),
    ...(hosts.length > 0 && (isOfHosts || isSet('applyOnForward')) ? onForwarded(program, isOfHosts) : []),
  ];
}

function switchAt(reader: PolicyReader, path: FieldPath): void {
  const value = reader.at(path) ?? false;
  if (typeof value !== 'boolean') reader.doubt(path, t('{0} is neither true nor false', path.join('.')));
}

/** Whom the policy selects; `undefined` where that can't be read: then it may mean anyone. */
function selectorOf(reader: PolicyReader, known: readonly string[]): LabelSelector | undefined {
  const spec = ['spec'];
  reader.isMapping(spec);
  reader.known(spec, known);
  const isGlobal = known.includes('namespaceSelector');
  const selectors = [
    selectorAt(reader, [...spec, 'selector'], endpointWords),
    isGlobal ? selectorAt(reader, [...spec, 'namespaceSelector'], namespaceWords) : undefined,
    selectorAt(reader, [...spec, 'serviceAccountSelector'], accountWords),
  ].flatMap((one) => one ?? []);
  return reader.doubts.length > 0 ? undefined : allOf(selectors);
}

function compile(
  reader: PolicyReader,
  selector: LabelSelector | undefined,
  related: readonly Resource[],
): PolicyProgram {
  const { resource } = reader;
  const tier = tierOf(reader, related);
  const order = orderOf(reader);
  const before = reader.doubts.length;
  const acts = typesOf(reader);
  const isTyped = reader.doubts.length === before;
  // Where these are in doubt no rule of the policy can be relied upon.
  const isSound = reader.doubts.length === 0;
  const rules = directions.flatMap((direction) =>
    acts[direction]
      ? reader.entries(['spec', direction]).flatMap((path) => readRule(reader, direction, path, related))
      : [],
  );
  const [first, ...others] = directions.filter((one) => acts[one]);
  return {
    ref: resource.ref,
    resource,
    tier,
    priority: order,
    subject: subjectOf(resource, selector ?? everything),
    subjectPath: ['spec', 'selector'],
    isolates: isSound ? acts : { ingress: false, egress: false },
    rules: isSound ? rules : [],
    doubts: reader.doubts,
    couldDeny: true,
    ...(isTyped && first !== undefined && others.length === 0 ? { only: first } : {}),
  };
}

function subjectOf({ ref }: Resource, pods: LabelSelector): PodSet {
  return ref.namespace === '' ? { pods } : { inNamespace: ref.namespace, pods };
}

/** Without an order a policy comes last; where it can't be read, anywhere: so its doubts come first. */
function orderOf(reader: PolicyReader): number {
  const order = reader.at(['spec', 'order']) ?? Number.MAX_SAFE_INTEGER;
  if (typeof order === 'number') return order;
  reader.doubt(['spec', 'order'], t('the order {0} is not a number', String(order)));
  return Number.MIN_SAFE_INTEGER;
}

/**
 * Without types a policy acts on egress where it has only egress rules, on both where it has both, else on ingress.
 * That is filled in where it is written; a stored policy without types acts on both.
 * Source: projectcalico/calico libcalico-go/lib/clientv3/globalnetworkpolicy.go; felix/calc/policy_sorter.go.
 */
function typesOf(reader: PolicyReader): Readonly<Record<Direction, boolean>> {
  const path = ['spec', 'types'];
  const written = reader.entries(path);
  const types = written.map((one) => reader.at(one));
  for (const [index, type] of types.entries()) {
    if (type === 'Ingress' || type === 'Egress') continue;
    reader.doubt([...path, index], t('policy type {0} is not known', String(type)));
  }
  if (types.length > 0) return { ingress: types.includes('Ingress'), egress: types.includes('Egress') };
  if (reader.resource.ref.group === 'crd.projectcalico.org') return { ingress: true, egress: true };
  return { ingress: isWritten(reader, 'ingress') || !isWritten(reader, 'egress'), egress: isWritten(reader, 'egress') };
}

function isWritten(reader: PolicyReader, direction: Direction): boolean {
  const rules = reader.at(['spec', direction]) ?? [];
  return !Array.isArray(rules) || rules.length > 0;
}
