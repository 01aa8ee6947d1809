import { t } from '@vscode/l10n';
import type { Analysis } from '../analysis/analysis.ts';
import type { ScopeAnalysis } from '../analysis/scopeAnalysis.ts';
import { compareObject } from '../drift/drift.ts';
import { isCompared } from '../drift/networkView.ts';
import type { Resource } from '../model/resource.ts';
import { fieldText } from '../render/fieldText.ts';

/** How an object of the files stands in each running cluster that is read, a line each; none for a live object itself. */
export function liveLines(analysis: Analysis, files: ScopeAnalysis, resource: Resource): readonly string[] {
  if (resource.origin.type !== 'manifest' || !isCompared(resource.ref)) return [];
  return analysis.clusters.flatMap(({ context }) => {
    const live = analysis.scopeNamed(context);
    if (live === undefined || live === files || live.scope.isLoading) return [];
    return [`${context}: ${[...liveState(live, resource), standing(files, live, resource)].join(' · ')}`];
  });
}

function standing(files: ScopeAnalysis, live: ScopeAnalysis, resource: Resource): string {
  const [drift] = compareObject(files.derived, live.derived, resource);
  if (drift === undefined) return t('as in this file');
  if (drift.kind === 'absent') {
    return live.scope.incomplete.length === 0 ? t('not in the cluster') : t('not seen in the cluster');
  }
  if (drift.paths.length === 0) return t('the cluster has more than this file');
  return t('differs in {0}', drift.paths.map(fieldText).join(', '));
}

/** How many endpoints or pods of it are ready now. */
function liveState({ derived, snapshot }: ScopeAnalysis, { ref }: Resource): readonly string[] {
  const service = ref.group === '' && ref.kind === 'Service' ? snapshot.service(ref.namespace, ref.name) : undefined;
  if (service !== undefined && service.type !== 'ExternalName') {
    const { endpoints } = derived.endpointsOf(service);
    const ready = new Set(endpoints.filter((one) => one.ready).map((one) => one.ip)).size;
    return [t('{0} of {1} endpoints ready', ready, new Set(endpoints.map((one) => one.ip)).size)];
  }
  const workload = snapshot.workload(ref);
  if (workload === undefined) return [];
  return [t('{0} of {1} pods ready', workload.pods.filter((one) => one.ready).length, workload.replicas)];
}
