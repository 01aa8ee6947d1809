import type { ScopeAnalysis } from '../analysis/scopeAnalysis.ts';
import type { Pod } from '../model/cluster.ts';
import { isObject, objectAt, stringMapAt, valueAt } from '../model/json.ts';
import { type LabelSelector, matchesLabels, readLabelSelector, selectorOfLabels } from '../model/labels.ts';
import { hasEnded } from '../model/pods.ts';
import type { FieldPath, Resource } from '../model/resource.ts';
import { isController } from '../model/workloads.ts';
import { isUnmodelledPolicy } from '../policy/kinds.ts';
import type { Peer, PodSet, PolicyProgram } from '../policy/policy.ts';
import { startsWith } from './subject.ts';

/** A field that selects objects, and what it selects. */
export interface SelectorAt {
  /** From the object's root. */
  readonly path: FieldPath;
  readonly of: 'pods' | 'namespaces' | 'nodes';
  readonly count: number;
  /** The first few: pods and nodes in reading order; a pod of another namespace with its namespace before it. */
  readonly names: readonly string[];
  /** Pods that the labels fit and that the policy leaves out all the same: without a proxy of its mesh, or of the host's network. */
  readonly leftOut: number;
}

/** What a tooltip can hold. */
const mostNames = 10;

/**
 * The selectors of an object with what each selects: a Service's, a workload's, a PodDisruptionBudget's, and those of a
 * policy's subject and peers. Pods that have ended are left out, and what policies ignore where policies select. A
 * selector that can't be read is left out too, for what it selects is not known.
 */
export function selectorsOf(scope: ScopeAnalysis, resource: Resource): readonly SelectorAt[] {
  const { ref } = resource;
  const own = ownSelector(resource);
  if (own !== undefined) {
    const pods = scope.snapshot.podsIn(ref.namespace).filter((pod) => !hasEnded(pod) && matches(own, pod));
    return [podsAt(['spec', 'selector'], pods, ref.namespace)];
  }
  if (isUnmodelledPolicy(ref.group, ref.kind)) return [];
  const programs = scope.derived.policies.programs.filter((one) => one.resource === resource);
  const found = programs.flatMap((program) => [...subjectSelectors(scope, program), ...peerSelectors(scope, program)]);
  // A policy that comes to several programs has the same selectors in each.
  return [...Map.groupBy(found, ({ path }) => path.join('\0')).values()].flatMap(([first]) => first ?? []);
}

function matches(selector: LabelSelector, pod: Pod): boolean {
  return matchesLabels(selector, pod.template.labels);
}

/** `spec.selector` where it selects pods of the object's own namespace by labels; an empty one of a Service selects none. */
function ownSelector({ ref, object }: Resource): LabelSelector | undefined {
  const written = valueAt(object, 'spec', 'selector');
  if (!isObject(written)) return undefined;
  const isMap = ref.group === '' && (ref.kind === 'Service' || ref.kind === 'ReplicationController');
  if (isMap) {
    const values = Object.values(written);
    // A value that is not typed yet must not read as a selector of everything.
    const isWhole = values.length > 0 && values.every((one) => typeof one === 'string');
    return isWhole ? selectorOfLabels(stringMapAt(written)) : undefined;
  }
  const isBudget = ref.group === 'policy' && ref.kind === 'PodDisruptionBudget';
  const selector = isBudget || isController(ref.group, ref.kind) ? readLabelSelector(written) : undefined;
  return selector?.invalid === undefined ? selector : undefined;
}

function podsAt(path: FieldPath, pods: readonly Pod[], namespace: string): SelectorAt {
  const names = pods
    .slice(0, mostNames)
    .map(({ ref }) => (ref.namespace === namespace ? ref.name : `${ref.namespace}/${ref.name}`));
  return { path, of: 'pods', count: pods.length, names, leftOut: 0 };
}

function subjectSelectors(scope: ScopeAnalysis, program: PolicyProgram): readonly SelectorAt[] {
  const { subjectPath: path, subject, nodes, resource } = program;
  if (program.doubts.some((one) => startsWith(one.path, path) || startsWith(path, one.path))) return [];
  if (path.at(-1) === 'nodeSelector' && nodes !== undefined && isObject(valueAt(resource.object, ...path))) {
    const found = scope.snapshot.nodes.filter((node) => matchesLabels(nodes, node.labels)).map(({ name }) => name);
    return [{ path, of: 'nodes', count: found.length, names: found.slice(0, mostNames), leftOut: 0 }];
  }
  const labels = readLabelSelector(valueAt(resource.object, ...path));
  const fitting = (): number =>
    labels === undefined || subject.inNamespace === undefined
      ? 0
      : scope.snapshot.podsIn(subject.inNamespace).filter((pod) => !hasEnded(pod) && matches(labels, pod)).length;
  return selectorFields(scope, program, path, [subject]).map((one) => {
    return one.of === 'pods' ? { ...one, leftOut: Math.max(0, fitting() - one.count) } : one;
  });
}

/** Peers that only hold together with others, or of the subject, select nothing of their own. */
function peerSelectors(scope: ScopeAnalysis, program: PolicyProgram): readonly SelectorAt[] {
  const peers = program.rules.flatMap((rule) => rule.peers ?? []).flatMap(choices);
  const byPath = Map.groupBy(peers, ({ path }) => path.join('\0'));
  return [...byPath.values()].flatMap((list) => {
    const [first] = list;
    if (first === undefined || list.some((one) => one.sameLabels !== undefined || one.notSameLabels !== undefined)) {
      return [];
    }
    if (program.doubts.some((one) => startsWith(one.path, first.path))) return [];
    return selectorFields(
      scope,
      program,
      first.path,
      list.map((one) => one.pods),
    );
  });
}

function choices(peer: Peer): readonly Extract<Peer, { kind: 'pods' }>[] {
  if (peer.kind === 'pods') return [peer];
  return peer.kind === 'any-of' ? peer.peers.flatMap(choices) : [];
}

const podFields: readonly unknown[] = ['podSelector', 'endpointSelector', 'selector', 'namespaceSelector'];
const listsOfSelectors: readonly unknown[] = ['fromEndpoints', 'toEndpoints'];

/** The fields at or below a path in which the sets are written. */
function selectorFields(
  { snapshot, derived }: ScopeAnalysis,
  { resource }: PolicyProgram,
  path: FieldPath,
  sets: readonly PodSet[],
): readonly SelectorAt[] {
  const value = valueAt(resource.object, ...path);
  if (!isObject(value) && typeof value !== 'string') return [];
  const found: SelectorAt[] = [];
  const addNamespaces = (at: FieldPath): void => {
    const names = [...snapshot.namespaces.keys()].filter((name) =>
      sets.some((set) => derived.policies.namespaceMatches(set, name)),
    );
    found.push({ path: at, of: 'namespaces', count: names.length, names: names.slice(0, mostNames), leftOut: 0 });
  };
  const addPods = (at: FieldPath): void => {
    const pods = [...new Set(sets.flatMap((set) => derived.policies.podsOf(set)))];
    found.push(podsAt(at, pods, resource.ref.namespace));
  };
  if (objectAt(value, 'namespaceSelector') !== undefined) addNamespaces([...path, 'namespaceSelector']);
  if (objectAt(value, 'podSelector') !== undefined) addPods([...path, 'podSelector']);
  if (found.length > 0) return found;
  if (path.at(-1) === 'namespaces') addNamespaces(path);
  else if (podFields.includes(path.at(-1)) || listsOfSelectors.includes(path.at(-2))) addPods(path);
  return found;
}
