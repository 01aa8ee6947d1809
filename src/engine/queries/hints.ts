import { t } from '@vscode/l10n';
import type { Analysis } from '../analysis/analysis.ts';
import type { HintAnswer } from '../analysis/answers.ts';
import type { SourceFile } from '../analysis/files.ts';
import type { ScopeAnalysis } from '../analysis/scopeAnalysis.ts';
import type { Pod } from '../model/cluster.ts';
import { matchesLabels, selectorOfLabels } from '../model/labels.ts';
import type { FieldPath, Resource } from '../model/resource.ts';

/** Names in a tooltip; more are counted. */
const mostNames = 10;

/** One selector of an object, with the pods that it chooses. */
interface Chosen {
  /** The field whose key the hint stands behind, or the item of a list. */
  readonly path: FieldPath;
  readonly pods: readonly Pod[];
}

/** Behind each selector of a file how many pods it chooses, in the first scope that the file is in. */
export function hints(analysis: Analysis, uri: string): readonly HintAnswer[] {
  const scope = analysis.scopesOfFile(uri)[0];
  const file = analysis.file(uri);
  if (scope === undefined || file === undefined) return [];
  return file.manifest.documents.flatMap(({ resources }) =>
    resources.flatMap((resource) => {
      const counted = scope.snapshot.get(resource.ref) === resource ? chosenBy(scope, resource) : [];
      const placed = counted.flatMap((one) => hintAt(file, resource, one) ?? []);
      // Of two on one line the inner one, which comes later, says more.
      return [...new Map(placed.map((one) => [one.position.line, one])).values()];
    }),
  );
}

function chosenBy({ snapshot, derived }: ScopeAnalysis, resource: Resource): readonly Chosen[] {
  const { ref } = resource;
  const service = ref.group === '' && ref.kind === 'Service' ? snapshot.service(ref.namespace, ref.name) : undefined;
  if (service?.selector !== undefined && Object.keys(service.selector).length > 0) {
    const selector = selectorOfLabels(service.selector);
    const pods = snapshot.podsIn(ref.namespace).filter(({ template }) => matchesLabels(selector, template.labels));
    return [{ path: ['spec', 'selector'], pods }];
  }
  const workload = ref.kind === 'Pod' ? undefined : snapshot.workload(ref);
  if (workload !== undefined) return [{ path: ['spec', 'selector'], pods: workload.pods }];
  const { policies } = derived;
  return policies.programs
    .filter((one) => one.resource === resource)
    .flatMap(({ subject, subjectPath, rules }) => {
      const peers = rules.flatMap((rule) => rule.peers ?? []);
      return [
        { path: subjectPath, pods: policies.podsOf(subject) },
        ...peers.flatMap((one) => (one.kind === 'pods' ? [{ path: one.path, pods: policies.podsOf(one.pods) }] : [])),
      ];
    });
}

function hintAt(file: SourceFile, { origin }: Resource, { path, pods }: Chosen): HintAnswer | undefined {
  if (origin.type !== 'manifest') return undefined;
  const full = [...origin.prefix, ...path];
  const part = typeof path.at(-1) === 'number' ? 'value' : 'key';
  const range = path.length === 0 ? undefined : file.locator.locate(origin.document, full, part);
  if (range === undefined) return undefined;
  const { line } = file.range(range.start, range.start).start;
  const end = file.text.indexOf('\n', range.start);
  const text = file.text.slice(range.start, end < 0 ? undefined : end).trimEnd();
  const names = pods.slice(0, mostNames).map(({ ref }) => `${ref.namespace}/${ref.name}`);
  const more = pods.length > mostNames ? [t('and {0} more', pods.length - mostNames)] : [];
  return {
    position: { line, character: file.range(range.start + text.length, range.start + text.length).start.character },
    text: pods.length === 1 ? t('→ 1 pod') : t('→ {0} pods', pods.length),
    tooltip: [...names, ...more].join('\n'),
  };
}
