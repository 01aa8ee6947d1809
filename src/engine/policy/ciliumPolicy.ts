import { t } from '@vscode/l10n';
import { isObject, type JsonObject, type JsonValue } from '../model/json.ts';
import { everything, type LabelSelector, nothing } from '../model/labels.ts';
import type { FieldPath, Resource } from '../model/resource.ts';
import { onHosts } from './ciliumHost.ts';
import { ciliumPeers, type PeerContext, peerFields, type Reach } from './ciliumPeers.ts';
import { ciliumPorts, type PortEntry, portsOrAll } from './ciliumPorts.ts';
import { readCiliumSelector, readNodeSelector, unseenOfNodes, widestNodes } from './ciliumSelector.ts';
import type { Direction, PodSet, PolicyProgram, PolicyRule, RuleCondition } from './policy.ts';
import { PolicyReader } from './reader.ts';

const directions = ['ingress', 'egress'] as const;

/** One rule set of a policy, `spec` or an entry of `specs`, while it is read. */
interface Spec {
  readonly path: FieldPath;
  readonly namespace?: string;
  readonly related: readonly Resource[];
  readonly host: boolean;
  /** Denials are read apart: their doubts could take away what other policies allow. */
  readonly allows: PolicyReader;
  readonly denials: PolicyReader;
}

/** Whom a rule set acts on. */
interface Subject {
  readonly subject: PodSet;
  readonly nodes?: LabelSelector;
  readonly subjectPath: FieldPath;
  /** What it hangs on whether the policy acts on the nodes. */
  readonly unseen?: string;
}

/**
 * Compiles a CiliumNetworkPolicy of cilium.io/v2: what it allows stands beside NetworkPolicies, what it denies comes
 * before them all. A direction with any rule, even an empty one, isolates, unless `enableDefaultDeny` says otherwise.
 * `related` are the objects that it means, see {@link ciliumRelated}.
 * Source: cilium Documentation/security/policy (intro, layer3, layer4, layer7, deny), pkg/policy/utils.
 */
export function compileCiliumPolicy(resource: Resource, related: readonly Resource[] = []): readonly PolicyProgram[] {
  return compile(resource, related, resource.ref.namespace);
}

/** Compiles a CiliumClusterwideNetworkPolicy, whose subject is pods of any namespace, or nodes. */
export function compileCiliumClusterwidePolicy(
  resource: Resource,
  related: readonly Resource[] = [],
): readonly PolicyProgram[] {
  return compile(resource, related, undefined);
}

function compile(
  resource: Resource,
  related: readonly Resource[],
  namespace: string | undefined,
): readonly PolicyProgram[] {
  const whole = new PolicyReader(resource);
  const single = resource.object['spec'];
  const paths = [
    ...(single === undefined || single === null ? [] : [['spec']]),
    ...whole.entries(['specs']),
  ] satisfies readonly FieldPath[];
  if (paths.length === 0) whole.doubt(['spec'], t('the policy has neither spec nor specs'));
  const programs = paths.flatMap((path) => specPrograms(resource, related, namespace, path));
  if (whole.doubts.length === 0) return programs;
  return [...programs, doubted(resource, anyone(namespace), ['spec'], whole)];
}

/** Whoever a policy could mean where it can't be read. */
function anyone(namespace: string | undefined, host = namespace === undefined): Subject {
  const subject = { ...(namespace === undefined ? {} : { inNamespace: namespace }), pods: everything };
  return { subject, ...(host ? { nodes: everything } : {}), subjectPath: ['spec'] };
}

function doubted(resource: Resource, who: Subject, path: FieldPath, { doubts }: PolicyReader): PolicyProgram {
  return { ...blank(resource, who), subjectPath: path, doubts, couldDeny: true };
}

function blank(resource: Resource, who: Subject): PolicyProgram {
  const isolates = { ingress: false, egress: false };
  return { ref: resource.ref, resource, tier: 'default', priority: 0, ...who, isolates, rules: [], doubts: [] };
}

function specPrograms(
  resource: Resource,
  related: readonly Resource[],
  namespace: string | undefined,
  path: FieldPath,
): readonly PolicyProgram[] {
  const allows = new PolicyReader(resource);
  const value = allows.at(path);
  if (!isObject(value)) {
    allows.doubt(path, t('{0} is not a mapping', path.join('.')));
    return [doubted(resource, anyone(namespace), path, allows)];
  }
  const host = isSet(value['nodeSelector']);
  const own = namespace === undefined ? {} : { namespace };
  const spec: Spec = { path, ...own, related, host, allows, denials: new PolicyReader(resource) };
  const who = subjectOf(spec, value);
  if (who === undefined) return [doubted(resource, anyone(namespace, host), path, allows)];
  // One that is not known may be a denial.
  spec.denials.known(path, specFields);
  const { unseen, ...subject } = who;
  const programs = programsOf(spec, subject, resource);
  return host ? onHosts(programs, related, unseen) : programs;
}

const specFields = [
  ...['description', 'egress', 'egressDeny', 'enableDefaultDeny', 'endpointSelector'],
  ...['ingress', 'ingressDeny', 'labels', 'log', 'nodeSelector'],
];

/** A namespaced policy acts in its own namespace whatever its selector says. Source: ParseToCiliumRule. */
function subjectOf(spec: Spec, value: JsonObject): Subject | undefined {
  const { allows: reader, namespace, host } = spec;
  const field = host ? 'nodeSelector' : 'endpointSelector';
  const path = [...spec.path, field];
  if (host && (namespace !== undefined || isSet(value['endpointSelector']))) {
    reader.doubt(path, t('nodeSelector can stand in a CiliumClusterwideNetworkPolicy only, and alone'));
    return undefined;
  }
  if (host) {
    const nodes = readNodeSelector(reader, path);
    if (nodes === undefined) return undefined;
    const unseen = unseenOfNodes(nodes);
    const subject = { subject: { pods: nothing }, nodes: widestNodes(nodes), subjectPath: path };
    return unseen === undefined ? subject : { ...subject, unseen };
  }
  const selector = readCiliumSelector(reader, path);
  if (selector === undefined) return undefined;
  if (selector.unseen !== undefined) {
    reader.doubt(path, selector.unseen);
    return undefined;
  }
  // Pods have no reserved labels.
  const pods = selector.entity === undefined ? selector.pods : nothing;
  if (namespace === undefined) return { subject: { pods }, subjectPath: path };
  const illegal = isObject(value['endpointSelector']) ? value['endpointSelector']['matchLabels'] : undefined;
  const ignored = isObject(illegal) && illegal['k8s:io.kubernetes.pod.namespace'] !== undefined;
  const requirements = pods.requirements.filter(({ key }) => !(ignored && key === ':namespace'));
  return { subject: { inNamespace: namespace, pods: { ...pods, requirements } }, subjectPath: path };
}

/** The main program comes first: it is the one that the policy is shown as. */
function programsOf(spec: Spec, who: Subject, resource: Resource): readonly PolicyProgram[] {
  const isolates = { ingress: isolatesIn(spec, 'ingress'), egress: isolatesIn(spec, 'egress') };
  const allowed = directions.map((direction) => readRules(spec, direction, false));
  const denied = directions.map((direction) => readRules(spec, direction, true));
  const main = {
    ...blank(resource, who),
    isolates,
    rules: allowed.flatMap(({ rules }) => rules),
    doubts: spec.allows.doubts,
  };
  const denies = [...denied.flatMap(({ rules }) => rules), ...allowed.flatMap(({ denials }) => denials)];
  const refused = allowed.flatMap(({ refusals }) => refusals).filter(({ direction }) => !isolates[direction]);
  const deny = {
    ...blank(resource, who),
    tier: 'deny',
    rules: denies,
    doubts: spec.denials.doubts,
    couldDeny: true as const,
  };
  // Requests that no rule lets through are refused even where the policy does not isolate: after every allow.
  const rest = { ...blank(resource, who), priority: Number.MAX_SAFE_INTEGER, rules: refused };
  const closes = isolates.ingress || refused.some(({ direction }) => direction === 'ingress');
  return [
    main,
    ...(denies.length + deny.doubts.length > 0 ? [deny] : []),
    ...(closes && !spec.host ? [ownNode(spec, blank(resource, who))] : []),
    ...(refused.length > 0 ? [rest] : []),
  ];
}

/**
 * Pods let their own node in unless agents run with allow-localhost=policy: kubelet must reach them.
 * Source: cilium Documentation/security/policy/layer3, "Access to/from local host".
 */
function ownNode({ path, allows }: Spec, program: PolicyProgram): PolicyProgram {
  const at = [...path, 'ingress'];
  const evidence = allows.evidence(at, t('Cilium always lets in the node of a pod'));
  const peers = [{ kind: 'nodes', nodes: everything, which: 'own', path: at }] as const;
  return { ...program, rules: [{ direction: 'ingress', action: 'allow', peers, evidence }] };
}

/** Source: Rule.Sanitize and Documentation/security/policy/intro, "Endpoint default policy". */
function isolatesIn({ path, allows: reader }: Spec, direction: Direction): boolean {
  const lists = [direction, `${direction}Deny`].map((field) => reader.at([...path, field]));
  const hasRules = lists.some((list) => Array.isArray(list) && list.length > 0);
  const at = [...path, 'enableDefaultDeny'];
  const written = reader.isMapping(at) ? reader.at([...at, direction]) : undefined;
  if (written === undefined || written === null) return hasRules;
  if (typeof written !== 'boolean')
    reader.doubt([...at, direction], t('{0} is neither true nor false', String(written)));
  if (written === true && !hasRules) {
    reader.doubt([...at, direction], t('whether it isolates without a rule depends on the version of Cilium'));
  }
  return written !== false && hasRules;
}

/** What the rules of a direction come to. */
interface Compiled {
  readonly rules: readonly PolicyRule[];
  /** Denials that allows bring with them: of connections that have not authenticated. */
  readonly denials: readonly PolicyRule[];
  /** For each allow of some requests, a denial of the others. */
  readonly refusals: readonly PolicyRule[];
}

function readRules(spec: Spec, direction: Direction, denies: boolean): Compiled {
  const reader = denies ? spec.denials : spec.allows;
  const field = denies ? `${direction}Deny` : direction;
  const all = reader.entries([...spec.path, field]).map((path) => readRule(spec, reader, direction, denies, path));
  return {
    rules: all.flatMap(({ rules }) => rules),
    denials: all.flatMap(({ denials }) => denials),
    refusals: all.flatMap(({ refusals }) => refusals),
  };
}

function isSet(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null;
}

const noRules: Compiled = { rules: [], denials: [], refusals: [] };

/** A rule of which a part can't be read does nothing but to isolate, and what it could change is in doubt. */
function readRule(spec: Spec, reader: PolicyReader, direction: Direction, denies: boolean, path: FieldPath): Compiled {
  const before = reader.doubts.length;
  const compiled = partsOfRule(spec, reader, direction, denies, path);
  return reader.doubts.slice(before).some(({ isGap }) => isGap !== true) ? noRules : compiled;
}

function partsOfRule(
  spec: Spec,
  reader: PolicyReader,
  direction: Direction,
  denies: boolean,
  path: FieldPath,
): Compiled {
  if (!isObject(reader.at(path))) {
    reader.doubt(path, t('the rule is not a mapping'));
    return noRules;
  }
  // Names and authentication are not for denials.
  const fields = peerFields(direction).filter((field) => !(denies && field === 'toFQDNs'));
  const requires = direction === 'ingress' ? 'fromRequires' : 'toRequires';
  if (!reader.known(path, [...fields, 'icmps', 'toPorts', requires, ...(denies ? [] : ['authentication'])]))
    return noRules;
  // Until 1.19 it narrowed the rules of every policy that selects the same pods.
  if (isSet(reader.at([...path, requires]))) spec.denials.gap([...path, requires], t('{0} is not modelled', requires));
  const { namespace, related, host } = spec;
  const context: PeerContext = { reader, ...(namespace === undefined ? {} : { namespace }), related };
  const reaches = denies && reader.at([...path, 'toFQDNs']) ? [] : ciliumPeers(context, direction, path);
  const entries = ciliumPorts(reader, path, { direction, denies, host });
  // A rule that names neither peers nor ports means no one: it only isolates.
  const rule: PolicyRule = { direction, action: denies ? 'deny' : 'allow', evidence: reader.evidence(path) };
  if (reaches === undefined && entries === undefined) return { ...noRules, rules: [{ ...rule, peers: [] }] };
  const parts = (reaches ?? [{}]).flatMap((reach) => portsOrAll(entries).map((entry) => ({ reach, entry })));
  const authentication = denies ? undefined : authenticationOf(spec.denials, path);
  return {
    rules: parts.flatMap(({ reach, entry }) => withRequests(rule, reach, entry)),
    denials: authentication === undefined ? [] : parts.map((one) => unauthenticated(rule, one, authentication)),
    refusals: parts
      .filter(({ entry }) => entry.requests.length > 0)
      .map(({ reach, entry }) => conditioned({ ...rule, action: 'deny' }, reach, entry)),
  };
}

/** A rule with its peers and ports, and what it depends on that can't be seen. */
function conditioned(rule: PolicyRule, { peers, unseen }: Reach, entry: PortEntry, always?: string): PolicyRule {
  const text = unseen ?? entry.unseen ?? always;
  const condition: { readonly condition?: RuleCondition } =
    text === undefined ? {} : { condition: { of: 'unseen', text } };
  return { ...rule, ...(peers ? { peers } : {}), ...(entry.ports ? { ports: entry.ports } : {}), ...condition };
}

function withRequests(rule: PolicyRule, reach: Reach, entry: PortEntry): readonly PolicyRule[] {
  const plain = conditioned(rule, reach, entry);
  if (plain.condition !== undefined || entry.requests.length === 0) return [plain];
  return entry.requests.map((text) => ({ ...plain, condition: { of: 'request', text } }));
}

/**
 * What a rule asks of the identities at both ends holds for all that it covers, whatever else allows that too.
 * Source: cilium pull request 26331; the connectivity tests echo-ingress-mutual-auth and echo-ingress-auth-always-fail.
 */
function authenticationOf(reader: PolicyReader, path: FieldPath): 'required' | 'test-always-fail' | undefined {
  const at = [...path, 'authentication'];
  if (!reader.isMapping(at)) return undefined;
  const mode = reader.at([...at, 'mode']);
  if (mode === 'required' || mode === 'test-always-fail') return mode;
  if (mode !== 'disabled')
    reader.doubt([...at, 'mode'], t('the mode of authentication {0} is not known', String(mode)));
  return undefined;
}

function unauthenticated(
  rule: PolicyRule,
  { reach, entry }: { readonly reach: Reach; readonly entry: PortEntry },
  mode: 'required' | 'test-always-fail',
): PolicyRule {
  const text = mode === 'required' ? t('it depends on whether both ends have authenticated') : undefined;
  return conditioned({ ...rule, action: 'deny' }, reach, entry, text);
}
