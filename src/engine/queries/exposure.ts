import type { Analysis } from '../analysis/analysis.ts';
import type { ExposureRow } from '../analysis/answers.ts';
import { exposure } from '../connectivity/exposure.ts';
import { arrow, exposureLines } from '../render/exposureText.ts';

/** What each workload is open to that is not in the files, over all scopes. */
export function* exposureQuery(analysis: Analysis): Generator<undefined, readonly ExposureRow[]> {
  const rows: ExposureRow[] = [];
  for (const { scope, derived, snapshot } of analysis.scopes) {
    const refs = new Map(derived.matrix.ends.map(({ name, workload }) => [name, workload.ref]));
    for (const one of yield* exposure(derived)) {
      const ref = refs.get(one.workload);
      const location = ref && analysis.locateEvidence(snapshot, { ref, path: ['metadata', 'name'], note: '' });
      rows.push(
        ...exposureLines(one).map(({ workload, direction, peer, ports }) => ({
          scope: scope.name,
          workload,
          arrow: arrow(direction),
          peer,
          ports,
          ...(location === undefined ? {} : { location }),
        })),
      );
    }
  }
  return rows;
}
