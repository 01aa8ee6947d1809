import { t } from '@vscode/l10n';
import type { Analysis } from '../analysis/analysis.ts';
import type { GraphNode, InspectAnswer, LocatedFinding } from '../analysis/answers.ts';
import type { Derived } from '../analysis/derived.ts';
import { findings } from '../analysis/findings.ts';
import type { ScopeAnalysis } from '../analysis/scopeAnalysis.ts';
import type { ConnectivityEnd } from '../connectivity/classes.ts';
import type { Pod, Service, Workload } from '../model/cluster.ts';
import { stringMapAt } from '../model/json.ts';
import { refLabel } from '../model/resource.ts';
import type { Direction } from '../policy/policy.ts';
import { isolatedBy } from '../render/objectText.ts';
import { endpointText } from '../render/table.ts';
import { type Box, boxId, outside, ownBoxes, portsText, structure } from '../topology/graph.ts';
import { placed, problemCounts } from './graph.ts';
import { scopeFor } from './scopeChoice.ts';

/** Rows of a list that are shown before “and N more”. */
const mostRows = 200;

/** What is known of one box of the topology; null where there is no such box (any more). */
export function* inspectQuery(
  analysis: Analysis,
  request: { readonly scope?: string; readonly box: string },
): Generator<undefined, InspectAnswer | null> {
  const scope = scopeFor(analysis, request.scope === undefined ? {} : { scope: request.scope });
  if (scope === undefined) return null;
  const isIt = ({ id }: Box): boolean => id === request.box;
  // Only what is outside is known by the arrows that lead there.
  const box =
    ownBoxes(scope.derived, 'workload').find(isIt) ??
    ownBoxes(scope.derived, 'pod').find(isIt) ??
    (yield* structure(scope.derived, 'workload')).boxes.find(isIt);
  if (box === undefined) return null;
  const all = yield* findings(analysis);
  const node = placed(analysis, scope, box, problemCounts(scope, all));
  return inspected(analysis, scope, box, node, all);
}

function inspected(
  analysis: Analysis,
  scope: ScopeAnalysis,
  box: Box,
  node: GraphNode,
  all: readonly LocatedFinding[],
): InspectAnswer {
  const { snapshot } = scope;
  const { ref } = box;
  const pods = ref === undefined ? [] : podsOf(scope, box);
  const service = ref?.kind === 'Service' ? snapshot.service(ref.namespace, ref.name) : undefined;
  const workload = ref === undefined ? undefined : snapshot.workload(pods[0]?.workload ?? ref);
  const object = ref === undefined ? undefined : snapshot.get(ref)?.object;
  const labels =
    service === undefined
      ? ((workload === undefined || ref?.kind === 'Pod' ? pods[0] : workload)?.template.labels ??
        stringMapAt(object, 'metadata', 'labels'))
      : {};
  return {
    node,
    labels: Object.entries(service?.selector ?? labels).map(([key, value]) => ({ key, value })),
    facts: service === undefined ? workloadFacts(scope, workload, pods) : serviceFacts(scope, service),
    policies: policiesOf(analysis, scope, pods),
    ...talk(scope, pods),
    problems: all
      .filter((one) => one.ref !== undefined && one.scope === scope.scope.name && boxId(one.ref) === box.id)
      .map(({ code, severity, message, location }) => ({ code, severity, message, location })),
  };
}

function podsOf({ derived, snapshot }: ScopeAnalysis, { ref }: Box): readonly Pod[] {
  if (ref === undefined) return [];
  if (ref.kind === 'Service') {
    const service = snapshot.service(ref.namespace, ref.name);
    return service === undefined ? [] : derived.endpointsOf(service).endpoints.flatMap((one) => one.pod ?? []);
  }
  return snapshot.workload(ref)?.pods ?? [snapshot.pod(ref.namespace, ref.name) ?? []].flat();
}

function serviceFacts({ derived }: ScopeAnalysis, service: Service): InspectAnswer['facts'] {
  const { endpoints, reasons } = derived.endpointsOf(service);
  const shown = endpoints.slice(0, 10).map(endpointText).join(', ');
  const more = endpoints.length > 10 ? t(' and {0} more', endpoints.length - 10) : '';
  const address = service.headless ? 'None' : service.clusterIPs.join(', ');
  return [
    { name: t('Type'), value: service.type },
    { name: t('Cluster IP'), value: address + (service.simulated.clusterIPs ? ` (${t('simulated')})` : '') },
    {
      name: t('Ports'),
      value: service.ports.map((one) => `${one.port}/${one.protocol} → ${one.targetPort}`).join(', '),
    },
    { name: t('Endpoints'), value: endpoints.length === 0 ? t('none') : shown + more },
    ...reasons.slice(0, 5).map(({ text }) => ({ name: t('Missing'), value: text })),
  ];
}

function workloadFacts(
  { derived }: ScopeAnalysis,
  workload: Workload | undefined,
  pods: readonly Pod[],
): InspectAnswer['facts'] {
  const [pod] = pods;
  if (pod === undefined) return [];
  const direction = (one: Direction) => {
    const by = isolatedBy(derived, pod, one);
    return by === '' ? t('open') : t('isolated by {0}', by);
  };
  const ready = pods.filter((one) => one.ready).length;
  const simulated = pods.some((one) => one.simulated) ? ` (${t('simulated')})` : '';
  return [
    { name: t('Kind'), value: workload?.ref.kind ?? 'Pod' },
    { name: t('Pods'), value: t('{0} of {1} ready', ready, pods.length) + simulated },
    {
      name: t('Addresses'),
      value: addressList(pods),
    },
    {
      name: t('Ports'),
      value: pod.template.ports
        .map((one) => `${one.name === '' ? '' : `${one.name} `}${one.port}/${one.protocol}`)
        .join(', '),
    },
    { name: t('Ingress'), value: direction('ingress') },
    { name: t('Egress'), value: direction('egress') },
  ].filter(({ value }) => value !== '');
}

function addressList(pods: readonly Pod[]): string {
  const some = pods.slice(0, 5);
  const addresses = some.flatMap((one) => one.ips[0] ?? []).join(', ');
  return some.some((one) => one.simulatedIPs) ? `${addresses} (${t('simulated')})` : addresses;
}

function policiesOf(analysis: Analysis, { derived, snapshot }: ScopeAnalysis, pods: readonly Pod[]) {
  const programs = new Set(pods.flatMap((pod) => derived.policies.selecting(pod)));
  return [...programs].map(({ ref }) => {
    const location = analysis.locate(snapshot, ref, ['metadata', 'name']);
    return { label: refLabel(ref), ...(location === undefined ? {} : { location }) };
  });
}

type Talk = Pick<InspectAnswer, 'reachedBy' | 'deniedFrom' | 'unknownFrom' | 'reaches'>;

/** Who may open connections to the pods, who is denied or not known, and what they may reach; the outside as policies see it. */
function talk({ derived }: ScopeAnalysis, pods: readonly Pod[]): Talk & Pick<InspectAnswer, 'more'> {
  const { matrix } = derived;
  const wanted = new Set(pods);
  const ends = matrix.ends.filter(({ workload }) => !workload.system);
  const own = ends.find(({ workload }) => workload.pods.some((pod) => wanted.has(pod)));
  const reachedBy: InspectAnswer['reachedBy'][number][] =
    own === undefined ? [] : [...outsideRow(derived, own, 'ingress')];
  const deniedFrom: InspectAnswer['deniedFrom'][number][] = [];
  const unknownFrom: InspectAnswer['unknownFrom'][number][] = [];
  const reaches: InspectAnswer['reaches'][number][] = [];
  for (const other of own === undefined ? [] : ends) {
    if (own === undefined || other.workload === own.workload) continue;
    const row = { box: boxId(other.workload.ref), label: endLabel(other) };
    const into = matrix.allowed(other, own);
    if (into === undefined) unknownFrom.push(row);
    else if (into === matrix.ports.none) deniedFrom.push(row);
    else reachedBy.push({ ...row, ports: portsText(derived, into) });
    const out = matrix.allowed(own, other);
    if (out !== undefined && out !== matrix.ports.none) reaches.push({ ...row, ports: portsText(derived, out) });
  }
  if (own !== undefined) reaches.push(...outsideRow(derived, own, 'egress'));
  return shortened({ reachedBy, deniedFrom, unknownFrom, reaches });
}

function shortened(lists: Talk): Talk & Pick<InspectAnswer, 'more'> {
  const { reachedBy, deniedFrom, unknownFrom, reaches } = lists;
  const some = <T>(list: readonly T[]): readonly T[] => list.slice(0, mostRows);
  const over = (list: readonly unknown[]): number => Math.max(0, list.length - mostRows);
  return {
    reachedBy: some(reachedBy),
    deniedFrom: some(deniedFrom),
    unknownFrom: some(unknownFrom),
    reaches: some(reaches),
    more: {
      reachedBy: over(reachedBy),
      deniedFrom: over(deniedFrom),
      unknownFrom: over(unknownFrom),
      reaches: over(reaches),
    },
  };
}

/** What policies let in from, or out to, addresses that are not in the cluster; whether there is a way is another question. */
function outsideRow(
  derived: Derived,
  end: ConnectivityEnd,
  direction: Direction,
): readonly InspectAnswer['reachedBy'][number][] {
  const { ports } = derived.matrix;
  const open = derived.matrix.outside(end, direction);
  if (open.length === 0) return [];
  const set = open.reduce((all, one) => ports.union(all, one.set), ports.none);
  return [{ box: outside, label: t('outside the cluster, as policies see it'), ports: portsText(derived, set) }];
}

function endLabel({ workload }: ConnectivityEnd): string {
  return `${workload.ref.namespace}/${workload.ref.name} (${workload.ref.kind})`;
}
