import { t } from '@vscode/l10n';
import { type MeshConfig, meshConfigOf } from '../mesh/config.ts';
import { claimedPorts } from '../mesh/portProtocols.ts';
import type { Pod } from '../model/cluster.ts';
import { objectAt, stringAt } from '../model/json.ts';
import { type LabelSelector, matchesLabels, podFacts, selectorOfLabels } from '../model/labels.ts';
import type { Evidence, FieldPath, Resource } from '../model/resource.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { envoyModes, meshModes, meshPods, outsideMesh, ownTls, ztunnelModes } from './istioMesh.ts';
import { bypasses, clientsOf, divided, within } from './istioOutbound.ts';
import type { PodSet, PolicyProgram, PolicyRule } from './policy.ts';
import { allPorts, type PortRanges, rangesOf, tcpPorts, without } from './portRanges.ts';
import { PolicyReader } from './reader.ts';

/** How a port takes connections: mutual TLS alone, or plain ones too, or no mutual TLS at all. */
export type MtlsMode = 'STRICT' | 'PERMISSIVE' | 'DISABLE';

interface Written {
  readonly resource: Resource;
  readonly doubts: readonly Evidence[];
  readonly level: 'mesh' | 'namespace' | 'workload' | 'none';
  readonly selector: LabelSelector;
  /** Absent: inherited. */
  readonly mode: MtlsMode | undefined;
  readonly ports: ReadonlyMap<number, MtlsMode>;
}

/** The pods that one PeerAuthentication decides for, apart from those of every other, and what it comes to. */
export interface MtlsScope {
  readonly written: Written;
  readonly subject: PodSet;
  readonly mode: MtlsMode;
  /** Where the mode is written: in the policy itself or in the one that it inherits from. */
  readonly evidence: Evidence;
  /** Ports whose own mode counts at a sidecar: those that a Service leads to. */
  readonly claimed: ReadonlySet<number>;
}

/**
 * Compiles all PeerAuthentications together, for the narrowest that selects a pod decides: workload, namespace, mesh,
 * and of equals the oldest. STRICT refuses what comes from outside the mesh.
 * Source: istio.io, Security concepts (Peer authentication), PeerAuthentication reference; istio/istio
 * pilot/pkg/serviceregistry/kube/controller/ambient/authorization.go for ambient.
 */
export function compilePeerAuthentications(snapshot: Snapshot): readonly PolicyProgram[] {
  const written = readAll(snapshot, meshConfigOf(snapshot));
  const scopes = new Map(scopesOf(snapshot, written).map((one) => [one.written, one]));
  return written.map((one) => program(snapshot, one, scopes.get(one), written));
}

/** The scopes of the PeerAuthentications of a snapshot. */
export function mtlsScopes(snapshot: Snapshot): readonly MtlsScope[] {
  return scopesOf(snapshot, readAll(snapshot, meshConfigOf(snapshot)));
}

function readAll(snapshot: Snapshot, config: MeshConfig): readonly Written[] {
  const list = snapshot.ofKind('security.istio.io', 'PeerAuthentication').map((one) => read(one, config));
  return list.toSorted((a, b) => ageOf(a.resource).localeCompare(ageOf(b.resource)));
}

function ageOf({ object }: Resource): string {
  return stringAt(object, 'metadata', 'creationTimestamp') ?? '';
}

function read(resource: Resource, { rootNamespace }: MeshConfig): Written {
  const reader = new PolicyReader(resource);
  if (resource.object['spec'] !== undefined) reader.isMapping(['spec']);
  const selector = readSelector(reader, ['spec', 'selector']);
  const isWide = selector !== undefined && selector.requirements.length === 0;
  const isRoot = resource.ref.namespace === rootNamespace;
  const mode = readMode(reader, ['spec', 'mtls']);
  const ports = readPorts(reader);
  if (isWide && ports.size > 0) reader.doubt(['spec', 'portLevelMtls'], t('portLevelMtls needs a selector'));
  return {
    resource,
    doubts: reader.doubts,
    // A selector in the root namespace makes a policy that no workload takes.
    level: selector === undefined ? 'none' : isWide ? (isRoot ? 'mesh' : 'namespace') : isRoot ? 'none' : 'workload',
    selector: selector ?? { requirements: [] },
    mode,
    ports: new Map([...ports].flatMap(([port, value]) => (value === undefined ? [] : [[port, value] as const]))),
  };
}

/** A selector of workloads has labels alone; one that can't be read is a doubt and `undefined`. */
export function readSelector(reader: PolicyReader, path: FieldPath): LabelSelector | undefined {
  const selector = reader.selector(path);
  if (selector?.invalid !== undefined) return undefined;
  const value = objectAt(reader.at(path)) ?? {};
  const labels = value['matchLabels'];
  const odd = Object.keys(value).find((key) => key !== 'matchLabels');
  if (odd === undefined && (labels === undefined || labels === null || reader.isMapping([...path, 'matchLabels']))) {
    return selector ?? { requirements: [] };
  }
  if (odd !== undefined) reader.doubt([...path, odd], t('a selector of the mesh has only matchLabels'));
  return undefined;
}

function readMode(reader: PolicyReader, path: FieldPath): MtlsMode | undefined {
  if (!reader.isMapping(path)) return undefined;
  const value = objectAt(reader.at(path))?.['mode'];
  if (value === 'STRICT' || value === 'PERMISSIVE' || value === 'DISABLE') return value;
  if (value !== undefined && value !== null && value !== 'UNSET') {
    reader.doubt([...path, 'mode'], t('the mode {0} is not known', JSON.stringify(value)));
  }
  return undefined;
}

function readPorts(reader: PolicyReader): ReadonlyMap<number, MtlsMode | undefined> {
  const path = ['spec', 'portLevelMtls'];
  const ports = new Map<number, MtlsMode | undefined>();
  if (!reader.isMapping(path)) return ports;
  for (const key of Object.keys(objectAt(reader.at(path)) ?? {})) {
    const port = /^\d{1,5}$/.test(key) ? Number(key) : 0;
    if (port < 1 || port > 65_535) reader.doubt([...path, key], t('{0} is no port number', key));
    else ports.set(port, readMode(reader, [...path, key]));
  }
  return ports;
}

/** The first of a level is the oldest; the others of the mesh or of a namespace have no effect. */
function scopesOf(snapshot: Snapshot, written: readonly Written[]): readonly MtlsScope[] {
  const mesh = written.find(({ level }) => level === 'mesh');
  const workloads = written.filter(({ level }) => level === 'workload');
  const namespaces = new Map<string, Written>();
  for (const one of written) {
    const { namespace } = one.resource.ref;
    if (one.level === 'namespace' && !namespaces.has(namespace)) namespaces.set(namespace, one);
  }
  const root = mesh === undefined ? undefined : scope(mesh, { pods: meshWide([...namespaces.keys()], workloads) });
  const inner = [...namespaces.values()].map((one) => {
    const { namespace } = one.resource.ref;
    const noneOf = workloads.filter(({ resource }) => resource.ref.namespace === namespace).map((w) => w.selector);
    return scope(one, { inNamespace: namespace, pods: { requirements: [], noneOf } }, root);
  });
  const own = workloads.map((one, index) => {
    const { namespace } = one.resource.ref;
    const older = workloads.slice(0, index).filter(({ resource }) => resource.ref.namespace === namespace);
    const pods = { ...one.selector, noneOf: older.map(({ selector }) => selector) };
    const parent = inner.find(({ subject }) => subject.inNamespace === namespace) ?? root;
    return scope(one, { inNamespace: namespace, pods }, parent, claimedBy(snapshot, one));
  });
  return [...(root === undefined ? [] : [root]), ...inner, ...own];
}

function meshWide(namespaces: readonly string[], workloads: readonly Written[]): LabelSelector {
  const inNamespaces = (values: readonly string[]): LabelSelector['requirements'] => [
    { key: podFacts.namespace, operator: 'In', values },
  ];
  const narrower = workloads.map(({ resource, selector }) => ({
    requirements: [...inNamespaces([resource.ref.namespace]), ...selector.requirements],
  }));
  return { requirements: [], noneOf: [{ requirements: inNamespaces(namespaces) }, ...narrower] };
}

function scope(
  written: Written,
  subject: PodSet,
  parent?: MtlsScope,
  claimed: ReadonlySet<number> = new Set(),
): MtlsScope {
  const own = { ref: written.resource.ref, path: ['spec', 'mtls', 'mode'], note: '' };
  const inherits = written.mode === undefined && parent !== undefined;
  return {
    written,
    subject,
    mode: written.mode ?? parent?.mode ?? 'PERMISSIVE',
    evidence: inherits ? parent.evidence : own,
    claimed,
  };
}

function claimedBy(snapshot: Snapshot, { resource, selector, ports }: Written): ReadonlySet<number> {
  if (ports.size === 0) return new Set();
  const pods = snapshot.podsIn(resource.ref.namespace).filter((pod) => matchesLabels(selector, pod.template.labels));
  const claims = claimedPorts(snapshot, resource.ref.namespace).filter(({ service, port }) => {
    const labels = selectorOfLabels(service.selector ?? {});
    return ports.has(port) && pods.some((pod) => matchesLabels(labels, pod.template.labels));
  });
  return new Set(claims.map(({ port }) => port));
}

/** The ports of a scope that have a mode, at a sidecar or at ztunnel. */
export function portsWith(scope: MtlsScope, mode: MtlsMode, at: 'envoy' | 'ztunnel'): PortRanges {
  const own = [...scope.written.ports].filter(([port]) => at === 'ztunnel' || scope.claimed.has(port));
  const having = rangesOf(own.filter(([, value]) => value === mode).map(([port]) => port));
  if (scope.mode !== mode) return having;
  return without(allPorts, rangesOf(own.filter(([, value]) => value !== mode).map(([port]) => port)));
}

function program(
  snapshot: Snapshot,
  one: Written,
  scope: MtlsScope | undefined,
  all: readonly Written[],
): PolicyProgram {
  const { resource, doubts } = one;
  const { ref } = resource;
  const path = ['spec', 'selector'];
  const everyone = one.level === 'mesh' ? {} : { inNamespace: ref.namespace };
  const set = scope?.subject ?? { ...everyone, pods: one.level === 'none' ? one.selector : { requirements: [] } };
  // A gateway's ports are its own listeners, which no PeerAuthentication acts on.
  const modes = ['sidecar', ...ztunnelModes, 'unknown'] as const;
  const rival = rivalOf(snapshot, one, all);
  const plain = { rules: scope === undefined ? [] : rulesOf(snapshot, scope), doubts: [] };
  const found = rival === undefined ? plain : contested(snapshot, one, rival);
  return {
    ref,
    resource,
    tier: 'mesh-transport',
    priority: 0,
    subject: meshPods(modes, path, set).pods,
    subjectPath: path,
    isolates: { ingress: false, egress: false },
    rules: found.rules,
    doubts: [...doubts, ...found.doubts],
    couldDeny: true,
    only: 'ingress',
  };
}

/** Another of the same level and the same pods, where nothing says which is older; in a cluster their ages do. */
function rivalOf(snapshot: Snapshot, one: Written, all: readonly Written[]): Written | undefined {
  const say = ({ mode, ports }: Written): string => JSON.stringify([mode, ...ports]);
  const { namespace } = one.resource.ref;
  return all.find((other) => {
    const same = other.level === one.level && other.resource.ref.namespace === namespace;
    const timed = ageOf(other.resource) !== '' && ageOf(one.resource) !== '';
    if (other === one || one.level === 'none' || !same || timed || say(other) === say(one)) return false;
    if (one.level !== 'workload') return true;
    const labels = [one.selector, other.selector];
    const isBoth = (pod: Pod): boolean => labels.every((selector) => matchesLabels(selector, pod.template.labels));
    return snapshot.podsIn(namespace).some(isBoth);
  });
}

/** Of two of which one is not known to count: whoever has no identity may be refused, and where one switches it off nothing is known. */
function contested(snapshot: Snapshot, one: Written, rival: Written): Pick<PolicyProgram, 'rules' | 'doubts'> {
  const { ref } = one.resource;
  const path = ['spec', 'selector'];
  const text = t('which is older, {0} or {1}, is not known; only the older counts', ref.name, rival.resource.ref.name);
  const evidence = { ref, path, note: text };
  const isOff = [one, rival].some(({ mode, ports }) => mode === 'DISABLE' || [...ports.values()].includes('DISABLE'));
  if (isOff) return { rules: [], doubts: [evidence] };
  const deny = {
    direction: 'ingress',
    action: 'deny',
    ports: tcpPorts(allPorts, path),
    peers: [{ kind: 'none-of', peers: [meshPods(meshModes, path)], path }],
    condition: { of: 'unseen', text },
    evidence,
  } as const;
  return { rules: [...outsideMesh(snapshot, 'pass', evidence), deny], doubts: [] };
}

function rulesOf(snapshot: Snapshot, scope: MtlsScope): readonly PolicyRule[] {
  const { evidence } = scope;
  const { path } = evidence;
  const sides = [
    { ports: portsWith(scope, 'STRICT', 'envoy'), modes: [...envoyModes, 'unknown'] as const },
    { ports: portsWith(scope, 'STRICT', 'ztunnel'), modes: ztunnelModes },
  ].filter(({ ports }) => ports.length > 0);
  if (sides.length === 0) return [];
  const plain = { kind: 'none-of', peers: [meshPods([...meshModes, 'unknown'], path)], path } as const;
  const unseen = { of: 'unseen', text: t('whether the client is in the mesh') } as const;
  const denials = sides.flatMap(({ ports, modes }): PolicyRule[] => {
    const head = { direction: 'ingress', action: 'deny', evidence } as const;
    const where = { ports: tcpPorts(ports, path), onlyFor: [meshPods(modes, path)] };
    const hidden = bypasses(snapshot).flatMap((one) =>
      divided(one, ports, [meshPods(modes, path)], path).unsure.map((place): PolicyRule => {
        const condition = { of: 'unseen', text: one.text } as const;
        return { ...head, ...within(place, path), peers: [clientsOf(one, path)], condition };
      }),
    );
    return [
      ...hidden,
      { ...head, ...where, peers: [plain] },
      { ...head, ...where, peers: [meshPods(['unknown'], path)], condition: unseen },
    ];
  });
  return [...outsideMesh(snapshot, 'pass', evidence), ...ownTls(snapshot, 'pass', evidence), ...denials];
}
