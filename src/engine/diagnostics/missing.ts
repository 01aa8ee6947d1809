import { t } from '@vscode/l10n';
import { type LabelSelector, matchesLabels } from '../model/labels.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Finding } from './rule.ts';

/**
 * A finding that something is not there. Where the files may simply not show it (a scope with parts that can't be
 * read, a namespace without any workload) it is at most information, and says why.
 */
export function missing(snapshot: Snapshot, namespace: string, finding: Finding): Finding {
  const reason = notVisible(snapshot, namespace);
  if (reason === undefined) return { ...finding, missing: true };
  return { ...finding, missing: true, severity: 'info', message: `${finding.message}. ${reason}` };
}

/** Why something may exist although the files don't show it; `undefined` where they show everything. */
function notVisible(snapshot: Snapshot, namespace: string): string | undefined {
  const [first, ...others] = snapshot.incomplete;
  if (first !== undefined) return others.length === 0 ? first : t('{0} (and {1} more)', first, others.length);
  if (hasWorkloads(snapshot, namespace)) return undefined;
  return t('These files have no workload in namespace {0}, so it may come from elsewhere', namespace);
}

/** True when the files have pods or controllers in a namespace. */
export function hasWorkloads(snapshot: Snapshot, namespace: string): boolean {
  return snapshot.workloadsIn(namespace).some(({ system }) => !system);
}

/**
 * True when a pod of a namespace has the labels, or a controller there makes pods with them: one that is scaled to
 * nothing at the moment (an autoscaler's, say) is meant all the same.
 */
export function someoneMatches(snapshot: Snapshot, namespace: string, selector: LabelSelector): boolean {
  return (
    snapshot.podsIn(namespace).some(({ template }) => matchesLabels(selector, template.labels)) ||
    snapshot.workloadsIn(namespace).some(({ template }) => matchesLabels(selector, template.labels))
  );
}
