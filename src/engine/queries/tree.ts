import { t } from '@vscode/l10n';
import type { Analysis } from '../analysis/analysis.ts';
import type { ScopeSummary, TreePart, TreeRow } from '../analysis/answers.ts';
import { clusterUri } from '../analysis/clusters.ts';
import type { ScopeAnalysis } from '../analysis/scopeAnalysis.ts';
import type { Service } from '../model/cluster.ts';
import { type Location, type ResourceRef, refLabel } from '../model/resource.ts';
import { isUnmodelledPolicy } from '../policy/kinds.ts';
import type { PolicyProgram } from '../policy/policy.ts';
import { environmentLine } from '../render/environmentText.ts';
import { selectedBy } from '../render/objectText.ts';
import { endpointText } from '../render/table.ts';

/** Children of one row; more are counted in a last row. */
const mostChildren = 100;

/** Services or policies that are shown without their namespaces. */
const mostUngrouped = 200;

/**
 * A view of the side bar. With several scopes each is a group of its own; a scope with many objects is one group a
 * namespace, and `part` asks for the rows of one.
 */
export function tree(
  analysis: Analysis,
  view: 'services' | 'policies' | 'scopes',
  part?: TreePart,
): readonly TreeRow[] {
  if (view === 'scopes') return analysis.scopes.map((one) => scopeRow(analysis, one));
  if (part !== undefined) {
    const scope = analysis.scopeNamed(part.scope);
    const all = scope === undefined ? [] : entries(analysis, scope, view);
    return all.filter(({ namespace }) => namespace === part.namespace).map((one) => one.row());
  }
  const filled = analysis.scopes.filter(({ scope }) => scope.resources.length > 0);
  const rows = (one: ScopeAnalysis) => viewRows(analysis, one, view);
  const [only] = filled;
  if (only === undefined) return [];
  if (filled.length === 1) return rows(only);
  return filled.flatMap((one) => {
    const children = rows(one);
    if (children.length === 0) return [];
    const rest = { description: `${children.length}`, children };
    return [row(`${view}/${one.scope.name}`, one.scope.name, 'group', 'folder', rest)];
  });
}

/** Something that a view shows of a scope; its row is made when it is shown. */
interface Entry {
  readonly namespace: string;
  readonly row: () => TreeRow;
}

function entries(analysis: Analysis, scope: ScopeAnalysis, view: 'services' | 'policies'): readonly Entry[] {
  const { snapshot, derived } = scope;
  if (view === 'policies') {
    return derived.policies.policies.map((one) => ({
      namespace: one.ref.namespace,
      row: () => policyRow(analysis, scope, one),
    }));
  }
  const own = snapshot.services.filter(({ resource }) => resource.origin.type !== 'simulated');
  return own.map((one) => ({ namespace: one.ref.namespace, row: () => serviceRow(analysis, scope, one) }));
}

function viewRows(analysis: Analysis, scope: ScopeAnalysis, view: 'services' | 'policies'): readonly TreeRow[] {
  const all = entries(analysis, scope, view);
  if (all.length <= mostUngrouped) return all.map((one) => one.row());
  const { name } = scope.scope;
  return [...Map.groupBy(all, ({ namespace }) => namespace)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([namespace, { length }]) =>
      row(`${view}/${name}/${namespace}`, namespace || t('outside namespaces'), 'group', 'symbol-namespace', {
        description: `${length}`,
        part: { scope: name, namespace },
      }),
    );
}

function row(
  id: string,
  label: string,
  kind: TreeRow['kind'],
  icon: string,
  rest: Partial<Omit<TreeRow, 'id' | 'label' | 'kind' | 'icon'>> = {},
): TreeRow {
  return { id, label, kind, icon, description: '', tooltip: '', children: [], ...rest };
}

/** `location` as a member, where there is one. A live object's text is made when it is opened, and not for its place. */
function at(analysis: Analysis, { snapshot }: ScopeAnalysis, ref: ResourceRef): Pick<TreeRow, 'location'> {
  const origin = snapshot.get(ref)?.origin;
  if (origin?.type === 'cluster') return { location: topOf(clusterUri(origin.context, ref)) };
  const location = analysis.locate(snapshot, ref, ['metadata', 'name']);
  return location === undefined ? {} : { location };
}

function topOf(uri: string): Location {
  const zero = { line: 0, character: 0 };
  return { uri, range: { start: zero, end: zero } };
}

function some(rows: readonly TreeRow[], id: string): readonly TreeRow[] {
  if (rows.length <= mostChildren) return rows;
  return [
    ...rows.slice(0, mostChildren),
    row(`${id}/more`, t('{0} more', rows.length - mostChildren), 'group', 'ellipsis'),
  ];
}

function serviceRow(analysis: Analysis, scope: ScopeAnalysis, service: Service): TreeRow {
  const { ref, type, headless, ports } = service;
  const { endpoints, reasons } = scope.derived.endpointsOf(service);
  const id = `${scope.scope.name}/${refLabel(ref)}`;
  const addresses = new Set(endpoints.map((one) => one.ip)).size;
  const children = [
    ...endpoints.map((one, index) => {
      const label = one.pod?.ref.name ?? one.ip;
      const end =
        one.pod === undefined ? {} : { end: `${one.pod.ref.namespace}/${one.pod.ref.name}`, scope: scope.scope.name };
      const place = one.pod === undefined ? {} : at(analysis, scope, one.pod.resource.ref);
      const description = [endpointText(one), one.node ?? '', one.ready ? '' : t('not ready')].join(' ').trim();
      return row(`${id}/${index}`, label, 'endpoint', one.ready ? 'pass' : 'circle-slash', {
        description,
        ...end,
        ...place,
      });
    }),
    ...reasons.map(({ text }, index) => row(`${id}/reason${index}`, text, 'reason', 'warning', { tooltip: text })),
  ];
  const kind = headless ? 'headless' : type;
  const what = type === 'ExternalName' ? `→ ${service.externalName ?? ''}` : endpointCount(addresses);
  return row(id, ref.name, 'service', addresses === 0 && type !== 'ExternalName' ? 'warning' : 'server', {
    description: `${ref.namespace} · ${kind} · ${what}`,
    tooltip: ports.map((one) => `${one.port}/${one.protocol} → ${one.targetPort}`).join('\n'),
    end: `${ref.namespace}/svc/${ref.name}`,
    scope: scope.scope.name,
    children: some(children, id),
    ...at(analysis, scope, ref),
  });
}

function endpointCount(count: number): string {
  if (count === 0) return t('no endpoints');
  return count === 1 ? t('1 endpoint') : t('{0} endpoints', count);
}

function policyRow(analysis: Analysis, scope: ScopeAnalysis, program: PolicyProgram): TreeRow {
  const { ref, isolates } = program;
  const id = `${scope.scope.name}/${refLabel(ref)}`;
  const selected = selectedBy(scope.derived, program);
  const pods = selected.flatMap((one) =>
    one.pods
      .filter((pod) => scope.derived.policies.inSet(program.subject, pod))
      .map((pod) =>
        row(`${id}/${pod.ref.name}`, pod.ref.name, 'pod', 'package', {
          description: `${one.ref.kind} ${one.ref.name}`,
          end: `${pod.ref.namespace}/${pod.ref.name}`,
          scope: scope.scope.name,
          ...at(analysis, scope, one.ref),
        }),
      ),
  );
  const ways = [...(isolates.ingress ? [t('ingress')] : []), ...(isolates.egress ? [t('egress')] : [])].join(' + ');
  const what = isUnmodelledPolicy(ref.group, ref.kind)
    ? t('not modelled yet')
    : pods.length === 1
      ? t('{0} of 1 pod', ways)
      : t('{0} of {1} pods', ways, pods.length);
  return row(id, ref.name, 'policy', pods.length === 0 ? 'warning' : 'shield', {
    description: `${ref.namespace} · ${what}`,
    tooltip: refLabel(ref),
    children: some(pods, id),
    ...at(analysis, scope, ref),
  });
}

function scopeRow(analysis: Analysis, one: ScopeAnalysis): TreeRow {
  const { scope } = one;
  const id = `scope/${scope.name}`;
  const files = scope.files.map(({ uri }) => {
    const name = uri.slice((analysis.folderOf(uri)?.uri.length ?? -1) + 1);
    return row(`${id}/${uri}`, decodeName(name), 'file', 'file-code', { location: topOf(uri) });
  });
  const reasons = scope.incomplete.map((text, index) =>
    row(`${id}/incomplete${index}`, text, 'reason', 'info', { tooltip: text }),
  );
  const assumed =
    scope.resources.length === 0
      ? []
      : [
          row(`${id}/assumed`, environmentLine(one.derived), 'assumption', 'question', {
            tooltip: t('What answers rest on'),
          }),
        ];
  if (scope.context === scope.name && scope.files.length === 0) {
    return row(id, scope.name, 'cluster', 'globe', {
      scope: scope.name,
      context: scope.context,
      children: some([...assumed, ...reasons], id),
    });
  }
  return row(id, scope.name, 'scope', scope.incomplete.length === 0 ? 'globe' : 'warning', {
    description: t('objects: {0}, files: {1}', scope.resources.length, scope.files.length),
    tooltip: scope.incomplete.join('\n'),
    scope: scope.name,
    children: some([...assumed, ...reasons, ...files], id),
  });
}

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** Every scope and how it stands. */
export function scopeSummaries(analysis: Analysis): readonly ScopeSummary[] {
  return analysis.scopes.map((one) => {
    const { scope, snapshot, assume } = one;
    return {
      name: scope.name,
      files: scope.files.map(({ uri }) => uri),
      objects: scope.resources.length,
      pods: snapshot.workloads.filter(({ system }) => !system).reduce((sum, { pods }) => sum + pods.length, 0),
      services: snapshot.services.filter(({ resource }) => resource.origin.type !== 'simulated').length,
      policies: one.derived.policies.policies.length,
      incomplete: scope.incomplete,
      notRendered: scope.notRendered,
      assume,
    };
  });
}
