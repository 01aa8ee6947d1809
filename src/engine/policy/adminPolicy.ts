import { t } from '@vscode/l10n';
import { isObject, type JsonValue, numberAt, objectAt, stringAt, valueAt } from '../model/json.ts';
import { everything, type LabelSelector } from '../model/labels.ts';
import { type FieldPath, type Resource, refLabel } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Direction, Peer, PodSet, PolicyProgram, PolicyRule, PortMatch } from './policy.ts';
import { doubtedRule, PolicyReader, unsure } from './reader.ts';

/** What differs between the versions of the cluster-wide policies of the Network Policy API. */
interface Dialect {
  readonly tier: 'admin' | 'baseline';
  readonly actions: Readonly<Record<string, PolicyRule['action']>>;
  readonly priority: number;
  readonly portsField: 'ports' | 'protocols';
  ports(reader: PolicyReader, path: FieldPath): readonly PortMatch[] | undefined;
}

/**
 * Compiles an AdminNetworkPolicy of policy.networking.k8s.io/v1alpha1, whose rules act in order before any
 * NetworkPolicy. Both shapes of peers are read: label selectors, and the earlier sets with sameLabels.
 * Source: sigs.k8s.io/network-policy-api/apis/v1alpha1.
 */
export function compileAdminNetworkPolicy(resource: Resource, rivals: readonly Resource[]): readonly PolicyProgram[] {
  return withRivals(resource, rivals, (reader) => {
    const actions = { Allow: 'allow', Deny: 'deny', Pass: 'pass' } as const;
    const priority = priorityOf(reader);
    return compile(reader, { tier: 'admin', actions, priority, portsField: 'ports', ports: alphaPorts });
  });
}

/** Compiles a BaselineAdminNetworkPolicy, which decides what nothing else has decided. */
export function compileBaselineAdminNetworkPolicy(
  resource: Resource,
  rivals: readonly Resource[],
): readonly PolicyProgram[] {
  return withRivals(resource, rivals, (reader) => {
    const actions = { Allow: 'allow', Deny: 'deny' } as const;
    return compile(reader, { tier: 'baseline', actions, priority: 0, portsField: 'ports', ports: alphaPorts });
  });
}

/** Compiles a ClusterNetworkPolicy of policy.networking.k8s.io/v1alpha2, the successor of both. */
export function compileClusterNetworkPolicy(resource: Resource, rivals: readonly Resource[]): readonly PolicyProgram[] {
  return withRivals(resource, rivals, (reader) => {
    const written = stringAt(reader.resource.object, 'spec', 'tier');
    if (written !== 'Admin' && written !== 'Baseline') {
      reader.doubt(['spec', 'tier'], t('the tier {0} is neither Admin nor Baseline', written ?? ''));
    }
    const actions = { Accept: 'allow', Deny: 'deny', Pass: 'pass' } as const;
    const tier = written === 'Baseline' ? 'baseline' : 'admin';
    return compile(reader, { tier, actions, priority: priorityOf(reader), portsField: 'protocols', ports: betaPorts });
  });
}

const byPlace = new WeakMap<Snapshot, Map<string, readonly Resource[]>>();

/**
 * The policies of the same kind, tier and priority with an earlier name: nothing says which of them acts first.
 * Source: sigs.k8s.io/network-policy-api/apis/v1alpha2, Priority.
 */
export function adminRivals(resource: Resource, snapshot: Snapshot): readonly Resource[] {
  let places = byPlace.get(snapshot);
  if (places === undefined) {
    places = new Map();
    byPlace.set(snapshot, places);
  }
  const { group, kind, name } = resource.ref;
  if (!places.has(kind)) {
    // A kind without policies is marked as read too.
    places.set(kind, []);
    for (const [place, list] of Map.groupBy(snapshot.ofKind(group, kind), placeOf)) places.set(place, list);
  }
  return (places.get(placeOf(resource)) ?? []).filter(({ ref }) => ref.name < name);
}

function placeOf({ ref, object }: Resource): string {
  return JSON.stringify([ref.kind, valueAt(object, 'spec', 'tier'), valueAt(object, 'spec', 'priority')]);
}

/**
 * A policy, and for each rival once more what it says, as what may come first: the evaluator then calls unknown what the
 * order of the two decides.
 */
function withRivals(
  resource: Resource,
  rivals: readonly Resource[],
  compileOne: (reader: PolicyReader) => PolicyProgram,
): readonly PolicyProgram[] {
  const program = compileOne(new PolicyReader(resource));
  const ties = rivals.map((rival): PolicyProgram => {
    const other = compileOne(new PolicyReader(rival));
    const text = t('{0} has the same priority: which of the two acts first is not defined', refLabel(rival.ref));
    const rules = program.rules.flatMap((rule) => unsure(rule, text));
    const subject = inBoth(program.subject, other.subject);
    return { ...program, subject, priority: program.priority - 0.5, rules, doubts: [] };
  });
  return [program, ...ties];
}

function inBoth(a: PodSet, b: PodSet): PodSet {
  const join = (one = everything, other = everything): LabelSelector => ({
    requirements: [...one.requirements, ...other.requirements],
  });
  return { namespaces: join(a.namespaces, b.namespaces), pods: join(a.pods, b.pods) };
}

function priorityOf(reader: PolicyReader): number {
  const priority = numberAt(reader.resource.object, 'spec', 'priority');
  if (priority !== undefined && Number.isInteger(priority) && priority >= 0 && priority <= 1000) return priority;
  reader.doubt(['spec', 'priority'], t('the priority must be a whole number from 0 to 1000'));
  // It may stand anywhere: its doubts come before all others.
  return -1;
}

function compile(reader: PolicyReader, dialect: Dialect): PolicyProgram {
  const { resource } = reader;
  const subject = subjectOf(reader);
  reader.known(['spec'], ['egress', 'ingress', 'priority', 'subject', 'tier']);
  // Where these are in doubt no rule of the policy can be relied upon.
  const isSound = reader.doubts.length === 0;
  const rules = (['ingress', 'egress'] as const).flatMap((direction) =>
    reader.entries(['spec', direction]).flatMap((path) => ruleOf(reader, dialect, direction, path)),
  );
  return {
    ref: resource.ref,
    resource,
    tier: dialect.tier,
    priority: dialect.priority,
    subject: subject?.pods ?? { pods: everything },
    subjectPath: subject?.path ?? ['spec', 'subject'],
    isolates: { ingress: false, egress: false },
    rules: isSound ? rules : [],
    doubts: reader.doubts,
    couldDeny: true,
  };
}

function subjectOf(reader: PolicyReader): { readonly pods: PodSet; readonly path: FieldPath } | undefined {
  const path = ['spec', 'subject'];
  reader.known(path, ['namespaces', 'pods']);
  const fields = fieldsOf(reader, path, ['namespaces', 'pods']);
  const field = fields[0];
  if (fields.length !== 1 || field === undefined) {
    reader.doubt(path, t('the subject needs exactly one of namespaces and pods'));
    return undefined;
  }
  const pods = podSet(reader, [...path, field], field === 'pods');
  return pods === undefined ? undefined : { pods, path: [...path, field] };
}

function fieldsOf(reader: PolicyReader, path: FieldPath, known: readonly string[]): readonly string[] {
  const value = objectAt(reader.at(path)) ?? {};
  return known.filter((one) => value[one] !== undefined && value[one] !== null);
}

/**
 * `namespaces` is a selector of namespaces, `pods` one of namespaces and one of pods. Either of the two that is left out
 * reads as an empty one, as in the API's Go types; a cluster's schema may ask for both.
 */
function podSet(reader: PolicyReader, path: FieldPath, hasPods: boolean): PodSet | undefined {
  if (!reader.isMapping(path)) return undefined;
  const namespaces = reader.selector(hasPods ? [...path, 'namespaceSelector'] : path) ?? everything;
  const pods = (hasPods ? reader.selector([...path, 'podSelector']) : undefined) ?? everything;
  return namespaces.invalid === undefined && pods.invalid === undefined ? { namespaces, pods } : undefined;
}

/** A rule that has a doubt may act on anyone, see {@link doubtedRule}. */
function ruleOf(
  reader: PolicyReader,
  { actions, ports: readPorts, portsField }: Dialect,
  direction: Direction,
  path: FieldPath,
): readonly PolicyRule[] {
  const before = reader.doubts.length;
  const field = direction === 'ingress' ? 'from' : 'to';
  if (!isObject(reader.at(path))) reader.doubt(path, t('the rule is not a mapping'));
  reader.known(path, ['action', 'name', field, portsField]);
  const written = stringAt(reader.at(path), 'action') ?? '';
  const action = Object.hasOwn(actions, written) ? actions[written] : undefined;
  if (action === undefined) {
    reader.doubt([...path, 'action'], t('{0} is no action: {1}', written, Object.keys(actions).join(', ')));
  }
  const entries = reader.entries([...path, field]);
  if (entries.length === 0) reader.doubt([...path, field], t('the rule needs at least one peer'));
  const peers = entries.flatMap((one) => peerOf(reader, one, peerKinds[direction]));
  const ports = readPorts(reader, [...path, portsField]);
  const evidence = reader.evidence(path, stringAt(reader.at(path), 'name') ?? '');
  if (action !== 'allow') {
    for (const at of entries.filter((one) => isSet(reader, [...one, 'domainNames']))) {
      reader.doubt([...at, 'domainNames'], t('domain names can stand in rules that allow only'));
    }
  }
  const doubt = reader.doubts[before];
  if (action === undefined || doubt !== undefined) {
    return doubtedRule(direction, action === undefined ? ['allow', 'deny'] : [action], doubt, evidence);
  }
  return [{ direction, action, peers, ...(ports ? { ports } : {}), evidence }];
}

function isSet(reader: PolicyReader, path: FieldPath): boolean {
  return (reader.at(path) ?? null) !== null;
}

/** What comes in is known by its pod alone. Source: AdminNetworkPolicyIngressPeer, ClusterNetworkPolicyIngressPeer. */
const peerKinds: Readonly<Record<Direction, readonly string[]>> = {
  ingress: ['namespaces', 'pods'],
  egress: ['namespaces', 'pods', 'nodes', 'networks', 'domainNames'],
};

function peerOf(reader: PolicyReader, path: FieldPath, kinds: readonly string[]): readonly Peer[] {
  if (!reader.known(path, kinds)) return [];
  const fields = fieldsOf(reader, path, kinds);
  const field = fields[0];
  if (fields.length !== 1 || field === undefined) {
    reader.doubt(path, t('a peer needs exactly one of {0}', kinds.join(', ')));
    return [];
  }
  const at = [...path, field];
  switch (field) {
    case 'nodes': {
      const nodes = reader.selector(at);
      return nodes === undefined ? [] : [{ kind: 'nodes', nodes, which: 'any', path: at }];
    }
    case 'networks':
      return reader.entries(at).map((one) => ({ ...reader.block(one), ofPods: 'by-api' }));
    case 'domainNames':
      return [{ kind: 'names', patterns: textsAt(reader, at).map(wildcard), path: at }];
    default:
      return podsPeer(reader, at, field === 'pods');
  }
}

/** In a domain name of this API `*.` at the front stands for one label or more. */
function wildcard(name: string): string {
  return name.startsWith('*.') ? `*${name}` : name;
}

function podsPeer(reader: PolicyReader, path: FieldPath, hasPods: boolean): readonly Peer[] {
  const set = hasPods ? [...path, 'namespaces'] : path;
  const value = reader.at(set);
  const keys = ['namespaceSelector', 'sameLabels', 'notSameLabels', 'related'];
  const isSet = isObject(value)
    ? hasPods || keys.some((key) => Object.hasOwn(value, key))
    : hasPods && value !== undefined;
  if (hasPods) reader.known(path, ['namespaceSelector', 'namespaces', 'podSelector']);
  if (!isSet) {
    const pods = podSet(reader, path, hasPods);
    return pods === undefined ? [] : [{ kind: 'pods', pods, path }];
  }
  if (!reader.isMapping(set)) return [];
  reader.known(set, keys);
  // Empty lists select nothing. Source: sameLabels and notSameLabels of NamespacedPeer, v0.1.1.
  if (['sameLabels', 'notSameLabels'].some((key) => isEmptyList(valueAt(value, key)))) return [];
  const pods = (hasPods ? reader.selector([...path, 'podSelector']) : undefined) ?? everything;
  const namespaces = reader.selector([...set, 'namespaceSelector']) ?? everything;
  return [{ kind: 'pods', pods: { namespaces, pods }, path, ...relationOf(reader, set) }];
}

function isEmptyList(value: JsonValue | undefined): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** How the peer's namespace must relate to the subject's, in the earlier shape of peers. */
function relationOf(
  reader: PolicyReader,
  set: FieldPath,
): Pick<Peer & { kind: 'pods' }, 'sameLabels' | 'notSameLabels'> {
  const value = reader.at(set);
  const own = ['kubernetes.io/metadata.name'];
  const related = valueAt(value, 'related') ?? 'Any';
  if (related !== 'Any' && related !== 'Self' && related !== 'NotSelf') {
    reader.doubt([...set, 'related'], t('{0} is no relation of namespaces', String(related)));
  }
  const same = related === 'Self' ? own : textsAt(reader, [...set, 'sameLabels']);
  const notSame = related === 'NotSelf' ? own : textsAt(reader, [...set, 'notSameLabels']);
  return {
    ...(same.length > 0 ? { sameLabels: same } : {}),
    ...(notSame.length > 0 ? { notSameLabels: notSame } : {}),
  };
}

function textsAt(reader: PolicyReader, path: FieldPath): readonly string[] {
  return (reader.list(path) ?? []).flatMap((one, index) => {
    if (typeof one === 'string') return [one];
    reader.doubt([...path, index], t('{0} is no text', JSON.stringify(one)));
    return [];
  });
}

/** `ports` of v1alpha1: `portNumber`, `portRange` or `namedPort`. */
function alphaPorts(reader: PolicyReader, at: FieldPath): readonly PortMatch[] | undefined {
  return portsOf(reader, at, ['portNumber', 'portRange', 'namedPort'], (path, field) => {
    if (field === 'namedPort') return namedPort(reader, path);
    return field === 'portNumber' ? reader.range(path, 'port', 'port') : rangeAt(reader, path);
  });
}

/** The API takes no range of one port. */
function rangeAt(reader: PolicyReader, path: FieldPath): PortMatch {
  const range = reader.range(path, 'start', 'end');
  if (range.kind !== 'range' || range.from < range.to) return range;
  return reader.invalidPort(path, t('the start of a range must be less than its end'));
}

/** `protocols` of v1alpha2: a protocol with a destination port, or a port's name. */
function betaPorts(reader: PolicyReader, at: FieldPath): readonly PortMatch[] | undefined {
  return portsOf(reader, at, ['tcp', 'udp', 'sctp', 'destinationNamedPort'], (path, field) => {
    if (field === 'destinationNamedPort') return namedPort(reader, path);
    if (!isObject(reader.at(path))) return reader.invalidPort(path, t('the protocol is not a mapping'));
    reader.known(path, ['destinationPort']);
    const protocol = field === 'tcp' ? 'TCP' : field === 'udp' ? 'UDP' : 'SCTP';
    const port = [...path, 'destinationPort'];
    const value = reader.at(port);
    if (value === undefined || value === null) return reader.invalidPort(path, t('it needs a destinationPort'));
    const isRange = valueAt(value, 'range') !== undefined;
    if (isRange) reader.known(port, ['range']);
    const range = isRange ? rangeAt(reader, [...port, 'range']) : reader.range(port, 'number', 'number');
    return range.kind === 'range' ? { ...range, protocol } : range;
  });
}

function namedPort(reader: PolicyReader, path: FieldPath): PortMatch {
  const name = stringAt(reader.at(path)) ?? '';
  return name === '' ? reader.invalidPort(path, t('the name of the port is missing')) : { kind: 'named', name, path };
}

function portsOf(
  reader: PolicyReader,
  path: FieldPath,
  fields: readonly string[],
  read: (path: FieldPath, field: string) => PortMatch,
): readonly PortMatch[] | undefined {
  const entries = reader.entries(path);
  if (entries.length === 0) return reader.isBroken(path) ? [] : undefined;
  return entries.map((one) => {
    reader.known(one, fields);
    const given = fieldsOf(reader, one, fields);
    const field = given[0];
    if (given.length === 1 && field !== undefined) return read([...one, field], field);
    return reader.invalidPort(one, t('a port needs exactly one of {0}', fields.join(', ')));
  });
}
