import { basename } from 'node:path';
import type { CaseResult, Suite } from '../suite.ts';
import { runConnlist } from './connlist.ts';
import { corpusCases } from './corpus.ts';
import { runDiff } from './diff.ts';
import { runErrors } from './errors.ts';
import { runExplain } from './explain.ts';
import { runExposure } from './exposure.ts';
import { runTruthTable } from './truthTable.ts';

/** A suite of the corpus: truth tables and connection lists are judged, other kinds are not modelled yet. */
export const policySuite: Suite = {
  name: 'corpus',
  run(folder, { features }) {
    const suite = basename(folder);
    return corpusCases(folder, features).map((one): CaseResult => {
      if (one.kind === 'truth-table') return runTruthTable(suite, one);
      if (one.expected.exposure !== undefined) return runExposure(suite, one);
      if (one.kind === 'connlist') return runConnlist(suite, one);
      if (one.kind === 'error' || one.kind === 'warning') return runErrors(suite, one);
      if (one.kind === 'explain') return runExplain(suite, one);
      if (one.kind === 'diff') return runDiff(suite, one);
      return { case: one.id, outcome: 'not-modelled', why: `kind ${one.kind}`, answer: null };
    });
  },
};
