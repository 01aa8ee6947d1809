import { t } from '@vscode/l10n';
import { isTrueAt, numberAt, stringAt, stringsAt } from '../model/json.ts';
import { everything, podFacts } from '../model/labels.ts';
import type { FieldPath, Resource } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { accountKey, endpointKey, namedServices, namespaceKey, readEntity, selectorAt } from './calicoEntity.ts';
import { readPorts } from './calicoPorts.ts';
import { allOf } from './calicoSelector.ts';
import type { Direction, Peer, PodSet, PolicyProgram, PolicyRule, PolicyTier, RuleCondition } from './policy.ts';
import { PolicyReader } from './reader.ts';

const groups = ['projectcalico.org', 'crd.projectcalico.org'];
const directions = ['ingress', 'egress'] as const;

/** The tiers that Tier objects make; `default` is where NetworkPolicies are too. Source: Calico docs, Tier. */
export function calicoTiers(snapshot: Snapshot): readonly PolicyTier[] {
  return groups
    .flatMap((group) => snapshot.ofKind(group, 'Tier'))
    .filter(({ ref }) => !Object.hasOwn(builtIn, ref.name))
    .map(({ ref, object }) => ({
      name: tierName(ref.name),
      order: numberAt(object, 'spec', 'order') ?? Number.MAX_SAFE_INTEGER,
      end: stringAt(object, 'spec', 'defaultAction') === 'Pass' ? 'pass' : 'deny',
      layer: 'network',
    }));
}

/** Tiers that need no object, as Calico names them. */
const builtIn: Readonly<Record<string, string>> = {
  adminnetworkpolicy: 'admin',
  baselineadminnetworkpolicy: 'baseline',
  default: 'default',
  'kube-admin': 'admin',
  'kube-baseline': 'baseline',
};

function tierName(name: string): string {
  return Object.hasOwn(builtIn, name) ? (builtIn[name] ?? '') : `calico/${name}`;
}

/** What a policy's meaning hangs on: tiers, network sets and host endpoints, and the Services that it names. */
export function calicoRelated(resource: Resource, snapshot: Snapshot): readonly Resource[] {
  const services = namedServices(resource).flatMap(({ namespace, name }) => {
    return snapshot.get({ group: '', kind: 'Service', namespace, name }) ?? [];
  });
  const kinds = ['Tier', 'NetworkSet', 'GlobalNetworkSet', 'HostEndpoint'];
  const objects = groups.flatMap((group) => kinds.flatMap((kind) => snapshot.ofKind(group, kind)));
  const homes = [...new Set(objects.map(({ ref }) => ref.namespace))].flatMap((name) => {
    return snapshot.get({ group: '', kind: 'Namespace', namespace: '', name }) ?? [];
  });
  return [...objects, ...homes, ...services];
}

/**
 * Compiles a NetworkPolicy of Calico. Within its tier policies stand by `order`, the first rule that matches acts, and a
 * selected pod is denied what no rule of the tier decides. NetworkPolicies of Kubernetes are in tier `default` too, with
 * order 1000. Source: Calico docs, NetworkPolicy and Tier; felix/rules.
 */
export function compileCalicoPolicy(resource: Resource, related: readonly Resource[]): readonly PolicyProgram[] {
  return compile(resource, related);
}

/** Compiles a GlobalNetworkPolicy, whose subject is pods of all namespaces, and host endpoints. */
export function compileGlobalCalicoPolicy(resource: Resource, related: readonly Resource[]): readonly PolicyProgram[] {
  const programs = compile(resource, related);
  const hosts = related.filter(({ ref }) => ref.kind === 'HostEndpoint');
  const { object } = resource;
  const skipsPods = isTrueAt(object, 'spec', 'preDNAT') || isTrueAt(object, 'spec', 'doNotTrack');
  return [...(skipsPods ? [] : programs), ...(hosts.length > 0 ? programs.map((one) => onHosts(one, hosts)) : [])];
}

/** Host endpoints have rules of their own (failsafe ports, forwarded traffic): what policies do there is not known. */
function onHosts(program: PolicyProgram, hosts: readonly Resource[]): PolicyProgram {
  const names = hosts.flatMap(({ object }) => stringAt(object, 'spec', 'node') ?? []);
  const { ref, subjectPath } = program;
  return {
    ...program,
    subject: { inNamespace: '', pods: everything },
    nodes: { requirements: [{ key: 'kubernetes.io/hostname', operator: 'In', values: names }] },
    isolates: { ingress: false, egress: false },
    rules: [],
    doubts: [{ ref, path: subjectPath, note: t('what it does on host endpoints is not modelled'), isGap: true }],
  };
}

function compile(resource: Resource, related: readonly Resource[]): readonly PolicyProgram[] {
  const reader = new PolicyReader(resource);
  const subject = subjectOf(reader);
  const written = stringAt(resource.object, 'spec', 'tier') ?? 'default';
  const tier = tierName(written);
  const isKnown =
    Object.hasOwn(builtIn, written) || related.some(({ ref }) => ref.kind === 'Tier' && ref.name === written);
  if (!isKnown) reader.doubt(['spec', 'tier'], t('there is no Tier {0} here', written));
  const order = reader.at(['spec', 'order']);
  const isOrder = typeof order === 'number' || order === undefined || order === null;
  if (!isOrder) reader.doubt(['spec', 'order'], t('the order {0} is not a number', String(order)));
  const isolates = typesOf(reader);
  const rules = directions.flatMap((direction) =>
    isolates[direction]
      ? reader.entries(['spec', direction]).flatMap((path) => ruleOf(reader, direction, path, related))
      : [],
  );
  return [
    {
      ref: resource.ref,
      resource,
      // Where the tier is not known, so is the place of its verdicts.
      tier: isKnown ? tier : 'default',
      priority: typeof order === 'number' ? order : Number.MAX_SAFE_INTEGER,
      subject: subject ?? anyone(resource),
      subjectPath: ['spec', 'selector'],
      isolates: subject !== undefined && isKnown ? isolates : { ingress: false, egress: false },
      rules: subject !== undefined && isKnown ? rules : [],
      doubts: reader.doubts,
      couldDeny: true,
    },
  ];
}

function anyone({ ref }: Resource): PodSet {
  return { ...(ref.namespace === '' ? {} : { inNamespace: ref.namespace }), pods: everything };
}

/** `undefined` where a selector is malformed: then the policy may mean anyone. */
function subjectOf(reader: PolicyReader): PodSet | undefined {
  const selectors = [
    selectorAt(reader, ['spec', 'selector'], endpointKey),
    selectorAt(reader, ['spec', 'namespaceSelector'], namespaceKey),
    selectorAt(reader, ['spec', 'serviceAccountSelector'], accountKey),
  ].flatMap((one) => one ?? []);
  if (reader.doubts.length > 0) return undefined;
  // What is in no namespace is no pod.
  const noPods = selectors.some(({ isGlobal }) => isGlobal);
  const none = [{ requirements: [{ key: podFacts.name, operator: 'DoesNotExist' as const, values: [] }] }];
  return {
    ...anyone(reader.resource),
    pods: allOf([...selectors.map(({ labels }) => labels), ...(noPods ? none : [])]),
  };
}

/** Without types a policy acts on egress where it has only egress rules, on both where it has both, else on ingress. */
function typesOf(reader: PolicyReader): Readonly<Record<Direction, boolean>> {
  const written = stringsAt(reader.at(['spec']), 'types');
  if (written.length > 0) return { ingress: written.includes('Ingress'), egress: written.includes('Egress') };
  const [ingress, egress] = directions.map((one) => reader.entries(['spec', one]).length > 0);
  return { ingress: ingress === true || egress !== true, egress: egress === true };
}

const actions = { Allow: 'allow', Deny: 'deny', Pass: 'pass' } as const;

function ruleOf(
  reader: PolicyReader,
  direction: Direction,
  path: FieldPath,
  related: readonly Resource[],
): readonly PolicyRule[] {
  const written = stringAt(reader.at(path), 'action') ?? '';
  // What is logged goes on.
  if (written === 'Log') return [];
  const action = Object.hasOwn(actions, written) ? actions[written as keyof typeof actions] : undefined;
  if (action === undefined) {
    reader.doubt([...path, 'action'], t('{0} is no action: {1}', written, 'Allow, Deny, Pass, Log'));
    return [];
  }
  const source = readEntity(reader, [...path, 'source'], related);
  const destination = readEntity(reader, [...path, 'destination'], related);
  const [other, own] = direction === 'ingress' ? [source, destination] : [destination, source];
  const ports = destination.ports ?? readPorts(reader, path);
  const condition = conditionOf(reader, path, source.unseen ?? destination.unseen);
  const families = familyOf(reader, [...path, 'ipVersion']);
  const peers = [...other.peers, ...families];
  return [
    {
      direction,
      action,
      ...(peers.length > 0 ? { peers: [together(peers, path)] } : {}),
      ...(own.peers.length > 0 ? { onlyFor: [together(own.peers, path)] } : {}),
      ...(ports === undefined ? {} : { ports }),
      ...(condition === undefined ? {} : { condition }),
      evidence: reader.evidence(path),
    },
  ];
}

function together(peers: readonly Peer[], path: FieldPath): Peer {
  const [only] = peers;
  return peers.length === 1 && only !== undefined ? only : { kind: 'all-of', peers, path };
}

function familyOf(reader: PolicyReader, path: FieldPath): readonly Peer[] {
  const version = reader.at(path);
  if (version === undefined || version === null) return [];
  if (version === 4) return [{ kind: 'block', cidr: '0.0.0.0/0', except: [], path, ofPods: true }];
  if (version === 6) return [{ kind: 'block', cidr: '::/0', except: [], path, ofPods: true }];
  reader.doubt(path, t('the IP version {0} is neither 4 nor 6', String(version)));
  return [];
}

/** Ports of the source are not known beforehand; HTTP is asked of requests; ICMP is another protocol than all that is traced. */
function conditionOf(reader: PolicyReader, path: FieldPath, unseen: string | undefined): RuleCondition | undefined {
  const sourcePorts = ['ports', 'notPorts'].some((key) => reader.entries([...path, 'source', key]).length > 0);
  if (sourcePorts) return { of: 'unseen', text: t('it depends on the port of the source') };
  if (unseen !== undefined) return { of: 'unseen', text: unseen };
  const http = reader.at([...path, 'http']);
  if (http === undefined || http === null) return undefined;
  const methods = stringsAt(http, 'methods').join(',') || '*';
  const paths = reader.entries([...path, 'http', 'paths']).map((at) => {
    const exact = stringAt(reader.at(at), 'exact');
    return exact ?? `${stringAt(reader.at(at), 'prefix') ?? ''}*`;
  });
  return { of: 'request', text: `${methods} ${paths.join(', ')}`.trim() };
}
