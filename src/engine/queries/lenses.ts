import { t } from '@vscode/l10n';
import type { Analysis } from '../analysis/analysis.ts';
import type { ActionLink, LensAnswer } from '../analysis/answers.ts';
import type { ScopeAnalysis } from '../analysis/scopeAnalysis.ts';
import type { CniProfile } from '../cni/profile.ts';
import { type ConnectivityDiff, isSameConnectivity } from '../connectivity/diff.ts';
import { reachOfService } from '../connectivity/reach.ts';
import type { Resource } from '../model/resource.ts';
import { formatPeer } from '../policy/explain.ts';
import { isUnmodelledPolicy } from '../policy/kinds.ts';
import type { PolicyProgram } from '../policy/policy.ts';
import { diffSummary } from '../render/diffText.ts';
import { isolationText, podsText, selectedBy } from '../render/objectText.ts';
import { isExposed, workloadList } from '../render/serviceText.ts';
import { ingressRoutes } from '../route/ingress.ts';
import { boxId } from '../topology/graph.ts';
import { isEdited, unsavedDiff } from './changes.ts';

type LensText = Pick<LensAnswer, 'title' | 'tooltip' | 'action'>;

/** One line above each Service, workload, NetworkPolicy and Ingress of a file. */
export function* lenses(analysis: Analysis, uri: string): Generator<undefined, readonly LensAnswer[]> {
  const scope = analysis.scopesOfFile(uri)[0];
  const file = analysis.file(uri);
  if (scope === undefined || file === undefined) return [];
  const edit = editLens(yield* unsavedDiff(analysis, scope), scope.derived.profile);
  const resources = file.manifest.documents.flatMap((one) => one.resources);
  return resources.flatMap((resource) => {
    const { origin, ref } = resource;
    const text = lensText(scope, resource);
    const location = analysis.locate(scope.snapshot, ref, ['apiVersion'], 'key', origin);
    if (location === undefined) return [];
    const edits = edit !== undefined && isEdited(analysis, scope, resource) ? [edit] : [];
    return [...(text === undefined ? [] : [text]), ...edits].map((one) => ({ ...one, range: location.range }));
  });
}

/** What the unsaved texts do together; nothing where they change no connection. */
function editLens(diff: ConnectivityDiff, { openConnections, title }: CniProfile): LensText | undefined {
  if (isSameConnectivity(diff)) return undefined;
  const rows = [...diff.added, ...diff.removed, ...diff.changed];
  const kept = diff.removed.length > 0 && openConnections === 'kept';
  const note = kept ? [t('Connections that are open go on until they end ({0})', title)] : [];
  const tooltip = rows.slice(0, 12).map(({ from, to }) => `${from} → ${to}`);
  return {
    title: t('this edit {0}', diffSummary(diff)),
    tooltip: [...tooltip, ...(rows.length > 12 ? [t('and {0} more', rows.length - 12)] : []), ...note].join('\n'),
    action: { title: t('Show'), command: 'podpath.showChanges', arguments: [] },
  };
}

function lensText(scope: ScopeAnalysis, resource: Resource): LensText | undefined {
  const { ref } = resource;
  // A duplicate that does not count says nothing.
  if (scope.snapshot.get(ref) !== resource) return undefined;
  if (ref.kind === 'Service' && ref.group === '') return serviceLens(scope, resource);
  if (ref.kind === 'Ingress') return ingressLens(scope, resource);
  const program = scope.derived.policies.programs.find((one) => one.resource === resource);
  return program === undefined ? workloadLens(scope, resource) : policyLens(scope, program);
}

function count(number: number, one: string, many: string): string {
  return number === 1 ? one : many;
}

function traceAction(scope: ScopeAnalysis, ends: { from?: string; to?: string }): ActionLink {
  return { title: t('Trace'), command: 'podpath.trace', arguments: [{ ...ends, scope: scope.scope.name }] };
}

function serviceLens(scope: ScopeAnalysis, { ref }: Resource): LensText | undefined {
  const service = scope.snapshot.service(ref.namespace, ref.name);
  if (service === undefined) return undefined;
  if (service.type === 'ExternalName')
    return { title: `→ ${service.externalName ?? ''}`, tooltip: t('A name outside') };
  const { endpoints, reasons } = scope.derived.endpointsOf(service);
  const action = traceAction(scope, { to: `${ref.namespace}/svc/${ref.name}` });
  const number = new Set(endpoints.map((one) => one.ip)).size;
  if (number === 0) return { title: t('no endpoints · trace'), tooltip: reasons[0]?.text ?? '', action };
  const { allowed, outside } = reachOfService(scope.derived, service);
  const title = [
    count(number, t('1 endpoint'), t('{0} endpoints', number)),
    count(allowed.length, t('reached by 1 workload'), t('reached by {0} workloads', allowed.length)) +
      (outside && isExposed(service) ? t(' and from outside') : ''),
    t('trace'),
  ];
  return { title: title.join(' · '), tooltip: allowed.length === 0 ? '' : workloadList(allowed), action };
}

function ingressLens(scope: ScopeAnalysis, resource: Resource): LensText {
  const routes = ingressRoutes(scope.snapshot, resource);
  const services = new Set(routes.flatMap(({ backend }) => backend.service ?? []));
  const broken = routes.filter(({ backend }) => backend.problem !== undefined).length;
  const [first] = routes;
  const host = first?.host.replace(/^\*\./, 'any.') || 'ingress.example';
  const title = [
    t(
      '{0} → {1}',
      count(routes.length, t('1 route'), t('{0} routes', routes.length)),
      count(services.size, t('1 Service'), t('{0} Services', services.size)),
    ),
    ...(broken === 0 ? [] : [t('{0} lead nowhere', broken)]),
    t('trace'),
  ];
  const to = `http://${host}${first?.requestPath ?? '/'}`;
  const tooltip = [...services].map((one) => one.ref.name).join(', ');
  return { title: title.join(' · '), tooltip, action: traceAction(scope, { from: '203.0.113.7', to }) };
}

function policyLens(scope: ScopeAnalysis, program: PolicyProgram): LensText {
  const { derived } = scope;
  const selected = selectedBy(derived, program);
  const pods = selected.flatMap((one) => one.pods).filter((pod) => derived.policies.inSet(program.subject, pod)).length;
  const title = [
    pods === 0 ? t('selects no pods') : count(pods, t('selects 1 pod'), t('selects {0} pods', pods)),
    ...directionText(scope, program, 'ingress'),
    ...directionText(scope, program, 'egress'),
    ...(isUnmodelledPolicy(program.ref.group, program.ref.kind) ? [t('not modelled yet')] : []),
  ];
  const [first] = selected;
  const action: ActionLink | undefined =
    first === undefined
      ? undefined
      : {
          title: t('Show in topology'),
          command: 'podpath.showTopology',
          arguments: [{ scope: scope.scope.name, box: boxId(first.ref) }],
        };
  return {
    title: title.join(' · '),
    tooltip: selected.length === 0 ? '' : workloadList(selected),
    ...(action === undefined ? {} : { action }),
  };
}

/** What an isolating policy allows; of one that does not isolate, how many rules it has. */
function directionText(
  scope: ScopeAnalysis,
  program: PolicyProgram,
  direction: 'ingress' | 'egress',
): readonly string[] {
  if (program.isolates[direction]) return [allowsText(scope, program, direction)];
  const rules = program.rules.filter((one) => one.direction === direction).length;
  if (rules === 0) return [];
  return [
    direction === 'ingress'
      ? count(rules, t('1 ingress rule'), t('{0} ingress rules', rules))
      : count(rules, t('1 egress rule'), t('{0} egress rules', rules)),
  ];
}

/** `allows frontend` in, `allows out to db`. */
function allowsText({ derived }: ScopeAnalysis, program: PolicyProgram, direction: 'ingress' | 'egress'): string {
  const rules = program.rules.filter((one) => one.direction === direction);
  const names = rules.flatMap((rule) => {
    if (rule.peers === undefined) return [t('everyone')];
    return rule.peers.flatMap((peer) => {
      if (peer.kind !== 'pods') return [formatPeer(peer)];
      const matched = derived.snapshot.workloads.filter((one) =>
        one.pods.some((pod) => derived.policies.inSet(peer.pods, pod)),
      );
      return matched.map((one) => one.ref.name);
    });
  });
  const unique = [...new Set(names)];
  const shown =
    unique.length > 2 ? t('{0} and {1} more', unique.slice(0, 2).join(', '), unique.length - 2) : unique.join(', ');
  if (unique.length === 0) return direction === 'ingress' ? t('lets no one in') : t('lets nothing out');
  return direction === 'ingress' ? t('allows {0}', shown) : t('allows out to {0}', shown);
}

function workloadLens(scope: ScopeAnalysis, { ref }: Resource): LensText | undefined {
  const workload = scope.snapshot.workload(ref);
  const [pod] = workload?.pods ?? [];
  if (workload === undefined || workload.resource.ref.kind !== ref.kind) return undefined;
  if (pod === undefined) return { title: t('no pods'), tooltip: '' };
  const { derived } = scope;
  const from = ref.kind === 'Pod' ? `${ref.namespace}/${ref.name}` : `${ref.namespace}/${ref.kind}/${ref.name}`;
  const parts = [podsText(workload), isolationText(derived, pod, 'ingress'), isolationText(derived, pod, 'egress')];
  return {
    title: parts.join(' · '),
    tooltip: workload.pods
      .slice(0, 20)
      .map((one) => `${one.ref.name} ${one.ips[0] ?? ''} ${one.node ?? ''}`)
      .join('\n'),
    action: traceAction(scope, { from }),
  };
}
