import { t } from '@vscode/l10n';
import type { Workload } from '../model/cluster.ts';
import type { LabelSelector } from '../model/labels.ts';
import { matchesRequirement } from '../model/labels.ts';
import { nearest } from '../model/nearest.ts';
import type { FieldPath, Resource } from '../model/resource.ts';
import type { Fix } from './rule.ts';

/** The one label of a selector that is off for a workload that was likely meant. */
export interface CloseLabel {
  readonly workload: Workload;
  readonly key: string;
  readonly value: string;
}

/** The workload that a selector misses by one label whose value is a slip of the workload's; all its others hold. */
export function closeLabel(selector: LabelSelector, workloads: readonly Workload[]): CloseLabel | undefined {
  const { requirements } = selector;
  for (const workload of workloads) {
    if (workload.system) continue;
    const { labels } = workload.template;
    const off = requirements.filter((one) => !matchesRequirement(one, labels));
    const [only] = off;
    if (off.length !== 1 || only === undefined || only.operator !== 'In' || only.values.length !== 1) continue;
    const value = labels[only.key];
    if (value === undefined) continue;
    if (nearest(only.values[0] ?? '', [value]) !== undefined) return { workload, key: only.key, value };
  }
  return undefined;
}

/** The fix that writes the label which the workload has; `at` is the path of the selector. */
export function labelFix(resource: Resource, at: FieldPath, { key, value }: CloseLabel): Fix {
  return {
    title: t('Select {0}={1}', key, value),
    target: resource.ref,
    changes: [{ kind: 'set', path: [...at, 'matchLabels', key], value }],
  };
}

/** What the likely workload has, as the end of a sentence. */
export function closeText({ workload, key, value }: CloseLabel): string {
  return t('{0} {1} has {2}={3}', workload.ref.kind, workload.ref.name, key, value);
}
