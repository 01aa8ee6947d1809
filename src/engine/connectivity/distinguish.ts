import type { Workload } from '../model/cluster.ts';
import type { JsonObject } from '../model/json.ts';
import type { Labels } from '../model/labels.ts';

/** How to choose one workload's pods by labels; `alike` are the workloads of its namespace that it chooses too. */
export interface Distinction {
  readonly workload: Workload;
  /** A metav1.LabelSelector. */
  readonly selector: JsonObject;
  readonly alike: readonly Workload[];
}

/** Labels that people choose by, best first. */
const usual = [
  'app.kubernetes.io/name',
  'app',
  'k8s-app',
  'name',
  'app.kubernetes.io/component',
  'component',
  'tier',
  'role',
];

/** Labels that controllers add and change. */
const changing =
  /(^|\/)(pod-template-hash|controller-revision-hash|pod-template-generation|job-name|controller-uid|batch\.kubernetes\.io\/.*)$/;

/**
 * The shortest selectors that tell the workloads of one namespace apart: as few labels as needed, the usual ones first;
 * where another workload has all the labels of this one, what it has beyond is ruled out.
 */
export function distinguish(workloads: readonly Workload[]): readonly Distinction[] {
  return workloads.map((workload) => {
    const { labels } = workload.template;
    const others = workloads.filter((one) => one !== workload);
    const chosen: string[] = [];
    let alike = others;
    for (const key of ranked(labels)) {
      const left = alike.filter((one) => one.template.labels[key] === labels[key]);
      if (chosen.length > 0 && left.length === alike.length) continue;
      chosen.push(key);
      alike = left;
      if (alike.length === 0) break;
    }
    const matchLabels = Object.fromEntries(chosen.map((key) => [key, labels[key] ?? '']));
    const ruledOut = alike.map((one) => extraKey(one.template.labels, labels));
    const expressions = [...new Set(ruledOut.filter((key) => key !== undefined))].map((key) => ({
      key,
      operator: 'DoesNotExist',
    }));
    const selector = {
      ...(chosen.length > 0 ? { matchLabels } : {}),
      ...(expressions.length > 0 ? { matchExpressions: expressions } : {}),
    };
    return { workload, selector, alike: alike.filter((_, index) => ruledOut[index] === undefined) };
  });
}

function ranked(labels: Labels): readonly string[] {
  const rank = (key: string): number => {
    const index = usual.indexOf(key);
    return index < 0 ? usual.length : index;
  };
  return Object.keys(labels)
    .filter((key) => !changing.test(key))
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

/** A key that `theirs` has and `ours` has not. */
function extraKey(theirs: Labels, ours: Labels): string | undefined {
  return Object.keys(theirs).find((key) => !changing.test(key) && !Object.hasOwn(ours, key));
}
