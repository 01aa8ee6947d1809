import type { Analysis } from '../analysis/analysis.ts';
import type { ExposureAnswer, ExposureRow } from '../analysis/answers.ts';
import { exposure } from '../connectivity/exposure.ts';
import type { ResourceRef } from '../model/resource.ts';
import { arrow, exposureLines } from '../render/exposureText.ts';

/** More rows than these are not read one by one. */
const mostRows = 1000;

/** What each workload is open to that is not in the files, over all scopes. */
export function* exposureQuery(analysis: Analysis): Generator<undefined, ExposureAnswer> {
  const rows: ExposureRow[] = [];
  let more = 0;
  for (const { scope, derived, snapshot } of analysis.scopes) {
    const { endsByName } = derived.matrix;
    const place = (ref: ResourceRef | undefined) =>
      ref && analysis.locateEvidence(snapshot, { ref, path: ['metadata', 'name'], note: '' });
    for (const one of yield* exposure(derived)) {
      const lines = exposureLines(one);
      const shown = lines.slice(0, Math.max(0, mostRows - rows.length));
      more += lines.length - shown.length;
      if (shown.length === 0) continue;
      const location = place(endsByName.get(one.workload)?.workload.ref);
      for (const { direction, ...line } of shown) {
        rows.push({
          scope: scope.name,
          ...line,
          arrow: arrow(direction),
          ...(location === undefined ? {} : { location }),
        });
      }
      yield;
    }
  }
  return { rows, more };
}
